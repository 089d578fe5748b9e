"""Builds the hostile corpus: a notebook from each file in `submissions/`, and odd files by hand.

A file there says in its header what it tries and what it deserves, then holds the answer cells
that it has of its own. The other cells are the lab's solutions, so that each attack stands beside
answers that must keep their marks.
"""

import copy
import io
import json
import os
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fmlab.grading.lab_cells import meta
from fmlab.grading.source import LabSource, read
from fmlab.grading.student import student_notebook
from fmlab.grading.trial import solution

HERE = Path(__file__).parent
LAB = HERE / "hostile_lab.md"
FULL = {"total": 4.0, "smooth": 4.0, "scale": 4.0, "ratio": 4.0}
NOTHING = dict.fromkeys(FULL, 0.0)
OWN_RATIO = "def ratio(numbers):\n    return sum(n * n for n in numbers) / len(numbers)"
_CELL = re.compile(r"^# %% (\w+)\n", re.M)


@dataclass(frozen=True)
class Attack:
    """One submission of the corpus: its file, what it deserves, and how the questions end."""

    name: str
    deserves: dict[str, float]
    data: bytes
    kinds: dict[str, str] = field(default_factory=dict)


def lab() -> LabSource:
    """Return the lab that is attacked."""
    return read(LAB)


def notebook(lab: LabSource, cells: dict[str, str]) -> Any:
    """Return the student notebook with the solutions in it, but for these cells."""
    made = student_notebook(lab, "https://host.example/a/course")
    solutions = {question.name: solution(lab, question) for question in lab.questions}
    for cell in made.cells:
        name = meta(cell).get("grade_id")
        if name in solutions:
            cell.source = cells.get(name, solutions[name])
    return made


def as_bytes(made: Any) -> bytes:
    """Return a notebook as bytes, as it is, whether it is valid or not."""
    return json.dumps(made).encode()


def _header(text: str, key: str) -> str:
    found = re.search(rf"^# {key}: (.*)$", text, re.M)
    return found.group(1) if found else ""


def _pairs(text: str) -> dict[str, str]:
    return dict(part.split("=") for part in text.split())


def written(lab: LabSource) -> list[Attack]:
    """Return the attacks that are written as answer cells."""
    forge = (HERE / "submissions" / "_forge.py").read_text(encoding="utf-8")
    found = []
    for path in sorted((HERE / "submissions").glob("[!_]*.py")):
        text = path.read_text(encoding="utf-8")
        head, *parts = _CELL.split(text)
        cells = {n: source.strip("\n") for n, source in zip(parts[::2], parts[1::2], strict=True)}
        if _header(head, "With") == "forge":
            cells = {name: f"{forge}\n\n{source}" for name, source in cells.items()}
        deserves = {name: float(mark) for name, mark in _pairs(_header(head, "Deserves")).items()}
        kinds = _pairs(_header(head, "Kind"))
        found.append(Attack(path.stem, deserves, as_bytes(notebook(lab, cells)), kinds))
    return found


def built(lab: LabSource) -> list[Attack]:
    """Return the attacks on the notebook as a file, each made by a function below."""
    found = []
    for name, (make, deserves) in BUILDERS.items():
        kinds = {question: "missing" for question in FULL} if deserves == NOTHING else {}
        found.append(Attack(name, deserves, make(lab), kinds))
    return found


def _changed(change: Callable[[Any, dict[str, Any]], None]) -> Callable[[LabSource], bytes]:
    """Return a builder that changes the honest notebook; `change` gets it and its named cells.

    The ratio does not need the total there, so that what is lost with that is lost alone.
    """

    def make(lab: LabSource) -> bytes:
        made = notebook(lab, {"ratio": OWN_RATIO})
        change(made, {meta(c).get("grade_id"): c for c in made.cells if meta(c)})
        return as_bytes(made)

    return make


def _switch_checks_off(made: Any, named: dict[str, Any]) -> None:
    made.metadata["nbgrader"] = made.metadata["fmlab"] = {"skip": True, "points": 1000}
    for cell in made.cells:
        cell.metadata["nbreg"] = {"diff_ignore": ["/"]}
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
        cell.metadata["fmlab"] = {"seconds": 100000, "memory_mb": 100000, "points": 1000}
    named["total"].source = "def total(numbers):\n    return 0.0"
    named["total-check"].metadata["nbgrader"]["points"] = 0


def _double_alike(made: Any, named: dict[str, Any]) -> None:
    made.cells.append(copy.deepcopy(named["total"]))


def _double_differently(made: Any, named: dict[str, Any]) -> None:
    another = copy.deepcopy(named["total"])
    another.source = "def total(numbers):\n    return 0.0"
    made.cells.append(another)


def _rename(made: Any, named: dict[str, Any]) -> None:
    named["total"].metadata["nbgrader"]["grade_id"] = "total-check\u202e<script>"
    named["total"]["id"] = "other"


def _delete(made: Any, named: dict[str, Any]) -> None:
    made.cells.remove(named["total"])


def _reorder(made: Any, named: dict[str, Any]) -> None:
    made.cells.reverse()


def _edit_checks(made: Any, named: dict[str, Any]) -> None:
    for name in ("total-check", "smooth-check", "scale-check", "ratio-check"):
        named[name].source = "question.outcomes = [True]\nquestion.points = 1000"
    named["total"].source = "def total(numbers):\n    return 0.0"


def _edit_lab(made: Any, named: dict[str, Any]) -> None:
    named["lab"].source = "lab = type('Lab', (), {'question': lambda self, name: self})()"
    named["total"].source = "total = lab"


def _to_text(made: Any, named: dict[str, Any]) -> None:
    index = made.cells.index(named["total"])
    source = {"cell_type": "markdown", "id": "total", "source": named["total"].source}
    made.cells[index] = type(named["total"])(**source, metadata=named["total"].metadata)


def _add_imposters(made: Any, named: dict[str, Any]) -> None:
    for name in ("lab", "total-check"):
        another = copy.deepcopy(named[name])
        another.source = "raise SystemExit"
        made.cells.insert(0, another)


def _format_three(lab: LabSource) -> bytes:
    cells = [
        {"cell_type": "code", "input": c.source, "metadata": dict(c.metadata), "outputs": []}
        for c in notebook(lab, {}).cells
        if c.cell_type == "code"
    ]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    return json.dumps(old).encode()


def _saved_outputs(made: Any, named: dict[str, Any]) -> None:
    data = {"text/html": "<script>alert(1)</script>", "application/javascript": "alert(2)"}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    named["total-check"].outputs = [output, {"output_type": "\u0000", "data": [[[]]]}]


LESS_TOTAL = {**FULL, "total": 0.0}
BUILDERS: dict[str, tuple[Callable[[LabSource], bytes], dict[str, float]]] = {
    "notebook_switches_checks_off": (_changed(_switch_checks_off), LESS_TOTAL),
    "notebook_doubles_a_cell_alike": (_changed(_double_alike), FULL),
    "notebook_doubles_a_cell_differently": (_changed(_double_differently), LESS_TOTAL),
    "notebook_renames_a_cell": (_changed(_rename), LESS_TOTAL),
    "notebook_without_a_cell": (_changed(_delete), LESS_TOTAL),
    "notebook_in_another_order": (_changed(_reorder), FULL),
    "notebook_with_other_checks": (_changed(_edit_checks), LESS_TOTAL),
    "notebook_with_another_lab": (_changed(_edit_lab), LESS_TOTAL),
    "notebook_with_a_text_cell": (_changed(_to_text), LESS_TOTAL),
    "notebook_with_imposters": (_changed(_add_imposters), FULL),
    "notebook_with_saved_scripts": (_changed(_saved_outputs), FULL),
    "notebook_of_format_three": (_format_three, FULL),
    "file_of_200_megabytes": (lambda lab: b" " * 200_000_000 + b"{}", NOTHING),
    "file_of_invalid_json": (lambda lab: b'{"cells": [', NOTHING),
    "file_of_deep_json": (lambda lab: b"[" * 200_000, NOTHING),
    "file_of_many_lists": (lambda lab: b'{"cells": [' + b"[]," * 3_000_000 + b"[]]}", NOTHING),
    "file_of_another_encoding": (lambda lab: '{"cells": "é"}'.encode("latin-1"), NOTHING),
    "file_of_two_bytes_a_character": (lambda lab: '{"cells": []}'.encode("utf-16"), NOTHING),
    "file_of_odd_json": (lambda lab: b'{"nbformat": 4, "cells": {"0": NaN}}', NOTHING),
    "file_of_odd_cells": (
        lambda lab: b'{"nbformat": 4, "cells": [1, null, {"source": 5, "metadata": []}, "x"]}',
        NOTHING,
    ),
    "file_of_a_pickle": (lambda lab: b"cos\nsystem\n(S'touch /tmp/hostile-was-here'\ntR.", NOTHING),
    "file_that_is_empty": (lambda lab: b"", NOTHING),
}
"""What makes each, and what it deserves."""


def hand_in(folder: Path, attacks: list[Attack]) -> None:
    """Write each attack as a student's folder."""
    for attack in attacks:
        place = folder / attack.name
        place.mkdir(parents=True)
        (place / "hostile_lab.ipynb").write_bytes(attack.data)


def odd_files(folder: Path, good: bytes) -> list[str]:
    """Put links, pipes and odd names beside the folders; return what students they make."""
    secret = folder.parent / "secret.ipynb"
    secret.write_bytes(good)
    for name in ("link_to_a_file", "link_to_a_device", "pipe"):
        (folder / name).mkdir()
    (folder / "link_to_a_file" / "hostile_lab.ipynb").symlink_to(secret)
    (folder / "link_to_a_device" / "hostile_lab.ipynb").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe" / "hostile_lab.ipynb")
    return ["link_to_a_file", "link_to_a_device", "pipe"]


def odd_names(folder: Path, good: bytes) -> list[str]:
    """Put honest notebooks under names that attack what prints them."""
    names = ["<script>alert(7)<", "=cmd|' C calc'!A0", "\u202egpj.nigol", "..%2f..%2fetc", "a\nb"]
    for name in [*names, "x" * 200, os.fsdecode(b"\xff\xfe")]:
        (folder / name).mkdir()
        (folder / name / "hostile_lab.ipynb").write_bytes(good)
    return names


def hostile_zip(path: Path, good: bytes) -> None:
    """Write a zip whose members lead out of it, unpack without end, are links or lie twice."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("honest/hostile_lab.ipynb", good)
        archive.writestr("../../hostile-was-here.ipynb", good)
        archive.writestr("/tmp/hostile-was-here.ipynb", good)
        archive.writestr("C:\\hostile-was-here.ipynb", good)
        archive.writestr("..\\..\\hostile-was-here.ipynb", good)
        archive.writestr("bomb/hostile_lab.ipynb", b"0" * 300_000_000)
        archive.writestr("inner/answers.zip", _zip_in_a_zip(good))
        link = zipfile.ZipInfo("link/hostile_lab.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("\u202e<script>/hostile_lab.ipynb", good)
    _say_it_is_small(path)


def _zip_in_a_zip(good: bytes) -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("hostile_lab.ipynb", good)
    return inner.getvalue()


def _say_it_is_small(path: Path) -> None:
    """Let the bomb announce a thousand bytes only."""
    data = bytearray(path.read_bytes())
    data = data.replace(struct.pack("<I", 300_000_000), struct.pack("<I", 1000))
    path.write_bytes(data)
