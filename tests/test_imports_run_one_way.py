"""Imports of `fmlab` run one way, along the way that data goes, and every module has a place.

The files are parsed, not imported, so an import inside a function counts like any other.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FMLAB = Path(__file__).resolve().parents[1] / "fmlab"

# A module may import from its own row and from the rows above it, never from one below.
WAY = (
    {"errors", "files", "seeds", "tiers", "device", "memory", "processes"},
    {"corpus", "vision"},
    {"tokens"},
    {"batch", "masking", "batches", "sentence_pairs", "sentence_order"},
    {"picture_batches", "picture_tokens"},
    {"models"},
    {"objectives", "picture_objectives"},
    {"checkpoint", "train_config", "new_model", "prepare", "picture_sizes", "optimiser", "energy"},
    {"picture_checkpoint", "picture_model"},
    {"zoo"},
    {"generation"},
    {
        "pretrain",
        "recipe",
        "picture_recipe",
        "step",
        "loader",
        "records",
        "alarm",
        "resume",
        "run_story",
        "start",
        "stages",
        "ship",
    },
    {"adapt", "generate_images"},
    {"probes"},
    {"export"},
    {"baselines", "picture_figures"},
    {"evaluate"},
    {"comparison"},
    {"calibration"},
    {"plan"},
    {"audits"},
    {"views"},
    {"live"},
    {"card"},
    {"bench"},
)
GROUND = WAY[0]
# These stand beside the way: the ground and what is named here is all they may import.
BESIDE = {"grading": {"grading"}, "book": {"book", "grading"}, "bundle": {"book"}}
# These stand on top, and nothing on the way may import them.
ON_TOP = {"cli", "cli_audits", "cli_labs", "cli_pretrain", "doctor", "__main__"}
# What a part of the way must leave to others.
LEFT_TO_OTHERS = {
    "probes": {"matplotlib"},  # a measurement never draws
    "audits": {"matplotlib"},
    "views": {"models", "pretrain", "checkpoint", "adapt", "transformers"},  # never runs a model
}


def imported_names(source: str, package: str) -> Iterator[str]:
    """Yield the full name of everything that a module of `package` imports, however deep."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant))


def part_of(dotted: str) -> str:
    """Return the part of `fmlab` that a name lies in, or the other package's own name."""
    names = dotted.split(".")
    return names[1] if names[0] == "fmlab" and len(names) > 1 else names[0]


def allowed_for(part: str) -> set[str] | None:
    """Return the parts of `fmlab` that `part` may import; None where it has no place."""
    for index, row in enumerate(WAY):
        if part in row:
            return set().union(*WAY[: index + 1])
    if part in BESIDE:
        return GROUND | BESIDE[part]
    if part in ON_TOP:
        return set().union(*WAY, *BESIDE.values(), ON_TOP)
    return {"zoo", "generation"} if part == "__init__" else None  # only when they are asked for


def violations(root: Path) -> list[str]:
    """Return one line for every import under `root` (a copy of `fmlab/`) that runs backwards."""
    found = []
    own = {path.stem if path.is_file() else path.name for path in root.iterdir()}
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).with_suffix("")
        part = inside.parts[0]
        allowed = allowed_for(part)
        if allowed is None:
            found.append(f"fmlab/{inside}.py: {part!r} has no place in this test's table")
            continue
        package = ".".join(["fmlab", *inside.parts[:-1]])
        for name in imported_names(path.read_text(encoding="utf-8"), package):
            target = part_of(name)
            backwards = name.startswith("fmlab.") and target in own and target not in allowed
            if backwards or target in LEFT_TO_OTHERS.get(part, set()):
                found.append(f"fmlab/{inside}.py imports {name}")
    return found


def test_imports_of_fmlab_run_one_way() -> None:
    assert violations(FMLAB) == []


def test_the_files_are_really_read() -> None:
    names = {name for path in FMLAB.rglob("*.py") for name in imported_names(path.read_text(), "")}
    assert "fmlab.errors.UserError" in names


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("tokens.py", "from fmlab.models import bert"),
        ("tokens.py", "def late():\n    from fmlab.models.bert import Bert"),
        ("tokens.py", "from . import views"),
        ("tokens.py", "import fmlab.views.heads as heads"),
        ("tokens.py", "import importlib\nimportlib.import_module('fmlab.views')"),
        ("models/bert.py", "from ..pretrain import pretrain"),
        ("errors.py", "from fmlab.files import write_text\nfrom fmlab import corpus"),
        ("grading/check.py", "from fmlab import tokens"),
        ("pretrain.py", "from fmlab.cli import main"),
        ("probes/rank.py", "import matplotlib.pyplot as plt"),
        ("views/heads.py", "from fmlab.models.bert import Bert"),
        ("__init__.py", "from fmlab.tokens import Tokenizer"),
        ("surprise.py", ""),
    ],
)
def test_an_import_that_runs_backwards_is_caught(tmp_path: Path, file: str, line: str) -> None:
    for name in ("errors.py", "tokens.py", "corpus/__init__.py", "models/bert.py", "cli.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    for name in ("pretrain.py", "views/__init__.py", "probes/__init__.py", "grading/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert violations(tmp_path) == []
    (tmp_path / file).write_text(line)
    found = violations(tmp_path)
    assert len(found) == 1
    assert file.removesuffix(".py") in found[0]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("models/bert.py", "from fmlab.models.attention import attend\nfrom fmlab import tokens"),
        ("probes/rank.py", "from fmlab import checkpoint\nfrom ..models import bert"),
        ("pretrain.py", "from fmlab import checkpoint"),
        ("cli.py", "def run():\n    from fmlab import grading, views, book"),
        ("grading/check.py", "from fmlab.errors import UserError\nimport torch"),
    ],
)
def test_an_import_along_the_way_passes(tmp_path: Path, file: str, line: str) -> None:
    for part in ("tokens", "checkpoint", "models", "views", "grading", "book", "errors"):
        (tmp_path / part).mkdir()
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(line)
    assert violations(tmp_path) == []
