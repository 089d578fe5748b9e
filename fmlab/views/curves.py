"""The loss of a run, drawn beside what counting reaches and beside the floor, where it is known.

A curve that only falls says little. It has to pass the unigram (how often each token comes), then
the 3-gram (counting with two tokens of context); where the language is known there is a floor that
no model can pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fmlab.errors import UserError

COLOURS = ("#0072b2", "#d55e00")  # Okabe & Ito: told apart by colour-blind readers too
GREY = "#595959"
DASHES = ("--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))
NO_STEPS = "there are no steps to draw; run pretraining first"
SMOOTH_OVER = 0.02
"""The share of the run that the smoothed line averages over."""


class Step(Protocol):
    """What is drawn of a step: any record of `fmlab.pretrain`."""

    @property
    def step(self) -> int:
        """Its number, from 1."""

    @property
    def loss(self) -> float:
        """Training loss, in nats a masked token."""

    @property
    def valid_loss(self) -> float | None:
        """Held-out loss, at the steps that look."""


@dataclass(frozen=True)
class Words:
    """The words on the figure and in its alt text; another language brings its own."""

    steps: str = "step"
    loss: str = "loss, nats a masked token"
    train: str = "training"
    valid: str = "held out"
    floor: str = "floor: no model can be lower"
    alt: str = (
        "Loss in nats a masked token over {steps:,} steps. In training it goes from {first:.2f} to "
        "{last:.2f}."
    )
    alt_valid: str = "On held-out text it ends at {valid:.2f}."
    alt_below: str = "That is below the line of {name} at {value:.2f}."
    alt_above: str = "That is not below the line of {name} at {value:.2f}."
    alt_floor: str = "The floor lies at {floor:.2f}; {gap:.2f} are left to it."


ENGLISH = Words()


def loss_curve(
    records: Sequence[Step],
    *,
    baselines: Mapping[str, float] | None = None,
    floor: float | None = None,
    words: Words = ENGLISH,
    axes: Axes | None = None,
) -> Figure:
    """Return a figure of the loss over the steps, with lines to hold it against.

    Args:
        records: The steps of a run, in order.
        baselines: Name to loss in nats a token, for example of a unigram.
        floor: The lowest loss that is possible, where the language is known.
        words: The words on the figure.
        axes: Where to draw; a new figure if not given.

    Raises:
        UserError: There are no records.

    Does not show: bits a byte; so two curves may be compared only if the tokenizer is the same.
    """
    if not records:
        raise UserError(NO_STEPS)
    figure, axes = _figure(axes)
    steps = [record.step for record in records]
    losses = [record.loss for record in records]
    axes.plot(steps, losses, color=COLOURS[0], alpha=0.25, linewidth=0.8)
    axes.plot(steps, smoothed(losses), color=COLOURS[0], linewidth=1.8, label=words.train)
    looks = [(r.step, r.valid_loss) for r in records if r.valid_loss is not None]
    if looks:
        axes.plot(
            *zip(*looks, strict=True),
            color=COLOURS[1],
            marker="o",
            markersize=4,
            linewidth=1.5,
            label=words.valid,
        )
    for number, (name, value) in enumerate((baselines or {}).items()):
        style = DASHES[number % len(DASHES)]
        axes.axhline(value, color=GREY, linestyle=style, linewidth=1.2, label=name)
    if floor is not None:
        axes.axhline(floor, color="black", linewidth=1.2, label=words.floor)
    axes.set_xlabel(words.steps)
    axes.set_ylabel(words.loss)
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def loss_curve_alt(
    records: Sequence[Step],
    *,
    baselines: Mapping[str, float] | None = None,
    floor: float | None = None,
    words: Words = ENGLISH,
) -> str:
    """Return in sentences what `loss_curve` shows, for readers who do not see it.

    Raises:
        UserError: There are no records.
    """
    if not records:
        raise UserError(NO_STEPS)
    losses = smoothed([record.loss for record in records])
    looks = [record.valid_loss for record in records if record.valid_loss is not None]
    end = looks[-1] if looks else losses[-1]
    sentences = [words.alt.format(steps=records[-1].step, first=records[0].loss, last=losses[-1])]
    if looks:
        sentences.append(words.alt_valid.format(valid=end))
    for name, value in (baselines or {}).items():
        sentence = words.alt_below if end < value else words.alt_above
        sentences.append(sentence.format(name=name, value=value))
    if floor is not None:
        sentences.append(words.alt_floor.format(floor=floor, gap=end - floor))
    return " ".join(sentences)


def smoothed(losses: Sequence[float], share: float = SMOOTH_OVER) -> list[float]:
    """Return a running mean over the last `share` of the run, so that a batch's luck averages out.

    The first values average over what there is.
    """
    window = max(1, round(len(losses) * share))
    means, total = [], 0.0
    for number, loss in enumerate(losses):
        total += loss - (losses[number - window] if number >= window else 0.0)
        means.append(total / min(number + 1, window))
    return means


def _figure(axes: Axes | None) -> tuple[Figure, Axes]:
    """Return a figure and its axes; closed for pyplot, so that a notebook shows it just once."""
    if axes is None:
        figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
        plt.close(figure)
        return figure, axes
    owner = axes.get_figure(root=True)
    assert owner is not None  # axes are made by a figure
    return owner, axes
