"""Open questions are read without names, marked in a sheet, and no mark is ever lost."""

import csv
import dataclasses
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import HOSTILE, result
from test_feedback import harmless

from fmlab.errors import UserError
from fmlab.grading import exports, feedback, open_marks, overview, source, student
from fmlab.grading.batch import Task, grade_one
from fmlab.grading.intake import Submission
from fmlab.grading.lab_cells import meta
from fmlab.grading.plain_text import visible
from fmlab.grading.results import QuestionResult, SubmissionResult, from_json, to_json

OPEN_LAB = source.read(Path(__file__).parent / "open_lab.md")


def handed_in(name: str, limits: str | None, after: str = "") -> SubmissionResult:
    """A submission with all four checks passed and these answers to the two open questions."""
    asked = result(name, (True,) * 4)
    opened = [
        QuestionResult(
            question,
            points,
            (),
            text or "",
            hashlib.sha256((text or "").encode("utf-8", "replace")).hexdigest(),
            "not yet" if text else "the answer cell is as it was handed out",
            "unmarked" if text else "untouched",
        )
        for question, points, text in (("limits", 4, limits), ("next", 1, after))
    ]
    return dataclasses.replace(asked, questions=(*asked.questions, *opened))


def graded(results: list[SubmissionResult], out: Path) -> list[SubmissionResult]:
    """What one run of the command makes of the results and of the sheets."""
    sheets = open_marks.read(OPEN_LAB, out)
    found = open_marks.applied(results, OPEN_LAB, sheets)
    open_marks.write(found, OPEN_LAB, out, sheets)
    return found


def sheet(out: Path, name: str = "limits") -> list[list[str]]:
    text = (out / "open" / f"{name}.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def fill(out: Path, marks: dict[str, tuple[str, ...]], separator: str = ",") -> None:
    """Write points and a comment into the sheet of `limits`, as a spreadsheet saves it."""
    rows = sheet(out)
    student_column = rows[0].index("student")
    for row in rows[1:]:
        if row[student_column] in marks:
            row[1:4] = marks[row[student_column]]
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\r\n").writerows(rows)
    (out / "open" / "limits.csv").write_text(stream.getvalue(), encoding="utf-8-sig", newline="")


def limits_of(one: SubmissionResult) -> QuestionResult:
    return next(question for question in one.questions if question.name == "limits")


def notebook_with(**answers: str) -> bytes:
    made = student.student_notebook(OPEN_LAB, "https://host.example/a/course")
    for cell in made.cells:
        name = meta(cell).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return source.notebook_json(made).encode()


# -- the lab's source ---------------------------------------------------------------------------


def test_open_questions_are_read_with_their_rubrics_and_count() -> None:
    assert [(q.name, q.points, q.rubric) for q in OPEN_LAB.open] == [
        (
            "limits",
            4,
            (
                ("names a number for which doubling, as computed here, is wrong", 2.5),
                ("says why, in one sentence", 1.5),
            ),
        ),
        ("next", 1, (("asks something that can be measured", 1),)),
    ]
    assert OPEN_LAB.points == {"double": 3, "limits": 4, "mean": 1, "next": 1}
    assert exports.total_of(OPEN_LAB) == 9


BROKEN = {
    "no rubric": ('        "next": {"asks something that can be measured": 1},\n', "", "no rubric"),
    "points do not add up": ('in one sentence": 1.5', 'in one sentence": 1', "adds up to 3.5"),
    "a criterion for nothing": ('in one sentence": 1.5', 'in one sentence": 0', "above 0 in each"),
    "a rubric too many": (
        '"next": {"asks',
        '"other": {"x": 1}, "next": {"asks',
        "no open question",
    ),
    "not plain": ('{"asks something that can be measured": 1}', "dict(x=1)", "plain values"),
    "no good answer": (
        "### BEGIN SOLUTION\nHow long it takes for ten million numbers.\n### END SOLUTION",
        "How long it takes?",
        "without one good answer",
    ),
    "other points": ('"limits": 4, "mean"', '"limits": 5, "mean"', "the cells say"),
    "a text cell that nobody marks": ('{"grade": true', '{"grade": false', "open questions"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_open_question_is_named_with_its_mend(name: str, tmp_path: Path) -> None:
    old, new, said = BROKEN[name]
    text = OPEN_LAB.path.read_text()
    assert old in text
    path = tmp_path / "08_open.md"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=said):
        source.read(path)


# -- from a notebook to an answer ---------------------------------------------------------------


def graded_notebook(data: bytes) -> SubmissionResult:
    """The result of a notebook whose code cells are as they were handed out: nothing is run."""
    task = Task("08_open", OPEN_LAB.path.read_text(), 0, Submission("jo", "Jo", "jo.ipynb", data))
    return from_json(grade_one(task))


def test_an_answer_waits_for_its_marks_and_stands_in_the_labs_order() -> None:
    one = graded_notebook(notebook_with(limits="For 1e308, which overflows."))
    kinds = [(q.name, q.total, q.kind, q.answer[:5]) for q in one.questions]
    assert kinds == [
        ("double", 3, "untouched", "def d"),
        ("limits", 4, "unmarked", "For 1"),
        ("mean", 1, "untouched", "# YOU"),
        ("next", 1, "untouched", "YOUR "),
    ]
    assert one.total == 9
    assert one.points == 0


@pytest.mark.parametrize("kind", ["markdown", "raw", "code"])
def test_an_answer_counts_whatever_its_cell_has_become(kind: str) -> None:
    data = notebook_with(limits="For 1e308.")
    text = data.decode()
    assert text.count('"cell_type": "markdown",\n   "id": "limits"') == 1
    changed = text.replace(
        '"cell_type": "markdown",\n   "id": "limits"', f'"cell_type": "{kind}",\n   "id": "limits"'
    )
    assert limits_of(graded_notebook(changed.encode())).kind == "unmarked"


def test_an_answer_that_is_missing_or_no_notebook_at_all_is_said_to_be() -> None:
    text = notebook_with(limits="For 1e308.").decode().replace('"limits"', '"lost"')
    missing = limits_of(graded_notebook(text.encode()))
    assert missing.kind == "missing"
    assert "called `lost` now" in (missing.problem or "")
    assert limits_of(graded_notebook(b"no notebook")).kind == "missing"


# -- the sheet and the page ----------------------------------------------------------------------


def test_marks_from_the_sheet_reach_every_page_and_table(tmp_path: Path) -> None:
    before = graded([handed_in("ada", "Too large."), handed_in("bo", "Never.")], tmp_path)
    assert open_marks.waiting(before) == 2
    assert [one.points for one in before] == [4, 4]
    fill(tmp_path, {"ada": ("2.5", "1", "Good.\nName the limit.")})
    ada, bo = graded([handed_in("ada", "Too large."), handed_in("bo", "Never.")], tmp_path)
    assert (ada.points, bo.points) == (7.5, 4)
    assert open_marks.waiting([ada, bo]) == 1
    page = harmless(feedback.feedback(ada, OPEN_LAB)).text
    for said in ("Good.\nName the limit.", "3.5 of 4 points", "says why, in one sentence"):
        assert said in page
    assert "has not done so yet" in harmless(feedback.feedback(bo, OPEN_LAB)).text
    rows = list(csv.reader(io.StringIO(exports.grades_csv([ada, bo], OPEN_LAB))))
    assert rows[0][2:8] == ["double", "limits", "mean", "next", "total", "out_of"]
    assert [row[2:8] for row in rows[1:]] == [
        ["3", "3.5", "1", "0", "7.5", "9"],
        ["3", "", "1", "0", "4", "9"],
    ]
    assert '<td class="number">88 %' in overview.overview([ada, bo], OPEN_LAB)
    assert from_json(to_json(ada)) == ada


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_sheet_is_read_as_any_spreadsheet_saves_it(separator: str, tmp_path: Path) -> None:
    graded([handed_in("ada", "Too large.")], tmp_path)
    fill(tmp_path, {"ada": ("2,5", "0", "")}, separator)
    (ada,) = graded([handed_in("ada", "Too large.")], tmp_path)
    assert limits_of(ada).points == 2.5


def test_a_second_run_changes_nothing_in_a_filled_sheet(tmp_path: Path) -> None:
    batch = [handed_in("ada", "Too large."), handed_in("bo", "Never."), handed_in("cy", None)]
    graded(batch, tmp_path)
    fill(tmp_path, {"ada": ("2.5", "1", "=SUM(A1)"), "bo": ("0", "", "half")})
    graded(batch, tmp_path)
    first = (tmp_path / "open" / "limits.csv").read_bytes()
    found = graded(batch, tmp_path)
    assert (tmp_path / "open" / "limits.csv").read_bytes() == first
    assert {row[-2] for row in sheet(tmp_path)[1:]} == {"ada", "bo"}  # nothing to mark of cy
    remark = limits_of(found[0]).remark
    assert remark is not None
    assert remark.comment == "=SUM(A1)"
    assert "'=SUM(A1)" in first.decode()
    assert found[1].flags == ("the answer `limits` is marked in part only",)
    assert limits_of(found[1]).points == 0


def test_marks_of_an_answer_that_changed_are_noted_and_wait_again(tmp_path: Path) -> None:
    graded([handed_in("ada", "Too large.")], tmp_path)
    fill(tmp_path, {"ada": ("2.5", "1", "Good.")})
    (ada,) = graded([handed_in("ada", "Something else.")], tmp_path)
    assert limits_of(ada).kind == "unmarked"
    assert ada.flags == ("the answer `limits` has changed since it was marked",)
    (row,) = sheet(tmp_path)[1:]
    assert row[1:4] == ["", "", "Good. (an earlier answer had: 2.5, 1)"]
    fill(tmp_path, {"ada": ("1", "1", "Less good.")})
    (ada,) = graded([handed_in("ada", "Something else.")], tmp_path)
    assert (limits_of(ada).points, ada.flags) == (2, ())


def test_rows_of_students_who_left_the_batch_stay(tmp_path: Path) -> None:
    graded([handed_in("ada", "Too large."), handed_in("bo", "Never.")], tmp_path)
    fill(tmp_path, {"ada": ("2.5", "1", "Good."), "bo": ("0", "0", "No.")})
    graded([handed_in("bo", "Never.")], tmp_path)
    graded([handed_in("bo", "Never.")], tmp_path)
    ada, _ = graded([handed_in("ada", "Too large."), handed_in("bo", "Never.")], tmp_path)
    assert limits_of(ada).points == 3.5


MISFILLED = {
    "too many points": (("3", "1", ""), "write a number from 0 to 2.5"),
    "points below 0": (("-1", "1", ""), "write a number from 0 to 2.5"),
    "no number": (("good", "1", ""), "'good'; write a number"),
    "not a number": (("nan", "1", ""), "'nan'; write a number"),
}


@pytest.mark.parametrize("name", MISFILLED)
def test_points_that_a_rubric_does_not_have_are_named(name: str, tmp_path: Path) -> None:
    marks, said = MISFILLED[name]
    graded([handed_in("ada", "Too large.")], tmp_path)
    fill(tmp_path, {"ada": marks})
    with pytest.raises(UserError, match=said) as caught:
        open_marks.read(OPEN_LAB, tmp_path)
    assert "limits.csv, row 2, 'names a number" in str(caught.value)


def test_a_broken_sheet_is_named_with_its_mend(tmp_path: Path) -> None:
    graded([handed_in("ada", "Too large.")], tmp_path)
    path = tmp_path / "open" / "limits.csv"
    whole = path.read_text(encoding="utf-8-sig")
    for text, said in (
        (whole.replace("comment", "note", 1), "the first row is not"),
        ("", "the first row is not"),
        (whole + whole.split("\n")[1] + "\n", "row 3: ada is there twice"),
        (whole.replace(",ada,", ",,"), "row 2: the column `student` is empty"),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match=said):
            open_marks.read(OPEN_LAB, tmp_path)
    path.write_bytes(whole.replace("Too large.", "Zu groß.").encode("latin-1"))
    with pytest.raises(UserError, match="CSV in UTF-8"):
        open_marks.read(OPEN_LAB, tmp_path)


def test_the_page_shows_answers_without_names_beside_a_good_one(tmp_path: Path) -> None:
    names = [f"person{n}" for n in range(12)]
    graded([handed_in(name, f"Answer number {n}.") for n, name in enumerate(names)], tmp_path)
    page = harmless((tmp_path / "open" / "limits.html").read_text())
    assert "twice 1e308 is **infinite**" in page.text
    assert "BEGIN SOLUTION" not in page.text
    assert not any(name in page.text for name in names)
    places = [page.text.index(f"Answer number {n}.") for n in range(12)]
    assert places != sorted(places)
    first_column = [row[0] for row in sheet(tmp_path)[1:]]
    assert all(f"Answer {name}" in page.text for name in first_column)


@pytest.mark.parametrize("text", HOSTILE)
def test_strange_answers_and_names_are_shown_as_text(text: str, tmp_path: Path) -> None:
    graded([handed_in(text, text)], tmp_path)
    page = harmless((tmp_path / "open" / "limits.html").read_text())
    assert visible(text) in page.text
    graded([handed_in(text, text)], tmp_path)
    assert len(sheet(tmp_path)) == 2


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1), st.text(min_size=1), st.text())
def test_any_name_and_comment_come_back_from_a_sheet(name: str, answer: str, comment: str) -> None:
    one = handed_in(name, answer)
    said = " ".join(comment.split()).encode("utf-8", "ignore").decode()
    row = open_marks.Row(exports.cell(name), "sha256:" + limits_of(one).key, (2.5, 1.0), said)
    question = OPEN_LAB.open[0]
    text = open_marks._sheet_text(question, [(row.student, limits_of(one))], {row.student: row})
    header, cells = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert not any(exports.is_formula(text) for text in cells)
    if row.student.strip():
        assert open_marks._row(question, "here", cells) == row
    assert header[-1] == "version"


# -- what the learner sees -----------------------------------------------------------------------


def cells_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> tuple[str, dict[str, Any]]:
    names: dict[str, Any] = {}
    for cell in OPEN_LAB.notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    return capsys.readouterr().out, names


def test_the_learner_reads_the_rubric_and_who_marks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    printed, names = cells_run(capsys, tmp_path)
    assert "limits             - of 4   marked by your instructor" in printed
    assert "together           4 of 4" in printed
    rubric = names["lab"].rubric("limits")
    assert repr(rubric).split("\n")[2] == "  (1.5)  says why, in one sentence"
    assert "<td>2.5</td>" in rubric._repr_html_()
    with pytest.raises(UserError, match="no open question `mean`"):
        names["lab"].rubric("mean")


def test_the_good_answer_is_folded_on_the_page_and_gone_from_the_notebook(tmp_path: Path) -> None:
    from fmlab.grading.page import page_text

    page = page_text(OPEN_LAB)
    assert "<details><summary>Show one good answer</summary>\n\nFor numbers near" in page
    assert "BEGIN" not in page
    handed_out = notebook_with().decode()
    assert "largest float" not in handed_out
    assert handed_out.count("YOUR ANSWER HERE") == 2
