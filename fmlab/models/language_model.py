"""What every family of text models has in common, for the loop that trains them all.

A family is a trunk, from token numbers to one vector a token, and a head on it for each thing that
it is asked for. How they differ stands in their own files: read `bert`, then what `roberta`,
`albert` and `gpt` change in it.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fmlab.batch import Batch
from fmlab.errors import UserError
from fmlab.models.attention import Blocks, Past

ACTIVATIONS = {
    "gelu": nn.GELU(),
    "gelu_new": nn.GELU("tanh"),
    "relu": nn.ReLU(),
    "silu": nn.SiLU(),
    "tanh": nn.Tanh(),
}
SIZES = (
    "vocab_size",
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
    "embedding_size",
    "num_hidden_groups",
)


@dataclass(frozen=True)
class Output:
    """What a forward pass gives.

    Attributes:
        last_hidden_state: One vector a token, `(B, T, hidden)`.
        pooler_output: `tanh(W h + b)` of the first token, `(B, hidden)`, or None without a pooler.
        logits: What the head says: of each token of the vocabulary, `(B, T, vocab)`, or of each
            class; None without such a head.
        next_sentence_logits: "B follows A", "B is random", `(B, 2)`, or None; where the order of
            sentences is learned, "in order", "exchanged".
        hidden_states: The embeddings and each layer's result, `L + 1` of `(B, T, hidden)`, or None.
        attentions: Each layer's weights, `L` of `(B, H, T, T)`, or None.
    """

    last_hidden_state: Tensor
    pooler_output: Tensor | None = None
    logits: Tensor | None = None
    next_sentence_logits: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None


class LanguageModel(nn.Module):
    """A model that pretraining can train: its trunk, its heads, and what it reads of a batch.

    Attributes:
        config: Its sizes.
    """

    config: Any

    @property
    @abstractmethod
    def trunk(self) -> nn.Module:
        """From token numbers to one vector a token."""

    @property
    @abstractmethod
    def token_head(self) -> nn.Module | None:
        """From a token's vector to a score for each token of the vocabulary; None without it."""

    @property
    def pair_head(self) -> nn.Module | None:
        """From the pooled vector to two scores, where sentences come in pairs; None without it."""
        return None

    @abstractmethod
    def states(self, batch: Batch, blocks: Blocks | None = None) -> Output:
        """Return the trunk's output for a batch: of its fields, those that the family knows.

        Args:
            batch: What one step reads.
            blocks: Where tokens may look, for the GPU's kernel; found from the batch if not given.
        """

    def causal_states(self, input_ids: Tensor, past: Sequence[Past] | None = None) -> Tensor:
        """Return the vectors of a text that is read from left to right, `(B, T, hidden)`.

        Args:
            input_ids: Token numbers, `(B, T)`.
            past: What `empty_past` gave, with the tokens before these.

        Raises:
            UserError: The family looks both ways, always.
        """
        raise UserError(
            f"{type(self).__name__} looks both ways, so it cannot be asked for the next token; "
            "choose a gpt, or a bert with causal rows"
        )

    def empty_past(self) -> Sequence[Past] | None:
        """Return where a writer keeps what it has read; None if it reads everything again."""
        return None


def check_sizes(config: Any) -> None:
    """Refuse sizes that cannot work, of this family or another.

    Raises:
        UserError: A size is not positive, the heads don't divide the hidden size, or the activation
            is unknown.
    """
    for name in (n for n in SIZES if hasattr(config, n)):
        if getattr(config, name) < 1:
            raise UserError(f"{name} is {getattr(config, name)}; it must be at least 1")
    if config.num_hidden_layers < 0:
        raise UserError(f"num_hidden_layers is {config.num_hidden_layers}; it cannot be negative")
    if config.hidden_size % config.num_attention_heads:
        raise UserError(
            f"hidden_size {config.hidden_size} is not a multiple of num_attention_heads "
            f"{config.num_attention_heads}; change one of them"
        )
    if config.hidden_act not in ACTIVATIONS:
        raise UserError(
            f"unknown hidden_act {config.hidden_act!r}; choose one of {', '.join(ACTIVATIONS)}"
        )


def through(
    layers: Iterable[Callable[..., tuple[Tensor, Tensor | None]]],
    hidden_states: Tensor,
    allowed: Tensor | Blocks | None,
    need_weights: bool,
    only: Tensor | None = None,
) -> tuple[Tensor, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Send states through layers, the first one first; arguments as in `Layer.forward`.

    Returns:
        The last states, of all places or `only` of some; all states, the embeddings first; and
        the weights of all layers, none where they are not asked for.
    """
    layers = list(layers)
    all_states, all_weights = [hidden_states], []
    for number, layer in enumerate(layers, 1):
        asked = only if number == len(layers) else None
        if asked is not None and isinstance(allowed, Tensor) and allowed.size(2) > 1:
            allowed = allowed.take_along_dim(asked[:, None, :, None], 2)  # (B, 1, Q, T)
        hidden_states, weights = layer(hidden_states, allowed, need_weights, asked)
        all_states.append(hidden_states)
        all_weights += [] if weights is None else [weights]
    if only is not None and not layers:
        hidden_states = hidden_states.take_along_dim(only[..., None], 1)
    return hidden_states, tuple(all_states), tuple(all_weights)


def initialise(spread: float) -> Callable[[nn.Module], None]:
    """Return BERT's start: weights from a normal distribution, offsets 0, padding 0."""

    @torch.no_grad()
    def start(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=spread)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            module.weight[module.padding_idx].zero_()

    return start
