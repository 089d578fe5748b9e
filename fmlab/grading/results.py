"""What grading finds, as plain records: checks in questions, questions in a submission.

Everything that is written afterwards (tables, pages, exports) is made from these and from nothing
else. A record goes to JSON and back unchanged.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CheckResult:
    """How one check went. What `for_student` leaves in is all that a student may see of it."""

    name: str
    title: str
    points: float
    passed: bool
    hidden: bool
    likely: str | None = None
    """The likely mistake in words; None where it passed."""
    expected: str | None = None
    got: str | None = None
    hint: str | None = None
    """The key of the lab's hint behind `likely`, if it is one of the lab's own."""

    def for_student(self) -> "CheckResult":
        """Return the check without what would tell a hidden test: only points and lab's hint stay.

        The lab's hints are in the student notebook, so they tell nothing new. The name, the title,
        the values, and messages that quote the student's own error over hidden inputs all go.
        """
        if not self.hidden:
            return self
        likely = self.likely if self.hint is not None else None
        return dataclasses.replace(
            self, name="hidden", title="", expected=None, got=None, likely=likely
        )


@dataclass(frozen=True)
class Criterion:
    """One row of a rubric: what was looked for, the points given, those that could be had."""

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


@dataclass(frozen=True)
class QuestionResult:
    """How one question of one submission went.

    An open question has no checks: its points are those of the instructor's remark.
    """

    name: str
    total: float
    checks: tuple[CheckResult, ...]
    answer: str
    """The student's own cell; empty where none was found."""
    key: str
    """Hash of all that decided the marks: the answer, what it builds on, the checks, the seed."""
    problem: str | None = None
    """Why the whole question could not be marked as usual, in one line the student may read."""
    kind: str | None = None
    """The problem's kind, one of `PROBLEMS`."""
    seconds: float = 0.0
    remark: Remark | None = None

    @property
    def points(self) -> float:
        """The points of the checks that passed, and those that an instructor gave."""
        given = self.remark.points if self.remark is not None else 0.0
        return sum(check.points for check in self.checks if check.passed) + given


PROBLEMS = {
    "missing": "the answer cell is missing",
    "doubled": "the answer cell is there more than once",
    "untouched": "the answer cell is as it was handed out",
    "syntax": "the answer is not valid Python",
    "raised": "the answer cell stopped with an error",
    "died": "the answer ended its process",
    "time": "the answer took too long",
    "memory": "the answer took too much memory",
    "protocol": "the answer interfered with the marking",
    "checker": "the check itself failed; tell the instructor",
    "unmarked": "the instructor has not marked it yet",
}


@dataclass(frozen=True)
class SubmissionResult:
    """One submission: whose it is, how each question went, what an instructor should look at."""

    student: str
    """An identifier, unique in the batch."""
    name: str
    """The student's name as the file or folder gives it; the identifier where there is none."""
    file: str
    """Where the notebook lay, relative to the submissions."""
    sha256: str
    questions: tuple[QuestionResult, ...]
    flags: tuple[str, ...] = ()
    """Lines for the instructor: late, a broken notebook, a changed check cell, ..."""
    email: str | None = None
    platform_id: str | None = None
    """The student's number on the platform that the files come from (Canvas, Moodle, ...)."""

    @property
    def points(self) -> float:
        """The points of all questions."""
        return sum(question.points for question in self.questions)

    @property
    def total(self) -> float:
        """The points that could be had."""
        return sum(question.total for question in self.questions)


def to_json(result: SubmissionResult) -> str:
    """Return a submission's result as JSON text."""
    return json.dumps(dataclasses.asdict(result), ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> SubmissionResult:
    """Return the result that `to_json` wrote.

    Raises:
        ValueError: The text is not such a result.
    """
    try:
        data: dict[str, Any] = json.loads(text)
        questions = tuple(
            QuestionResult(
                **{
                    **q,
                    "checks": tuple(CheckResult(**check) for check in q["checks"]),
                    "remark": _remark(q.get("remark")),
                }
            )
            for q in data["questions"]
        )
        return SubmissionResult(**{**data, "questions": questions, "flags": tuple(data["flags"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"not the result of a submission ({error})") from None


def _remark(data: dict[str, Any] | None) -> Remark | None:
    if data is None:
        return None
    return Remark(data["comment"], tuple(Criterion(**row) for row in data["rubric"]))
