"""One command grades a batch: finds the lab, marks, writes tables and pages, says what is wrong."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fmlab import cli
from fmlab.errors import UserError
from fmlab.grading import grade as command
from fmlab.grading import kernel
from fmlab.grading.advice import advised
from fmlab.grading.grade import find_lab, grade_batch
from fmlab.grading.intake import Submission
from fmlab.grading.measure import solved
from fmlab.grading.results import SubmissionResult
from fmlab.grading.source import read

SMALL = Path(__file__).parent / "small_lab.md"
OPEN = Path(__file__).parent / "open_lab.md"
LABS = Path(__file__).parents[2] / "labs"


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    """A folder of three: right, one question wrong, no notebook at all."""
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name, one in zip(("ada", "bo"), solved(read(SMALL), 2), strict=True):
        assert one.data is not None
        (folder / f"{name}.ipynb").write_bytes(one.data)
    wrong = (folder / "bo.ipynb").read_text().replace("2 * number", "number * number")
    (folder / "bo.ipynb").write_text(wrong)
    (folder / "cy.ipynb").write_text("no notebook")
    return folder


@pytest.mark.parametrize("name", ["02", "02_pretrain", str(LABS / "02_pretrain.md")])
def test_a_lab_is_found_by_number_name_or_path(name: str) -> None:
    assert find_lab(name, LABS).name == "02_pretrain"


@pytest.mark.parametrize("name", ["99", "pretrain", "nowhere/03_no.md"])
def test_a_lab_that_is_not_there_is_said_to_be_so(name: str) -> None:
    with pytest.raises(UserError, match="no lab"):
        find_lab(name, LABS)


def test_results_may_not_lie_among_the_submissions(
    batch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command.bubblewrap, "available", lambda: "bwrap")
    with pytest.raises(UserError, match="lies among the submissions"):
        grade_batch(read(SMALL), batch, batch / "results")


def test_without_bubblewrap_grading_refuses_and_says_how_to_get_it(
    batch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="apt install bubblewrap"):
        grade_batch(read(SMALL), batch, tmp_path / "results")
    assert not (tmp_path / "results").exists()


@pytest.mark.sandbox
def test_the_command_marks_a_batch_and_a_second_run_ends_alike(batch: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    line = ["grade", str(SMALL), str(batch), "--out", str(out), "--jobs", "1"]
    told = CliRunner().invoke(cli.app, line, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert "3 submissions graded" in told.output
    rows = list(csv.DictReader((out / "grades.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["student"]: row["total"] for row in rows} == {"ada": "4", "bo": "1", "cy": "0"}
    assert len(list((out / "feedback").glob("*.html"))) == 3
    pages = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    CliRunner().invoke(cli.app, line, catch_exceptions=False)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == pages


@pytest.mark.sandbox
def test_open_answers_wait_and_count_once_they_are_marked(tmp_path: Path) -> None:
    folder, out = tmp_path / "submissions", tmp_path / "results"
    folder.mkdir()
    for one in solved(read(OPEN), 2):
        assert one.data is not None
        (folder / one.file).write_bytes(one.data)
    line = ["grade", str(OPEN), str(folder), "--out", str(out), "--jobs", "1"]
    told = CliRunner().invoke(cli.app, line, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    assert "answers to open questions that wait for you: 4" in told.output
    for name, points in (("limits", "2.5,1"), ("next", "1")):
        sheet = out / "open" / f"{name}.csv"
        empty = "," * points.count(",") + ",,"  # the points and the comment
        text = sheet.read_text(encoding="utf-8-sig")
        sheet.write_text(text.replace(empty, f",{points},"), encoding="utf-8")
    told = CliRunner().invoke(cli.app, line, catch_exceptions=False)
    assert "wait for you" not in told.output
    rows = list(csv.DictReader((out / "grades.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["limits"], row["next"], row["total"]) for row in rows] == [("3.5", "1", "8.5")] * 2
    sheet.write_text(sheet.read_text(encoding="utf-8-sig").replace(",1,", ",7,"), encoding="utf-8")
    refused = CliRunner().invoke(cli.app, line)
    assert isinstance(refused.exception, UserError)
    assert "write a number from 0 to 1" in str(refused.exception)


def test_advice_is_a_flag_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run_through(notebook: object) -> str:
        asked.append(notebook)
        return "runs from top to bottom"

    monkeypatch.setattr(kernel, "run_through", run_through)
    one = next(solved(read(SMALL), 1))
    none = Submission("no", "No", "no.ipynb")
    results = [SubmissionResult(s.student, s.name, s.file, "", (), ("late",)) for s in (none, one)]
    for _ in range(2):
        found = advised(results, [none, one], tmp_path)
        assert [r.flags for r in found] == [("late",), ("late", "runs from top to bottom")]
    assert len(asked) == 1


def test_a_kept_advice_that_is_broken_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "run_through", lambda notebook: "runs")
    one = next(solved(read(SMALL), 1))
    result = SubmissionResult(one.student, one.name, one.file, "", ())
    advised([result], [one], tmp_path)
    kept = next(tmp_path.glob("*.json"))
    kept.write_text("[]")
    assert advised([result], [one], tmp_path)[0].flags == ("runs",)
    assert json.loads(kept.read_text()) == {"advice": "runs"}
