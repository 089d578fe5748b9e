"""From a handed-in notebook to what is graded: the source of its answer cells, and nothing else.

An answer cell is found by nbgrader's `grade_id` or, where an editor dropped that, by the cell's
id. What is wrong with one cell costs that question alone.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from fmlab.grading.lab_cells import LAB_CELL, SETUP_CELL, is_check, meta
from fmlab.grading.library_calls import library_calls
from fmlab.grading.notebook_cells import MAX_SOURCE, BrokenNotebook, Cell, cells
from fmlab.grading.plain_text import line
from fmlab.grading.source import LabSource


@dataclass(frozen=True)
class Answer:
    """The answer to one question. With a `kind`, one of `results.PROBLEMS`, it is not run."""

    question: str
    source: str
    kind: str | None = None
    problem: str | None = None
    """What is wrong, in one line that the student may read."""


@dataclass(frozen=True)
class Answers:
    """The answers of one notebook, one a question in the lab's order."""

    answers: tuple[Answer, ...]
    flags: tuple[str, ...] = ()
    """Lines for the instructor. None of them changes marks."""
    open: tuple[Answer, ...] = ()
    """The answers to open questions, in the lab's order."""
    broken: str | None = None
    """Why the notebook cannot be read at all, if it cannot."""


def answers(data: bytes, lab: LabSource, student: Any) -> Answers:
    """Return the answers in a notebook, given as bytes. Never raises, whatever the bytes are.

    Args:
        data: The file as it was handed in.
        lab: The lab.
        student: The lab's notebook as it was handed out (`student.student_notebook`).
    """
    try:
        found = cells(data)
    except BrokenNotebook as error:
        return broken(lab, str(error))
    handed_out = {name: cell for cell in student.cells if (name := meta(cell).get("grade_id"))}
    made = tuple(
        _answer(q.name, found, str(handed_out[q.name].source), set(handed_out))
        for q in lab.questions
    )
    opened = tuple(
        _answer(q.name, found, str(handed_out[q.name].source), set(handed_out), ANY_KIND)
        for q in lab.open
    )
    flags = [
        *_doubled_alike(lab, found),
        *_changed(student, found),
        *_gone(student, found),
        *_saved(found),
        *(flag for a, q in zip(made, lab.questions, strict=True) for flag in _helped(lab, q, a)),
    ]
    return Answers(made, tuple(flags), opened)


def broken(lab: LabSource, problem: str) -> Answers:
    """Return answers of which every one is missing, for the same reason."""
    missing = tuple(Answer(q.name, "", "missing", problem) for q in lab.questions)
    opened = tuple(Answer(q.name, "", "missing", problem) for q in lab.open)
    return Answers(missing, (problem,), opened, problem)


def _named(name: str, found: list[Cell]) -> list[Cell]:
    """Return the cells of a name: by `grade_id`, else by the id of a cell without one."""
    graded = [cell for cell in found if cell.grade_id == name]
    return graded or [cell for cell in found if cell.grade_id is None and name in cell.ids]


def _tidy(source: str | None) -> str:
    """Return a source without what editors change on their own: space at the ends of lines."""
    return "\n".join(text.rstrip() for text in (source or "").strip().split("\n"))


CODE = ("code",)
ANY_KIND = ("markdown", "code", "raw")
"""An open question is read by a person, whatever its cell has become."""


def _answer(
    name: str, found: list[Cell], stub: str, known: set[str], kinds: tuple[str, ...] = CODE
) -> Answer:
    """Return the answer to one question.

    A cell that is there twice with the same text leaves nothing to choose: it counts. With
    different texts, which one is meant depends on the order in which they were run.
    """
    those = _named(name, found)
    code = [cell for cell in those if cell.kind in kinds]
    if not those:
        return _missing(name, _renamed(name, found, known))
    if not code:
        return _missing(name, "is a text cell; make it a code cell again")
    if any(cell.source is None for cell in code):
        return _missing(name, f"holds no text, or more than {MAX_SOURCE:,} characters")
    if len({_tidy(cell.source) for cell in code}) > 1:
        times = "twice" if len(code) == 2 else f"{len(code)} times"
        problem = f"the answer cell `{name}` is there {times}; keep one"
        return Answer(name, "", "doubled", problem)
    source = code[0].source or ""
    if _tidy(source) == _tidy(stub):
        problem = f"the answer cell `{name}` is as it was handed out"
        return Answer(name, source, "untouched", problem)
    return Answer(name, source)


def _missing(name: str, what: str) -> Answer:
    return Answer(name, "", "missing", f"the answer cell `{name}` {what}")


def _renamed(name: str, found: list[Cell], known: set[str]) -> str:
    """Return what to say of a cell that is missing: perhaps it has another name now."""
    others = {cell.grade_id for cell in found if cell.grade_id and cell.grade_id not in known}
    if not others:
        return "is missing; put it back and write the answer there"
    listed = ", ".join(f"`{line(other, 40)}`" for other in sorted(others)[:3])
    return f"is missing; if it is the one called {listed} now, give it its name back"


def _doubled_alike(lab: LabSource, found: list[Cell]) -> list[str]:
    return [
        f"the answer cell `{q.name}` is there {len(those)} times with the same text"
        for q in lab.questions
        if len(those := [cell for cell in _named(q.name, found) if cell.kind == "code"]) > 1
        and len({_tidy(cell.source) for cell in those}) == 1
    ]


def _changed(student: Any, found: list[Cell]) -> list[str]:
    """Return a line for each check cell, and the lab's cell, that is not as it was handed out."""
    flags = []
    for cell in student.cells:
        name = str(meta(cell).get("grade_id", ""))
        if not (is_check(cell) or name == LAB_CELL):
            continue
        what = "check cell" if is_check(cell) else "lab's cell"
        those = _named(name, found)
        if not those:
            flags.append(f"the {what} `{name}` is missing")
        elif any(_tidy(one.source) != _tidy(cell.source) for one in those):
            flags.append(f"the {what} `{name}` was changed")
    return flags


def _gone(student: Any, found: list[Cell]) -> list[str]:
    """Return a line on cells that were handed out and are no longer there."""
    ids = {i for cell in found for i in cell.ids}
    texts = {_tidy(cell.source) for cell in found}
    gone = [
        cell
        for cell in student.cells
        if not meta(cell)
        and cell["id"] != SETUP_CELL
        and cell["id"] not in ids
        and _tidy(cell.source) not in texts
    ]
    if not gone:
        return []
    kinds = Counter("text" if cell.cell_type == "markdown" else "code" for cell in gone)
    counted = " and ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return [f"cells that were handed out are gone or changed: {counted}"]


def _saved(found: list[Cell]) -> list[str]:
    kinds = frozenset().union(*(cell.outputs for cell in found))
    if "script" in kinds:
        return ["saved outputs hold JavaScript; do not open the notebook as trusted"]
    return ["saved outputs hold HTML"] if "html" in kinds else []


def _helped(lab: LabSource, question: Any, answer: Answer) -> list[str]:
    """Return a line where an answer uses the library that it was to be written without."""
    names = () if answer.kind else library_calls(lab, question, answer.source)
    if not names:
        return []
    listed = ", ".join(f"`{line(name, 60)}`" for name in names[:5])
    return [f"the answer `{question.name}` calls the library: {listed}"]
