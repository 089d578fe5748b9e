"""Membership inference: can one tell from a score whether a text was trained on?

Papers: Yeom et al. 2018, arXiv:1709.01604 (threshold on the loss); Mireshghallah et al. 2022,
arXiv:2203.03929 (ratio to a reference model, for masked models); Carlini et al. 2022,
arXiv:2112.03570 (look at few false alarms, not at the average).
Idea: give every text a score, call those above a threshold members, and try all thresholds.
Intuition: an attacker who is right about a few texts and nearly never wrong does harm; one who is
right a little more often than chance, about all, does little. The area under the curve cannot tell
these apart, so the share found at 1 % false alarms stands beside it.

Nothing here runs a model: scores go in, and `text_losses.py` makes them.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmlab.errors import UserError
from fmlab.probes.units import Interval, wilson_interval
from fmlab.seeds import numpy_rng

FALSE_ALARMS = 0.01
DRAWS = 1000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Roc:
    """All that thresholds can do.

    Attributes:
        false_alarms: The share of non-members above each threshold, from 0 to 1, `(K,)`.
        found: The share of members above it, `(K,)`.
    """

    false_alarms: Floats
    found: Floats

    @property
    def area(self) -> float:
        """The area under the curve: how often a member scores above a non-member, ties half."""
        middles = (self.found[1:] + self.found[:-1]) / 2
        return float((np.diff(self.false_alarms) * middles).sum())

    def found_at(self, most: float) -> float:
        """Return the largest share of members found with at most so many false alarms."""
        return float(self.found[self.false_alarms <= most].max())


@dataclass(frozen=True)
class Membership:
    """How well a score tells members from others.

    Attributes:
        auc: Area under the curve: 0.5 is chance, 1 perfect.
        auc_interval: Its 95 % interval, from drawing whole groups again and again.
        found: The share of members found at `FALSE_ALARMS` false alarms (true-positive rate).
        found_interval: Its 95 % interval: the wider of drawing groups and of Wilson's.
        members: How many members were scored.
        others: How many others.
        member_groups: From how many groups (documents) the members are.
        other_groups: From how many the others are.
        roc: The curve.
    """

    auc: float
    auc_interval: Interval
    found: float
    found_interval: Interval
    members: int
    others: int
    member_groups: int
    other_groups: int
    roc: Roc

    @property
    def by_chance(self) -> float:
        """What `found` would be if scores told nothing."""
        return FALSE_ALARMS

    @property
    def resolved(self) -> bool:
        """Whether there are others enough for one in a hundred of them to be a whole one."""
        return self.others * FALSE_ALARMS >= 1


def roc(members: Sequence[float] | Floats, others: Sequence[float] | Floats) -> Roc:
    """Return the curve of all thresholds; a text is called a member at or above the threshold.

    Args:
        members: Scores of members, large for "was trained on", `(M,)`.
        others: Scores of others, `(N,)`.

    Raises:
        UserError: One of them is empty, or a score is no number.
    """
    inside, outside = np.asarray(members, np.float64), np.asarray(others, np.float64)
    if not len(inside) or not len(outside):
        raise UserError(
            f"{len(inside)} members and {len(outside)} others; give scores of at least one each"
        )
    if not (np.isfinite(inside).all() and np.isfinite(outside).all()):
        raise UserError("a score is not a number; leave out texts that cannot be scored")
    scores = np.concatenate([inside, outside])
    is_member = np.arange(len(scores)) < len(inside)
    order = np.argsort(-scores, kind="stable")
    last_of_ties = np.append(np.diff(scores[order]) != 0, True)
    found = np.cumsum(is_member[order])[last_of_ties] / len(inside)
    false_alarms = np.cumsum(~is_member[order])[last_of_ties] / len(outside)
    return Roc(np.append(0.0, false_alarms), np.append(0.0, found))


def membership(
    members: Sequence[float] | Floats,
    others: Sequence[float] | Floats,
    *,
    member_groups: Sequence[Hashable] | None = None,
    other_groups: Sequence[Hashable] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Membership:
    """Return how well scores tell members from others.

    Args:
        members: Scores of texts that were trained on, large for "was trained on", `(M,)`.
        others: Scores of texts that were not, `(N,)`.
        member_groups: Which document each member is from, since pieces of one are alike; each is
            its own if not given.
        other_groups: The same for the others.
        seed: Of the interval's draws.
        draws: How many times groups are drawn.

    Raises:
        UserError: There is no member or no other, a score is no number, or there are not as many
            groups as scores.

    Does not show: that membership is the reason. If members and others differ in anything else
    (author, topic, date, length), a score may tell *that*; a fair test has both drawn from one pot
    (Duan et al. 2024, arXiv:2402.07841). Nor that a model is safe: it is about this one score,
    and stronger attacks train many models (Carlini et al. 2022). With fewer than a hundred others
    a false-alarm rate of 1 % means none at all. With few groups the intervals are rough.
    """
    curve = roc(members, others)
    inside = _by_group(np.asarray(members, np.float64), member_groups)
    outside = _by_group(np.asarray(others, np.float64), other_groups)
    rng = numpy_rng(seed, "membership")
    areas, rates = np.empty(draws), np.empty(draws)
    for draw in range(draws):
        drawn = roc(_drawn(inside, rng), _drawn(outside, rng))
        areas[draw], rates[draw] = drawn.area, drawn.found_at(FALSE_ALARMS)
    found = curve.found_at(FALSE_ALARMS)
    wilson = wilson_interval(round(found * len(members)), len(members))
    low, high = _middle(rates)
    return Membership(
        curve.area,
        _middle(areas),
        found,
        (min(low, wilson[0]), max(high, wilson[1])),
        len(members),
        len(others),
        len(inside),
        len(outside),
        curve,
    )


def loss_scores(losses: Sequence[float] | Floats) -> Floats:
    """Return scores for the threshold attack: a low loss speaks for membership.

    Source: Yeom et al. 2018, arXiv:1709.01604.
    """
    return -np.asarray(losses, np.float64)


def ratio_scores(
    losses: Sequence[float] | Floats, reference_losses: Sequence[float] | Floats
) -> Floats:
    """Return scores for the reference attack: how much lower the loss is than a reference's.

    It is the log of the likelihood ratio, in the unit of the losses. The reference takes out what
    makes a text easy for any model, so that what is left is nearer to memory.

    Args:
        losses: Of the model, -log p of each text, `(N,)`.
        reference_losses: Of a model that has not seen the texts, in the same unit, `(N,)`.

    Raises:
        UserError: There are not as many of one as of the other.

    Source: Mireshghallah et al. 2022, arXiv:2203.03929.
    """
    own, other = np.asarray(losses, np.float64), np.asarray(reference_losses, np.float64)
    if own.shape != other.shape:
        raise UserError(
            f"{len(own)} losses but {len(other)} of the reference; score the same texts by both"
        )
    return other - own


def _by_group(scores: Floats, groups: Sequence[Hashable] | None) -> list[Floats]:
    names = range(len(scores)) if groups is None else groups
    if len(names) != len(scores):
        raise UserError(f"{len(scores)} scores but {len(names)} groups; name a group a score")
    members: dict[Hashable, list[float]] = {}
    for name, score in zip(names, scores, strict=True):
        members.setdefault(name, []).append(float(score))
    return [np.array(some) for some in members.values()]


def _drawn(groups: list[Floats], rng: np.random.Generator) -> Floats:
    chosen = rng.integers(len(groups), size=len(groups))
    return np.concatenate([groups[i] for i in chosen])


def _middle(values: Floats) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
