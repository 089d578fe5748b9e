"""Which names of `fmlab` an answer uses that the lab's own solution does not. Advice, never marks.

The answer is parsed and never run. Names are followed from the imports, so `batches.mask_tokens`
is found and what goes through `getattr` is not.
"""

import ast
import warnings
from collections.abc import Iterator

from fmlab.grading import regions
from fmlab.grading.lab_cells import Question, is_answer
from fmlab.grading.source import LabSource

_PACKAGE = "fmlab"
_LAB = "fmlab.grading"  # the lab's own checks: `lab.choose` and its like are no help


def library_calls(lab: LabSource, question: Question, answer: str) -> tuple[str, ...]:
    """Return the names of `fmlab` in an answer, as it writes them, sorted."""
    known = _imports(lab)
    cell = lab.notebook.cells[question.answer]
    own = _names(regions.without_markers(cell.source), known)
    return tuple(sorted(_names(answer, known) - own))


def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _imports(lab: LabSource) -> set[str]:
    """Return the names that the lab's own cells bind to something of `fmlab`."""
    names: set[str] = set()
    for cell in lab.notebook.cells:
        if cell.cell_type == "code" and not is_answer(cell):
            tree = _parsed(cell.source)
            names |= {name for name, _ in _bound(tree)} if tree else set()
    return names


def _bound(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds to something of `fmlab`, and what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == _PACKAGE:
                    yield alias.asname or _PACKAGE, alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            if node.module.split(".")[0] == _PACKAGE and not node.module.startswith(_LAB):
                for alias in node.names:
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _names(source: str, known: set[str]) -> set[str]:
    tree = _parsed(source)
    if tree is None:
        return set()
    imported = dict(_bound(tree))
    free = (known | set(imported)) - _own(tree)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = set(imported.values())
    for node in ast.walk(tree):
        if id(node) not in inner and (chain := _chain(node)) and chain[0] in free:
            found.add(".".join(chain))
    return found


def _own(tree: ast.AST) -> set[str]:
    """Return the names that an answer binds itself: they hide the library's."""
    own: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            own.add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
    return own


def _chain(node: ast.AST) -> tuple[str, ...]:
    """Return `a.b.c` as its parts; nothing where it is no such chain."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()
