"""Marks that a person gives: a page to read the answers to open questions, a sheet to mark them.

RESULTS/open/
  NAME.html   every answer beside one good answer and the rubric, in an order that says nothing
              about who wrote it, and without names
  NAME.csv    a row an answer: points by criterion, a comment; the instructor fills it in

The next run of `fmlab grade` takes the points from there. A sheet is never lost: rows of students
who are in the batch no more stay, and marks for an answer that has changed move into the comment.
"""

import csv
import dataclasses
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.grading import regions
from fmlab.grading.exports import cell, is_formula, points_text
from fmlab.grading.lab_cells import OpenQuestion
from fmlab.grading.page_words import page_word
from fmlab.grading.pages import MAX_SHOWN, lab_title, render
from fmlab.grading.plain_text import visible
from fmlab.grading.results import Criterion, QuestionResult, Remark, SubmissionResult
from fmlab.grading.source import LabSource

FOLDER = "open"
MARKED_KINDS = (None, "unmarked")
QUOTE = "'"
"""Before a comment that a spreadsheet would compute."""
VERSION = "sha256:"


@dataclass(frozen=True)
class Row:
    """A row of a sheet: whose answer, which text of it was marked, and the marks."""

    student: str
    """The student as the sheet names them: `cell` of the identifier."""
    version: str
    """The text that the marks belong to, as `_version` names it."""
    points: tuple[float | None, ...]
    """By criterion; None where nothing is filled in."""
    comment: str

    @property
    def marked(self) -> bool:
        """Whether every criterion has its points."""
        return all(value is not None for value in self.points)

    @property
    def begun(self) -> bool:
        """Whether some criterion has its points."""
        return any(value is not None for value in self.points)


Sheets = Mapping[str, Mapping[str, Row]]
"""For each open question: its rows by student."""


def read(lab: LabSource, out: Path) -> Sheets:
    """Return the sheets that an earlier run wrote and an instructor filled in.

    Raises:
        UserError: A sheet cannot be read, or holds points that its rubric does not have. The line
            names the file, the row and the mend.
    """
    return {question.name: _read(question, _sheet(out, question)) for question in lab.open}


def _sheet(out: Path, question: OpenQuestion) -> Path:
    return out / FOLDER / f"{question.name}.csv"


def _read(question: OpenQuestion, path: Path) -> dict[str, Row]:
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path} cannot be read as UTF-8; save it as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # what a spreadsheet writes depends on its language
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    wanted = _header(question)
    if not table or [name.strip() for name in table[0]] != wanted:
        raise UserError(
            f"{path}: the first row is not {', '.join(wanted)}; put it back, or move the file away "
            "and grade again for an empty one"
        )
    rows: dict[str, Row] = {}
    for number, cells in enumerate(table[1:], start=2):
        if any(text.strip() for text in cells):
            row = _row(question, f"{path}, row {number}", [*cells, *[""] * len(wanted)])
            if row.student in rows:
                raise UserError(f"{path}, row {number}: {row.student} is there twice; keep one row")
            rows[row.student] = row
    return rows


def _header(question: OpenQuestion) -> list[str]:
    criteria = [f"{words} [0 to {points_text(points)}]" for words, points in question.rubric]
    return ["answer", *map(cell, criteria), "comment", "beginning", "student", "version"]


def _row(question: OpenQuestion, where: str, cells: Sequence[str]) -> Row:
    count = len(question.rubric)
    points = tuple(
        _points(text, most, f"{where}, {words!r}")
        for text, (words, most) in zip(cells[1 : 1 + count], question.rubric, strict=True)
    )
    comment, _, student, version = cells[1 + count : 5 + count]
    if not student.strip():
        raise UserError(f"{where}: the column `student` is empty; put the name back")
    return Row(student, version.strip(), points, comment.removeprefix(QUOTE))


def _points(text: str, most: float, where: str) -> float | None:
    if not text.strip():
        return None
    try:
        points = float(text.strip().replace(",", "."))
    except ValueError:
        points = -1.0
    if not 0 <= points <= most:
        raise UserError(f"{where}: {text.strip()!r}; write a number from 0 to {points_text(most)}")
    return points


def applied(
    results: Iterable[SubmissionResult], lab: LabSource, sheets: Sheets
) -> list[SubmissionResult]:
    """Return the results with the marks of the sheets, and a flag where they need a look."""
    return [_applied(result, lab, sheets) for result in results]


def _applied(result: SubmissionResult, lab: LabSource, sheets: Sheets) -> SubmissionResult:
    asked = {question.name: question for question in lab.open}
    questions, flags = [], list(result.flags)
    for one in result.questions:
        row = sheets.get(one.name, {}).get(cell(result.student))
        if row is None or one.name not in asked or one.kind != "unmarked":
            questions.append(one)
        elif row.version != _version(one):
            questions.append(one)
            if row.begun:
                flags.append(f"the answer `{one.name}` has changed since it was marked")
        elif not row.marked:
            questions.append(one)
            if row.begun:
                flags.append(f"the answer `{one.name}` is marked in part only")
        else:
            questions.append(_marked(one, asked[one.name], row))
    return dataclasses.replace(result, questions=tuple(questions), flags=tuple(flags))


def _marked(one: QuestionResult, question: OpenQuestion, row: Row) -> QuestionResult:
    rubric = tuple(
        Criterion(words, points or 0.0, most)
        for (words, most), points in zip(question.rubric, row.points, strict=True)
    )
    return dataclasses.replace(
        one, problem=None, kind=None, remark=Remark(visible(row.comment), rubric)
    )


def waiting(results: Iterable[SubmissionResult]) -> int:
    """Return how many answers wait for an instructor."""
    return sum(q.kind == "unmarked" for result in results for q in result.questions)


def write(
    results: Iterable[SubmissionResult], lab: LabSource, out: Path, sheets: Sheets
) -> list[Path]:
    """Write the page and the sheet of each open question; return their paths.

    Args:
        results: The results of a batch.
        lab: The lab.
        out: The results' folder.
        sheets: What `read` found there before.
    """
    paths = []
    ordered = list(results)
    for question in lab.open:
        answers = _answers(question, ordered)
        sheet = _sheet(out, question)
        write_text(sheet, _sheet_text(question, answers, sheets.get(question.name, {})))
        page = sheet.with_suffix(".html")
        write_text(page, _page(question, lab, [one for _, one in answers]))
        paths += [sheet, page]
    return paths


def _answers(
    question: OpenQuestion, results: list[SubmissionResult]
) -> list[tuple[str, QuestionResult]]:
    """Return who wrote what, in an order that does not follow names."""
    found = [
        (cell(result.student), one)
        for result in results
        for one in result.questions
        if one.name == question.name and one.kind in MARKED_KINDS
    ]
    return sorted(found, key=lambda pair: hashlib.sha256(pair[0].encode()).digest())


def _name(version: str) -> str:
    """Return what an answer is called on the page and in the sheet."""
    return f"a-{version.removeprefix(VERSION)[:6]}"


def _version(one: QuestionResult) -> str:
    """Return a name of an answer's text that no spreadsheet takes for a number."""
    return VERSION + one.key


def _sheet_text(
    question: OpenQuestion, answers: list[tuple[str, QuestionResult]], before: Mapping[str, Row]
) -> str:
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(_header(question))
    empty = (None,) * len(question.rubric)
    for student, one in answers:
        row = before.get(student) or Row(student, _version(one), empty, "")
        row = _carried(row, one)
        table.writerow(_cells(row, cell(one.answer)))
    there = {student for student, _ in answers}
    for student, row in before.items():
        if student not in there:
            table.writerow(_cells(row, ""))
    return "\ufeff" + stream.getvalue()  # by this mark, spreadsheets know UTF-8


def _carried(row: Row, one: QuestionResult) -> Row:
    """Return a row's marks for the answer as it is now; those of an earlier one become a note."""
    if row.version == _version(one) or not row.begun:
        return dataclasses.replace(row, version=_version(one))
    listed = ", ".join("-" if value is None else points_text(value) for value in row.points)
    note = page_word("earlier_marks", points=listed)
    comment = f"{row.comment} {note}".strip()
    return Row(row.student, _version(one), (None,) * len(row.points), comment)


def _cells(row: Row, beginning: str) -> list[str]:
    points = ["" if value is None else points_text(value) for value in row.points]
    quoted = is_formula(row.comment) or row.comment.startswith(QUOTE)
    comment = QUOTE + row.comment if quoted else row.comment
    return [_name(row.version), *points, comment, beginning, row.student, row.version]


def _page(question: OpenQuestion, lab: LabSource, answers: list[QuestionResult]) -> str:
    good = regions.without_markers(lab.notebook.cells[question.answer].source).strip()
    return render(
        "open_question.html",
        title=lab_title(lab),
        name=question.name,
        total=question.points,
        rubric=question.rubric,
        good=good,
        answers=[{"name": _name(_version(one)), "text": one.answer} for one in answers],
        sheet=f"{question.name}.csv",
        max_shown=MAX_SHOWN,
    )
