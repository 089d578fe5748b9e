"""What a bench writes down: the machine, the date, the versions, and a table between two marks."""

import datetime
import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch

from fmlab.errors import UserError
from fmlab.files import write_text

DOCS = Path(__file__).resolve().parents[2] / "docs"
BEGIN, END = "<!-- {name}: written by the bench -->", "<!-- {name}: end -->"


def machine() -> str:
    """Return the processor, its cores and what torch takes it for, in one line."""
    found = re.search(r"model name\s*:\s*(.+)", _read(Path("/proc/cpuinfo")))
    name = found[1].strip() if found else platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    level = torch.backends.cpu.get_cpu_capability()
    return f"{name}, {cores} cores, {level}, {torch.get_num_threads()} threads"


def versions() -> str:
    """Return the versions that decide how fast it is."""
    names = ("torch", "transformers", "accelerate")
    python = ".".join(platform.python_version_tuple()[:2])
    return ", ".join([f"Python {python}", *(f"{name} {version(name)}" for name in names)])


def today() -> str:
    """Return the date, as 2026-01-31."""
    return datetime.datetime.now(tz=datetime.UTC).date().isoformat()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, columns as wide as they need; the first one reads from the left."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        pairs = zip(cells, widths, strict=True)
        padded = [c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(pairs)]
        return f"| {' | '.join(padded)} |"

    rule = [("-" * width if i == 0 else "-" * (width - 1) + ":") for i, width in enumerate(widths)]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def write_between(path: Path, name: str, text: str) -> None:
    """Put `text` between the marks called `name`, in place of what stands there.

    Raises:
        UserError: The file is not there, or the marks are not in it once, in their order.
    """
    begin, end = BEGIN.format(name=name), END.format(name=name)
    if not path.is_file():
        raise UserError(f"no {path.name} in {path.parent}; run the bench in the repository")
    whole = path.read_text(encoding="utf-8")
    before, found, rest = whole.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed or begin in rest:
        raise UserError(f"{path} needs the lines {begin} and {end}, once each; put them back")
    write_text(path, f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
