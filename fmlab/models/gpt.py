"""GPT-2: text is read from left to right. Lay this file beside `bert.py`: what differs is this.

- A token sees itself and what stands before it, never what comes: so each place can be asked for
  the next token, and the model can write.
- The norms stand before attention and before the feed-forward network, not behind them, and once
  more at the end. What a layer adds is added to states that no norm has touched since the start.
- No segments, no norm on the embeddings, and no padding of its own.
- The head is the table of token embeddings alone: no further layer, no offset.
- Matrices that add to the states start smaller, by the square root of how many of them there are.

Letters in shapes as in `bert`.

Sources: Radford et al. 2018 (GPT), "Improving Language Understanding by Generative Pre-Training";
Radford et al. 2019 (GPT-2), "Language Models are Unsupervised Multitask Learners", section 2.3.
Field names are BERT's; `fmlab.models.hf_gpt` knows Hugging Face's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

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
class GptConfig:
    """The sizes of a GPT. The defaults are those of the smallest GPT-2."""

    vocab_size: int = 50257
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu_new"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 1024
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work.

        Raises:
            UserError: As in `check_sizes`.
        """
        check_sizes(self)

    @property
    def longest(self) -> int:
        """The most tokens of a text."""
        return self.max_position_embeddings


class Embeddings(nn.Module):
    """Token and position, added up."""

    def __init__(self, config: GptConfig) -> None:
        """Make two tables of vectors."""
        super().__init__()
        self.token = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, input_ids: Tensor, position_ids: Tensor) -> Tensor:
        """Return `(B, T, hidden)` for `input_ids` of `(B, T)`."""
        summed = self.token(input_ids) + self.position(position_ids)
        return self.dropout(summed)  # type: ignore[no-any-return]


class Layer(nn.Module):
    """Attention, then a feed-forward network; each reads normalised states, adds to bare ones."""

    def __init__(self, config: GptConfig) -> None:
        """Make the two halves and their norms."""
        super().__init__()
        size, eps = config.hidden_size, config.layer_norm_eps
        self.attention_norm = nn.LayerNorm(size, eps=eps)
        self.attention = SelfAttention(
            size, config.num_attention_heads, config.attention_probs_dropout_prob
        )
        self.feed_forward_norm = nn.LayerNorm(size, eps=eps)
        self.up = nn.Linear(size, config.intermediate_size)
        self.activation = ACTIVATIONS[config.hidden_act]
        self.down = nn.Linear(config.intermediate_size, size)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        hidden_states: Tensor,
        allowed: Tensor | Blocks | None,
        need_weights: bool,
        only: Tensor | None = None,
        past: Past | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the new states and the weights, those of all places or `only` of some, `(B, Q)`.

        States are `(B, Q, hidden)`, weights `(B, H, Q, T)` or None; Q is T for all places.
        """
        ready = self.attention_norm(hidden_states)
        asking = ready if only is None else ready.take_along_dim(only[..., None], 1)
        if only is not None:
            hidden_states = hidden_states.take_along_dim(only[..., None], 1)
        mixed, weights = self.attention(ready, allowed, need_weights, asking, past)
        hidden_states = hidden_states + self.dropout(mixed)
        thought = self.down(self.activation(self.up(self.feed_forward_norm(hidden_states))))
        return hidden_states + self.dropout(thought), weights


class Gpt(nn.Module):
    """The trunk: from token numbers to one vector a token, made of it and what stands before."""

    def __init__(self, config: GptConfig) -> None:
        """Make the embeddings, the layers, and the norm at the end."""
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.apply(initialise(config.initializer_range))
        smaller = config.initializer_range / math.sqrt(max(1, 2 * config.num_hidden_layers))
        for layer in self.layers:
            nn.init.normal_(layer.attention.output.weight, std=smaller)  # type: ignore
            nn.init.normal_(layer.down.weight, std=smaller)  # type: ignore

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        document_ids: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
        blocks: Blocks | None = None,
        only: Tensor | None = None,
        past: Sequence[Past] | None = None,
    ) -> Output:
        """Return the vectors of all tokens, or `only` of some.

        Args:
            input_ids: Token numbers, `(B, T)`.
            attention_mask: 1 for a token, 0 for padding, `(B, T)`; padding behind the text needs
                none, for nobody looks ahead.
            position_ids: A token's place in its document, `(B, T)`; 0, 1, 2, … if not given.
            document_ids: Which of the documents packed into the row, `(B, T)`; 0 for padding.
            output_attentions: Whether to return the attention weights.
            output_hidden_states: Whether to return the states; the last ones went through the norm.
            blocks: Where tokens may look, made before; else found from the masks and documents.
            only: Places whose vectors are wanted, `(B, Q)`.
            past: One of each layer: tokens that were read before, to which these are added. With
                it come no masks, and `input_ids` go on where it ends.

        Raises:
            UserError: More tokens than there are positions.
        """
        longest, before = self.config.longest, past[0].length if past else 0
        (batch, length), device = input_ids.shape, input_ids.device
        if position_ids is None and before + length > longest:
            raise UserError(
                f"{before + length} tokens, but the model has {longest} positions; cut the text"
            )
        if position_ids is None:
            position_ids = torch.arange(before, before + length, device=device)
        hidden_states = self.embeddings(input_ids, position_ids)
        allowed: Tensor | Blocks | None = blocks
        if past and before:
            assert length == 1, "what follows is read token by token"
        elif allowed is None:
            every = torch.ones(batch, dtype=torch.bool, device=device)
            allowed = may_look(attention_mask, document_ids, every, length)
        layers = (
            [partial(layer, past=kept) for layer, kept in zip(self.layers, past, strict=True)]
            if past
            else self.layers
        )
        hidden_states, all_states, all_weights = through(
            layers, hidden_states, allowed, output_attentions, only
        )
        hidden_states = self.norm(hidden_states)
        return Output(
            hidden_states,
            hidden_states=(*all_states[:-1], hidden_states) if output_hidden_states else None,
            attentions=all_weights if output_attentions else None,
        )


class NextTokenHead(nn.Module):
    """From a token's vector to a score for each token that may follow."""

    def __init__(self, embedding: Tensor) -> None:
        """Hold the table of token embeddings."""
        super().__init__()
        self.embedding, self.bias = embedding, None

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Return `(..., vocab)` for `(..., hidden)`."""
        return nn.functional.linear(self.ready(hidden_states), self.embedding)

    def ready(self, hidden_states: Tensor) -> Tensor:
        """Return what the table is multiplied with: the vectors as they are."""
        return hidden_states


class GptForPreTraining(LanguageModel):
    """The trunk with its one head: the next token."""

    def __init__(self, config: GptConfig, tied: bool = True) -> None:
        """Put the head on a trunk.

        Args:
            config: The sizes.
            tied: Whether the head shares the table of token embeddings, as GPT's does.
        """
        super().__init__()
        self.config = config
        self.gpt = Gpt(config)
        table = self.gpt.embeddings.token.weight
        table = table if tied else nn.Parameter(table.detach().clone())
        self.next_token_head = NextTokenHead(table)

    @property
    def trunk(self) -> Gpt:
        """From token numbers to one vector a token."""
        return self.gpt

    @property
    def token_head(self) -> NextTokenHead:
        """From a token's vector to a score for each token that may follow."""
        return self.next_token_head

    def states(self, batch: Batch, blocks: Blocks | None = None) -> Output:
        """Return the trunk's output: tokens and places, read from left to right in every row."""
        return self.gpt(  # type: ignore[no-any-return]
            batch.input_ids,
            batch.attention_mask,
            batch.position_ids,
            batch.document_ids,
            blocks=blocks,
            only=batch.only,
        )

    def causal_states(self, input_ids: Tensor, past: Sequence[Past] | None = None) -> Tensor:
        """Return the vectors of a text, `(B, T, hidden)`: there is no other way to read it."""
        return self.gpt(input_ids, past=past).last_hidden_state  # type: ignore[no-any-return]

    def empty_past(self) -> list[Past]:
        """Return a place for each layer's keys and values."""
        return [Past() for _ in self.gpt.layers]

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        document_ids: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> Output:
        """Return the trunk's output with the head's logits; arguments as in `Gpt.forward`."""
        out = self.gpt(
            input_ids,
            attention_mask,
            position_ids,
            document_ids,
            output_attentions,
            output_hidden_states,
        )
        return Output(
            out.last_hidden_state,
            logits=self.next_token_head(out.last_hidden_state),
            hidden_states=out.hidden_states,
            attentions=out.attentions,
        )
