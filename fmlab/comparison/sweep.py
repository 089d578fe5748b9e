"""The runs behind the lab on recipes: every recipe, several seeds, on books and on the toy world.

    python -m fmlab.comparison.sweep

writes `fmlab/assets/recipes_sweep.json`. On books a point takes the better part of a minute of one
core, and all 55 of them took 36 minutes of it; on the toy world some seconds each. A point that is
done is kept in the cache at once: a run that was stopped goes on where it was, and several may
share the work (`--seeds 0 1` here, `--seeds 2` there), before one without these settings writes
the file. Anybody can make one point anew by `Bench.measure`.
"""

import argparse
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from fmlab.comparison.one_run import BOOKS, TOY, Bench, Budget, Point
from fmlab.comparison.switches import RECIPES
from fmlab.errors import UserError
from fmlab.files import cache_dir, sha256_bytes, write_text

SWEEP = Path(__file__).resolve().parents[1] / "assets" / "recipes_sweep.json"
COMMAND = "python -m fmlab.comparison.sweep"
BUDGETS = {"books": BOOKS, "toyworld": TOY}
SEEDS = {"books": (0, 1, 2, 3, 4), "toyworld": (0, 1, 2, 3, 4)}


@dataclass(frozen=True)
class Sweep:
    """The points of one text, and the budget that each of them had."""

    budget: Budget
    points: tuple[Point, ...]

    def of(self, recipe: str) -> list[Point]:
        """Return the points of one recipe, in the order of their seeds."""
        return sorted((p for p in self.points if p.recipe == recipe), key=lambda p: p.seed)


def read(path: Path = SWEEP) -> dict[str, Sweep]:
    """Return the stored sweeps by the name of their text.

    Raises:
        UserError: The file is not there or not of this layout.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Sweep(Budget(**one["budget"]), tuple(Point(**p) for p in one["points"]))
            for name, one in content["texts"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{path.name} holds no sweep ({error})"
        raise UserError(f"{reason}; make it by {COMMAND}") from error


def write(sweeps: Mapping[str, Sweep], path: Path = SWEEP) -> None:
    """Write sweeps, a point a line, numbers to five places."""
    head = {
        "made_by": COMMAND,
        "made_with": f"torch {torch.__version__}, Python {platform.python_version()}, "
        "one thread, float32",
    }
    fields = "".join(f" {json.dumps(k)}: {json.dumps(v)},\n" for k, v in head.items())
    texts = []
    for name, one in sweeps.items():
        points = ",\n".join(f"   {json.dumps(_rounded(asdict(p)))}" for p in one.points)
        budget = json.dumps(asdict(one.budget))
        inside = f'   "budget": {budget},\n   "points": [\n{points}\n   ]'
        texts.append(f"  {json.dumps(name)}: {{\n{inside}\n  }}")
    body = ",\n".join(texts)
    write_text(path, f'{{\n{fields} "texts": {{\n{body}\n }}\n}}\n')


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in values.items()}


def kept(budget: Budget, recipe: str, seed: int) -> Path:
    """Return where a finished point lies; another budget or other switches lie elsewhere."""
    about = json.dumps([asdict(budget), asdict(RECIPES[recipe]), recipe, seed])
    return cache_dir() / "recipes" / f"{sha256_bytes(about.encode())[:16]}.json"


def sweep(bench: Bench, recipes: Sequence[str], seeds: Sequence[int]) -> list[Point]:
    """Return all points, seed after seed; those that are kept are not made again."""
    points = []
    for seed in seeds:
        for recipe in recipes:
            path = kept(bench.budget, recipe, seed)
            if not path.exists():
                point = bench.measure(recipe, RECIPES[recipe], seed)
                write_text(path, json.dumps(asdict(point)))
                print(point, flush=True)
            points.append(Point(**json.loads(path.read_text(encoding="utf-8"))))
    return points


def main(arguments: Sequence[str] | None = None) -> None:
    """Make what is missing, and write it if all seeds were asked for."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Make the runs of the lab.")
    parser.add_argument("--seeds", type=int, nargs="+", help="these alone, kept but not written")
    parser.add_argument("--texts", choices=list(BUDGETS), nargs="+", default=list(BUDGETS))
    parser.add_argument("--recipes", choices=list(RECIPES), nargs="+", help="these alone, likewise")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    sweeps = {}
    for name in asked.texts:
        bench = Bench(BUDGETS[name])
        points = sweep(bench, asked.recipes or list(RECIPES), asked.seeds or SEEDS[name])
        sweeps[name] = Sweep(bench.budget, tuple(points))
    if not asked.seeds and not asked.recipes and len(sweeps) == len(BUDGETS):
        write(sweeps)
        print(os.path.relpath(SWEEP))


if __name__ == "__main__":
    main()
