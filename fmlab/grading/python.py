"""Looks at a student's Python without running it. Whatever the text is, nothing is raised."""

import ast
import re
import warnings

from fmlab.grading import values
from fmlab.grading.words import word

_MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)


def plain(source: str) -> str:
    """Return an answer without the notebook's own commands (`%time`, `!pip`), line for line.

    They are taken out only where the text is no Python as it stands.
    """
    return source if _parsed(source)[0] is not None else _MAGIC.sub(r"\1pass", source)


def problem(source: str) -> str | None:
    """Return why an answer is not valid Python, in a line for its author; None where it is."""
    tree, error = _parsed(plain(source))
    if tree is not None:
        return None
    if isinstance(error, SyntaxError):
        return word("syntax", line=error.lineno, message=values.shorten(str(error.msg)))
    return word("syntax", line=1, message=values.shorten(str(error)) or word("too_nested"))


def defined(source: str) -> set[str]:
    """Return the names that a cell defines at its top level; none where it is no Python."""
    tree, _ = _parsed(plain(source))
    names: set[str] = set()
    for node in tree.body if tree is not None else []:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
            names |= {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    return names


def used(source: str) -> set[str]:
    """Return all names that a cell mentions."""
    tree, _ = _parsed(plain(source))
    found = ast.walk(tree) if tree is not None else ()
    return {node.id for node in found if isinstance(node, ast.Name)}


def _parsed(source: str) -> tuple[ast.Module | None, Exception | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a bad escape in their text is not ours to tell
        try:
            return ast.parse(source), None
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return None, error
