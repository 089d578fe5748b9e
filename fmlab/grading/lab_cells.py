"""The cells of a lab that have a part in grading: questions, and how their cells are known."""

from dataclasses import dataclass
from typing import Any

import nbformat

CHECK_SUFFIX = "-check"
LAB_CELL = "lab"
SCHEMA_VERSION = 3
SETUP_CELL = "setup"


@dataclass(frozen=True)
class Question:
    """One question: its answer cell, its check cell, and what the checks ask for."""

    name: str
    points: float
    answer: int
    check: int
    asks: tuple[str, ...]
    check_points: tuple[tuple[str, float, bool], ...]
    """(name, points, hidden) of each check."""


@dataclass(frozen=True)
class OpenQuestion:
    """A question that an instructor marks: its answer cell, and the points of each criterion."""

    name: str
    points: float
    answer: int
    rubric: tuple[tuple[str, float], ...]


def meta(cell: Any) -> dict[str, Any]:
    """Return a cell's nbgrader metadata, empty where it has none."""
    found: dict[str, Any] = cell.metadata.get("nbgrader", {})
    return found


def new_cell(kind: str, source: str, **metadata: Any) -> Any:
    """Return a cell of a notebook, `kind` being `code` or `markdown`."""
    cell: dict[str, Any] = {"cell_type": kind, "source": source, "metadata": metadata, "id": kind}
    if kind == "code":
        cell.update(outputs=[], execution_count=None)
    return nbformat.from_dict(cell)  # type: ignore[no-untyped-call]


def is_answer(cell: Any) -> bool:
    """Return whether the learner writes this cell."""
    return bool(meta(cell).get("solution"))


def is_open(cell: Any) -> bool:
    """Return whether the learner writes this cell and an instructor marks it."""
    return is_answer(cell) and bool(meta(cell).get("grade"))


def is_check(cell: Any) -> bool:
    """Return whether this cell gives points and the learner leaves it as it is."""
    return bool(meta(cell).get("grade")) and not is_answer(cell)
