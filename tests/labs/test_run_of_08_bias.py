"""The lab on bias runs to its end, solved, untouched and with mistakes, and ends right.

Sizes are tiny here; what the lab says in words is held against the stored runs
(`tests/audits/test_town_sweep.py`) and against its run at real sizes, which is slow. Whether a
learner's answer or the library's is used must not change a figure.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from running import LabRun, smallest_tier  # noqa: F401

from fmlab.audits.town_models import Sizes
from fmlab.grading.source import read
from fmlab.tiers import TIERS

PATH = Path(__file__).parents[2] / "labs" / "08_bias.md"
LAB = read(PATH)
TOWN = {"sentences": 300, "hidden": 16, "batch": 16, "steps": 3, "tuning_steps": 3}
TINY = {"seeds": 2, "random": 6, "town": {**TOWN, "people": 64, "tested": 2_000}}
MISTAKES = {  # what a learner may write, by the last name of the question's cell
    "association": "def association(with_job, without_job):\n    return with_job\n\n\n"
    "def effect(scores, of_women):\n    raise ValueError('no idea')",
    "interval": "def effect_interval(scores, of_women, draws, seed):\n    return -1, 1",
    "gaps": "def gaps(labels, predictions, women, classes):\n    return None\n\n\n"
    "toward_stereotype = 3",
    "swap": "def swap_gender(sentence, pairs, owned):\n    return sentence.replace('he', 'she')",
}
OWN = {
    "own_association": "association",
    "own_effect": "effect",
    "own_interval": "effect_interval",
    "own_gaps": "gaps",
    "own_toward": "toward_stereotype",
    "own_swap": "swap_gender",
}


def make_small(names: dict[str, Any]) -> None:
    names.update(size=TINY, SEEDS=range(2))


def make_stored_small(names: dict[str, Any]) -> None:
    names.update(stored_sizes=Sizes(**TINY["town"]))  # type: ignore[arg-type]


RUN = LabRun(LAB, {"SIZES = {": make_small, "= town_sweep.read()": make_stored_small}, OWN)


def figures(names: dict[str, Any]) -> list[float]:
    """Return what the lab has measured with functions that a learner writes."""
    found = [value for values in names["effects"].values() for value in values]
    found += [value for values in names["downstream"].values() for value in values]
    return [*found, *names["random_effects"], *names["mine"], *names["my_losses"].values()]


def test_the_solved_lab_uses_the_learners_functions_and_has_full_points() -> None:
    RUN.assert_solved_with_full_points()


def test_the_untouched_student_notebook_runs_to_its_end_with_no_points() -> None:
    RUN.assert_untouched_has_no_points()


def test_wrong_answers_get_no_points_there_and_the_lab_still_ends() -> None:
    names = RUN.mistaken(MISTAKES)
    assert figures(names) == pytest.approx(figures(RUN.untouched[0]))


def test_the_librarys_functions_give_the_figures_of_the_solution() -> None:
    assert figures(RUN.solved[0]) == pytest.approx(figures(RUN.untouched[0]), abs=1e-5)
    for name in ("accused", "careless"):  # draws of their own
        mine, theirs = (sum(names[name]) for names in (RUN.solved[0], RUN.untouched[0]))
        assert abs(mine - theirs) <= 2


def test_the_figures_are_the_same_each_time() -> None:
    again, printed = RUN.run(LAB.notebook.cells)
    assert figures(again) == figures(RUN.solved[0])
    assert printed == RUN.solved[1]


def test_the_labelled_and_the_tested_are_other_people() -> None:
    names, _ = RUN.solved
    for seed, test in names["tests"].items():
        for skew in (names["FAIR"], names["SKEWED"]):
            people = names["labelled"][skew, seed]
            assert people.texts[:50] != test.texts[:50]
        assert abs(float(test.women.float().mean()) - 0.5) < 0.05


def test_the_texts_effect_with_twins_is_that_of_the_text_itself() -> None:
    names, _ = RUN.solved
    text, twin = names["Town"](skew=names["STRONG"]).sample(40_000, 5), names["twin"]
    for dose in (0.25, 0.5):
        sides = {"she": 0, "he": 0}
        for sentence in names["counterfactual"].augment(text, dose, 0, twin):
            words = {*sentence.split()}
            if words & {*names["JOBS"][:8]}:
                sides["she"] += bool(words & {"she", "her"})
                sides["he"] += bool(words & {"he", "his"})
        counted = 2 * float(torch.tensor(sides["she"] / sides["he"]).log())
        assert names["effect_of_text"](dose) == pytest.approx(counted, rel=0.05)


def test_the_interval_over_seeds_is_students() -> None:
    names, _ = RUN.solved
    low, high = names["interval"]([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (low, high) == pytest.approx((1.04, 4.96), abs=0.01)  # 3 +- 2.776 x 1.581 / sqrt(5)


@pytest.mark.parametrize("name", TIERS)
def test_every_tier_has_sizes_that_make_a_run(name: str) -> None:
    names, _ = RUN.solved
    sizes = names["SIZES"][name]
    assert sizes["seeds"] in names["T95"]
    assert set(sizes) == set(TINY)
    assert Sizes(**sizes["town"]).hidden % 4 == 0


def test_the_open_question_has_a_rubric_of_its_points() -> None:
    names, _ = RUN.solved
    lab = names["lab"]
    assert lab.rubric("limits").total == lab.points["limits"] == 6


@pytest.fixture
def printed(reference_run: Any) -> str:
    """What the lab has printed, on the run that is compared with its reference."""
    text: str = reference_run(PATH).process_resources["printed"]
    return text


def figure(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return float(found.group(1))


@pytest.mark.slow
def test_sentences_disagree_about_the_skewed_models(printed: str) -> None:
    close = figure(printed, r"within 1 nat of it: (\d+) of 8")
    assert 3 <= close < 8
    low, high = map(float, re.findall(r"56 choices: ([\d.]+) to ([\d.]+)", printed)[0])
    assert high > low + 1


@pytest.mark.slow
def test_the_careful_auditor_accuses_fewer_than_the_careless_one(printed: str) -> None:
    mine = figure(printed, r"accused by your interval: ([\d.]+)%")
    careless = figure(printed, r"accused by the careless one: ([\d.]+)%")
    assert 5 <= mine < 15
    assert careless > 2 * mine


@pytest.mark.slow
@pytest.mark.parametrize("route", ["frozen, fair labels", "fine-tuned, fair labels"])
def test_with_fair_labels_the_skew_of_the_text_hardly_shows(printed: str, route: str) -> None:
    row = re.search(rf"{route} +(-?[\d.]+) \(.*?\) +(-?[\d.]+) \(", printed)
    assert row is not None
    fair, skewed = map(float, row.groups())
    assert abs(fair) < 0.06
    assert abs(skewed - fair) < 0.05


@pytest.mark.slow
def test_with_skewed_labels_there_is_a_gap_whatever_the_text(printed: str) -> None:
    row = re.search(r"fine-tuned, skewed labels +([\d.]+) \(.*?\) +([\d.]+) \(", printed)
    assert row is not None
    assert min(map(float, row.groups())) > 0.15


@pytest.mark.slow
def test_a_point_made_anew_is_near_the_stored_one(printed: str) -> None:
    assert figure(printed, r"the losses differ by up to ([\d.]+)") < 0.05
