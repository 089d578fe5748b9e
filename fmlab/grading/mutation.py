"""Make mutants of a solution: the same code with one small mistake in it.

The mistakes are mutmut's (an operator for another, a number one larger, an argument left out or
None) and those that learners make: a line forgotten, a condition forgotten, a comparison the other
way round, returned things in the wrong order, a number a little smaller, one variable for another.
Only what a learner writes is changed, the region between `### BEGIN SOLUTION` and `### END
SOLUTION`; annotations, docstrings, decorators and the words of an exception stay as they are,
since nobody could see a change there.
"""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m
from libcst.metadata import (
    ExpressionContext,
    ExpressionContextProvider,
    MetadataWrapper,
    PositionProvider,
)
from mutmut.mutation.mutators import mutation_operators

from fmlab.grading import regions

_NEVER = cst.Annotation | cst.Decorator | cst.Raise | cst.Import | cst.ImportFrom
_REVERSED: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThan,
    cst.GreaterThan: cst.LessThan,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.GreaterThanEqual: cst.LessThanEqual,
}


@dataclass(frozen=True)
class Mutant:
    """A solution with one mistake in it.

    Attributes:
        line: Where the change starts, in the answer cell without its markers, from 1.
        was: The changed lines as they were, in one line.
        becomes: The same as they are now; empty where nothing is left.
        code: The whole answer cell.
    """

    line: int
    was: str
    becomes: str
    code: str

    def __str__(self) -> str:
        """Return the change in one line."""
        return f"line {self.line}: {self.was}  ->  {self.becomes or '(nothing)'}"


def mutants(source: str) -> list[Mutant]:
    """Return every mutant of an answer cell, in the order of its lines.

    Args:
        source: The cell as the lab has it, with the markers around its solution.
    """
    code, inside = _unmarked(source)
    wrapper = MetadataWrapper(cst.parse_module(code))
    visitor = _Changes(inside)
    wrapper.visit(visitor)
    seen = {ast.dump(ast.parse(code))}
    found = []
    for old, new in visitor.changes:
        changed = cst.ensure_type(wrapper.module.deep_replace(old, new), cst.Module).code
        try:
            meaning = ast.dump(ast.parse(changed))
        except SyntaxError:
            continue
        if meaning not in seen:
            seen.add(meaning)
            found.append(_mutant(code, changed))
    return sorted(found, key=lambda mutant: mutant.line)


def _unmarked(source: str) -> tuple[str, set[int]]:
    """Return a cell without its markers, and the numbers of the lines between them."""
    kept, inside = [], set()
    parts = [r for r in regions.regions(source) if r.kind == regions.SOLUTION]
    for number, line in enumerate(source.split("\n")):
        if any(number in (part.first, part.last) for part in parts):
            continue
        kept.append(line)
        if any(part.first < number < part.last for part in parts):
            inside.add(len(kept))
    return "\n".join(kept), inside


def _mutant(code: str, changed: str) -> Mutant:
    before, after = code.split("\n"), changed.split("\n")
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    edits = [op for op in matcher.get_opcodes() if op[0] != "equal"]
    first, last = edits[0][1], edits[-1][2]
    start, end = edits[0][3], edits[-1][4]
    return Mutant(first + 1, _joined(before[first:last]), _joined(after[start:end]), changed)


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(line.split()) for line in lines)


class _Changes(cst.CSTVisitor):
    """Collect what can be changed: a node, and what takes its place."""

    METADATA_DEPENDENCIES = (PositionProvider, ExpressionContextProvider)

    def __init__(self, inside: set[int]) -> None:
        super().__init__()
        self.inside = inside
        self.changes: list[tuple[cst.CSTNode, cst.CSTNode]] = []
        self.next_name: dict[str, str] = {}
        self.keywords: set[cst.Name] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Collect the changes of a node; return whether to look inside it."""
        if isinstance(node, _NEVER) or _is_text_alone(node):
            return False
        if isinstance(node, cst.FunctionDef):
            names = self._variables(node)
            self.next_name = dict(zip(names, names[1:] + names[:1], strict=True))
        if isinstance(node, cst.Arg) and node.keyword is not None:
            self.keywords.add(node.keyword)
        place = self.get_metadata(PositionProvider, node, None)
        if place is not None and place.start.line in self.inside:
            for kind, operator in mutation_operators:
                if isinstance(node, kind):
                    self.changes += [(node, new) for new in operator(node)]
            self.changes += [(node, new) for new in _learners_mistakes(node)]
            if isinstance(node, cst.Name) and self._is(node, ExpressionContext.LOAD):
                other = self.next_name.get(node.value, node.value)
                self.changes.append((node, node.with_changes(value=other)))
        return True

    def _is(self, name: cst.Name, context: ExpressionContext) -> bool:
        found = self.get_metadata(ExpressionContextProvider, name, None)
        return found is context and name not in self.keywords

    def _variables(self, function: cst.FunctionDef) -> list[str]:
        """Return the parameters and variables of a function, in the order of their appearance.

        Neighbours are often of a kind: `train, valid`, `a, b, c`.
        """
        names = []
        for node in m.findall(function, m.Param() | m.Name()):
            if isinstance(node, cst.Param):
                names.append(node.name.value)
            elif isinstance(node, cst.Name) and self._is(node, ExpressionContext.STORE):
                names.append(node.value)
        return list(dict.fromkeys(name for name in names if name != function.name.value))


def _is_text_alone(node: cst.CSTNode) -> bool:
    """Return whether this is a line that holds a string and nothing else: a docstring."""
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.BaseString)


def _learners_mistakes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a forgotten line or condition, a comparison or results reversed, a smaller number."""
    nothing = cst.SimpleStatementLine([cst.Pass()])
    if isinstance(node, cst.SimpleStatementLine) and _can_be_forgotten(node.body[0]):
        yield nothing
    if isinstance(node, cst.If) and node.orelse is None:
        yield nothing
    if isinstance(node, cst.ComparisonTarget) and type(node.operator) in _REVERSED:
        yield node.with_changes(operator=_REVERSED[type(node.operator)]())
    if isinstance(node, cst.Integer) and node.evaluated_value > 0:
        yield node.with_changes(value=str(node.evaluated_value - 1))
    if isinstance(node, cst.Float) and node.evaluated_value > 0:
        yield node.with_changes(value=f"{0.95 * node.evaluated_value:.4g}")
    if isinstance(node, cst.Return) and isinstance(node.value, cst.Tuple):
        elements = [
            part.with_changes(comma=cst.MaybeSentinel.DEFAULT) for part in node.value.elements
        ]
        yield node.with_changes(value=node.value.with_changes(elements=elements[::-1]))


def _can_be_forgotten(part: cst.BaseSmallStatement) -> bool:
    """Return whether the code can go on without this line, as far as names are concerned."""
    if isinstance(part, cst.Expr):
        return not isinstance(part.value, cst.BaseString)
    if isinstance(part, cst.Assign):
        return not any(isinstance(target.target, cst.Name | cst.Tuple) for target in part.targets)
    return isinstance(part, cst.AugAssign)
