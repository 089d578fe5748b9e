"""A page for each student: points, what each check said, and the own answers. Nothing hidden.

A page shows what `CheckResult.for_student` leaves, the student's answer cells as plain text, and
what the instructor wrote. Flags are for instructors and never stand on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmlab.files import write_text
from fmlab.grading.exports import remove_orphans
from fmlab.grading.pages import MAX_SHOWN, lab_title, render
from fmlab.grading.plain_text import file_stem
from fmlab.grading.results import SubmissionResult
from fmlab.grading.source import LabSource


@dataclass(frozen=True)
class Criterion:
    """One row of a rubric."""

    criterion: str
    points: float
    total: float


@dataclass(frozen=True)
class Remark:
    """What an instructor wrote on a question, and the points of its rubric."""

    comment: str = ""
    rubric: tuple[Criterion, ...] = ()

    @property
    def points(self) -> float:
        """The points given."""
        return sum(row.points for row in self.rubric)

    @property
    def total(self) -> float:
        """The points that could be had."""
        return sum(row.total for row in self.rubric)


Remarks = Mapping[str, Remark]
"""The remarks to one student, by question; an open question has nothing else."""


def feedback(result: SubmissionResult, lab: LabSource, remarks: Remarks | None = None) -> str:
    """Return a student's page.

    Args:
        result: The student's result.
        lab: The lab.
        remarks: What the instructor wrote, by question. Rubric points are added to the page's
            totals.
    """
    questions = _questions(result, remarks or {})
    return render(
        "feedback.html",
        title=lab_title(lab),
        name=result.name,
        questions=questions,
        points=sum(question["points"] for question in questions),
        total=sum(question["total"] for question in questions),
        max_shown=MAX_SHOWN,
    )


def _questions(result: SubmissionResult, remarks: Remarks) -> list[dict[str, Any]]:
    nothing = Remark()
    found = []
    for question in result.questions:
        remark = remarks.get(question.name, nothing)
        found.append(
            {
                "name": question.name,
                "points": question.points + remark.points,
                "total": question.total + remark.total,
                "problem": question.problem,
                "checks": [check.for_student() for check in question.checks],
                "answer": question.answer,
                "remark": None if remark == nothing else remark,
            }
        )
    marked = {question.name for question in result.questions}
    for name, remark in remarks.items():
        if name not in marked:
            found.append(
                {
                    "name": name,
                    "points": remark.points,
                    "total": remark.total,
                    "problem": None,
                    "checks": [],
                    "answer": "",
                    "remark": remark,
                }
            )
    return found


def page_name(student: str) -> str:
    """Return the file name of a student's page; nothing of it comes from the name unfiltered."""
    return f"{file_stem(student)}.html"


def write(
    results: Iterable[SubmissionResult],
    lab: LabSource,
    out_dir: Path,
    remarks: Mapping[str, Remarks] | None = None,
) -> list[Path]:
    """Write a page for each student, each whole or not at all, and return their paths.

    Args:
        results: The results of a batch.
        lab: The lab.
        out_dir: The pages' folder. Pages of students who are in the batch no more go.
        remarks: What the instructor wrote, by student and question.
    """
    paths = []
    for result in sorted(results, key=lambda result: result.student):
        path = out_dir / page_name(result.student)
        write_text(path, feedback(result, lab, (remarks or {}).get(result.student)))
        paths.append(path)
    remove_orphans(out_dir, paths)
    return paths
