"""Looks at a student's Python without running it. Whatever the text is, nothing is raised."""

import ast
import re
import warnings

from fmlab.grading import values
from fmlab.grading.words import word

_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
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
    """Return the names that a cell binds at its top level; none where it is no Python.

    Imports count, and so does what stands in an `if`, a `for`, a `with` or a `try` there.
    """
    tree, _ = _parsed(plain(source))
    names: set[str] = set()
    waiting: list[ast.AST] = [] if tree is None else [*tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif not isinstance(node, ast.Lambda | _COMPREHENSIONS):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            waiting += ast.iter_child_nodes(node)
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
