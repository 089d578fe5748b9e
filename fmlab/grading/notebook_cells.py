"""The cells of a notebook that a stranger wrote: parsed within limits, nothing believed.

Only what grading asks about is kept: kinds, ids, sources, and what sorts of output are saved.
"""

import json
import re
import warnings
from dataclasses import dataclass
from typing import Any

import nbformat

from fmlab.grading.intake_files import MAX_NOTEBOOK_BYTES
from fmlab.grading.plain_text import line, whole

MAX_CELLS = 5_000
MAX_SOURCE = 100_000
MAX_CONTAINERS = 1_000_000
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SCRIPT = re.compile(r"<\s*script|javascript:|\son\w+\s*=", re.I)


class BrokenNotebook(ValueError):
    """Why a file cannot be read as a notebook, in one line that a student may read."""


@dataclass(frozen=True)
class Cell:
    """What grading asks about a cell."""

    kind: str
    grade_id: str | None
    """nbgrader's name of the cell; None where it has none."""
    ids: tuple[str, ...]
    """The cell's id, as Jupyter and as Colab keep it."""
    source: str | None
    """None where it is no text, or longer than `MAX_SOURCE`."""
    outputs: frozenset[str] = frozenset()
    """`html` and `script`, where saved outputs hold them."""


def cells(data: bytes) -> list[Cell]:
    """Return the cells of a notebook.

    Raises:
        BrokenNotebook: The bytes are no notebook, or beyond the limits.
    """
    notebook = _upgraded(_parsed(data))
    found = notebook.get("cells")
    if not isinstance(found, list):
        raise BrokenNotebook("the notebook has no list of cells; save it again and hand that in")
    if len(found) > MAX_CELLS:
        raise BrokenNotebook(f"the notebook has more than {MAX_CELLS:,} cells")
    return [_cell(cell) for cell in found if isinstance(cell, dict)]


def _parsed(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_NOTEBOOK_BYTES:
        limit = f"{MAX_NOTEBOOK_BYTES / 1e6:g} MB"
        raise BrokenNotebook(f"the notebook is larger than {limit}; clear its outputs")
    if not data.strip():
        raise BrokenNotebook("the file is empty; save the notebook and hand it in again")
    if data.startswith(_UTF_16) or data[:4].count(0) >= 2:
        raise BrokenNotebook("the file is in UTF-16; save it as UTF-8, as Jupyter does")
    if data.count(b"[") + data.count(b"{") > MAX_CONTAINERS:
        raise BrokenNotebook("the notebook holds too many lists; clear its outputs")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BrokenNotebook("the file is not UTF-8; save it again in Jupyter") from None
    except RecursionError:
        raise BrokenNotebook("the file's lists lie too deep in each other") from None
    except ValueError as error:
        raise BrokenNotebook(
            f"the file is not a notebook ({line(str(error), 80)}); hand in the .ipynb as Jupyter "
            "saved it"
        ) from None
    if not isinstance(notebook, dict):
        raise BrokenNotebook("the file is not a notebook; hand in the .ipynb as Jupyter saved it")
    return notebook


def _upgraded(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook of format 4, brought from format 3 where nbformat can do that."""
    version = notebook.get("nbformat")
    if version == 4 and not isinstance(version, bool):
        return notebook
    if version != 3 or isinstance(version, bool):
        said = line(repr(version), 20)
        raise BrokenNotebook(f"the notebook has format {said}; open it in Jupyter and save it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            old = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
            new: dict[str, Any] = nbformat.convert(old, 4)  # type: ignore[no-untyped-call]
    except Exception:  # the converter trusts its input; what it raises says nothing to a student
        raise BrokenNotebook(
            "the notebook has the old format 3 and cannot be brought to 4; open it in Jupyter and "
            "save it"
        ) from None
    return new


def _cell(cell: dict[str, Any]) -> Cell:
    metadata = _dict(cell.get("metadata"))
    grade_id = _dict(metadata.get("nbgrader")).get("grade_id")
    ids = tuple(i for i in (cell.get("id"), metadata.get("id")) if isinstance(i, str))
    return Cell(
        kind=str(cell.get("cell_type"))[:20],
        grade_id=grade_id if isinstance(grade_id, str) else None,
        ids=ids,
        source=_text(cell.get("source")),
        outputs=_outputs(cell.get("outputs")),
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(source: Any) -> str | None:
    """Return a source, which is text or a list of lines, with newlines as Python reads them."""
    if isinstance(source, list) and all(isinstance(part, str) for part in source):
        source = "".join(source)
    if not isinstance(source, str) or len(source) > MAX_SOURCE:
        return None
    return whole(source).replace("\r\n", "\n").replace("\r", "\n")


def _outputs(outputs: Any) -> frozenset[str]:
    found = set()
    for output in outputs if isinstance(outputs, list) else ():
        for kind, content in _dict(_dict(output).get("data")).items():
            text = "".join(map(str, content)) if isinstance(content, list) else str(content)
            if "javascript" in kind or (
                kind in ("text/html", "image/svg+xml") and _SCRIPT.search(text)
            ):
                found.add("script")
            if kind == "text/html":
                found.add("html")
    return frozenset(found)
