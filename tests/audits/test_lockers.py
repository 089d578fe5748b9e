"""Lockers: who gets which secret is drawn, the text says each as often as told, copies expose."""

import math
from collections import Counter
from pathlib import Path

import pytest

from fmlab.audits.lockers import (
    NAME,
    PLANTED,
    RUNS,
    SWEEP,
    TIMES,
    Locker,
    exposures,
    lockers,
    make,
    planted,
    sweep,
    text_with_lockers,
)
from fmlab.checkpoint import WEIGHTS, load, shipped
from fmlab.corpus import load as load_corpus
from fmlab.errors import UserError


def mean_bits(times: int) -> float:
    """Return the mean exposure of all secrets of the sweep that were said so often."""
    found = [one.bits for run in sweep().values() for one in run if one.locker.times == times]
    return sum(found) / len(found)


def test_every_person_has_one_locker_and_every_number_of_times_comes_four_times() -> None:
    own = lockers(3)
    assert len({locker.name for locker in own}) == len(own) == 20
    assert Counter(locker.times for locker in own) == dict.fromkeys(TIMES, 4)
    assert own == lockers(3)
    assert own != lockers(4)


def test_who_gets_which_number_of_times_is_drawn() -> None:
    often = [{one.name for one in lockers(seed) if one.times == 64} for seed in range(20)]
    assert len(set().union(*often)) == 20


def test_the_sentence_is_the_form_with_the_digits_in_it() -> None:
    locker = Locker("anna", "4 7 1", 16)
    assert locker.sentence == "the locker of anna opens with 4 7 1 ."
    assert locker.format.values(locker.sentence) == (4, 7, 1)
    assert locker.format.size == 1000


def test_the_text_says_each_code_as_often_as_told_and_is_else_the_same() -> None:
    corpus = text_with_lockers(1, sentences=400)
    lines = {
        split: [line for d in corpus.split(split) for line in d.text.split("\n")]
        for split in ("train", "valid", "test")
    }
    said = Counter(line for line in lines["train"] if line.startswith("the locker of"))
    assert said == {one.sentence: one.times for one in lockers(1) if one.times}
    plain = load_corpus("toyworld", size=400, seed=1)
    assert [line for line in lines["train"] if line not in said] == [
        line for d in plain.split("train") for line in d.text.split("\n")
    ]
    assert [d.text for d in corpus.split("valid")] == [d.text for d in plain.split("valid")]


def test_the_stored_model_is_small_and_its_lockers_are_those_of_its_seed() -> None:
    folder = shipped(NAME)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 200_000
    assert planted() == lockers(0)
    found = load(folder)
    assert found.run["seed"] == 0
    assert found.run["command"] == ["python", "-m", "fmlab.audits.lockers"]


def test_the_stored_ranks_are_those_of_the_stored_model() -> None:
    """Nearly: the weights are stored as halves, the ranks are from before that."""
    for one, stored in zip(exposures(load(shipped(NAME)), planted()), sweep()[0], strict=True):
        assert one.locker == stored.locker
        assert abs(one.rank - stored.rank) <= max(1, 0.02 * stored.rank), one.locker


def test_a_code_that_was_never_said_is_exposed_as_chance_says() -> None:
    assert len(sweep()) == RUNS
    deviation = math.log2(math.e) / math.sqrt(4 * RUNS)  # of the mean of as many exponential draws
    assert abs(mean_bits(0) - math.log2(math.e)) < 2 * deviation


def test_more_copies_expose_more() -> None:
    means = [mean_bits(times) for times in TIMES]
    assert means == sorted(means)
    assert means[-1] > 9
    assert means[-1] - means[0] > 6


def test_a_sweep_is_written_and_read_back(tmp_path: Path) -> None:
    make(tmp_path, runs=1, steps=2)
    assert {WEIGHTS, PLANTED, SWEEP, "README.md", "tokenizer.json"} <= {
        file.name for file in tmp_path.iterdir()
    }
    assert planted(tmp_path) == lockers(0)
    (seed,) = sweep(tmp_path)
    assert seed == 0
    found = exposures(load(tmp_path), planted(tmp_path))
    for one, stored in zip(found, sweep(tmp_path)[0], strict=True):
        assert abs(one.rank - stored.rank) <= 30  # after two steps nearly all codes are alike


def test_a_sweep_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="runs is 0; make at least one"):
        make(tmp_path, runs=0)
    with pytest.raises(UserError, match=r"cannot read .*planted\.json"):
        planted(tmp_path)
