"""What cells say that are read and not run: what a lab declares, which names an answer defines."""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Declared:
    """The plain values in `Lab(globals(), points={...}, hints={...}, rubrics={...})`."""

    points: dict[str, float]
    hints: dict[str, str]
    rubrics: dict[str, dict[str, float]]
    """For each open question: its criteria, and the points of each."""


def declared(module: ast.Module) -> Declared:
    """Return what the first call of `Lab` in a cell declares.

    Raises:
        ValueError: There is no such call, or its values are not plain. The message is the mend.
    """
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Lab":
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            try:
                rubrics = ast.literal_eval(named["rubrics"]) if "rubrics" in named else {}
                return Declared(
                    {k: float(v) for k, v in ast.literal_eval(named["points"]).items()},
                    dict(ast.literal_eval(named["hints"])),
                    {
                        name: {str(words): float(value) for words, value in rubric.items()}
                        for name, rubric in rubrics.items()
                    },
                )
            except (KeyError, ValueError, TypeError, AttributeError):
                break
    raise ValueError(
        "write `Lab(globals(), points={...}, hints={...})` with plain values, and "
        "`rubrics={NAME: {CRITERION: POINTS}}` where there are open questions"
    )


def defined_names(module: ast.Module) -> set[str]:
    """Return the names that a cell defines at its top level."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return names
