"""Rates of a decision by group: accepted, found, falsely accepted, right among the accepted.

A score says how likely something is, and whoever scores at least a cut-off is accepted. Each of
the four rates is what some criterion of fairness asks to be equal between groups: demographic
parity the first, equal opportunity the second, equalised odds the second and third, predictive
parity the fourth.

Sources: Hardt, Price, Srebro 2016, arXiv:1610.02413 (equal opportunity, equalised odds);
Chouldechova 2017, arXiv:1703.00056 (predictive parity, and why these clash).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fmlab.errors import UserError


@dataclass(frozen=True)
class GroupRates:
    """What a cut-off does to one group. A rate of nobody is None.

    Attributes:
        base_rate: Share of positives among all.
        accepted: Share of all who are accepted.
        true_positive_rate: Share of the positives who are accepted.
        false_positive_rate: Share of the others who are accepted.
        precision: Share of positives among the accepted.
    """

    base_rate: float
    accepted: float
    true_positive_rate: float | None
    false_positive_rate: float | None
    precision: float | None


def group_rates(
    scores: Sequence[float],
    people: Sequence[float],
    positives: Sequence[float],
    cut_off: float,
) -> GroupRates:
    """Return the rates of one group at a cut-off.

    Args:
        scores: The scores there are, `(S,)`.
        people: How many have each score, `(S,)`.
        positives: How many of them are positives, `(S,)`.
        cut_off: Who scores at least this is accepted.

    Raises:
        UserError: The lists are not of one length, nobody is there, or there are more positives
            than people.

    Does not show: which criterion is the right one, what an error costs, or whether the outcome
    itself was measured fairly. A rate of few people is a rate with much doubt.
    """
    if not len(scores) == len(people) == len(positives):
        raise UserError(
            f"there are {len(scores)} scores, {len(people)} counts of people and {len(positives)} "
            "of positives; give one of each for every score"
        )
    if sum(people) <= 0:
        raise UserError("nobody is in the group; give at least one person")
    if any(not 0 <= p <= n for p, n in zip(positives, people, strict=True)):
        raise UserError("a score has more positives than people, or fewer than 0; check the counts")
    above = [score >= cut_off for score in scores]
    inside = sum(n for n, yes in zip(people, above, strict=True) if yes)
    found = sum(n for n, yes in zip(positives, above, strict=True) if yes)
    everybody, positive = sum(people), sum(positives)
    return GroupRates(
        positive / everybody,
        inside / everybody,
        _share(found, positive),
        _share(inside - found, everybody - positive),
        _share(found, inside),
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
