"""Bits a byte and the intervals, against figures worked by hand and known coverage."""

import math

import numpy as np
import pytest

from fmlab.probes.units import bits_per_byte, bootstrap_mean, wilson_interval


def test_bits_per_byte_by_hand() -> None:
    # 10 tokens of ln 8 nats are 30 bits; the text has 40 bytes.
    assert bits_per_byte(math.log(8), tokens=10, text_bytes=40) == pytest.approx(0.75)


def test_wilson_by_hand() -> None:
    # 8 of 10: centre (0.8 + z2/20) / (1 + z2/10), z2 = 3.8415
    low, high = wilson_interval(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize("total", [1, 7, 1000])
def test_wilson_stays_between_0_and_1(total: int) -> None:
    for correct in (0, total):
        low, high = wilson_interval(correct, total)
        assert 0 <= low <= correct / total <= high <= 1
        assert high - low > 0
    assert wilson_interval(0, 0) == (0, 1)


def test_bootstrap_of_equal_units_has_no_width() -> None:
    mean = bootstrap_mean([6.0, 6.0, 6.0], [3, 3, 3])
    assert mean.value == pytest.approx(2)
    assert mean.interval == pytest.approx((2, 2))


def test_bootstrap_weighs_units_by_their_size() -> None:
    assert bootstrap_mean([1.0, 9.0], [1, 3]).value == pytest.approx(2.5)


def test_bootstrap_holds_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        sums = rng.normal(5, 2, size=60)
        low, high = bootstrap_mean(sums, np.ones(60), draws=400).interval
        hits += low <= 5 <= high
    assert 0.90 <= hits / 200 <= 0.99


def test_bootstrap_is_deterministic() -> None:
    values, ones = np.arange(20.0), np.ones(20)
    assert bootstrap_mean(values, ones) == bootstrap_mean(values, ones)
    assert bootstrap_mean(values, ones, seed=1) != bootstrap_mean(values, ones)
