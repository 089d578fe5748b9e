"""Runs a piece of source in a cell of a room and returns what it leaves in `found`."""

import textwrap
from collections.abc import Sequence
from typing import Any

from fmlab.grading.sandbox import wire
from fmlab.grading.sandbox.room import Cell, Raised, Room
from fmlab.grading.sandbox.walls import Limits

SMALL = Limits(seconds=20, memory_mb=200)


def start(cell: Cell, source: str, names: Sequence[str] = ("found",)) -> Any:
    """Run a source in a cell; return `found` of it, or raise what it raised."""
    cells = [["probe", textwrap.dedent(source)]]
    tree, raw, _ = cell.request("start", [], cells=cells, names=list(names))
    values, told = wire.Decoder(raw).value(tree)
    if told is not None:
        raise Raised(told)
    return values.get("found")


def found(room: Room, source: str, limits: Limits = SMALL) -> Any:
    """Return what a source leaves in `found`, in a fresh cell."""
    with room.cell(limits) as cell:
        return start(cell, source)
