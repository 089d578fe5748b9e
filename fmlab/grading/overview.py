"""One page for instructors: how a batch went, what was hard, which wrong answers came often.

It names hidden tests and students, so it is not for students.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmlab.files import write_text
from fmlab.grading.exports import points_text, total_of
from fmlab.grading.feedback import page_name
from fmlab.grading.page_words import page_word
from fmlab.grading.pages import lab_title, render
from fmlab.grading.results import PROBLEMS, SubmissionResult
from fmlab.grading.source import LabSource

BINS = 10
MAX_NAMES = 12
MAX_MISTAKES = 60


@dataclass(frozen=True)
class Bin:
    """The submissions with points from `low` up to `high`; the last has `high` in it."""

    low: float
    high: float
    count: int

    @property
    def range(self) -> str:
        """Where the bin lies, in words."""
        return page_word("range", low=points_text(self.low), high=points_text(self.high))


def overview(results: Iterable[SubmissionResult], lab: LabSource, pages: str = "feedback") -> str:
    """Return the page.

    Args:
        results: The results of a batch.
        lab: The lab.
        pages: Where the students' pages lie, seen from this page.
    """
    ordered = sorted(results, key=lambda result: result.student)
    marked = [result for result in ordered if not refused(result)]
    totals = [result.points for result in marked]
    bins = spread(totals, total_of(lab))
    return render(
        "overview.html",
        title=lab_title(lab),
        total=total_of(lab),
        count=len(ordered),
        refused=len(ordered) - len(marked),
        mean=statistics.fmean(totals) if totals else 0.0,
        median=statistics.median(totals) if totals else 0.0,
        bins=bins,
        bars=_bars(bins),
        summary=_summary(bins),
        questions=_questions(marked, lab),
        checks=_checks(marked, lab),
        mistakes=_mistakes(ordered)[:MAX_MISTAKES],
        problems=_problems(ordered),
        kinds=PROBLEMS,
        names=list(lab.points),
        rows=_rows(ordered, lab, pages),
        max_names=MAX_NAMES,
    )


def write(
    results: Iterable[SubmissionResult], lab: LabSource, path: Path, pages: str = "feedback"
) -> Path:
    """Write the page, whole or not at all, and return its path."""
    write_text(path, overview(results, lab, pages))
    return path


def refused(result: SubmissionResult) -> bool:
    """Return whether nothing of a submission could be marked: no question has an answer."""
    return all(q.kind == "missing" and not q.checks for q in result.questions)


def spread(totals: Sequence[float], total: float) -> list[Bin]:
    """Return how many totals lie in each tenth of the points."""
    width = (total or 1.0) / BINS
    counts = [0] * BINS
    for points in totals:
        # A hair is added: 0.3 of 1 belongs to the bin from 0.3 on, whatever a float makes of it.
        counts[min(BINS - 1, max(0, int(points / width + 1e-9)))] += 1
    return [Bin(n * width, (n + 1) * width, count) for n, count in enumerate(counts)]


def _summary(bins: list[Bin]) -> str:
    most = max(bins, key=lambda one: one.count)
    return page_word("totals_most", count=most.count, range=most.range) if most.count else ""


def _bars(bins: list[Bin]) -> list[dict[str, Any]]:
    """Return the bars of the figure, in a box 400 wide and 100 high."""
    most = max(one.count for one in bins) or 1
    width = 400 / len(bins)
    return [
        {
            "x": round(number * width + 2, 2),
            "width": round(width - 4, 2),
            "height": round(100 * one.count / most, 2),
            "middle": round((number + 0.5) * width, 2),
            "count": one.count,
            "low": one.low,
        }
        for number, one in enumerate(bins)
    ]


def _questions(marked: list[SubmissionResult], lab: LabSource) -> list[dict[str, Any]]:
    found = []
    for name, total in lab.points.items():
        shares = [
            q.points / total
            for result in marked
            for q in result.questions
            if q.name == name and q.kind != "unmarked"
        ]
        full = sum(share > 1 - 1e-9 for share in shares)
        found.append(
            {
                "name": name,
                "total": total,
                "mean": statistics.fmean(shares) if shares else 0.0,
                "full": full / len(shares) if shares else 0.0,
            }
        )
    return found


def _checks(marked: list[SubmissionResult], lab: LabSource) -> list[dict[str, Any]]:
    """Return the checks in the lab's order, with the share of runs that passed."""
    runs: dict[tuple[str, str], list[bool]] = defaultdict(list)
    titles: dict[tuple[str, str], str] = {}
    for result in marked:
        for question in result.questions:
            for check in question.checks:
                runs[question.name, check.name].append(check.passed)
                titles.setdefault((question.name, check.name), check.title)
    return [
        {
            "question": question.name,
            "title": titles.get((question.name, name)) or name,
            "hidden": hidden,
            "run": len(found := runs[question.name, name]),
            "passed": sum(found) / len(found) if found else 0.0,
        }
        for question in lab.questions
        for name, _, hidden in question.check_points
    ]


def _mistakes(results: list[SubmissionResult]) -> list[dict[str, Any]]:
    """Return what was said of wrong answers, with whose they are, the most frequent first.

    The same hint is the same mistake, whichever check met it. Without a hint the words decide.
    """
    students: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    lines: dict[tuple[str, str], str] = {}
    for result in results:
        for question in result.questions:
            for check in question.checks:
                if check.passed or check.likely is None:
                    continue
                key = (question.name, check.hint or check.likely)
                students[key][result.student] = result.name
                lines.setdefault(key, check.likely)
    ordered = sorted(students, key=lambda key: (-len(students[key]), key))
    return [
        {
            "question": key[0],
            "likely": lines[key],
            "count": len(students[key]),
            "students": list(students[key].values())[:MAX_NAMES],
        }
        for key in ordered
    ]


def _problems(results: list[SubmissionResult]) -> list[dict[str, Any]]:
    """Return what could not be marked as usual; untouched answers are counted elsewhere."""
    return [
        {
            "student": result.name,
            "question": question.name,
            "kind": question.kind or "",
            "problem": question.problem,
        }
        for result in results
        for question in result.questions
        if question.problem and question.kind not in ("untouched", "unmarked")
    ]


def _rows(results: list[SubmissionResult], lab: LabSource, pages: str) -> list[dict[str, Any]]:
    rows = []
    for result in results:
        points = {q.name: q.points for q in result.questions if q.kind != "unmarked"}
        rows.append(
            {
                "student": result.student,
                "name": result.name,
                "page": f"{pages}/{page_name(result.student)}",
                "points": [points.get(name) for name in lab.points],
                "total": result.points,
                "flags": result.flags,
            }
        )
    return rows
