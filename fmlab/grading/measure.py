"""`python -m fmlab.grading.measure`: how long grading takes here, written into `docs/grading.md`.

Every submission is the lab's own solution with a comment of its own, so that nothing is taken
from an earlier one: the cost is that of a batch of right answers, each of them marked.
"""

import argparse
import copy
import multiprocessing
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.grading import regions
from fmlab.grading.batch import grade
from fmlab.grading.intake import Submission
from fmlab.grading.lab_cells import is_answer
from fmlab.grading.sandbox import memory
from fmlab.grading.source import LabSource, notebook_json, read
from fmlab.grading.student import student_notebook

BEGIN, END = "<!-- times: written by the measurement -->", "<!-- times: end -->"
LIGHT, LIGHT_COUNT, LIGHT_SECONDS = Path("tests/grading/small_lab.md"), 30, 15.0
MANY = (100, 1000)
HEAVY_COUNT, HEAVY_SECONDS = 8, 4.0
MEMORY_MB = 1536


@dataclass(frozen=True)
class Batch:
    """What a batch took.

    Attributes:
        count: Submissions.
        jobs: Processes that marked.
        seconds: From the start of the batch to its last result.
        warm: Seconds from the first result to the last, for each submission after the first.
        own_mb: The largest this process was.
        worker_mb: The largest that one marking process and its sandbox were together.
    """

    count: int
    jobs: int
    seconds: float
    warm: float
    own_mb: float
    worker_mb: float


def solved(lab: LabSource, count: int) -> Iterator[Submission]:
    """Yield `count` submissions that solve a lab, each in its own words."""
    notebook = student_notebook(lab, "")
    answers = [q.answer for q in lab.questions] + [q.answer for q in lab.open]
    solution = {
        lab.notebook.cells[i]["id"]: regions.without_markers(lab.notebook.cells[i].source)
        for i in answers
    }
    for number in range(count):
        own = copy.deepcopy(notebook)
        for cell in own.cells:
            if is_answer(cell):
                cell.source = f"{solution[cell['id']]}\n# by student {number}"
        data = notebook_json(own).encode()
        yield Submission(f"s{number:04}", f"Student {number}", f"s{number:04}.ipynb", data)


def measure(lab: LabSource, count: int, jobs: int) -> Batch:
    """Return what it takes to mark `count` solved notebooks.

    Raises:
        UserError: Not all of them have full points: this machine's times would mean nothing.
    """
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder, _Memory() as held:
        begun = time.perf_counter()
        results = grade(
            lab,
            solved(lab, count),
            Path(folder),
            jobs=jobs,
            done=lambda _: times.append(time.perf_counter()),
        )
        seconds = time.perf_counter() - begun
    short = [result.student for result in results if result.points < result.total]
    if short:
        raise UserError(f"{lab.path}: its own solution loses points when marked ({short[0]})")
    warm = (times[-1] - times[0]) * jobs / max(1, count - 1)
    return Batch(count, jobs, seconds, warm, held.own, held.worker)


class _Memory:
    """Looks ten times a second how large this process and the marking processes are."""

    def __init__(self) -> None:
        self.own = self.worker = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "_Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            self.own = max(self.own, memory.proportional(os.getpid()) / 2**20)
            for worker in multiprocessing.active_children():
                held = sum(map(memory.proportional, memory.family(worker.pid or 0)))
                self.worker = max(self.worker, held / 2**20)


def table(light: Batch, heavy: Batch, heavy_lab: str, many: list[Batch]) -> str:
    """Return the measurements as Markdown, beside what was asked."""
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    lines = [
        f"{now}; {platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
        f"Python {platform.python_version()}.",
        "",
        "| batch | measured | asked |",
        "| --- | ---: | ---: |",
        f"| {light.count} submissions without torch, {light.jobs} processes, start included "
        f"| {light.seconds:.1f} s | at most {LIGHT_SECONDS:g} s |",
        f"| one submission of `{heavy_lab}` (torch), once warm, one process "
        f"| {heavy.warm:.1f} s | at most {HEAVY_SECONDS:g} s |",
        f"| memory of a marking process with its sandbox (torch) "
        f"| {heavy.worker_mb:,.0f} MiB | at most {MEMORY_MB:,} MiB |",
    ]
    lines += [
        f"| {batch.count:,} submissions without torch: each, once warm "
        f"| {batch.warm / batch.jobs:.3f} s; {batch.own_mb:,.0f} MiB in the first process | |"
        for batch in many
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and write it; return 0, or 2 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m fmlab.grading.measure", description=__doc__)
    parser.add_argument("--light", type=Path, default=LIGHT, help="a lab that needs no torch")
    parser.add_argument("--heavy", type=Path, default=Path("labs/02_pretrain.md"))
    parser.add_argument("--many", type=int, nargs="*", default=list(MANY))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/grading.md"))
    asked = parser.parse_args(arguments)
    try:
        light, heavy = read(asked.light), read(asked.heavy)
        text = table(
            measure(light, LIGHT_COUNT, asked.jobs),
            measure(heavy, HEAVY_COUNT, 1),
            heavy.name,
            [measure(light, count, asked.jobs) for count in asked.many],
        )
    except UserError as error:
        print(f"measure: {error}", file=sys.stderr)
        return 2
    print(text)
    page = asked.out.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    write_text(asked.out, f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
