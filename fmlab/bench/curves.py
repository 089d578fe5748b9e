"""Held-out loss of `fmlab` and of the Trainer, against tokens and against processor time.

The Trainer has the choice of several learning rates, each with and without a warm-up; its best run
is the one that is held against `fmlab`, which runs once, as it comes.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from fmlab.bench import report
from fmlab.bench.curve import Point, Run
from fmlab.bench.setting import MALLOC
from fmlab.bench.speed import better_attention
from fmlab.errors import UserError
from fmlab.files import write_text, write_whole
from fmlab.views.curves import COLOURS, GREY

Curves = Mapping[str, Sequence[Point]]
WARMUPS = (0.0, 0.1)
AXES = {"tokens": "tokens read", "cpu_seconds": "seconds of processor time"}
PICTURE = (
    "![Two panels: held-out loss of fmlab and of the Trainer's runs, against tokens read and "
    "against processor time](bench-curves.svg)"
)
POINTS = "The points are in [bench-curves.json](bench-curves.json)."


def main(steps: int, rates: Sequence[float], out: Path, say: Callable[[str], None]) -> None:
    """Run all, and write `bench-curves.json`, `bench-curves.svg` and the table in `bench.md`.

    Args:
        steps: Of each run, of 4,096 tokens each.
        rates: The Trainer's learning rates.
        out: The folder.
        say: Called with a line of news.

    Raises:
        UserError: A run failed.
    """
    attention = better_attention(1.0, say)
    runs = [Run("fmlab", steps)]
    runs += [Run("trainer", steps, rate, w, attention) for rate in rates for w in WARMUPS]
    found: dict[str, list[Point]] = {}
    for run in runs:
        found[run.name] = in_own_process(run)
        last = found[run.name][-1]
        say(
            f"{run.name:32} {last.tokens:,} tokens, {last.cpu_seconds:,.0f} s of processor time: "
            f"held-out loss {last.grouped:.3f} on grouped rows, {last.packed:.3f} on packed"
        )
    points = {name: [asdict(point) for point in curve] for name, curve in found.items()}
    about = {"date": report.today(), "machine": report.machine(), "versions": report.versions()}
    whole = {**about, "steps": steps, "best": best_of(found), "curves": points}
    write_text(out / "bench-curves.json", json.dumps(whole, indent=1) + "\n")
    save(drawn(found), out / "bench-curves.svg")
    text = written(found)
    say("\n" + text)
    report.write_between(out / "bench.md", "curves", text)


def in_own_process(run: Run) -> list[Point]:
    """Return the points of a run, made in a fresh process with `MALLOC`.

    Raises:
        UserError: The process failed; its last words are told.
    """
    command = [sys.executable, "-m", "fmlab.bench.curve", json.dumps(asdict(run))]
    ended = subprocess.run(command, env=os.environ | MALLOC, capture_output=True, text=True)
    if ended.returncode != 0:
        words = ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"]
        raise UserError(f"{run.name} broke: {words[-1]}; run it alone: {' '.join(command[1:])}")
    return [Point(**point) for point in json.loads(ended.stdout.splitlines()[-1])]


def best_of(found: Curves) -> str:
    """Return the name of the Trainer's run that ends lowest, on the Trainer's own kind of rows."""
    trainers = [name for name in found if name != "fmlab"]
    return min(trainers, key=lambda name: found[name][-1].grouped)


def written(found: Curves) -> str:
    """Return the ends of all curves in Markdown."""
    best = best_of(found)
    rows = [
        [
            f"**{name}**" if name in ("fmlab", best) else name,
            f"{curve[-1].tokens:,}",
            f"{curve[-1].cpu_seconds:,.0f}",
            f"{curve[-1].grouped:.3f}",
            f"{curve[-1].packed:.3f}",
        ]
        for name, curve in found.items()
    ]
    head = ["run", "tokens", "CPU-seconds", "loss, the Trainer's rows", "loss, fmlab's rows"]
    return (
        f"{report.today()}; {report.machine()}; {report.versions()}. One run each; held-out loss "
        f"in nats a masked token. The Trainer's best is {best}.\n\n"
        f"{PICTURE}\n\n{report.table(head, rows)}\n\n{POINTS}"
    )


def drawn(found: Curves) -> Figure:
    """Return a figure: `fmlab` and the Trainer's best in colour, its other runs in grey.

    The loss is that on the Trainer's own kind of rows.
    """
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
    plt.close(figure)
    best = best_of(found)
    for axes, (what, label) in zip(panels, AXES.items(), strict=True):
        for name, curve in sorted(found.items(), key=lambda item: item[0] in ("fmlab", best)):
            x, y = [getattr(p, what) for p in curve], [p.grouped for p in curve]
            if name in ("fmlab", best):
                colour, mark = (COLOURS[0], "o") if name == "fmlab" else (COLOURS[1], "s")
                axes.plot(x, y, color=colour, marker=mark, markersize=4, linewidth=1.8, label=name)
            else:
                axes.plot(x, y, color=GREY, linewidth=0.8, alpha=0.5)
        axes.set_xlabel(label)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].plot([], [], color=GREY, linewidth=0.8, label="the Trainer's other runs")
    panels[0].set_ylabel("held-out loss, nats a masked token")
    panels[0].legend(frameon=False)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as SVG, the same bytes for the same figure."""
    with write_whole(path) as temporary, plt.rc_context({"svg.hashsalt": "fmlab"}):
        figure.savefig(temporary, format="svg", metadata={"Date": None})
