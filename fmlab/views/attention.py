"""Attention weights as a picture."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor


def heat_map(weights: Tensor, tokens: Sequence[str]) -> Figure:
    """Return a square grid of one head's weights. Give it an alt text.

    Args:
        weights: `(T, T)`; row i is how token i spreads its attention. Rows sum to 1.
        tokens: The T tokens.

    Does not show: which token the result depends on. Check that by changing the token.
    """
    side = 0.9 + 0.24 * len(tokens)
    figure, panel = plt.subplots(figsize=(side + 0.6, side))
    image = panel.imshow(weights.detach().cpu().numpy(), cmap="Blues", vmin=0)
    panel.set_xticks(range(len(tokens)), tokens, rotation=90)
    panel.set_yticks(range(len(tokens)), tokens)
    panel.set_xlabel("is looked at")
    panel.set_ylabel("looks")
    figure.colorbar(image, ax=panel, shrink=0.7, label="weight")
    figure.tight_layout()
    plt.close(figure)  # so that a notebook shows it once, where it is returned
    return figure
