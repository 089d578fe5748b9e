"""BERT, from top to bottom: configuration, embeddings, layer, trunk, heads.

Letters in shapes: B sequences, T tokens, hidden = `hidden_size`.

Source: Devlin et al. 2019, arXiv:1810.04805. Field names are those of Hugging Face, so that
`config.json` is one and the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from fmlab.batch import Batch
from fmlab.errors import UserError
from fmlab.models.attention import Blocks, Past, SelfAttention, may_look
from fmlab.models.language_model import (
    ACTIVATIONS,
    LanguageModel,
    Output,
    check_sizes,
    initialise,
    through,
)


@dataclass(frozen=True)
class BertConfig:
    """The sizes of a BERT. The defaults are BERT-Base's."""

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work.

        Raises:
            UserError: A size is not positive, the heads don't divide the hidden size, or the
                activation is unknown.
        """
        check_sizes(self)

    @property
    def longest(self) -> int:
        """The most tokens of a text."""
        return self.max_position_embeddings


class Embeddings(nn.Module):
    """Token, position and segment, added up and normalised."""

    def __init__(self, config: BertConfig) -> None:
        """Make three tables of vectors."""
        super().__init__()
        size = config.hidden_size
        self.token = nn.Embedding(config.vocab_size, size, padding_idx=config.pad_token_id)
        self.position = nn.Embedding(config.max_position_embeddings, size)
        self.token_type = nn.Embedding(config.type_vocab_size, size)
        self.norm = nn.LayerNorm(size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self, input_ids: Tensor, token_type_ids: Tensor | None, position_ids: Tensor | None
    ) -> Tensor:
        """Return `(B, T, hidden)` for `input_ids` of `(B, T)`."""
        if position_ids is None:
            position_ids = torch.arange(input_ids.size(1), device=input_ids.device)
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)
        summed = (
            self.token(input_ids) + self.token_type(token_type_ids) + self.position(position_ids)
        )
        return self.dropout(self.norm(summed))  # type: ignore[no-any-return]


class Layer(nn.Module):
    """Attention, then a feed-forward network; after each, add what came in, and normalise."""

    def __init__(self, config: BertConfig) -> None:
        """Make the two halves and their norms."""
        super().__init__()
        size, eps = config.hidden_size, config.layer_norm_eps
        self.attention = SelfAttention(
            size, config.num_attention_heads, config.attention_probs_dropout_prob
        )
        self.attention_norm = nn.LayerNorm(size, eps=eps)
        self.up = nn.Linear(size, config.intermediate_size)
        self.activation = ACTIVATIONS[config.hidden_act]
        self.down = nn.Linear(config.intermediate_size, size)
        self.feed_forward_norm = nn.LayerNorm(size, eps=eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        hidden_states: Tensor,
        allowed: Tensor | Blocks | None,
        need_weights: bool,
        only: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the new states and the weights, those of all places or `only` of some, `(B, Q)`.

        States are `(B, Q, hidden)`, weights `(B, H, Q, T)` or None; Q is T for all places.
        """
        asking = hidden_states if only is None else hidden_states.take_along_dim(only[..., None], 1)
        mixed, weights = self.attention(hidden_states, allowed, need_weights, asking)
        hidden_states = self.attention_norm(asking + self.dropout(mixed))
        thought = self.down(self.activation(self.up(hidden_states)))
        return self.feed_forward_norm(hidden_states + self.dropout(thought)), weights


class Bert(nn.Module):
    """The trunk: from token numbers to one vector a token."""

    def __init__(self, config: BertConfig, pooler: bool = True) -> None:
        """Make the embeddings and the layers, and the pooler where a head needs it."""
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size) if pooler else None
        self.apply(initialise(config.initializer_range))

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        position_ids: Tensor | None = None,
        document_ids: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
        causal: Tensor | None = None,
        blocks: Blocks | None = None,
        only: Tensor | None = None,
    ) -> Output:
        """Return the vectors of all tokens, or `only` of some.

        The last layer needs to work for those alone whose vectors are used. With a fifth of the
        tokens masked and four layers that is a seventh of all the products.

        Args:
            input_ids: Token numbers, `(B, T)`.
            attention_mask: 1 for a token, 0 for padding, `(B, T)`.
            token_type_ids: 0 in the first sentence, 1 in the second, `(B, T)`.
            position_ids: A token's place in its document, `(B, T)`; 0, 1, 2, … if not given.
            document_ids: Which of the documents packed into the row, `(B, T)`; 0 for padding.
            output_attentions: Whether to return the attention weights.
            output_hidden_states: Whether to return the states after each layer.
            causal: True for rows that are read from left to right, as GPT reads, `(B,)`.
            blocks: Where tokens may look, made before; else found from the masks and documents.
            only: Places whose vectors are wanted, `(B, Q)`: the last state is `(B, Q, hidden)`.

        Raises:
            UserError: More tokens than there are positions.
        """
        longest = self.config.max_position_embeddings
        if position_ids is None and input_ids.size(1) > longest:
            raise UserError(
                f"{input_ids.size(1)} tokens, but the model has {longest} positions; cut the text"
            )
        hidden_states = self.embeddings(input_ids, token_type_ids, position_ids)
        allowed = blocks or may_look(attention_mask, document_ids, causal, input_ids.size(1))

        hidden_states, all_states, all_weights = through(
            self.layers, hidden_states, allowed, output_attentions, only
        )
        pooled = None if self.pooler is None else torch.tanh(self.pooler(hidden_states[:, 0]))
        return Output(
            hidden_states,
            pooled,
            hidden_states=all_states if output_hidden_states else None,
            attentions=all_weights if output_attentions else None,
        )


class MaskedHead(nn.Module):
    """From a token's vector to a score for each token of the vocabulary.

    The last matrix is the table of token embeddings itself ("tied"): a token is likely where the
    vector points towards its embedding.
    """

    def __init__(self, config: BertConfig, embedding: Tensor) -> None:
        """Make one more layer, and an offset for each token of the vocabulary."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.activation = ACTIVATIONS[config.hidden_act]
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.embedding = embedding
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Return `(..., vocab)` for `(..., hidden)`."""
        return nn.functional.linear(self.ready(hidden_states), self.embedding, self.bias)

    def ready(self, hidden_states: Tensor) -> Tensor:
        """Return what the table is multiplied with, `(..., hidden)`."""
        return self.norm(self.activation(self.dense(hidden_states)))  # type: ignore[no-any-return]


class BertForPreTraining(LanguageModel):
    """The trunk with the heads that pretraining needs: masked tokens, next sentence, or both."""

    def __init__(
        self,
        config: BertConfig,
        masked: bool = True,
        next_sentence: bool = False,
        tied: bool = True,
    ) -> None:
        """Put the heads on a trunk.

        Args:
            config: The sizes.
            masked: Whether to predict masked tokens.
            next_sentence: Whether to predict if the second sentence follows the first.
            tied: Whether the masked head shares the table of token embeddings, as BERT does.
        """
        super().__init__()
        self.config = config
        self.bert = Bert(config, pooler=next_sentence)
        table = self.bert.embeddings.token.weight
        table = table if tied else nn.Parameter(table.detach().clone())
        self.masked_head = MaskedHead(config, table) if masked else None
        self.next_sentence_head = nn.Linear(config.hidden_size, 2) if next_sentence else None
        for head in (self.masked_head, self.next_sentence_head):
            if head is not None:
                head.apply(initialise(config.initializer_range))

    @property
    def trunk(self) -> Bert:
        """From token numbers to one vector a token."""
        return self.bert

    @property
    def token_head(self) -> MaskedHead | None:
        """From a token's vector to a score for each token of the vocabulary."""
        return self.masked_head

    @property
    def pair_head(self) -> nn.Linear | None:
        """From the pooled vector to "B follows A" and "it does not"."""
        return self.next_sentence_head

    def states(self, batch: Batch, blocks: Blocks | None = None) -> Output:
        """Return the trunk's output: tokens, segments, places, and which way they look."""
        return self.bert(  # type: ignore[no-any-return]
            batch.input_ids,
            batch.attention_mask,
            batch.token_type_ids,
            batch.position_ids,
            batch.document_ids,
            causal=batch.causal,
            blocks=blocks,
            only=batch.only,
        )

    def causal_states(self, input_ids: Tensor, past: Sequence[Past] | None = None) -> Tensor:
        """Return the vectors of causal rows, `(B, T, hidden)`; segment 1 says that they are."""
        assert past is None, "it reads everything again"
        causal = torch.ones(len(input_ids), dtype=torch.bool, device=input_ids.device)
        kinds = torch.ones_like(input_ids)
        return self.bert(input_ids, token_type_ids=kinds, causal=causal).last_hidden_state  # type: ignore[no-any-return]

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        position_ids: Tensor | None = None,
        document_ids: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> Output:
        """Return the trunk's output with the heads' logits; arguments as in `Bert.forward`."""
        out = self.bert(
            input_ids,
            attention_mask,
            token_type_ids,
            position_ids,
            document_ids,
            output_attentions,
            output_hidden_states,
        )
        return Output(
            out.last_hidden_state,
            out.pooler_output,
            None if self.masked_head is None else self.masked_head(out.last_hidden_state),
            None if self.next_sentence_head is None else self.next_sentence_head(out.pooler_output),
            out.hidden_states,
            out.attentions,
        )


Task = Literal["sequence", "choice", "token", "span"]


class BertForClassification(nn.Module):
    """The trunk with one linear layer: labels for a sequence, or for each of its tokens.

    `task` is `sequence` (a label a text), `choice` (one score a text, best of several wins),
    `token` (a label a token) or `span` (is this token the first of the answer, is it the last).
    """

    def __init__(self, config: BertConfig, num_labels: int, task: Task = "sequence") -> None:
        """Put a classifier on a trunk."""
        super().__init__()
        self.config = config
        self.task = task
        self.bert = Bert(config, pooler=task in ("sequence", "choice"))
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.classifier = nn.Linear(config.hidden_size, num_labels)
        self.classifier.apply(initialise(config.initializer_range))

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
    ) -> Output:
        """Return logits of `(B, num_labels)`; for `token` and `span` of `(B, T, num_labels)`."""
        out = self.bert(input_ids, attention_mask, token_type_ids)
        seen = out.last_hidden_state if out.pooler_output is None else out.pooler_output
        logits = self.classifier(self.dropout(seen))
        return Output(out.last_hidden_state, out.pooler_output, logits)
