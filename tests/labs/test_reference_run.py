"""Each solved lab, in a real kernel at its real sizes, prints what its reference says.

Numbers may differ as the tolerances beside the reference allow: on another machine, sums are taken
in another order. `fmlab labs reference NAME` makes a reference anew.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from fmlab.grading.reference import is_stale, load, places, rules
from fmlab.grading.source import read

ROOT = Path(__file__).resolve().parents[2]
LABS = [pytest.param(p, id=p.stem) for p in places(ROOT) if p.parent.name == "labs"]
PRETRAIN = ROOT / "labs" / "02_pretrain.md"


@pytest.mark.parametrize("path", LABS)
def test_the_reference_is_that_of_the_lab_as_it_stands(path: Path) -> None:
    assert not is_stale(path, places(ROOT)[path]), f"run `fmlab labs reference {path.stem}`"


@pytest.mark.parametrize("path", LABS)
def test_the_tolerances_are_for_cells_that_are_there(path: Path) -> None:
    stored = places(ROOT)[path]
    assert rules(stored.with_suffix(".yaml"), load(stored)).overall.relative <= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("path", LABS)
def test_the_lab_prints_what_its_reference_says(path: Path, reference_run: Any) -> None:
    done = reference_run(path)
    assert done.diff_filtered == [], done.diff_string
    assert done.process_resources["printed"].count("\n") > 20


@pytest.mark.slow
@pytest.mark.parametrize("path", LABS)
def test_all_points_are_given(path: Path, reference_run: Any) -> None:
    checks = [check for question in read(path).questions for check in question.check_points]
    total = sum(points for _, points, hidden in checks if not hidden)
    printed = reference_run(path).process_resources["printed"]
    assert re.search(rf"together +{total:g} of {total:g}\n", printed)


@pytest.fixture
def printed(reference_run: Any) -> str:
    """What the lab on pretraining has printed, on the run that is compared above."""
    text: str = reference_run(PRETRAIN).process_resources["printed"]
    return text


def figure(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return float(found.group(1))


@pytest.mark.slow
def test_the_loss_falls_to_the_floor_and_not_below(printed: str) -> None:
    above = figure(printed, r": (-?[\d.]+) above it")
    assert -0.02 < above < 0.15


@pytest.mark.slow
@pytest.mark.parametrize("group", ["plain", "across another noun"])
def test_agreement_is_learned(printed: str, group: str) -> None:
    assert figure(printed, rf"{group} +([\d.]+)% right") > 95


@pytest.mark.slow
def test_on_books_it_beats_the_unigram(printed: str) -> None:
    if "No books:" in printed:  # then the toy world stands in, and the lab still ends
        assert "your BERT" in printed
        return
    mine, unigram = (figure(printed, rf"(?m)^{n} +([\d.]+) bits") for n in ("your BERT", "unigram"))
    assert mine < 0.95 * unigram
