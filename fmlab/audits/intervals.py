"""Shares, means and correlations with their 95 % intervals; an empty one says that it is empty.

Intervals come from drawing whole units again and again (Efron 1979): pairs, or occupations with
all their sentences, since sentences about one occupation are alike.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmlab.probes.units import Interval, bootstrap_mean, wilson_interval
from fmlab.seeds import numpy_rng

DRAWS = 2000


@dataclass(frozen=True)
class Share:
    """How many of some items have a property.

    Attributes:
        count: So many have it.
        total: Of so many.
        percent: The same in per cent; None if there are no items.
        interval: Its 95 % interval, in per cent; None if there are no items.
    """

    count: int
    total: int
    percent: float | None
    interval: Interval | None

    @property
    def empty(self) -> bool:
        """Whether there was nothing to count."""
        return self.total == 0


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval, both None if there were too few items for one."""

    value: float | None
    interval: Interval | None
    items: int


def share(
    flags: Sequence[bool] | NDArray[np.bool_],
    units: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    strata: Sequence[Hashable] | None = None,
) -> Share:
    """Return how many flags are set, with an interval.

    The interval is the wider of two: of drawing whole units, and Wilson's. Where all flags are
    alike, drawing would say that there is no doubt at all.

    Args:
        flags: One an item.
        units: To which unit each item belongs; each is its own if not given.
        seed: Of the draws.
        strata: To which stratum each item belongs, as in `estimate`.
    """
    values = np.asarray(flags, np.float64)
    count, total = int(values.sum()), len(values)
    if total == 0:
        return Share(0, 0, None, None)
    names = range(total) if units is None else units
    if strata is None:
        member = members_of(names)
        sums, sizes = np.bincount(member, weights=values), np.bincount(member)
        drawn = bootstrap_mean(sums, sizes, seed=seed, draws=DRAWS).interval
    else:
        found = estimate(lambda some: float(values[some].mean()), names, seed=seed, strata=strata)
        assert found.interval is not None, "a share of some items has a value in every draw"
        drawn = found.interval
    wilson = wilson_interval(count, total)
    low, high = min(drawn[0], wilson[0]), max(drawn[1], wilson[1])
    return Share(count, total, 100 * count / total, (100 * low, 100 * high))


def estimate(
    statistic: Callable[[NDArray[np.int64]], float],
    units: Sequence[Hashable],
    *,
    seed: int = 0,
    strata: Sequence[Hashable] | None = None,
) -> Estimate:
    """Return a statistic of all items, with an interval from drawing whole units.

    Args:
        statistic: Gives the number for the items with some indices, `(n,)`; NaN where it has none.
        units: To which unit each item belongs.
        seed: Of the draws.
        strata: To which stratum each item belongs: each stratum keeps its number of units. All
            are one if not given.
    """
    everything = np.arange(len(units))
    value = statistic(everything) if len(units) else float("nan")
    if not np.isfinite(value):
        return Estimate(None, None, len(units))
    rng = numpy_rng(seed, "audit", "bootstrap")
    stratum = np.zeros(len(units), np.int64) if strata is None else members_of(strata)
    groups = [
        [np.flatnonzero(inside & (member == unit)) for unit in np.unique(member[inside])]
        for member in [members_of(units)]
        for inside in (stratum == one for one in np.unique(stratum))
    ]
    found = []
    for _ in range(DRAWS):
        drawn = [group[i] for group in groups for i in rng.integers(len(group), size=len(group))]
        found.append(statistic(np.concatenate(drawn)))
    kept = np.array(found)[np.isfinite(found)]
    low, high = np.quantile(kept, [0.025, 0.975]) if len(kept) else (np.nan, np.nan)
    interval = (float(low), float(high)) if len(kept) >= DRAWS / 2 else None
    return Estimate(float(value), interval, len(units))


def correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return Pearson's correlation; NaN for fewer than 3 items or where one does not vary."""
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def members_of(names: Sequence[Hashable]) -> NDArray[np.int64]:
    """Return a number for each name, the same for equal names, in order of appearance."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
