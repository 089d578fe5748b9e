"""From a lab's source to the notebook that a learner opens.

Solutions become stubs, hidden tests disappear, check cells are locked: cell for cell what
nbgrader's `generate_assignment` makes of the same source. The notebook holds no outputs, its
cell ids are stable, and the same source gives the same bytes.
"""

import copy
import hashlib
from pathlib import Path
from typing import Any

import yaml

from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.grading import regions
from fmlab.grading.lab_cells import SETUP_CELL, is_answer, is_check, is_open, meta, new_cell
from fmlab.grading.source import LabSource, lab_files, notebook_json, read

SETUP = """\
# Run this cell first. In Colab it installs fmlab; on your own machine it does nothing.
import importlib.util
import subprocess
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("fmlab") is None:
    fmlab_source = "fmlab[explain,live] @ {address}/archive/refs/heads/main.zip"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", fmlab_source], check=True)"""


def repository_address(labs_dir: Path) -> str:
    """Return the repository's address, from `_config.yml` beside the labs' folder.

    Raises:
        UserError: There is no such file, or it names no repository.
    """
    path = labs_dir.resolve().parent / "_config.yml"
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        address = config["repository"]["url"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        raise UserError(f"{path} must name the repository: write `repository: url: …`") from None
    return str(address).rstrip("/")


def setup_cell(address: str) -> Any:
    """Return the first cell: it installs fmlab in Colab and does nothing elsewhere."""
    cell = new_cell("code", SETUP.format(address=address), tags=["setup"])
    cell["id"] = SETUP_CELL
    return cell


def student_notebook(lab: LabSource, address: str) -> Any:
    """Return the learner's notebook, with its setup cell."""
    notebook = copy.deepcopy(lab.notebook)
    notebook.metadata = {"kernelspec": dict(notebook.metadata["kernelspec"])}
    notebook.metadata["kernelspec"]["language"] = "python"
    for cell in notebook.cells:
        if is_answer(cell):
            stub = regions.CODE_STUB if cell.cell_type == "code" else regions.TEXT_STUB
            cell.source = regions.replace(cell.source, regions.SOLUTION, stub)
        elif is_check(cell):
            cell.source = regions.replace(cell.source, regions.HIDDEN_TESTS)
        if meta(cell):
            _lock(cell)
            _sign(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.cells.insert(0, setup_cell(address))
    return notebook


def _lock(cell: Any) -> None:
    cell.metadata["deletable"] = False
    if not is_answer(cell):
        cell.metadata["editable"] = False


def _sign(cell: Any) -> None:
    """Add nbgrader's checksum, by which it sees whether a cell was changed."""
    data = meta(cell)
    locked = not is_answer(cell) and (is_check(cell) or data["locked"])
    graded = is_check(cell) or is_open(cell)
    parts = [cell.source, cell.cell_type, graded, is_answer(cell), locked, data["grade_id"]]
    if graded:
        parts.append(float(data["points"]))
    text = "".join(map(str, parts))
    data["checksum"] = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    data["cell_type"] = cell.cell_type


def _wanted(labs_dir: Path, out_dir: Path) -> dict[Path, str]:
    sources = [read(path) for path in lab_files(labs_dir)]
    address = repository_address(labs_dir)
    return {
        out_dir / f"{lab.name}.ipynb": notebook_json(student_notebook(lab, address))
        for lab in sources
    }


def build(labs_dir: Path, out_dir: Path) -> list[Path]:
    """Write every lab's student notebook and return their paths.

    Raises:
        UserError: A source is broken; nothing is written then.
    """
    wanted = _wanted(labs_dir, out_dir)
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)
    for path in _orphans(wanted, out_dir):
        path.unlink()
    return list(wanted)


def check(labs_dir: Path, out_dir: Path) -> list[str]:
    """Return a line for each student notebook that is missing, stale or without a source.

    Raises:
        UserError: A source is broken.
    """
    wanted = _wanted(labs_dir, out_dir)
    lines = []
    for path, text in wanted.items():
        if not path.exists():
            lines.append(f"{path} is missing; run `fmlab labs build`")
        elif path.read_text(encoding="utf-8") != text:
            lines.append(f"{path} is stale; run `fmlab labs build`")
    lines += [f"{p} has no source; run `fmlab labs build`" for p in _orphans(wanted, out_dir)]
    return lines


def _orphans(wanted: dict[Path, str], out_dir: Path) -> list[Path]:
    return sorted(path for path in out_dir.glob("*.ipynb") if path not in wanted)
