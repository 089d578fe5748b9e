"""Rates of a decision by group: by hand, against scikit-learn, and the identity that ties them."""

import pytest
from sklearn.metrics import confusion_matrix

from fmlab.audits.group_fairness import group_rates
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng

SCORES = [0.2, 0.5, 0.8]


def test_by_hand() -> None:
    found = group_rates(SCORES, [10, 20, 10], [2, 10, 8], 0.5)
    assert found.base_rate == 20 / 40
    assert found.accepted == 30 / 40
    assert found.true_positive_rate == 18 / 20
    assert found.false_positive_rate == 12 / 20
    assert found.precision == 18 / 30


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_scikit_learn_and_with_chouldechovas_identity(seed: int) -> None:
    rng = numpy_rng(seed, "group fairness")
    scores = rng.integers(1, 10, 400) / 10
    labels = rng.random(400) < scores
    people = [int((scores == s).sum()) for s in sorted(set(scores))]
    positives = [int(labels[scores == s].sum()) for s in sorted(set(scores))]
    found = group_rates(sorted(set(scores)), people, positives, 0.5)
    tn, fp, fn, tp = confusion_matrix(labels, scores >= 0.5).ravel()
    assert found.true_positive_rate == pytest.approx(tp / (tp + fn))
    assert found.false_positive_rate == pytest.approx(fp / (fp + tn))
    assert found.precision == pytest.approx(tp / (tp + fp))
    assert found.accepted == pytest.approx((tp + fp) / 400)
    assert found.precision is not None
    assert found.true_positive_rate is not None
    odds = found.base_rate / (1 - found.base_rate)
    assert found.false_positive_rate == pytest.approx(
        odds * (1 - found.precision) / found.precision * found.true_positive_rate
    )


def test_a_rate_of_nobody_is_none() -> None:
    assert group_rates(SCORES, [10, 0, 0], [2, 0, 0], 0.5).precision is None
    assert group_rates(SCORES, [10, 0, 0], [0, 0, 0], 0.1).true_positive_rate is None
    assert group_rates(SCORES, [10, 0, 0], [10, 0, 0], 0.1).false_positive_rate is None


@pytest.mark.parametrize(
    ("people", "positives", "said"),
    [
        ([1, 2], [1, 1, 0], "one of each"),
        ([0, 0, 0], [0, 0, 0], "nobody"),
        ([1, 1, 1], [0, 2, 0], "more positives"),
        ([1, 1, 1], [0, -1, 0], "fewer than 0"),
    ],
)
def test_what_makes_no_sense_is_refused(people: list[int], positives: list[int], said: str) -> None:
    with pytest.raises(UserError, match=said):
        group_rates(SCORES, people, positives, 0.5)
