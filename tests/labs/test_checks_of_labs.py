"""The checks of each lab are right about right answers and about the mistakes learners make.

The solution has full points and the untouched stub none. Each catalogued wrong answer loses the
checks it should, no others, and meets the message that is meant for it; each equivalent answer
keeps all. The catalogue of a lab is a folder of its name, with a file a question: blocks of code,
each under a line `# %% right: title` or `# %% wrong: title | loses: checks | hint: key` (or
`says: words` for a message that is not one of the lab's hints; `loses: *` for all).
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from fmlab.grading.lab_cells import Question
from fmlab.grading.marking import imports_of
from fmlab.grading.source import LabSource, read
from fmlab.grading.trial import solution, stub, trial

HERE = Path(__file__).parent
LABS = sorted((HERE.parents[1] / "labs").glob("*.md"))


@dataclass(frozen=True)
class Answer:
    """One block of the catalogue."""

    lab: str
    question: str
    title: str
    right: bool
    code: str = field(repr=False)
    loses: frozenset[str] = frozenset()
    hint: str = ""
    says: str = ""

    @property
    def label(self) -> str:
        return f"{self.question}: {self.title}"


@cache
def lab_called(name: str) -> LabSource:
    return read(next(path for path in LABS if path.stem == name))


def question_of(lab: LabSource, name: str) -> Question:
    return next(q for q in lab.questions if q.name == name)


def catalogue() -> list[Answer]:
    answers = []
    for path in sorted(HERE.glob("*/*.py")):
        blocks = re.split(r"^# %% ", path.read_text(encoding="utf-8"), flags=re.M)[1:]
        for block in blocks:
            head, code = block.split("\n", 1)
            kind, title, *rest = re.split(r": | \| ", head, maxsplit=2)
            facts = dict(part.split(": ", 1) for part in rest[0].split(" | ")) if rest else {}
            loses = (
                frozenset(re.split(r",\s*", facts["loses"])) if "loses" in facts else frozenset()
            )
            assert kind in ("right", "wrong"), head
            answers.append(
                Answer(
                    path.parent.name,
                    path.stem,
                    title,
                    kind == "right",
                    code,
                    loses,
                    facts.get("hint", ""),
                    facts.get("says", ""),
                )
            )
    return answers


ANSWERS = catalogue()
QUESTIONS = [(path.stem, q.name) for path in LABS for q in lab_called(path.stem).questions]


@pytest.mark.parametrize(("lab", "name"), QUESTIONS)
def test_the_solution_has_full_points(lab: str, name: str) -> None:
    source = lab_called(lab)
    question = question_of(source, name)
    outcomes, printed = trial(source, question, solution(source, question), imports_of(source))
    assert [o.name for o in outcomes if not o.passed] == [], printed
    assert sum(o.points for o in outcomes) == question.points
    assert [o.name for o in outcomes] == [n for n, _, _ in question.check_points]


@pytest.mark.parametrize(("lab", "name"), QUESTIONS)
def test_the_untouched_stub_has_no_points(lab: str, name: str) -> None:
    source = lab_called(lab)
    question = question_of(source, name)
    outcomes, printed = trial(source, question, stub(source, question), imports_of(source))
    assert not any(o.passed for o in outcomes)
    assert "is not written yet" in printed


@pytest.mark.parametrize("answer", [a for a in ANSWERS if a.right], ids=lambda a: a.label)
def test_an_equivalent_answer_keeps_all_points(answer: Answer) -> None:
    outcomes, printed = attempt(answer)
    assert all(o.passed for o in outcomes), printed


@pytest.mark.parametrize("answer", [a for a in ANSWERS if not a.right], ids=lambda a: a.label)
def test_a_wrong_answer_loses_its_points_and_meets_its_message(answer: Answer) -> None:
    outcomes, printed = attempt(answer)
    lost = {o.name for o in outcomes if not o.passed}
    assert lost == ({o.name for o in outcomes} if "*" in answer.loses else answer.loses), printed
    assert answer.hint or answer.says
    if answer.hint:
        assert answer.hint in {o.hint for o in outcomes}, printed
    assert answer.says in printed
    assert "Traceback" not in printed


@cache
def attempt(answer: Answer) -> tuple[list, str]:  # type: ignore[type-arg]
    """Try an answer; what it leaves undefined is the solution's."""
    source = lab_called(answer.lab)
    question = question_of(source, answer.question)
    code = answer.code
    if len(question.asks) > 1:
        code = solution(source, question) + "\n" + code
    return trial(source, question, code, imports_of(source))


@pytest.mark.parametrize(("lab", "name"), QUESTIONS)
def test_the_catalogue_holds_three_mistakes_and_an_equivalent_answer(lab: str, name: str) -> None:
    of = [a.right for a in ANSWERS if (a.lab, a.question) == (lab, name)]
    assert of.count(False) >= 3
    assert of.count(True) >= 1


@pytest.mark.parametrize("lab", [path.stem for path in LABS])
def test_every_hint_of_a_lab_is_met_by_a_catalogued_mistake(lab: str) -> None:
    source = lab_called(lab)
    words = source.cell("lab").source
    keys = set(re.findall(r'^\s+"(\w+\.\w+)":', words, flags=re.M))
    met = {o.hint for a in ANSWERS if a.lab == lab and not a.right for o in attempt(a)[0]}
    assert keys - met == set()
