"""The gap of true-positive rates: does a classifier find one group's members as often as others'?

Of all people who really are nurses, how many does the classifier call nurses, among men and among
others? The gap of a class is the one rate minus the other. It is measured downstream, on the
predictions of a finished classifier, so it needs no model, only labels.

Source: De-Arteaga et al. 2019, "Bias in Bios", FAT*, arXiv:1901.09451. The root mean square over
classes: Romanov et al. 2019, "What's in a Name?", NAACL, arXiv:1904.05233.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmlab.audits.intervals import DRAWS, Estimate, Share
from fmlab.errors import UserError
from fmlab.probes.units import Interval, wilson_interval
from fmlab.seeds import numpy_rng


@dataclass(frozen=True)
class ClassGap:
    """The gap of one class.

    Attributes:
        label: The class.
        group: How many members of the group that truly are of this class were found.
        others: The same of everybody else.
        gap: The group's rate minus the others', -1 to 1; None if one side has nobody.
    """

    label: str
    group: Share
    others: Share
    gap: Estimate


@dataclass(frozen=True)
class TprGap:
    """The gaps of all classes.

    Attributes:
        group: The group that is compared with everybody else.
        by_class: One entry a class, in alphabetical order.
        rms: Root mean square of the gaps, over the classes that have one.
        rms_by_chance: What it would be if groups meant nothing: its mean, and its 95th percentile,
            from dealing out the groups anew within each class. None if no class has a gap.
        empty: Classes without a gap: one side has nobody who is truly of that class.
    """

    group: str
    by_class: tuple[ClassGap, ...]
    rms: Estimate
    rms_by_chance: tuple[float, float] | None
    empty: tuple[str, ...]


def tpr_gap(
    labels: Sequence[Hashable],
    predictions: Sequence[Hashable],
    groups: Sequence[Hashable],
    group: Hashable,
    *,
    seed: int = 0,
) -> TprGap:
    """Return the gap of true-positive rates of each class, and their root mean square.

    Args:
        labels: The true class of each example.
        predictions: The class that a classifier gave.
        groups: The group of each example.
        group: The group that is compared with everybody else.
        seed: Of the draws for the root mean square.

    Raises:
        UserError: The three are not of the same length, or one side has nobody at all.

    Does not show: why there is a gap, which error costs more, or who is harmed. A root mean square
    is never below 0, and noise alone makes it positive: the fewer examples, the larger. So its
    interval never reaches 0; compare it with `rms_by_chance`. Groups are taken as given, and with
    two genders nobody else is seen. Biases that are measured in the pretrained model don't
    predict this gap (Goldfarb-Tarrant et al. 2021, arXiv:2012.15859, on word embeddings; Steed et
    al. 2022, ACL): the data for fine-tuning explain more of it.

    Source: De-Arteaga et al. 2019, arXiv:1901.09451; for the intervals of the gaps Newcombe 1998,
    Statistics in Medicine 17 (8), 873-890, method 10.
    """
    if not len(labels) == len(predictions) == len(groups):
        raise UserError(
            f"there are {len(labels)} labels, {len(predictions)} predictions and {len(groups)} "
            "groups; give one of each for every example"
        )
    inside = np.array([one == group for one in groups], bool)
    if not inside.any() or inside.all():
        who = "nobody is" if not inside.any() else "everybody is"
        raise UserError(f"{who} in the group {group!r}; name a group that some are in and some not")
    found = np.array([a == b for a, b in zip(labels, predictions, strict=True)], bool)
    by_class = []
    for label in sorted(set(labels), key=str):
        truly = np.array([one == label for one in labels], bool)
        by_class.append(_class_gap(str(label), found[truly & inside], found[truly & ~inside]))
    full = [one for one in by_class if one.gap.value is not None]
    return TprGap(
        str(group),
        tuple(by_class),
        _root_mean_square(full, seed),
        _by_chance(full, seed),
        tuple(one.label for one in by_class if one.gap.value is None),
    )


def _class_gap(label: str, found: NDArray[np.bool_], of_others: NDArray[np.bool_]) -> ClassGap:
    group, others = _rate(found), _rate(of_others)
    items = group.total + others.total
    if group.empty or others.empty:
        return ClassGap(label, group, others, Estimate(None, None, items))
    gap = group.count / group.total - others.count / others.total
    return ClassGap(label, group, others, Estimate(gap, _newcombe(group, others), items))


def _rate(found: NDArray[np.bool_]) -> Share:
    count, total = int(found.sum()), len(found)
    if not total:
        return Share(0, 0, None, None)
    low, high = wilson_interval(count, total)
    return Share(count, total, 100 * count / total, (100 * low, 100 * high))


def _newcombe(one: Share, other: Share) -> Interval:
    """Return the interval of a difference of two shares from Wilson's of each."""
    p, q = one.count / one.total, other.count / other.total
    (p_low, p_high), (q_low, q_high) = (
        wilson_interval(share.count, share.total) for share in (one, other)
    )
    return (
        p - q - math.hypot(p - p_low, q_high - q),
        p - q + math.hypot(p_high - p, q - q_low),
    )


def _root_mean_square(classes: Sequence[ClassGap], seed: int) -> Estimate:
    items = sum(one.gap.items for one in classes)
    if not classes:
        return Estimate(None, None, 0)
    # Drawing a class's examples anew with their predictions is drawing a binomial number.
    rng = numpy_rng(seed, "audit", "tpr gap")
    sides = [
        rng.binomial(side.total, side.count / side.total, (DRAWS, 1)) / side.total
        for one in classes
        for side in (one.group, one.others)
    ]
    drawn = np.hstack(sides[0::2]) - np.hstack(sides[1::2])
    low, high = np.quantile(_rms(drawn), [0.025, 0.975])
    value = _rms(np.array([[one.gap.value for one in classes]], np.float64))
    return Estimate(float(value[0]), (float(low), float(high)), items)


def _by_chance(classes: Sequence[ClassGap], seed: int) -> tuple[float, float] | None:
    if not classes:
        return None
    rng = numpy_rng(seed, "audit", "tpr gap by chance")
    gaps = []
    for one in classes:
        hits = one.group.count + one.others.count
        misses = one.group.total + one.others.total - hits
        dealt = rng.hypergeometric(hits, misses, one.group.total, (DRAWS, 1))
        gaps.append(dealt / one.group.total - (hits - dealt) / one.others.total)
    drawn = _rms(np.hstack(gaps))
    return float(drawn.mean()), float(np.quantile(drawn, 0.95))


def _rms(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the root mean square of each row, `(draws,)`."""
    found: NDArray[np.float64] = np.sqrt((gaps**2).mean(axis=1))
    return found
