"""The gap of true-positive rates: by hand, against plain resampling, and where a side is empty."""

import math

import numpy as np
import pytest

from fmlab.audits.tpr_gap import TprGap, tpr_gap
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng

Example = tuple[str, str, str]
# 10 women and 5 men are nurses: 8 and 2 are found. 4 women, 8 men are surgeons: 1 and 6 are.
HAND: list[Example] = [
    *[("nurse", "nurse", "F")] * 8,
    *[("nurse", "surgeon", "F")] * 2,
    *[("nurse", "nurse", "M")] * 2,
    *[("nurse", "surgeon", "M")] * 3,
    *[("surgeon", "surgeon", "F")] * 1,
    *[("surgeon", "nurse", "F")] * 3,
    *[("surgeon", "surgeon", "M")] * 6,
    *[("surgeon", "nurse", "M")] * 2,
]


def gap_of(examples: list[Example], group: str = "F", seed: int = 0) -> TprGap:
    labels, predictions, groups = zip(*examples, strict=True)
    return tpr_gap(labels, predictions, groups, group, seed=seed)


def test_a_hand_worked_gap() -> None:
    found = gap_of(HAND)
    nurse, surgeon = found.by_class
    assert nurse.gap.value == pytest.approx(8 / 10 - 2 / 5)
    assert surgeon.gap.value == pytest.approx(1 / 4 - 6 / 8)
    assert found.rms.value == pytest.approx(math.sqrt((0.4**2 + 0.5**2) / 2))
    assert (nurse.group.count, nurse.others.total, found.empty) == (8, 5, ())


def test_the_other_group_has_the_opposite_gap() -> None:
    women, men = gap_of(HAND), gap_of(HAND, "M")
    for one, other in zip(women.by_class, men.by_class, strict=True):
        assert one.gap.value == pytest.approx(-(other.gap.value or 0))
        assert one.gap.interval == pytest.approx(
            [-end for end in reversed(other.gap.interval or ())]
        )


def test_a_group_is_compared_with_everybody_else() -> None:
    three = [*HAND, *[("nurse", "nurse", "X")] * 5]
    nurse = gap_of(three).by_class[0]
    assert nurse.gap.value == pytest.approx(8 / 10 - 7 / 10)


def test_the_interval_of_newcombes_own_example() -> None:
    """56 of 70 against 48 of 80: 0.2, from 0.0524 to 0.3339 (his Table II, method 10)."""
    examples = [
        *[("a", "a", "F")] * 56, *[("a", "b", "F")] * 14,
        *[("a", "a", "M")] * 48, *[("a", "b", "M")] * 32,
    ]  # fmt: skip
    gap = gap_of(examples).by_class[0].gap
    assert gap.value == pytest.approx(0.2)
    assert gap.interval == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_the_draws_are_those_of_resampling_examples() -> None:
    found = gap_of(HAND).rms.interval
    rng = numpy_rng(0, "test")
    parts = [[x for x in HAND if (x[0], x[2]) == key] for key in
             (("nurse", "F"), ("nurse", "M"), ("surgeon", "F"), ("surgeon", "M"))]  # fmt: skip
    drawn = []
    for _ in range(4000):
        rates = [
            np.mean([part[i][0] == part[i][1] for i in rng.integers(len(part), size=len(part))])
            for part in parts
        ]
        drawn.append(math.sqrt(((rates[0] - rates[1]) ** 2 + (rates[2] - rates[3]) ** 2) / 2))
    assert found == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.04)


def test_chance_alone_gives_a_root_mean_square_above_0() -> None:
    rng = numpy_rng(1, "test")
    fair = [
        (label, label if rng.random() < 0.7 else "none", "FM"[int(rng.integers(2))])
        for label in "abcdef"
        for _ in range(60)
    ]
    found = gap_of(fair)
    assert found.rms_by_chance is not None
    mean, high = found.rms_by_chance
    assert 0.05 < mean < high < 0.3
    assert (found.rms.value or 1) < high
    unfair = gap_of(HAND * 5)
    assert unfair.rms_by_chance is not None
    assert (unfair.rms.value or 0) > unfair.rms_by_chance[1]


def test_a_class_with_nobody_on_one_side_has_no_gap_and_is_named() -> None:
    found = gap_of([*HAND, ("poet", "poet", "F")])
    poet = found.by_class[1]
    assert (poet.label, poet.gap.value, poet.gap.interval, poet.others.total) == (
        "poet", None, None, 0,
    )  # fmt: skip
    assert found.empty == ("poet",)
    assert found.rms.value == pytest.approx(gap_of(HAND).rms.value)


def test_no_class_with_both_sides_gives_no_root_mean_square() -> None:
    found = gap_of([("a", "a", "F"), ("b", "b", "M")])
    assert (found.rms.value, found.rms.interval, found.rms_by_chance) == (None, None, None)
    assert found.empty == ("a", "b")


@pytest.mark.parametrize(
    ("labels", "predictions", "groups", "message"),
    [
        (["a"], ["a", "b"], ["F", "M"], "1 labels, 2 predictions and 2 groups"),
        (["a", "b"], ["a", "b"], ["M", "M"], "nobody is in the group 'F'"),
        (["a", "b"], ["a", "b"], ["F", "F"], "everybody is in the group 'F'"),
    ],
)
def test_a_mistake_costs_one_line(
    labels: list[str], predictions: list[str], groups: list[str], message: str
) -> None:
    with pytest.raises(UserError, match=message) as told:
        tpr_gap(labels, predictions, groups, "F")
    assert "\n" not in str(told.value)


def test_the_same_seed_gives_the_same_interval() -> None:
    assert gap_of(HAND, seed=3) == gap_of(HAND, seed=3)
    assert gap_of(HAND, seed=3).rms_by_chance != gap_of(HAND, seed=4).rms_by_chance
