"""The floors of a BERT, with the shape that leaves each of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

WORDS = {
    "ids": "token numbers",
    "sum": "token + position + segment, then norm",
    "attention": "attention, {heads} heads of {head_size}",
    "add": "add what came in, then norm",
    "think": "up to {inner}, GELU, down to {hidden}",
    "head": "one more layer, GELU, norm",
    "table": "times the token table",
    "layers": "{layers} times",
}
PLAIN, INSIDE, EDGE = "#e8eef6", "#cfe0f3", "#2b4a6f"


@dataclass(frozen=True)
class Floor:
    """One step from the input up: what is done, and the shape afterwards."""

    text: str
    shape: str
    inside_layer: bool = False


def floors(
    hidden: int, heads: int, inner: int, vocab: int, words: Mapping[str, str] = WORDS
) -> list[Floor]:
    """Return the steps of a BERT with a masked-token head, from the bottom up."""
    vector = f"(1, T, {hidden})"
    attention = words["attention"].format(heads=heads, head_size=hidden // heads)
    think = words["think"].format(inner=inner, hidden=hidden)
    return [
        Floor(words["ids"], "(1, T)"),
        Floor(words["sum"], vector),
        Floor(attention, vector, True),
        Floor(words["add"], vector, True),
        Floor(think, vector, True),
        Floor(words["add"], vector, True),
        Floor(words["head"], vector),
        Floor(words["table"], f"(1, T, {vocab})"),
    ]


def layout(
    hidden: int,
    layers: int,
    heads: int,
    inner: int,
    vocab: int,
    words: Mapping[str, str] = WORDS,
) -> Figure:
    """Return a drawing of a BERT's floors, input at the bottom. Give it an alt text."""
    steps = floors(hidden, heads, inner, vocab, words)
    figure, panel = plt.subplots(figsize=(5.2, 0.62 * len(steps)))
    for height, step in enumerate(steps):
        _box(panel, height, step)
        if height:
            panel.annotate(
                "",
                (2.5, height - 0.27),
                (2.5, height - 0.73),
                arrowprops={"arrowstyle": "-|>", "color": EDGE},
            )
    inside = [height for height, step in enumerate(steps) if step.inside_layer]
    low, high = min(inside) - 0.35, max(inside) + 0.35
    panel.plot([5.15, 5.25, 5.25, 5.15], [low, low, high, high], color=EDGE)
    panel.text(5.35, (low + high) / 2, words["layers"].format(layers=layers), va="center")
    panel.set_xlim(-0.1, 6.4)
    panel.set_ylim(-0.5, len(steps) - 0.5)
    panel.axis("off")
    figure.tight_layout()
    plt.close(figure)  # so that a notebook shows it once, where it is returned
    return figure


def _box(panel: Axes, height: int, step: Floor) -> None:
    colour = INSIDE if step.inside_layer else PLAIN
    frame = FancyBboxPatch(
        (0, height - 0.25), 5, 0.5, boxstyle="round,pad=0.02", facecolor=colour, edgecolor=EDGE
    )
    panel.add_patch(frame)
    panel.text(0.12, height, step.text, va="center", fontsize=9, color="black")
    panel.text(4.9, height, step.shape, va="center", ha="right", fontsize=9, color="black")
