"""Figures of audits: empty ones say so, units are drawn whole, strata keep their size."""

import numpy as np
import pytest

from fmlab.audits.intervals import Estimate, correlation, estimate, members_of, share
from fmlab.seeds import numpy_rng


def test_an_empty_share_has_no_percent() -> None:
    found = share([])
    assert (found.count, found.total, found.percent, found.interval) == (0, 0, None, None)
    assert found.empty


def test_a_share_without_exceptions_still_has_doubt() -> None:
    found = share([True] * 10)
    assert found.percent == 100
    assert found.interval is not None
    assert found.interval[0] < 75
    assert found.interval[1] == 100


def test_units_that_are_alike_widen_the_interval() -> None:
    flags = np.repeat(numpy_rng(0, "test").random(20) < 0.5, 10)
    alone, units = share(flags), share(flags, np.repeat(np.arange(20), 10).tolist())
    assert alone.interval is not None
    assert units.interval is not None
    assert units.interval[1] - units.interval[0] > 2 * (alone.interval[1] - alone.interval[0])


def test_strata_keep_their_number_of_units() -> None:
    """Always right in one stratum, always wrong in the other: half, in every draw."""
    flags, strata = [True] * 40 + [False] * 40, ["a"] * 40 + ["b"] * 40
    jobs = [f"{name}{number // 4}" for number, name in enumerate(strata)]
    free, kept = share(flags, jobs), share(flags, jobs, strata=strata)
    assert free.interval is not None
    assert kept.interval is not None
    assert free.interval[0] < 32
    assert kept.interval[0] > 38  # Wilson's alone is left


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says() -> None:
    hits = 0
    for seed in range(60):
        values = numpy_rng(seed, "test").normal(1.0, 2.0, size=40)
        found = estimate(lambda drawn, v=values: float(v[drawn].mean()), range(40), seed=seed)  # type: ignore[misc]
        assert found.interval is not None
        hits += found.interval[0] <= 1.0 <= found.interval[1]
    assert hits >= 51


def test_a_statistic_without_a_value_gives_none() -> None:
    assert estimate(lambda drawn: float("nan"), range(3)) == Estimate(None, None, 3)
    assert estimate(lambda drawn: 1.0, []) == Estimate(None, None, 0)


@pytest.mark.parametrize(("x", "y"), [([1.0, 2.0], [1.0, 2.0]), ([1.0] * 4, [1.0, 2.0, 3.0, 4.0])])
def test_a_correlation_needs_three_items_that_vary(x: list[float], y: list[float]) -> None:
    assert np.isnan(correlation(np.array(x), np.array(y)))


def test_members_are_numbered_in_order_of_appearance() -> None:
    assert members_of(["b", "a", "b", "c"]).tolist() == [0, 1, 0, 2]
