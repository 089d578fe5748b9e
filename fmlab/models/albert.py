"""ALBERT: a BERT with few weights. Lay this file beside `bert.py`: what differs is this.

- The table of tokens is factorised: a token has a short vector, of `embedding_size` numbers, and
  one matrix, the same for all tokens, makes it as long as the layers need. With a vocabulary of V
  that is V E + E H weights in the place of V H.
- The layers share their weights: one layer, gone through again and again (or a few, in groups).
  The file is small; the work is not, for each round costs what a layer costs.
- The second task is the order of two sentences, not whether they belong together.

Letters in shapes as in `bert`; E is `embedding_size`.

Source: Lan et al. 2019, arXiv:1909.11942. Field names are those of Hugging Face.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fmlab.batch import Batch
from fmlab.errors import UserError
from fmlab.models.attention import Blocks, may_look
from fmlab.models.bert import BertConfig, Layer
from fmlab.models.language_model import (
    ACTIVATIONS,
    LanguageModel,
    Output,
    initialise,
    through,
)


@dataclass(frozen=True)
class AlbertConfig(BertConfig):
    """The sizes of an ALBERT: BERT's, but for these. The defaults are ALBERT-Base's, version 2."""

    vocab_size: int = 30000
    hidden_act: str = "gelu_new"
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    embedding_size: int = 128
    num_hidden_groups: int = 1

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work.

        Raises:
            UserError: As for BERT, or there are more groups than layers.
        """
        super().__post_init__()
        if self.num_hidden_groups > max(1, self.num_hidden_layers):
            raise UserError(
                f"{self.num_hidden_groups} groups for {self.num_hidden_layers} layers; "
                "set num_hidden_groups to at most num_hidden_layers"
            )


class Embeddings(nn.Module):
    """Token, position and segment, all of them short; added up, normalised, and made long."""

    def __init__(self, config: AlbertConfig) -> None:
        """Make three tables of short vectors, and the matrix that makes them long."""
        super().__init__()
        size = config.embedding_size
        self.token = nn.Embedding(config.vocab_size, size, padding_idx=config.pad_token_id)
        self.position = nn.Embedding(config.max_position_embeddings, size)
        self.token_type = nn.Embedding(config.type_vocab_size, size)
        self.norm = nn.LayerNorm(size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.widen = nn.Linear(size, config.hidden_size)

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
        )  # (B, T, E)
        return self.widen(self.dropout(self.norm(summed)))  # type: ignore[no-any-return]


class Albert(nn.Module):
    """The trunk: from token numbers to one vector a token."""

    def __init__(self, config: AlbertConfig, pooler: bool = True) -> None:
        """Make the embeddings, one of BERT's layers a group, and the pooler where it is needed."""
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_groups))
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size) if pooler else None
        self.apply(initialise(config.initializer_range))

    def rounds(self) -> list[nn.Module]:
        """Return the layers in the order in which states go through them, each many times."""
        rounds, groups = self.config.num_hidden_layers, self.config.num_hidden_groups
        return [self.layers[number * groups // rounds] for number in range(rounds)]

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        position_ids: Tensor | None = None,
        document_ids: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
        blocks: Blocks | None = None,
        only: Tensor | None = None,
    ) -> Output:
        """Return the vectors of all tokens, or `only` of some; arguments as in `Bert.forward`.

        Raises:
            UserError: More tokens than there are positions.
        """
        longest = self.config.longest
        if position_ids is None and input_ids.size(1) > longest:
            raise UserError(
                f"{input_ids.size(1)} tokens, but the model has {longest} positions; cut the text"
            )
        hidden_states = self.embeddings(input_ids, token_type_ids, position_ids)
        allowed = blocks or may_look(attention_mask, document_ids)
        hidden_states, all_states, all_weights = through(
            self.rounds(), hidden_states, allowed, output_attentions, only
        )
        pooled = None if self.pooler is None else torch.tanh(self.pooler(hidden_states[:, 0]))
        return Output(
            hidden_states,
            pooled,
            hidden_states=all_states if output_hidden_states else None,
            attentions=all_weights if output_attentions else None,
        )


class MaskedHead(nn.Module):
    """From a token's vector to a score for each token of the vocabulary, by way of a short one."""

    def __init__(self, config: AlbertConfig, embedding: Tensor) -> None:
        """Make one more layer, and an offset for each token of the vocabulary."""
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.embedding_size)
        self.activation = ACTIVATIONS[config.hidden_act]
        self.norm = nn.LayerNorm(config.embedding_size, eps=config.layer_norm_eps)
        self.embedding = embedding
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Return `(..., vocab)` for `(..., hidden)`."""
        return nn.functional.linear(self.ready(hidden_states), self.embedding, self.bias)

    def ready(self, hidden_states: Tensor) -> Tensor:
        """Return what the table is multiplied with, `(..., embedding)`."""
        return self.norm(self.activation(self.dense(hidden_states)))  # type: ignore[no-any-return]


class AlbertForPreTraining(LanguageModel):
    """The trunk with the heads that pretraining needs: masked tokens, and sentences' order."""

    def __init__(
        self, config: AlbertConfig, sentence_order: bool = True, tied: bool = True
    ) -> None:
        """Put the heads on a trunk.

        Args:
            config: The sizes.
            sentence_order: Whether to tell if two sentences were exchanged.
            tied: Whether the masked head shares the table of token embeddings, as ALBERT's does.
        """
        super().__init__()
        self.config = config
        self.albert = Albert(config, pooler=sentence_order)
        table = self.albert.embeddings.token.weight
        table = table if tied else nn.Parameter(table.detach().clone())
        self.masked_head = MaskedHead(config, table)
        self.sentence_order_head = nn.Linear(config.hidden_size, 2) if sentence_order else None
        for head in (self.masked_head, self.sentence_order_head):
            if head is not None:
                head.apply(initialise(config.initializer_range))

    @property
    def trunk(self) -> Albert:
        """From token numbers to one vector a token."""
        return self.albert

    @property
    def token_head(self) -> MaskedHead:
        """From a token's vector to a score for each token of the vocabulary."""
        return self.masked_head

    @property
    def pair_head(self) -> nn.Linear | None:
        """From the pooled vector to "in order" and "exchanged"."""
        return self.sentence_order_head

    def states(self, batch: Batch, blocks: Blocks | None = None) -> Output:
        """Return the trunk's output: tokens, segments and places, looked at from both sides."""
        return self.albert(  # type: ignore[no-any-return]
            batch.input_ids,
            batch.attention_mask,
            batch.token_type_ids,
            batch.position_ids,
            batch.document_ids,
            blocks=blocks,
            only=batch.only,
        )

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
        """Return the trunk's output with the heads' logits; arguments as in `Albert.forward`."""
        out = self.albert(
            input_ids,
            attention_mask,
            token_type_ids,
            position_ids,
            document_ids,
            output_attentions,
            output_hidden_states,
        )
        order = self.sentence_order_head
        return Output(
            out.last_hidden_state,
            out.pooler_output,
            self.masked_head(out.last_hidden_state),
            None if order is None else order(out.pooler_output),
            out.hidden_states,
            out.attentions,
        )
