"""One measure under several names, run with several seeds: each run a dot, and an interval.

A mean alone hides whether all runs agree. So every run is drawn, and the interval beside them.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from fmlab.errors import UserError
from fmlab.probes.units import Interval
from fmlab.views.curves import COLOURS, GREY

SPREAD = 0.5  # of a row's height
NO_RUNS = "there are no runs to draw; give each name the values of its runs"


def seed_dots(
    runs: Mapping[str, Sequence[float]],
    intervals: Mapping[str, Interval],
    xlabel: str,
    line: float | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Return a figure with a row a name: a dot for each run, a bar from low to high. Give it alt.

    Args:
        runs: The values of the runs under each name, the first name on top.
        intervals: Where the mean may lie, under the same names.
        xlabel: What was measured, and in what.
        line: A value to hold all against, such as what chance gives.
        limits: The ends of the axis; an interval may stick out of them.

    Raises:
        UserError: A name has no runs or no interval.

    Does not show: whether another set of texts would give the same; every run saw the same ones.
    """
    if not runs or not all(len(values) for values in runs.values()):
        raise UserError(NO_RUNS)
    if missing := [name for name in runs if name not in intervals]:
        raise UserError(f"{missing[0]!r} has no interval; give one for each name")
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.5 * len(runs)), layout="constrained")
    plt.close(figure)  # so that a notebook shows it once, where it is returned
    for place, (name, values) in enumerate(runs.items()):
        axes.plot(intervals[name], [place, place], color=COLOURS[0], linewidth=6, alpha=0.35)
        # one below the other, so that equal runs can be counted
        heights = [place + SPREAD * (n / len(values) - 0.5) for n in range(len(values))]
        axes.plot(values, heights, "o", color=COLOURS[1], markersize=6, alpha=0.7)
    if line is not None:
        axes.axvline(line, color=GREY, linestyle=":", linewidth=1.2)
    axes.set(yticks=range(len(runs)), yticklabels=list(runs), xlabel=xlabel, xlim=limits)
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
