"""Read `labs/NN_name.md`, the one source of a lab, and say what is wrong with it.

A lab is a MyST notebook with nbgrader's metadata. Its questions are pairs of cells:

* the answer, `grade_id: NAME`, a solution cell with a `### BEGIN SOLUTION` region;
* its check, `grade_id: NAME-check`, a locked grade cell with the question's points. It defines
  checks (`@question.check(POINTS)`) whose parameters are the names asked of the learner. Checks
  between `### BEGIN HIDDEN TESTS` and `### END HIDDEN TESTS` never leave this file.

An open question is one Markdown cell, both a solution and a grade cell, with the question's points:
an instructor marks what the learner writes there, by the rubric that the lab's cell declares.

One locked cell, `grade_id: lab`, holds `lab = Lab(globals(), points={...}, hints={...},
rubrics={...})`.
"""

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml

from fmlab.errors import UserError
from fmlab.grading import regions
from fmlab.grading.declared import Declared, declared, defined_names
from fmlab.grading.lab_cells import (
    CHECK_SUFFIX,
    LAB_CELL,
    SCHEMA_VERSION,
    OpenQuestion,
    Question,
    is_answer,
    is_check,
    is_open,
    meta,
)

_FILE_NAME = re.compile(r"\d\d_\w+\.md")
_SITE_ONLY = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*\{(?!code-cell|raw-cell)|\{[\w:-]+\}`", re.M)


@dataclass(frozen=True)
class LabSource:
    """A lab as read: the whole notebook, solutions and hidden tests included."""

    path: Path
    notebook: Any
    questions: tuple[Question, ...]
    open: tuple[OpenQuestion, ...] = ()

    @property
    def points(self) -> dict[str, float]:
        """The points of every question by its name, open ones too, in the lab's order."""
        asked = [(q.answer, q.name, q.points) for q in self.questions]
        asked += [(q.answer, q.name, q.points) for q in self.open]
        return {name: points for _, name, points in sorted(asked)}

    @property
    def name(self) -> str:
        """The lab's name: the file's, without its ending."""
        return self.path.stem

    def cell(self, grade_id: str) -> Any:
        """Return the cell with this `grade_id`."""
        return next(c for c in self.notebook.cells if meta(c).get("grade_id") == grade_id)


def lab_files(labs_dir: Path) -> list[Path]:
    """Return the sources of all labs, in order.

    Raises:
        UserError: There is no such folder, or a file's name is not `NN_name.md`.
    """
    if not labs_dir.is_dir():
        raise UserError(f"there is no folder {labs_dir}; name the folder that holds the labs")
    files = sorted(labs_dir.glob("*.md"))
    for path in files:
        if not _FILE_NAME.fullmatch(path.name):
            raise UserError(f"{path}: a lab's file is called NN_name.md, as in 02_pretrain.md")
    return files


def read(path: Path) -> LabSource:
    """Return a lab, checked.

    Raises:
        UserError: The source is broken. The line names the file, the cell and the mend.
    """
    try:
        text = path.read_text(encoding="utf-8")
        notebook = jupytext.reads(text, fmt="md:myst")
        starts = [line for line, _ in _fences(text)]
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read as a MyST notebook ({_one_line(error)})") from None
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    where = {id(cell): f"{path}:{line}: " for cell, line in zip(code, starts, strict=False)}
    reader = _Reader(path, notebook.cells, where)
    questions, open_questions = reader.questions()
    _give_ids(notebook.cells)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return LabSource(path, notebook, questions, open_questions)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _fences(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if re.match(r"`{3,}\{code-cell\}", line):
            yield number, line


def _give_ids(cells: list[Any]) -> None:
    """Name each cell by its `grade_id`, else by its text: the same text has the same id."""
    seen: dict[str, int] = {}
    for cell in cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]
        base = str(meta(cell).get("grade_id") or f"{cell.cell_type}-{digest}")
        seen[base] = seen.get(base, 0) + 1
        cell["id"] = base if seen[base] == 1 else f"{base}-{seen[base]}"


class _Reader:
    """The rules of a lab's source, each with the line that says how to mend it."""

    def __init__(self, path: Path, cells: list[Any], where: dict[int, str]) -> None:
        self.path, self.cells, self.where = path, cells, where

    def fail(self, cell: Any, problem: str) -> UserError:
        place = self.where.get(id(cell), f"{self.path}: ")
        first = next((line for line in cell.source.split("\n") if line.strip()), "(empty)")
        name = meta(cell).get("grade_id") or f"that starts `{first[:40]}`"
        return UserError(f"{place}cell {name}: {problem}")

    def questions(self) -> tuple[tuple[Question, ...], tuple[OpenQuestion, ...]]:
        ids: dict[str, int] = {}
        for index, cell in enumerate(self.cells):
            self._check_marks(cell)
            self._check_meta(cell)
            name = meta(cell).get("grade_id")
            if name in ids:
                raise self.fail(cell, f"the id `{name}` is used twice; give one of them another")
            if name is not None:
                ids[name] = index
        found = [
            self._question(str(name), index, ids)
            for name, index in ids.items()
            if is_answer(self.cells[index]) and not is_open(self.cells[index])
        ]
        opened = {str(name): i for name, i in ids.items() if is_open(self.cells[i])}
        for name, index in ids.items():
            if is_check(self.cells[index]) and name.removesuffix(CHECK_SUFFIX) not in ids:
                raise self.fail(
                    self.cells[index],
                    f"a check without an answer; call the answer cell "
                    f"`{name.removesuffix(CHECK_SUFFIX)}` and the check `NAME{CHECK_SUFFIX}`",
                )
        if not found and not opened:
            return (), ()
        return tuple(found), self._check_lab_cell(found, opened, ids)

    def _check_marks(self, cell: Any) -> None:
        try:
            found = regions.regions(cell.source)
        except regions.BrokenRegion as error:
            raise self.fail(cell, str(error)) from None
        for region in found:
            if region.kind == regions.SOLUTION and not is_answer(cell):
                raise self.fail(cell, "a solution outside an answer cell; set `solution: true`")
            if region.kind == regions.HIDDEN_TESTS and not is_check(cell):
                raise self.fail(cell, "hidden tests outside a check cell; set `grade: true`")
        if cell.cell_type == "markdown" and (site_only := _SITE_ONLY.search(cell.source)):
            raise self.fail(
                cell,
                f"`{site_only.group(0).strip()}…` is markup that only the site shows; "
                "the student notebook needs plain Markdown",
            )

    def _check_meta(self, cell: Any) -> None:
        if "nbgrader" not in cell.metadata:
            return
        found = meta(cell)
        if found.get("schema_version") != SCHEMA_VERSION:
            raise self.fail(cell, f"write `schema_version: {SCHEMA_VERSION}` in its nbgrader data")
        for key in ("grade", "solution", "locked"):
            if not isinstance(found.get(key), bool):
                raise self.fail(cell, f"write `{key}: true` or `{key}: false` in its nbgrader data")
        if found.get("task") or (cell.cell_type != "code" and not is_open(cell)):
            raise self.fail(
                cell,
                "nbgrader data belongs to code cells and to open questions (`grade: true` and "
                "`solution: true`); make it plain text",
            )
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(found.get("grade_id", ""))):
            raise self.fail(cell, "its grade_id may hold letters, digits, - and _ only")
        points = found.get("points")
        number = isinstance(points, int | float) and not isinstance(points, bool)
        if found["grade"] and not (number and float(points or 0) > 0):
            raise self.fail(cell, f"its points are {points!r}; write a number above 0")
        if is_open(cell) and cell.cell_type != "markdown":
            raise self.fail(
                cell,
                "an answer in code cannot be its own check; set `grade: false`, or make it a "
                "Markdown cell that an instructor marks",
            )
        if is_open(cell) and not regions.has(cell.source, regions.SOLUTION):
            raise self.fail(
                cell, "an open question without one good answer; mark it `### BEGIN SOLUTION`"
            )

    def _question(self, name: str, index: int, ids: dict[str, int]) -> Question:
        answer = self.cells[index]
        if not regions.has(answer.source, regions.SOLUTION):
            raise self.fail(answer, "an answer without a solution; mark it `### BEGIN SOLUTION`")
        position = ids.get(name + CHECK_SUFFIX)
        if position is None or not is_check(self.cells[position]):
            raise self.fail(
                answer, f"an answer without a check; add a grade cell `{name}{CHECK_SUFFIX}`"
            )
        cell = self.cells[position]
        if position < index:
            raise self.fail(cell, "the check stands before its answer; move it below")
        defined = defined_names(self._parse(answer))
        checks, asks = self._checks(cell)
        for asked in asks:
            if asked not in defined:
                raise self.fail(
                    cell, f"it asks for `{asked}`, which its answer cell does not define"
                )
        points = float(meta(cell)["points"])
        total = sum(value for _, value, _ in checks)
        if abs(total - points) > 1e-9:
            raise self.fail(
                cell, f"its checks add up to {total:g} points, its metadata says {points:g}"
            )
        return Question(name, points, index, position, asks, checks)

    def _parse(self, cell: Any) -> ast.Module:
        try:
            module: ast.Module = ast.parse(cell.source)
        except SyntaxError as error:
            raise self.fail(cell, f"not valid Python, line {error.lineno}: {error.msg}") from None
        return module

    def _checks(self, cell: Any) -> tuple[tuple[tuple[str, float, bool], ...], tuple[str, ...]]:
        hidden = [r for r in regions.regions(cell.source) if r.kind == regions.HIDDEN_TESTS]
        checks: list[tuple[str, float, bool]] = []
        asks: list[str] = []
        for node in self._parse(cell).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                if not (
                    isinstance(mark, ast.Call)
                    and isinstance(mark.func, ast.Attribute)
                    and mark.func.attr == "check"
                ):
                    continue
                value = mark.args[0] if mark.args else None
                if not (isinstance(value, ast.Constant) and isinstance(value.value, int | float)):
                    raise self.fail(cell, f"write the points of `{node.name}` as a plain number")
                out_of_sight = any(r.first < node.lineno - 1 < r.last for r in hidden)
                if checks and checks[-1][2] and not out_of_sight:
                    # else code that has met hidden inputs could tell them in a visible message
                    raise self.fail(
                        cell, f"`{node.name}` stands after a hidden test; move hidden tests last"
                    )
                checks.append((node.name, float(value.value), out_of_sight))
                asks += [arg.arg for arg in node.args.args if arg.arg not in asks]
        if not any(not out_of_sight for _, _, out_of_sight in checks):
            raise self.fail(cell, "no visible check; write one with `@question.check(POINTS)`")
        return tuple(checks), tuple(asks)

    def _check_lab_cell(
        self, questions: list[Question], opened: dict[str, int], ids: dict[str, int]
    ) -> tuple[OpenQuestion, ...]:
        first = min([*(q.answer for q in questions), *opened.values()])
        if LAB_CELL not in ids:
            raise self.fail(
                self.cells[first],
                f"no cell `{LAB_CELL}` declares the questions; add one with `lab = Lab(...)`",
            )
        cell = self.cells[ids[LAB_CELL]]
        try:
            lab = declared(self._parse(cell))
        except ValueError as error:
            raise self.fail(cell, str(error)) from None
        wanted = {q.name: q.points for q in questions}
        wanted |= {name: float(meta(self.cells[i])["points"]) for name, i in opened.items()}
        if lab.points != wanted:
            raise self.fail(cell, f"`Lab(points=...)` says {lab.points}, the cells say {wanted}")
        words = {
            node.value
            for q in questions
            for node in ast.walk(self._parse(self.cells[q.check]))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for key in lab.hints:
            if key not in words:
                raise self.fail(cell, f"no check uses the hint `{key}`; use it or take it out")
        for name in lab.rubrics:
            if name not in opened:
                raise self.fail(cell, f"the rubric `{name}` belongs to no open question")
        return tuple(
            OpenQuestion(name, wanted[name], index, self._rubric(cell, lab, name, wanted[name]))
            for name, index in opened.items()
        )

    def _rubric(
        self, cell: Any, lab: Declared, name: str, points: float
    ) -> tuple[tuple[str, float], ...]:
        rubric = lab.rubrics.get(name)
        if not rubric:
            raise self.fail(
                cell, f"the open question `{name}` has no rubric; write `rubrics={{{name!r}: ...}}`"
            )
        for criterion, value in rubric.items():
            if not criterion.strip() or value <= 0:
                raise self.fail(
                    cell, f"the rubric `{name}` needs words and points above 0 in each row"
                )
        if abs(sum(rubric.values()) - points) > 1e-9:
            raise self.fail(
                cell,
                f"the rubric `{name}` adds up to {sum(rubric.values()):g} points, its cell says "
                f"{points:g}",
            )
        return tuple((" ".join(criterion.split()), value) for criterion, value in rubric.items())


def notebook_json(notebook: Any) -> str:
    """Return a notebook as text: the same notebook, the same bytes."""
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"
