"""From a lab's source to the page of the site.

The page shows what the learner gets, with one solution folded away under each question, and is
executed as the reference run. Hidden tests are not on it.
"""

import copy
from pathlib import Path
from typing import Any

import jupytext

from fmlab.files import write_text
from fmlab.grading import regions
from fmlab.grading.lab_cells import LAB_CELL, is_answer, is_check, is_open, meta, new_cell
from fmlab.grading.source import LabSource, lab_files, read

SHOW = {
    "answer": ("Show one solution", "Hide the solution"),
    "check": ("Show the check", "Hide the check"),
    "open": ("Show one good answer",),
    "lab": ("Show the words of the checks", "Hide the words of the checks"),
}


def page_notebook(lab: LabSource) -> Any:
    """Return the page as a notebook: stubs shown, solutions folded, hidden tests gone."""
    notebook = copy.deepcopy(lab.notebook)
    cells: list[Any] = []
    for cell in notebook.cells:
        if is_open(cell):
            answer = regions.without_markers(cell.source).strip()
            cell.source = (
                f"*{regions.TEXT_STUB[0]}*\n\n<details><summary>{SHOW['open'][0]}</summary>\n\n"
                f"{answer}\n\n</details>"
            )
        elif is_answer(cell):
            stub = regions.replace(cell.source, regions.SOLUTION, regions.CODE_STUB)
            cells.append(new_cell("markdown", f"```python\n{stub}\n```"))
            cell.source = regions.without_markers(cell.source)
            _fold(cell, "answer")
        elif is_check(cell):
            cell.source = regions.replace(cell.source, regions.HIDDEN_TESTS)
            _fold(cell, "check")
        elif meta(cell).get("grade_id") == LAB_CELL:
            _fold(cell, "lab")
        cell.metadata.pop("nbgrader", None)
        cells.append(cell)
    notebook.cells = cells
    return notebook


def _fold(cell: Any, kind: str) -> None:
    show, hide = SHOW[kind]
    tags = [*cell.metadata.get("tags", []), "hide-input"]
    words = {"code_prompt_show": show, "code_prompt_hide": hide}
    cell.metadata["tags"] = tags
    cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **words}


def page_text(lab: LabSource) -> str:
    """Return the page as a MyST notebook."""
    return str(jupytext.writes(page_notebook(lab), fmt="md:myst"))


def write_pages(labs_dir: Path, out_dir: Path) -> list[Path]:
    """Write the page of every lab, where it changed, and return the paths.

    Raises:
        UserError: A source is broken; nothing is written then.
    """
    wanted = {out_dir / path.name: page_text(read(path)) for path in lab_files(labs_dir)}
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)
    for path in out_dir.glob("*.md"):
        if path not in wanted:
            path.unlink()
    return list(wanted)
