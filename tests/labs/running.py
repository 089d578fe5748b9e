"""Run a lab's code cells in this process, with sizes made small.

A lab must run to its end as a solved one, as an untouched one and as one with mistakes in it, and
know whose functions it used. What else a lab promises stands in its own `test_run_of_...`.
"""

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from fmlab.grading.source import LabSource
from fmlab.grading.student import student_notebook

Change = Callable[[dict[str, Any]], None]


def run_cells(cells: list[Any], after: dict[str, Change]) -> tuple[dict[str, Any], str]:
    """Return the notebook's names, and what it printed.

    Args:
        cells: The notebook's cells.
        after: Some text that a cell holds, and what to do with the names once it has run.
    """
    mpl.use("Agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    met = set()
    plt.close("all")  # those of the run before
    with contextlib.redirect_stdout(printed):
        for number, cell in enumerate(cells):
            if cell.cell_type != "code":
                continue
            exec(compile(cell.source, f"<cell {number}>", "exec"), names)
            for text, change in after.items():
                if text in cell.source:
                    change(names)
                    met.add(text)
    assert met == set(after), "a cell that should be there is missing"
    return names, printed.getvalue()


@pytest.fixture(autouse=True)
def smallest_tier(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in the cpu tier, and give back the threads that a lab takes."""
    monkeypatch.setenv("FMLAB_TIER", "cpu")
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


class LabRun:
    """A lab whose sizes are made small, run once in each way that a test asks for.

    Attributes:
        lab: Its source.
        small: What makes it small, as in `run_cells`.
        own: The learner's function by the name under which the lab then uses it or the library's.
    """

    def __init__(self, lab: LabSource, small: dict[str, Change], own: Mapping[str, str]) -> None:
        """Note what to run."""
        self.lab, self.small, self.own = lab, small, own

    def run(self, cells: list[Any]) -> tuple[dict[str, Any], str]:
        """Return the names and the words of a run."""
        return run_cells(cells, self.small)

    @cached_property
    def solved(self) -> tuple[dict[str, Any], str]:
        """The names and the words of the solved lab."""
        return self.run(self.lab.notebook.cells)

    @cached_property
    def untouched(self) -> tuple[dict[str, Any], str]:
        """The names and the words of the student notebook as it is handed out."""
        return self.run(self._student_cells())

    def assert_solved_with_full_points(self) -> None:
        """Fail where the solution loses a point, or the lab does not use it."""
        names, printed = self.solved
        lab = names["lab"]
        wanted = {name: n for name, n in lab.points.items() if name not in lab.rubrics}
        assert {name: question.points for name, question in lab.questions.items()} == wanted
        assert all(names[chosen] is names[own] for chosen, own in self.own.items())
        assert "library's own" not in printed

    def assert_untouched_has_no_points(self) -> None:
        """Fail where an untouched notebook stops, has points, or uses what nobody has written."""
        names, printed = self.untouched
        assert all(question.points == 0 for question in names["lab"].questions.values())
        assert printed.count("the library's own is used from here on") == len(self.own)
        assert "together           0 of" in printed

    def mistaken(self, mistakes: Mapping[str, str], most: int = 0) -> dict[str, Any]:
        """Return the names of a run with mistakes; fail where they get more than `most` points.

        Args:
            mistakes: What a learner may write, by the last name of the question's cell.
            most: Points that are theirs by right.
        """
        cells = self._student_cells()
        for cell in cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in mistakes:
                cell["source"] = mistakes[grade_id]
        names, printed = self.run(cells)
        assert sum(question.points for question in names["lab"].questions.values()) <= most
        assert printed.count("the library's own is used from here on") == len(self.own)
        return names

    def _student_cells(self) -> list[Any]:
        cells: list[Any] = student_notebook(self.lab, "https://host.example/a/course").cells
        return cells
