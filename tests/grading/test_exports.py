"""Tables of results: points by question, no formula from a name, the same bytes each time."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import HOSTILE, result

from fmlab.errors import UserError
from fmlab.grading import exports, source
from fmlab.grading.plain_text import file_stem, line, visible
from fmlab.grading.results import QuestionResult

FORMULA = "=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20"


@pytest.fixture
def lab(labs_dir: Path) -> source.LabSource:
    return source.read(labs_dir / "07_small.md")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_grades_have_points_by_question(lab: Any) -> None:
    late = result("jane", (True, True, False, True), flags=("late", "a check cell was changed"))
    (row,) = rows(exports.grades_csv([late], lab))
    assert row == {
        "student": "jane",
        "name": "Jane",
        "double": "2",
        "mean": "1",
        "total": "3",
        "out_of": "4",
        "flags": "late; a check cell was changed",
    }


def test_a_question_that_was_not_marked_is_empty_and_its_problem_a_flag(lab: Any) -> None:
    broken = QuestionResult("double", 3, (), "", "k", "the answer cell is missing", "missing")
    (row,) = rows(exports.grades_csv([result("j", (True,) * 4, questions=(broken,))], lab))
    assert (row["double"], row["mean"], row["total"]) == ("0", "", "0")
    assert row["flags"] == "the answer cell is missing"


def test_points_are_written_short() -> None:
    assert exports.points_text(0.1 + 0.2) == "0.3"
    assert exports.points_text(5.0) == "5"
    assert exports.points_text(123456.25) == "123456.25"


def test_canvas_finds_its_header_maximum_and_numbers(lab: Any) -> None:
    results = [
        result("jane", (True,) * 4, platform_id="12345"),
        result("anon", (False,) * 4, platform_id="anon_x7"),
    ]
    lines = exports.canvas_csv(results, lab, "Small (4711)").split("\n")
    assert lines == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Small (4711)",
        "    Points Possible,,,,,4",
        "Jane,12345,,,,4",
        "Anon,,,,,0",
        "",
    ]


def test_moodle_finds_its_columns(lab: Any) -> None:
    results = [
        result("jane", (True,) * 4, platform_id="77", email="jane@example.org"),
        result("john", (True,) * 4),
    ]
    (row,) = rows(exports.moodle_csv(results, lab))
    assert row == {
        "Identifier": "Participant 77",
        "Full name": "Jane",
        "Email address": "jane@example.org",
        "Grade": "4",
        "Maximum Grade": "4",
        "Last modified (grade)": "-",
    }


def test_gradescope_gets_scores_and_no_hidden_test() -> None:
    made = exports.gradescope(result("jane", (True, False, False, True)))
    assert made["score"] == 2
    assert sum(test["max_score"] for test in made["tests"]) == 4
    assert sum(test["score"] for test in made["tests"]) == 2
    assert made["tests"][1]["output"].startswith("expected: about -2\nyours: 1\nlikely: You")
    hidden = made["tests"][2]
    assert hidden["name"] == "double: A test that you do not see"
    assert hidden["output"] == "likely: You square the number."
    text = json.dumps(made)
    assert all(word not in text for word in ("any_number", "82", "1681"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "\uff1d", "|", "\n+"])
def test_no_cell_starts_a_formula(lab: Any, start: str) -> None:
    hostile = result(f"{start}cmd", (True,) * 4, name=f"{start}1+1", email=f"{start}x")
    for text in (exports.grades_csv([hostile], lab), exports.canvas_csv([hostile], lab)):
        for row in csv.reader(io.StringIO(text)):
            assert not any(cell.strip().startswith(tuple(FORMULA)) for cell in row)


@given(st.text())
def test_any_text_is_one_harmless_cell(text: str) -> None:
    made = exports.cell(text)
    assert not made.strip() or made.strip()[0] not in FORMULA
    assert len(made.splitlines()) <= 1
    made.encode()


@given(st.text(), st.text())
def test_file_stems_are_safe_and_tell_texts_apart(first: str, second: str) -> None:
    for text in (first, second):
        stem = file_stem(text)
        assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert 12 <= len(stem) <= 51
    assert (file_stem(first) == file_stem(second)) == (first == second)


@given(st.text())
def test_visible_text_has_no_hidden_characters(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert not set(shown) & set("\x00\x1b\u202e\u2066\u200b\ud800")
    assert len(line(text)) <= 160


def test_everything_is_written_the_same_each_time(lab: Any, tmp_path: Path) -> None:
    results = [
        result(f"s{number}{text}", (True, False, False, True), name=text)
        for number, text in enumerate(HOSTILE)
    ]
    first = exports.write(results, lab, tmp_path / "a")
    second = exports.write(reversed(results), lab, tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert len(first) == 4 + len(HOSTILE)
    grades = rows((tmp_path / "a" / "grades.csv").read_text(encoding="utf-8"))
    assert [row["student"] for row in grades] == [line(f"s{n}{t}") for n, t in enumerate(HOSTILE)]
    whole = json.loads((tmp_path / "a" / "results.json").read_text())
    assert whole[0]["questions"][0]["checks"][2]["expected"] == "about 82"


def test_files_of_students_who_left_go_and_others_stay(lab: Any, tmp_path: Path) -> None:
    exports.write([result("jane", (True,) * 4), result("john", (True,) * 4)], lab, tmp_path)
    (tmp_path / "gradescope" / "notes.txt").write_text("mine")
    exports.write([result("jane", (True,) * 4)], lab, tmp_path)
    left = sorted(path.name for path in (tmp_path / "gradescope").iterdir())
    assert left == [f"{file_stem('jane')}.json", "notes.txt"]


def test_a_refused_write_leaves_the_old_table(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports.write([result("jane", (True,) * 4)], lab, tmp_path)
    before = (tmp_path / "grades.csv").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fmlab.files.os.fsync", full)
    with pytest.raises(UserError, match="No space left"):
        exports.write([result("john", (True,) * 4)], lab, tmp_path)
    assert (tmp_path / "grades.csv").read_bytes() == before
    assert not list(tmp_path.glob(".*"))
