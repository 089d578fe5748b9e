"""Lockers read with differential privacy: stored runs, and what a short one writes."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from fmlab.audits.lockers import lockers
from fmlab.audits.lockers_private import (
    EPSILON,
    RUNS,
    SETTINGS,
    PrivateRun,
    make,
    private_runs,
    run,
)
from fmlab.errors import UserError


def mean_bits(runs: list[PrivateRun], times: int) -> float:
    found = [e.bits for one in runs for e in one.exposed if e.locker.times == times]
    return sum(found) / len(found)


def both() -> tuple[list[PrivateRun], list[PrivateRun]]:
    """Return the stored runs without privacy, and those with it."""
    stored = private_runs()
    return [r for r in stored if math.isinf(r.epsilon)], [r for r in stored if r.epsilon < 100]


def test_every_seed_was_run_both_ways_on_the_same_lines() -> None:
    plain, private = both()
    assert [r.seed for r in plain] == [r.seed for r in private] == list(range(RUNS))
    for a, b in zip(plain, private, strict=True):
        assert a.examples == b.examples
        assert [e.locker for e in a.exposed] == list(lockers(a.seed))
        assert EPSILON * 0.98 < b.epsilon <= EPSILON
        assert b.delta < 1 / b.examples


def test_privacy_costs_loss_and_leaves_the_repeated_secret_exposed() -> None:
    plain, private = both()
    assert all(b.loss > a.loss + 0.5 for a, b in zip(plain, private, strict=True))
    assert mean_bits(private, 64) < mean_bits(plain, 64) - 1
    assert mean_bits(private, 64) > mean_bits(private, 0) + 2


def test_short_runs_are_written_and_read_back(tmp_path: Path) -> None:
    short = replace(SETTINGS, steps=2, batch_size=32)
    make(tmp_path, runs=1, how=short)
    plain, private = private_runs(tmp_path)
    assert math.isinf(plain.epsilon)
    assert private.epsilon <= EPSILON
    again = run(0, EPSILON, short)
    assert again.loss == pytest.approx(private.loss, rel=1e-4)
    assert len(again.exposed) == 20


def test_no_runs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="runs is 0; make at least one"):
        make(tmp_path, runs=0)
    with pytest.raises(UserError, match=r"cannot read .*private\.json"):
        private_runs(tmp_path)
