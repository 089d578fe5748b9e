"""The lab on recipes runs to its end, solved, untouched and with mistakes, and ends right.

Sizes are tiny here; what the lab says in words is held against the stored runs, and against its
run at real sizes, which is slow. Whether a learner's answer or the library's is used must not
change a figure, but for chance that each draws in its own way.
"""

import dataclasses
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
from running import LabRun, smallest_tier  # noqa: F401

from fmlab.comparison import sweep
from fmlab.comparison.switches import BASE, RECIPES
from fmlab.grading.source import read
from fmlab.tiers import TIERS

PATH = Path(__file__).parents[2] / "labs" / "03_recipes.md"
LAB = read(PATH)
TOY = {"amount": 200, "hidden_size": 16, "tokens": 2_000, "tokens_a_step": 500, "held_out": 2}
TINY = {"seeds": 2, "toy": TOY}
MISTAKES = {  # what a learner may write, by the last name of the question's cell
    "masks": "def draw_masks(epochs, rows, tokens, rate, copies, seed):\n    return rate",
    "pairs": "def next_pairs(documents, seed):\n    return documents\n\n\n"
    "def order_pairs(documents, seed):\n    raise ValueError('no idea')",
    "weights": "def count_weights(*sizes, **ways):\n    return None",
    "fair": "tokens_read = 3\n\n\ndef unequal(one, other, switch):\n    return switch",
    "paired": "def paired_difference(base, other, t95):\n    return 0",
}
OWN = {
    "own_masks": "draw_masks",
    "own_next": "next_pairs",
    "own_order": "order_pairs",
    "own_count": "count_weights",
    "own_tokens": "tokens_read",
    "own_unequal": "unequal",
    "own_paired": "paired_difference",
}


def make_small(names: dict[str, Any]) -> None:
    names.update(
        size=TINY, SEEDS=range(2), BOOKS=dataclasses.replace(names["BOOKS"], amount=20_000)
    )


RUN = LabRun(LAB, {"SIZES = {": make_small}, OWN)


def figures(names: dict[str, Any]) -> list[float]:
    """Return what the lab has measured with functions that a learner writes."""
    found = [names["paired"](names["made"], name) for name in names["guess_toy"]]
    found += [
        names["paired"](names["on_books"], name, against, what)
        for _, name, against, what, _ in names["CLAIMS"]
    ]
    return [float(value) for three in found for value in three]


def test_the_solved_lab_uses_the_learners_functions_and_has_full_points() -> None:
    RUN.assert_solved_with_full_points()


def test_the_untouched_student_notebook_runs_to_its_end_with_no_points() -> None:
    RUN.assert_untouched_has_no_points()


def test_wrong_answers_get_no_points_there_and_the_lab_still_ends() -> None:
    names = RUN.mistaken(MISTAKES)
    assert figures(names) == pytest.approx(figures(RUN.untouched[0]))


def test_the_librarys_functions_give_the_figures_of_the_solution() -> None:
    assert figures(RUN.solved[0]) == pytest.approx(figures(RUN.untouched[0]), abs=1e-5)
    mine, theirs = RUN.solved[0], RUN.untouched[0]
    for sizes in ((50, 12, 3, 40, 16), (90, 20, 4, 70, 32)):
        for ways in ({}, {"short": 5}, {"shared": True}, {"short": 5, "shared": True}):
            assert mine["own_count"](*sizes, **ways) == theirs["own_count"](*sizes, **ways)
    for recipe in RECIPES:
        runs = [mine["as_run"](name) for name in (BASE, recipe)]
        assert mine["own_unequal"](*runs, "none") == theirs["own_unequal"](*runs, "none")
        assert mine["own_tokens"](runs[1]) == pytest.approx(theirs["own_tokens"](runs[1]))


def test_no_answer_of_the_library_would_fail_the_checks() -> None:
    names, _ = RUN.untouched
    library = {
        "draw_masks": names["library_masks"],
        "next_pairs": names["library_next"],
        "order_pairs": names["library_order"],
        "count_weights": names["library_count"],
        "tokens_read": names["library_tokens"],
        "unequal": names["library_unequal"],
        "paired_difference": names["library_paired"],
    }
    lab = names["lab"]
    assert lab.names is names
    before = {name: names[name] for name in library}
    names.update(library)
    try:
        for name, question in lab.questions.items():
            failed = [outcome for outcome in question.run() if not outcome.passed]
            assert failed == [], name
    finally:
        names.update(before)


def unfair(printed: str) -> set[str]:
    told = dict(re.findall(r"^(\S.{17}) +[\d,]+ tokens; (.*)$", printed, re.M))
    assert {name.strip() for name in told} == {*RECIPES}
    return {name.strip() for name, said in told.items() if said != "fair"}


def test_bundles_are_called_unfair() -> None:
    assert {"BERT", "ALBERT"} <= unfair(RUN.solved[1])  # with tiny steps, rounding is felt too


def test_a_verdict_follows_the_interval() -> None:
    names, _ = RUN.solved
    verdict, held_against = names["verdict"], names["held_against"]
    assert verdict((0.1, -0.1, 0.3)) == "cannot tell"
    assert verdict((0.2, 0.1, 0.3)) == "higher"
    assert verdict((-0.2, -0.3, -0.1)) == "lower"
    assert held_against((0.2, 0.1, 0.3), "higher") == "same direction"
    assert held_against((0.2, 0.1, 0.3), "lower") == "the other way round"
    assert held_against((0.2, -0.1, 0.3), "lower") == "not settled by these seeds"


@pytest.mark.parametrize("name", TIERS)
def test_every_tier_has_sizes_that_make_a_run(name: str) -> None:
    names, _ = RUN.solved
    sizes = names["SIZES"][name]
    assert sizes["seeds"] in names["T95"]
    assert set(sizes) == set(TINY)
    assert dataclasses.replace(names["TOY"], **sizes["toy"]).hidden_size % 4 == 0
    assert all(len(seeds) in names["T95"] for seeds in sweep.SEEDS.values())


def test_the_open_question_has_a_rubric_of_its_points() -> None:
    names, _ = RUN.solved
    lab = names["lab"]
    assert lab.rubric("limits").total == lab.points["limits"] == 6


@pytest.fixture
def printed(reference_run: Any) -> str:
    """What the lab has printed, on the run that is compared with its reference."""
    text: str = reference_run(PATH).process_resources["printed"]
    return text


@pytest.mark.slow
def test_a_point_made_anew_is_near_the_stored_one(printed: str) -> None:
    found = re.search(r"they differ by ([\d.]+); from seed to seed", printed)
    assert found is not None
    assert float(found[1]) <= 0.05
    assert "NOT within" not in printed


@pytest.mark.slow
def test_at_real_sizes_bundles_alone_are_unfair(printed: str) -> None:
    assert unfair(printed) == {"BERT", "ALBERT"}


def mean(name: str, text: str, what: str = "loss") -> float:
    return statistics.mean(getattr(p, what) for p in sweep.read()[text].of(name))


@pytest.mark.parametrize("text", ["books", "toyworld"])
def test_more_questions_help_at_this_budget(text: str) -> None:
    assert mean("mask 40 %", text) < mean(BASE, text)
