"""nbgrader's marked regions: solutions to replace, hidden tests to take out.

The markers and the stubs are nbgrader's defaults, so that its own converter gives the same
cells. It accepts some broken marks in silence (an END without a BEGIN); here they are errors.
"""

import re
from dataclasses import dataclass

SOLUTION = "SOLUTION"
HIDDEN_TESTS = "HIDDEN TESTS"
CODE_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
TEXT_STUB = ("YOUR ANSWER HERE",)


class BrokenRegion(ValueError):
    """A marker without its partner, or one region inside another. The message names the mend."""


@dataclass(frozen=True)
class Region:
    """Lines `first` to `last` of a cell, both markers included, counted from 0."""

    kind: str
    first: int
    last: int


def regions(source: str) -> list[Region]:
    """Return the marked regions of a cell, in order.

    Raises:
        BrokenRegion: A region is not closed, not opened, or lies inside another.
    """
    found: list[Region] = []
    opened: tuple[str, int] | None = None
    for number, line in enumerate(source.split("\n")):
        for kind in (SOLUTION, HIDDEN_TESTS):
            if f"BEGIN {kind}" in line:
                if opened is not None:
                    raise BrokenRegion(
                        f"`BEGIN {kind}` stands inside the region `{opened[0]}`; write "
                        f"`### END {opened[0]}` before it"
                    )
                opened = (kind, number)
            elif f"END {kind}" in line:
                if opened is None or opened[0] != kind:
                    raise BrokenRegion(
                        f"`END {kind}` closes nothing; write `### BEGIN {kind}` before it"
                    )
                found.append(Region(kind, opened[1], number))
                opened = None
    if opened is not None:
        raise BrokenRegion(
            f"the region `{opened[0]}` is not closed; write `### END {opened[0]}` after it"
        )
    return found


def has(source: str, kind: str) -> bool:
    """Return whether a cell holds a region of this kind."""
    return any(region.kind == kind for region in regions(source))


def replace(source: str, kind: str, stub: tuple[str, ...] = ()) -> str:
    """Return the cell with each region of one kind replaced by a stub, indented as its marker."""
    lines = source.split("\n")
    for region in reversed([r for r in regions(source) if r.kind == kind]):
        indent = re.match(r"\s*", lines[region.first])
        space = indent.group(0) if indent else ""
        lines[region.first : region.last + 1] = [space + line for line in stub]
    return "\n".join(lines)


def without_markers(source: str) -> str:
    """Return the cell with what its regions hold, but without the marker lines."""
    lines = source.split("\n")
    marks = {number for r in regions(source) for number in (r.first, r.last)}
    return "\n".join(line for number, line in enumerate(lines) if number not in marks)
