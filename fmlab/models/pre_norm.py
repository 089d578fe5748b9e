"""A layer that normalises before it works, as those of ViT, MAE, CLIP and GPT-2 do.

BERT normalises after it has added; here the sum itself is never normalised, so that a straight
path runs from the first layer to the last.

Sources: Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words", arXiv:2010.11929 (ViT);
Xiong et al. 2020, arXiv:2002.04745 (why the place of the norm matters).
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models.attention import SelfAttention


class QuickGelu(nn.Module):
    """x sigmoid(1.702 x), the cheap form of GELU that CLIP was trained with."""

    def forward(self, x: Tensor) -> Tensor:
        """Return it, of the same shape."""
        return x * torch.sigmoid(1.702 * x)


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "gelu": nn.GELU,
    "gelu_new": lambda: nn.GELU("tanh"),
    "quick_gelu": QuickGelu,
    "relu": nn.ReLU,
    "silu": nn.SiLU,
}


def refuse_sizes(sizes: Mapping[str, int], hidden_size: int, heads: int, activation: str) -> None:
    """Check what a layer is made of.

    Args:
        sizes: What must be at least 1, by name.
        hidden_size: Numbers a token.
        heads: They must divide it.
        activation: Its name.

    Raises:
        UserError: A size cannot work, or the activation is unknown.
    """
    for name, value in sizes.items():
        if not isinstance(value, int) or value < 1:
            raise UserError(f"{name} is {value!r}; it must be a whole number from 1 up")
    if hidden_size % heads:
        raise UserError(
            f"hidden size {hidden_size} is not a multiple of {heads} heads; change one of them"
        )
    if activation not in ACTIVATIONS:
        raise UserError(
            f"unknown hidden_act {activation!r}; choose one of {', '.join(ACTIVATIONS)}"
        )


class PreNormLayer(nn.Module):
    """Normalise, look around, add; normalise, think, add."""

    def __init__(
        self,
        hidden_size: int,
        num_heads: int,
        intermediate_size: int,
        activation: str = "gelu",
        layer_norm_eps: float = 1e-5,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
    ) -> None:
        """Make the two halves and the norm before each."""
        super().__init__()
        self.attention_norm = nn.LayerNorm(hidden_size, eps=layer_norm_eps)
        self.attention = SelfAttention(hidden_size, num_heads, attention_dropout)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=layer_norm_eps)
        self.up = nn.Linear(hidden_size, intermediate_size)
        self.activation = ACTIVATIONS[activation]()
        self.down = nn.Linear(intermediate_size, hidden_size)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, hidden_states: Tensor, allowed: Tensor | None = None, need_weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Return the new states, `(B, T, hidden)`, and the weights, `(B, H, T, T)` or None.

        Args:
            hidden_states: `(B, T, hidden)`.
            allowed: Where a token may look, broadcastable to `(B, H, T, T)`; None for everywhere.
            need_weights: Whether to return the weights.
        """
        mixed, weights = self.attention(self.attention_norm(hidden_states), allowed, need_weights)
        hidden_states = hidden_states + self.dropout(mixed)
        thought = self.down(self.activation(self.up(self.feed_forward_norm(hidden_states))))
        return hidden_states + self.dropout(thought), weights
