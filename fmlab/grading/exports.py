"""Write results as tables that people and learning platforms read.

* `grades.csv`: a row a student, a column a question.
* `canvas.csv`: for Canvas, Grades, Import. A column that it does not know makes a new assignment.
* `moodle.csv`: for Moodle, "Upload grading worksheet". On a second upload, tick "Allow updating
  records that have been modified"; the assignment's maximum must be the lab's.
* `gradescope/NAME.json`: an autograder's `results.json`, one a student, without hidden tests.
* `results.json`: all records, whole; not for students.

The same results give the same bytes.
"""

import csv
import dataclasses
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fmlab.files import write_text
from fmlab.grading.page_words import page_word
from fmlab.grading.plain_text import file_stem, line, visible
from fmlab.grading.results import CheckResult, QuestionResult, SubmissionResult
from fmlab.grading.source import LabSource

# A spreadsheet takes a cell that starts so for a formula, whatever space stands before it.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20|%]")
_OURS = re.compile(r"[a-z0-9-]+-[0-9a-f]{10}")
_NUMBER = re.compile(r"[0-9]{1,20}")


def write(
    results: Iterable[SubmissionResult],
    lab: LabSource,
    out_dir: Path,
    *,
    assignment: str | None = None,
) -> list[Path]:
    """Write all exports, each whole or not at all, and return their paths.

    Args:
        results: The results of a batch, in any order.
        lab: The lab.
        out_dir: Where they go; made if it is not there.
        assignment: What the assignment is called on Canvas, as in its own export:
            `Pretrain a BERT (4711)`. The lab's name if it is left out.
    """
    ordered = sorted(results, key=lambda result: result.student)
    texts = {
        out_dir / "grades.csv": grades_csv(ordered, lab),
        out_dir / "canvas.csv": canvas_csv(ordered, lab, assignment),
        out_dir / "moodle.csv": moodle_csv(ordered, lab),
        out_dir / "results.json": _json([dataclasses.asdict(result) for result in ordered]),
    }
    folder = out_dir / "gradescope"
    for result in ordered:
        texts[folder / f"{file_stem(result.student)}.json"] = _json(gradescope(result))
    for path, text in texts.items():
        write_text(path, text)
    remove_orphans(folder, texts)
    return list(texts)


def remove_orphans(folder: Path, wanted: Iterable[Path]) -> None:
    """Remove files of students who are in the batch no more; only names that are ours."""
    kept = set(wanted)
    for path in sorted(folder.glob("*")):
        if path not in kept and _OURS.fullmatch(path.stem) and path.is_file():
            path.unlink()


def points_text(points: float) -> str:
    """Return points as short as they can be written: 5, 5.25, never 5.000000001."""
    return f"{round(points, 6):.10g}"


def total_of(lab: LabSource) -> float:
    """Return the points of a lab."""
    return sum(lab.points.values())


def cell(text: str | None) -> str:
    """Return text for a cell of a table: one line that no spreadsheet takes for a formula."""
    clean = line(text or "", 500)
    return f"'{clean}" if is_formula(clean) else clean


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may take a cell's text for a formula."""
    return _FORMULA.match(text) is not None


def _csv(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def grades_csv(results: Iterable[SubmissionResult], lab: LabSource) -> str:
    """Return a table: student, name, points by question, total, and what to look at."""
    names = list(lab.points)
    rows = [["student", "name", *map(cell, names), "total", "out_of", "flags"]]
    for result in results:
        points = {q.name: points_text(q.points) for q in result.questions if q.kind != "unmarked"}
        flags = [*result.flags, *(q.problem for q in result.questions if q.problem)]
        rows.append(
            [
                cell(result.student),
                cell(result.name),
                *(points.get(name, "") for name in names),
                points_text(result.points),
                points_text(total_of(lab)),
                cell("; ".join(dict.fromkeys(flags))),
            ]
        )
    return _csv(rows)


def canvas_csv(
    results: Iterable[SubmissionResult], lab: LabSource, assignment: str | None = None
) -> str:
    """Return a table for Canvas's gradebook import. Students are found by their Canvas number.

    Source: `GradebookImporter` of Canvas: the first columns up to `Section` name the student, a
    row `Points Possible` names the maximum.
    """
    student = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    rows = [
        [*student, cell(assignment or lab.name)],
        ["    Points Possible", "", "", "", "", points_text(total_of(lab))],
    ]
    for result in results:
        rows.append([cell(result.name), _number(result), "", "", "", points_text(result.points)])
    return _csv(rows)


def moodle_csv(results: Iterable[SubmissionResult], lab: LabSource) -> str:
    """Return a grading worksheet for Moodle, of those whose Moodle number is known.

    Source: `assignfeedback_offline` of Moodle: it needs the columns Identifier, Grade and Last
    modified (grade), and takes the number from the end of the identifier.
    """
    rows = [
        [
            "Identifier",
            "Full name",
            "Email address",
            "Grade",
            "Maximum Grade",
            "Last modified (grade)",
        ]
    ]
    for result in results:
        if number := _number(result):
            rows.append(
                [
                    f"Participant {number}",
                    cell(result.name),
                    cell(result.email),
                    points_text(result.points),
                    points_text(total_of(lab)),
                    "-",
                ]
            )
    return _csv(rows)


def _number(result: SubmissionResult) -> str:
    found = result.platform_id or ""
    return found if _NUMBER.fullmatch(found) else ""


def gradescope(result: SubmissionResult) -> dict[str, Any]:
    """Return a result as an autograder's `results.json`, as far as a student may see it.

    Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
    """
    tests = [
        _test(question, check.for_student(), f"{major}.{minor}")
        for major, question in enumerate(result.questions, start=1)
        for minor, check in enumerate(question.checks, start=1)
    ]
    problems = [f"{q.name}: {q.problem}" for q in result.questions if q.problem]
    return {
        "score": round(result.points, 6),
        "output": visible("\n".join(problems)),
        "visibility": "after_published",
        "tests": tests,
    }


def _test(question: QuestionResult, check: CheckResult, number: str) -> dict[str, Any]:
    title = page_word("hidden_test") if check.hidden else check.title
    said = [
        page_word(f"{key}_line", text=text)
        for key, text in (
            ("expected", check.expected),
            ("got", check.got),
            ("likely", check.likely),
        )
        if text is not None
    ]
    return {
        "number": number,
        "name": visible(f"{question.name}: {title}"),
        "score": round(check.points, 6) if check.passed else 0,
        "max_score": round(check.points, 6),
        "status": "passed" if check.passed else "failed",
        "output": visible("\n".join(said)),
        "visibility": "after_published",
    }
