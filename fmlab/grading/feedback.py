"""A page for each student: points, what each check said, and the own answers. Nothing hidden.

A page shows what `CheckResult.for_student` leaves, the student's answer cells as plain text, and
what the instructor wrote. Flags are for instructors and never stand on it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fmlab.files import write_text
from fmlab.grading.exports import remove_orphans
from fmlab.grading.pages import MAX_SHOWN, lab_title, render
from fmlab.grading.plain_text import file_stem
from fmlab.grading.results import QuestionResult, SubmissionResult
from fmlab.grading.source import LabSource


def feedback(result: SubmissionResult, lab: LabSource) -> str:
    """Return a student's page."""
    return render(
        "feedback.html",
        title=lab_title(lab),
        name=result.name,
        questions=[_shown(question) for question in result.questions],
        points=result.points,
        total=result.total,
        max_shown=MAX_SHOWN,
    )


def _shown(question: QuestionResult) -> dict[str, Any]:
    return {
        "name": question.name,
        "points": question.points,
        "total": question.total,
        "problem": question.problem,
        "kind": question.kind,
        "checks": [check.for_student() for check in question.checks],
        "answer": question.answer,
        "remark": question.remark,
    }


def page_name(student: str) -> str:
    """Return the file name of a student's page; nothing of it comes from the name unfiltered."""
    return f"{file_stem(student)}.html"


def write(results: Iterable[SubmissionResult], lab: LabSource, out_dir: Path) -> list[Path]:
    """Write a page for each student, each whole or not at all, and return their paths.

    Args:
        results: The results of a batch.
        lab: The lab.
        out_dir: The pages' folder. Pages of students who are in the batch no more go.
    """
    paths = []
    for result in sorted(results, key=lambda result: result.student):
        path = out_dir / page_name(result.student)
        write_text(path, feedback(result, lab))
        paths.append(path)
    remove_orphans(out_dir, paths)
    return paths
