"""Instant feedback for learners: what was expected, what came, and the likely mistake.

A lab declares its questions once, `lab = Lab(globals(), points={...}, hints={...})`. A check cell
then reads

    masking = lab.question("masking")

    @masking.check(1)
    def labels_are_minus_100_elsewhere(mask_tokens):
        '''The label of a token that was not chosen is -100'''
        corrupted, labels = masking.parts(mask_tokens(ids), "corrupted", "labels")
        masking.equal(labels[~chosen], -100, "labels", hint="label")

    masking.report()

The parameters of a check are the names it asks of the learner. A function among them comes
wrapped: it gets copies of its arguments, and when it raises, the learner sees the type, the
message and the own line, not a traceback. So does a class, which must make an `nn.Module`, and
each module that it makes. Nothing here decides marks that count: whoever runs this can change it.
It works offline, and the words stand in `words.py` and in the lab's hints.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from fmlab.errors import UserError
from fmlab.grading import values
from fmlab.grading.asked import Asked
from fmlab.grading.expect import Expect, Mistake, Unwritten
from fmlab.grading.rubric import Rubric
from fmlab.grading.words import word

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """How one check went. `hint` is the key of the lab's hint that was shown, if one was."""

    name: str
    title: str
    points: float
    passed: bool
    mistake: Mistake | None = None

    @property
    def hint(self) -> str | None:
        """The key of the hint that the learner saw."""
        return None if self.mistake is None else self.mistake.hint


class Points(float):
    """Points of a question. nbgrader reads the plain text as partial credit."""

    def _repr_html_(self) -> str:
        return "<span></span>"


@dataclass
class Question(Expect):
    """One question: its checks, and how they went."""

    name: str
    total: float
    names: Mapping[str, Any]
    hints: Mapping[str, str]
    seed: int = 0
    seeds: Mapping[str, int] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    _checks: list[tuple[float, Callable[..., None]]] = field(default_factory=list)

    def check(self, points: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register a check worth `points`. Its docstring says what is true of a right answer."""

        def register(function: Callable[..., None]) -> Callable[..., None]:
            self._checks.append((points, function))
            return function

        return register

    @property
    def points(self) -> float:
        """The points of the checks that passed."""
        return sum(o.points for o in self.outcomes if o.passed)

    @property
    def seen_total(self) -> float:
        """The points of all checks that are here, hidden ones left out."""
        return sum(points for points, _ in self._checks)

    def run(self) -> list[Outcome]:
        """Run every check and return how each went."""
        self.outcomes = []
        for points, function in self._checks:
            title = " ".join((function.__doc__ or function.__name__).split()).rstrip(".")
            mistake = self._try(function)
            passed = mistake is None
            self.outcomes.append(Outcome(function.__name__, title, points, passed, mistake))
        return self.outcomes

    def _try(self, function: Callable[..., None]) -> Mistake | None:
        usual, self.seed = self.seed, self.seeds.get(function.__name__, self.seed)
        try:
            function(**{n: self._ask(n) for n in inspect.signature(function).parameters})
        except Mistake as mistake:
            return mistake
        except UserError:
            raise  # the lab's author named a hint that is not there
        except Exception as error:
            said = values.shorten(str(error))
            for name in inspect.signature(function).parameters:
                value = self.names[name]
                if "not callable" in said and not callable(value):
                    kind = type(value).__name__
                    return Mistake(word("not_a_function", name=name, type=kind))
            return Mistake(word("unusable", type=type(error).__name__, message=said))
        finally:
            self.seed = usual
        return None

    def _ask(self, name: str) -> Any:
        if name not in self.names:
            raise Unwritten(word("undefined", name=name))
        value = self.names[name]
        if value is None or value is ...:
            raise Unwritten(word("unwritten", name=name))
        asked = inspect.isroutine(value) or inspect.isclass(value)
        return Asked(name, value) if asked else value

    def report(self) -> Points:
        """Run the checks, print how they went, and return the points."""
        self.run()
        hidden = self.total - self.seen_total
        key = "question_more" if hidden > 1e-9 else "question"
        print(word(key, name=self.name, points=self.points, total=self.seen_total, hidden=hidden))
        told: set[str] = set()
        for outcome in self.outcomes:
            print("\n".join(_lines(outcome, told)))
        return Points(self.points)


def _lines(outcome: Outcome, told: set[str]) -> list[str]:
    """Return the lines on one check; a mistake told before is not told again."""
    said = {"points": outcome.points, "title": outcome.title}
    mistake = outcome.mistake
    if mistake is None:
        return [word("passed", **said)]
    if isinstance(mistake, Unwritten) and mistake.likely in told:
        return [word("skipped", **said)]
    lines = [word("failed", **said)]
    if mistake.expected is not None:
        lines.append(word("expected", text=mistake.expected))
    if mistake.got is not None:
        lines.append(word("got", text=mistake.got))
    likely = word("likely", text=mistake.likely)
    lines.append(word("likely_again") if mistake.likely in told else likely)
    told.add(mistake.likely)
    return lines


class Lab:
    """The questions of a lab, their points, and the words of their hints.

    Attributes:
        seed: Where the inputs of checks come from that draw some. A course may set another, so
            that who knows a lab's source does not know its inputs.
        seeds: The same for single checks, by name: a course's own for its hidden tests.
    """

    seed: ClassVar[int] = 0

    def __init__(
        self,
        names: Mapping[str, Any],
        *,
        points: Mapping[str, float],
        hints: Mapping[str, str],
        rubrics: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        """Declare a lab.

        Args:
            names: Where the learner's names live: `globals()` in a notebook.
            points: The points of each question, hidden tests included.
            hints: The words for the likely mistakes, by key.
            rubrics: What an instructor looks for in each open question, and the points of it.
        """
        self.names, self.points, self.hints = names, dict(points), dict(hints)
        self.rubrics = {name: dict(rubric) for name, rubric in (rubrics or {}).items()}
        self.questions: dict[str, Question] = {}
        self.seeds: dict[str, int] = {}

    def question(self, name: str) -> Question:
        """Return a question without checks, ready for its check cell.

        Raises:
            UserError: The lab declares no such question.
        """
        if name not in self.points:
            raise UserError(f"the lab has no question `{name}`; add it to `Lab(points=...)`")
        self.questions[name] = Question(
            name, float(self.points[name]), self.names, self.hints, self.seed, self.seeds
        )
        return self.questions[name]

    def rubric(self, name: str) -> Rubric:
        """Return what an instructor looks for in an open question, to be shown.

        Raises:
            UserError: The lab declares no rubric of that name.
        """
        if name not in self.rubrics:
            raise UserError(f"the lab has no open question `{name}`; add it to `Lab(rubrics=...)`")
        return Rubric(name, self.rubrics[name])

    def passed(self, name: str) -> bool:
        """Return whether every check of a question has run and passed."""
        question = self.questions.get(name)
        outcomes = question.outcomes if question else []
        return bool(outcomes) and all(o.passed for o in outcomes)

    def choose(self, question: str, name: str, otherwise: T) -> T:
        """Return the learner's `name` if its question passed, else `otherwise`; say which.

        None for `otherwise` leaves that part of the lab out for the time being.
        """
        if self.passed(question) and name in self.names:
            print(word("uses_yours", name=name))
            chosen: T = self.names[name]
            return chosen
        print(word("leaves_out" if otherwise is None else "uses_ours", name=name))
        return otherwise

    def summary(self) -> None:
        """Print the points by question and what is left to do."""
        print(word("summary"))
        left: list[str] = []
        got = total = 0.0
        for name, points in self.points.items():
            if name in self.rubrics:
                print(word("summary_open", name=name, points="-", total=points))
                continue
            question = self.questions.get(name)
            if question is None or not question.outcomes:
                print(word("summary_row", name=name, points=0, total=points))
                left.append(word("left_unrun", name=name))
                total += points
                continue
            print(word("summary_row", name=name, points=question.points, total=question.seen_total))
            got, total = got + question.points, total + question.seen_total
            left += [
                word("left_check", name=name, title=outcome.title)
                for outcome in question.outcomes
                if not outcome.passed
            ]
        print(word("summary_total", name=word("total"), points=got, total=total))
        print(word("left") if left else word("nothing_left"))
        for line in left:
            print(f"  {line}")
