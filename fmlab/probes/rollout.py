"""Attention rollout: attention of all layers, traced back to the tokens that came in.

Paper: Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers", arXiv:2005.00928.
Idea: half of what leaves a layer came by attention, half past it; multiply the layers' tables.
Intuition: a place in a high layer no longer stands for the token below it. What it looks at has
itself looked at others, and so on down to the words.
"""

import torch
from torch import Tensor

from fmlab.errors import UserError


def average_attention(weights: Tensor) -> Tensor:
    """Return the mean over heads, `(L, T, T)`; rows sum to 1.

    Args:
        weights: Softmax attention of one sequence, `(L, H, T, T)`.

    Raises:
        UserError: The weights have another shape.
    """
    if weights.dim() != 4 or weights.size(2) != weights.size(3) or not weights.size(1):
        raise UserError(
            f"the weights are {tuple(weights.shape)}; give those of one sequence, (L, H, T, T), "
            "for example torch.cat(attentions)"
        )
    return weights.mean(dim=1)


def attention_rollout(weights: Tensor) -> Tensor:
    """Return how much of each token that came in reaches each place at the top, `(T, T)`.

    Heads are averaged, the path past the attention is mixed in (0.5 A + 0.5 I), and the layers are
    multiplied, the first one rightmost. Row i is place i at the top; rows sum to 1.

    Args:
        weights: Softmax attention of one sequence, `(L, H, T, T)`; `output_attentions=True` gives
            `L` of `(1, H, T, T)`, which `torch.cat` puts together.

    Raises:
        UserError: The weights have another shape.

    Does not show: what was carried. The values, the feed-forward networks and the norms are left
    out, half and half is a guess, and all heads count alike. After many layers the rows grow alike
    whatever the text says. Check a claim by ablation.

    Source: Abnar & Zuidema 2020, arXiv:2005.00928.
    """
    rolled = torch.eye(weights.size(-1), dtype=weights.dtype, device=weights.device)
    past = rolled
    for layer in average_attention(weights):
        rolled = (0.5 * layer + 0.5 * past) @ rolled
    return rolled
