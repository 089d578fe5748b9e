"""Marks one question of one submission: the checks here, the student's code behind the walls.

The checks are those of the lab's source, hidden tests included, and run in this process. The
student's functions stand in it as `sandbox.remote` gives them. What the marks depend on is hashed
into a key, so that a question is marked again only where something of it has changed.
"""

import ast
import contextlib
import hashlib
import io
import json
import linecache
import time
from collections.abc import Callable, Mapping
from typing import Any

from fmlab.grading import python, regions
from fmlab.grading.checks import Lab, Outcome
from fmlab.grading.lab_cells import LAB_CELL, Question, meta
from fmlab.grading.plain_text import visible
from fmlab.grading.results import PROBLEMS, CheckResult, QuestionResult
from fmlab.grading.sandbox.remote import Session, mistake_of
from fmlab.grading.sandbox.room import Ended, Gone, Raised, Room
from fmlab.grading.sandbox.walls import Limits
from fmlab.grading.source import LabSource
from fmlab.grading.submission import Answer
from fmlab.grading.words import ended

MARKING = 1
"""Raise it where marking itself changes, so that everything is marked again."""


def imports_of(lab: LabSource) -> str:
    """Return the lab's cells that hold nothing but imports: what every answer may build on."""
    found = []
    for cell in lab.notebook.cells:
        if cell.cell_type != "code" or meta(cell):
            continue
        with contextlib.suppress(SyntaxError):
            body = ast.parse(cell.source).body
            if body and all(isinstance(node, ast.Import | ast.ImportFrom) for node in body):
                found.append(cell.source)
    return "\n".join(found)


def limits_of(lab: LabSource, question: Question) -> Limits:
    """Return what a question may use: its check cell's `fmlab` metadata, else the usual."""
    said: dict[str, Any] = lab.notebook.cells[question.check].metadata.get("fmlab", {})
    return Limits(**said)


def builds_on(lab: LabSource, name: str, answers: Mapping[str, Answer]) -> list[str]:
    """Return the questions whose cells an answer needs, in the lab's order, itself last.

    An answer needs another where it uses a name that the other's cell binds, and that the lab's
    imports do not give to all.
    """
    given = python.defined(imports_of(lab))
    gives = {key: python.defined(answer.source) for key, answer in answers.items()}
    needed, waiting = {name}, [name]
    while waiting:
        key = waiting.pop()
        used = python.used(answers[key].source) - gives[key] - given
        for other, names in gives.items():
            if other not in needed and used & names:
                needed.add(other)
                waiting.append(other)
    return [key for key in answers if key in needed and key != name] + [name]


def hidden_seeds(lab: LabSource, question: Question, seed: int) -> dict[str, int]:
    """Return the seed of each hidden test of a question; all 0 where the course has none.

    The visible checks keep their own, so that they say here what they say in the notebook.
    """
    found = {}
    for check, _, hidden in question.check_points:
        if hidden and seed:
            text = f"{seed}:{lab.name}:{question.name}:{check}"
            found[check] = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> 1
    return found


def key_of(lab: LabSource, question: Question, answers: Mapping[str, Answer], seed: int) -> str:
    """Return the hash of all that decides a question's marks."""
    answer = answers[question.name]
    decides = {
        "marking": MARKING,
        "answers": [[n, answers[n].source] for n in builds_on(lab, question.name, answers)],
        "kind": [answer.kind, answer.problem],
        "check": lab.notebook.cells[question.check].source,
        "lab": lab.cell(LAB_CELL).source,
        "imports": imports_of(lab),
        "limits": vars(limits_of(lab, question)),
        "seeds": hidden_seeds(lab, question, seed),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def mark(
    lab: LabSource,
    question: Question,
    answers: Mapping[str, Answer],
    room: Callable[[], Room],
    seed: int = 0,
) -> QuestionResult:
    """Return how one question of a submission goes, in a fresh cell of a room.

    Args:
        lab: The lab's source.
        question: One of its questions.
        answers: All answers of the submission, by question.
        room: Gives the room; asked for one only where something is to be run.
        seed: The course's own.

    Raises:
        Gone: The room has died, and says nothing of the answer.
        UserError: The sandbox itself does not work here.
    """
    begun, answer = time.perf_counter(), answers[question.name]
    key = key_of(lab, question, answers, seed)
    kind, problem = answer.kind, answer.problem
    if kind is None:
        checks, kind, problem = _run(lab, question, answers, room(), seed)
    elif kind == "missing":
        checks = ()
    else:
        checks = _all_lost(lab, question, problem or PROBLEMS[kind])
    return QuestionResult(
        question.name,
        question.points,
        checks,
        answer.source,
        key,
        problem,
        kind,
        round(time.perf_counter() - begun, 3),
    )


def unmarked(
    lab: LabSource, question: Question, answers: Mapping[str, Answer], seed: int, why: Exception
) -> QuestionResult:
    """Return a question over which the marking itself failed; a later run tries it again."""
    line = PROBLEMS["checker"] + f" ({type(why).__name__})"
    key = key_of(lab, question, answers, seed)
    lost, source = _all_lost(lab, question, line), answers[question.name].source
    return QuestionResult(question.name, question.points, lost, source, key, line, "checker")


def _run(
    lab: LabSource, question: Question, answers: Mapping[str, Answer], room: Room, seed: int
) -> tuple[tuple[CheckResult, ...], str | None, str | None]:
    """Return the checks of a question, and the kind and the line of what went wrong as a whole."""
    line = python.problem(answers[question.name].source)
    if line is not None:
        line = visible(line)
        return _all_lost(lab, question, line), "syntax", line
    needed = builds_on(lab, question.name, answers)
    cells = [(name, python.plain(answers[name].source)) for name in needed]
    with Session(room, cells, question.asks, limits_of(lab, question)) as session:
        try:
            found = session.start()
        except (Ended, Raised) as end:
            why = end.kind if isinstance(end, Ended) else "protocol"
            line = ended(why, question.name)
            return _all_lost(lab, question, line), why, line
        try:
            outcomes = _outcomes(lab, question, found, seed)
        except Gone:
            raise
        except Exception as error:
            line = PROBLEMS["checker"] + f" ({type(error).__name__})"
            return _all_lost(lab, question, line), "checker", line
        kind: str | None = None
        problem: str | None = None
        if session.ends:
            kind = session.ends[0]
            problem = ended(kind, question.name)
        elif session.told is not None and not all(o.passed for o in outcomes):
            kind, problem = "raised", visible(mistake_of(question.name, session.told).likely)
    return tuple(_result(question, outcome) for outcome in outcomes), kind, problem


def _outcomes(
    lab: LabSource, question: Question, found: dict[str, Any], seed: int
) -> list[Outcome]:
    """Run the checks of a question on what the student gave."""
    names: dict[str, Any] = {"__name__": "__main__"}
    check = regions.without_markers(lab.notebook.cells[question.check].source)
    with contextlib.redirect_stdout(io.StringIO()):
        _exec(lab.cell(LAB_CELL).source, names, f"<{lab.name} {LAB_CELL}>")
        declared: Lab = names["lab"]
        declared.seeds = hidden_seeds(lab, question, seed)
        names.update(found)
        _exec(check, names, f"<{lab.name} {question.name} check>")
    outcomes = declared.questions[question.name].outcomes
    if [o.name for o in outcomes] != [name for name, _, _ in question.check_points]:
        raise RuntimeError("not every check has run")
    return outcomes


def _exec(source: str, names: dict[str, Any], title: str) -> None:
    linecache.cache[title] = (len(source), None, source.splitlines(True), title)
    exec(compile(source, title, "exec"), names)


def _result(question: Question, outcome: Outcome) -> CheckResult:
    hidden = {name for name, _, out_of_sight in question.check_points if out_of_sight}
    mistake = outcome.mistake
    return CheckResult(
        outcome.name,
        outcome.title,
        outcome.points,
        outcome.passed,
        outcome.name in hidden,
        _said(mistake.likely) if mistake else None,
        _said(mistake.expected) if mistake else None,
        _said(mistake.got) if mistake else None,
        mistake.hint if mistake else None,
    )


def _said(text: str | None) -> str | None:
    """Return what may hold a student's own words, as text that a file can hold."""
    return None if text is None else visible(text)


def _all_lost(lab: LabSource, question: Question, line: str) -> tuple[CheckResult, ...]:
    """Return all checks of a question as not passed, for one reason."""
    source = regions.without_markers(lab.notebook.cells[question.check].source)
    titles = {
        node.name: " ".join((ast.get_docstring(node) or node.name).split()).rstrip(".")
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }
    return tuple(
        CheckResult(name, titles[name], points, False, hidden, line)
        for name, points, hidden in question.check_points
    )
