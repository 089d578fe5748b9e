"""Try a lab's checks on an answer, hidden tests included, in this very process.

It serves to test a lab: does the solution pass, does each known mistake meet its own hint? It is
no way to mark strangers' work: an answer can reach the checks from here.
"""

import contextlib
import io
import linecache
from typing import Any

from fmlab.grading import regions
from fmlab.grading.checks import Outcome
from fmlab.grading.lab_cells import LAB_CELL, Question
from fmlab.grading.marking import builds_on, imports_of
from fmlab.grading.source import LabSource
from fmlab.grading.submission import Answer


def solution(lab: LabSource, question: Question) -> str:
    """Return the solution of a question, as the lab has it."""
    return regions.without_markers(lab.notebook.cells[question.answer].source)


def stub(lab: LabSource, question: Question) -> str:
    """Return the answer cell as a learner gets it."""
    source = lab.notebook.cells[question.answer].source
    return regions.replace(source, regions.SOLUTION, regions.CODE_STUB)


def beside(lab: LabSource, question: Question, answer: str) -> str:
    """Return what else an answer needs: the solutions of other questions whose names it uses."""
    answers = {q.name: Answer(q.name, solution(lab, q)) for q in lab.questions}
    answers[question.name] = Answer(question.name, answer)
    *needed, _ = builds_on(lab, question.name, answers)
    found = [answers[name].source for name in needed]
    return "\n\n".join([imports_of(lab), *found]) if found else ""


def trial(
    lab: LabSource, question: Question, answer: str, imports: str = ""
) -> tuple[list[Outcome], str]:
    """Return how each check of a question goes for an answer, and what the learner reads.

    Where the answer uses a name of another question, it gets that question's solution.

    Args:
        lab: The lab.
        question: One of its questions.
        answer: The content of the answer cell.
        imports: What the notebook has imported before the answer.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    check = regions.without_markers(lab.notebook.cells[question.check].source)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for part, source in (
            ("imports", imports),
            ("lab", lab.cell(LAB_CELL).source),
            ("other answers", beside(lab, question, answer)),
            ("answer", answer),
            ("check", check),
        ):
            name = f"<{lab.name} {question.name} {part}>"
            linecache.cache[name] = (len(source), None, source.splitlines(True), name)
            exec(compile(source, name, "exec"), names)
    return names["lab"].questions[question.name].outcomes, printed.getvalue()
