"""The stored sweep: whole, honest, and the same when a point is made anew."""

import json
import math
import statistics
from pathlib import Path

import pytest
import torch

from fmlab.audits import town_sweep
from fmlab.audits.town import JOBS, OF_WOMEN, TEMPLATES, Applicants, applicants
from fmlab.audits.town_models import Sizes, TownModels
from fmlab.errors import UserError

TINY = Sizes(sentences=300, hidden=16, batch=16, steps=3, people=64, tuning_steps=3, tested=2_000)


def test_every_setting_has_every_seed_once() -> None:
    sizes, points = town_sweep.read()
    assert sizes == Sizes()
    found = [(p.skew, p.dose, p.seed) for p in points]
    settings = {(skew, 0.0) for skew in town_sweep.SKEWS} | {
        (town_sweep.STRONG, dose) for dose in town_sweep.DOSES
    }
    wanted = {(*setting, seed) for setting in settings for seed in town_sweep.SEEDS}
    assert len(found) == len(wanted)
    assert {*found} == wanted
    for p in points:
        assert len(p.effects) == len(TEMPLATES)
        assert {*p.gaps} == {*p.accuracies} == {*town_sweep.ROUTES}
        assert all(map(math.isfinite, (*p.effects, *p.losses.values(), *p.gaps.values())))


def test_a_gap_of_one_is_from_going_by_gender_alone() -> None:
    people = applicants(4_000, 0.0, 0)
    own = OF_WOMEN[people.labels] == people.women
    by_gender = torch.where(own, people.labels, (people.labels + 1) % len(JOBS))
    assert town_sweep.stereotype_gap(people, by_gender) == pytest.approx(1)
    against = torch.where(own, (people.labels + 1) % len(JOBS), people.labels)
    assert town_sweep.stereotype_gap(people, against) == pytest.approx(-1)
    assert town_sweep.stereotype_gap(people, people.labels) == 0


def test_a_job_that_nobody_of_one_gender_wants_is_named() -> None:
    people = applicants(4_000, 0.0, 0)
    kept = ~((people.labels == 0) & people.women)
    some = Applicants(
        [], people.labels[kept], people.women[kept], people.last_job[kept], people.place[kept]
    )
    with pytest.raises(UserError, match="nobody of one gender applies to be a nurse"):
        town_sweep.stereotype_gap(some, some.labels)


def test_a_sweep_is_written_and_read_as_it_was(tmp_path: Path) -> None:
    models = TownModels(TINY)
    point = town_sweep.measure(models, 0.5, 0.25, 7)
    town_sweep.write([point], TINY, tmp_path / "sweep.json")
    sizes, (read,) = town_sweep.read(tmp_path / "sweep.json")
    assert sizes == TINY
    assert (read.skew, read.dose, read.seed) == (0.5, 0.25, 7)
    assert read.effects == pytest.approx(point.effects, abs=1e-5)
    assert read.gaps == pytest.approx(point.gaps, abs=1e-5)
    again = town_sweep.measure(models, 0.5, 0.25, 7)
    assert again == point


def test_a_file_that_is_no_sweep_is_told(tmp_path: Path) -> None:
    for text in ("", "{}", json.dumps({"sizes": {}, "points": [{"skew": 1}]})):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(UserError, match=r"x\.json holds no sweep"):
            town_sweep.read(tmp_path / "x.json")


def test_held_out_text_is_of_three_kinds() -> None:
    text = town_sweep.held_out(0.9)
    assert len(text["same"]) == len(text["fair"]) == town_sweep.HELD_OUT
    assert 200 < len(text["number"]) <= town_sweep.HELD_OUT
    gendered = {"she", "he", "her", "his"}
    assert not any(gendered & {*s.split()} for s in text["number"])
    assert sum(bool(gendered & {*s.split()}) for s in text["same"]) > 200


def mean(points: list[town_sweep.Point], route: str) -> float:
    return statistics.mean(p.gaps[route] for p in points)


def test_what_the_lab_says_in_words_holds_in_the_stored_runs() -> None:
    _, points = town_sweep.read()
    at = {
        (skew, dose): [p for p in points if (p.skew, p.dose) == (skew, dose)]
        for skew, dose in {(p.skew, p.dose) for p in points}
    }
    frozen, fair, skewed = town_sweep.ROUTES
    for skew in town_sweep.SKEWS:
        of_text = 2 * math.log((1 + skew) / (1 - skew))
        found = statistics.mean(statistics.mean(p.effects[:4]) for p in at[skew, 0.0])
        if skew < 0.5:  # so weak a skew is hardly noticed in so few steps
            assert -0.1 < found < 0.5 * of_text + 0.1
        else:
            assert found == pytest.approx(of_text, rel=0.25)
        assert abs(mean(at[skew, 0.0], frozen)) < 0.06
        assert abs(mean(at[skew, 0.0], fair)) < 0.04
        assert mean(at[skew, 0.0], skewed) > 0.15
    doses = [
        statistics.mean(statistics.mean(p.effects[:4]) for p in at[0.9, dose])
        for dose in town_sweep.DOSES
    ]
    assert doses == sorted(doses, reverse=True)
    assert doses[2] < 0.5 * doses[0]
    assert abs(doses[3]) < 0.1
    for name, sign in (("same", 1), ("fair", -1), ("number", 1)):  # who pays for the twins
        pairs = zip(at[0.9, 0.0], at[0.9, 1.0], strict=True)
        assert all(sign * (b.losses[name] - a.losses[name]) > 0 for a, b in pairs)


@pytest.mark.slow
def test_a_stored_point_made_anew_is_the_same_within_its_spread() -> None:
    sizes, points = town_sweep.read()
    stored = next(p for p in points if (p.skew, p.dose, p.seed) == (0.9, 1.0, 0))
    torch.set_num_threads(1)
    made = town_sweep.measure(TownModels(sizes), 0.9, 1.0, 0)
    assert made.losses == pytest.approx(stored.losses, abs=0.05)
    assert made.gaps == pytest.approx(stored.gaps, abs=0.08)
    assert statistics.mean(made.effects[:4]) == pytest.approx(0, abs=0.2)
