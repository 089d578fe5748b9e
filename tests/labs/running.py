"""Run a lab's code cells in this process, with sizes made small."""

import contextlib
import io
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

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
