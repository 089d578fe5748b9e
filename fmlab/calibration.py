"""A few real steps of a run, measured in a process of their own, for `fmlab.plan`.

`measure` starts the process; what it finds is what the run itself would meet: the same text, the
same sizes, the same disk, and an empty memory. Looks and saves are timed one by one, so that they
can be counted as often as the run has them.
"""

import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fmlab import corpus, resume
from fmlab.baselines import beside_the_run
from fmlab.energy import EnergyMeter
from fmlab.errors import UserError
from fmlab.files import cache_dir
from fmlab.pretrain import Pretraining
from fmlab.records import LOG, Record
from fmlab.train_config import TrainConfig

NEVER = 10**9
LEAST_STEPS = 8
LEAST_SECONDS, MOST_SECONDS = 3.0, 20.0
PATIENCE = 60.0  # seconds after which fewer steps are enough
SHARE = 0.05  # of the time that the run seems to need
REPEATS, REPEAT_SECONDS = 3, 4.0  # looks and saves are repeated so often, unless they are slow


@dataclass(frozen=True)
class Task:
    """What is to be measured: everything that the run is given, and a folder for its files."""

    config: dict[str, Any]
    corpus: str
    options: dict[str, Any]
    scratch: str
    resumed: bool
    device: str | None
    started: float


@dataclass(frozen=True)
class Calibration:
    """What was measured; times in seconds.

    Attributes:
        device: The chip and the number format, in words.
        first_step: Steps that were done before, by the run that is resumed.
        tokens: What the rest of the run will read, padding left out.
        tokens_in_text: Those of the train split.
        ready: From the command to the first step.
        warm_steps, warm: The first steps, which are slower, and their time in all.
        steps: The time of each step after them.
        look, save, finish, half: One look at held-out text, one resume point, the checkpoint at
            the end, and a checkpoint in float16.
        compare: The counting models that the last look is laid beside.
        point_bytes, checkpoint_bytes, half_bytes: Their sizes on disk.
        record: The last record, as an example of a line of the log.
        memory: The most bytes that the process held.
        growth: By how many bytes that grew while the number of steps doubled: freed memory comes
            in pieces that don't always fit again.
        gpu_memory: The most bytes that tensors held on the GPU; None without one.
        watts, method: The mean power during the steps, and where it is from.
        filled_cache: Whether text was prepared for the first time, which the run need not repeat.
    """

    device: str
    first_step: int
    tokens: int
    tokens_in_text: int
    ready: float
    warm_steps: int
    warm: float
    steps: list[float]
    look: float
    save: float
    finish: float
    half: float
    compare: float
    point_bytes: int
    checkpoint_bytes: int
    half_bytes: int
    record: dict[str, Any]
    memory: int
    growth: float
    gpu_memory: int | None
    watts: float
    method: str
    filled_cache: bool


def measure(
    config: TrainConfig,
    corpus_name: str,
    options: dict[str, Any],
    out: Path,
    *,
    resumed: bool = False,
    device: str | None = None,
) -> Calibration:
    """Return what a few steps of a run take here; nothing is written into `out`.

    The files of the calibration go into a folder beside `out`, on the same disk, and are removed.

    Raises:
        UserError: What the run itself would refuse, or the calibration ended early.
    """
    beside = next(parent for parent in out.absolute().parents if parent.is_dir())
    with tempfile.TemporaryDirectory(prefix=".plan-", dir=beside) as scratch:
        run = Path(scratch) / "run"
        if resumed:
            _copy_last_point(out, run)
        task = Task(asdict(config), corpus_name, options, str(run), resumed, device, time.time())
        return _in_a_process(task, Path(scratch))


def _copy_last_point(out: Path, run: Path) -> None:
    last = resume.points(out)[-1]
    shutil.copytree(last, run / resume.FOLDER / last.name)
    for file in (LOG, "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(out / file, run / file)


def _in_a_process(task: Task, scratch: Path) -> Calibration:
    given, result = scratch / "task.json", scratch / "result.json"
    given.write_text(json.dumps(asdict(task)), encoding="utf-8")
    command = [sys.executable, "-m", "fmlab.calibration", str(given), str(result)]
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    if not result.exists():
        why = "there was not enough memory" if ended in (-9, 137) else f"exit status {ended}"
        raise UserError(f"the calibration was ended ({why}); choose smaller sizes, or free memory")
    found = json.loads(result.read_text(encoding="utf-8"))
    if "refused" in found:
        raise UserError(found["refused"])
    return Calibration(**found)


def calibrate(task: Task) -> Calibration:
    """Return what a few steps take, measured in this process."""
    before = _files_in_cache()
    text = corpus.load(task.corpus, **task.options)
    config, scratch = TrainConfig(**task.config), Path(task.scratch)
    # However short the run is, there are steps enough; and looks and saves are timed by themselves.
    longer = replace(config, steps=NEVER, save_every=NEVER)
    run = Pretraining(longer, text, scratch, go_on=task.resumed, device=task.device)
    run.config = replace(longer, valid_every=NEVER)
    filled_cache = _files_in_cache() > before
    first_step, earlier = run.step, run.seconds
    tokens = _tokens_until(run, config.steps) - _tokens_until(run, first_step)

    warm_steps = 10 if run.on_gpu else 3
    records = iter(run)
    record = next(records)
    ready = time.time() - task.started - (record.seconds - earlier)
    for _ in range(warm_steps - 1):
        record = next(records)
    warm = record.seconds - earlier
    with EnergyMeter() as meter:
        steps, held, record = _time_steps(records, record, config.steps - first_step)
    records.close()  # type: ignore[attr-defined]

    look = _mean_seconds(run.valid_loss, run) if run.valid is not None else 0.0
    save = _mean_seconds(run.save_point, run, lambda: shutil.rmtree(scratch / resume.FOLDER))
    point_bytes = bytes_in(resume.points(scratch)[-1])
    finish = _mean_seconds(lambda: run.save_checkpoint(scratch / "whole"), run)
    halved = scratch / "half"
    half = _mean_seconds(lambda: run.save_checkpoint(halved, torch.float16), run)
    started = time.perf_counter()
    beside_the_run(run)
    return Calibration(
        device=f"{run.device.description}, {str(run.device.autocast).removeprefix('torch.')}",
        first_step=first_step,
        tokens=tokens,
        tokens_in_text=run.rows.train.tokens,
        ready=ready,
        warm_steps=warm_steps,
        warm=warm,
        steps=steps,
        look=look,
        save=save,
        finish=finish,
        half=half,
        compare=time.perf_counter() - started,
        point_bytes=point_bytes,
        checkpoint_bytes=bytes_in(scratch / "whole"),
        half_bytes=bytes_in(halved),
        record=asdict(record),
        memory=peak_memory(),
        growth=_growth(warm_steps, held),
        gpu_memory=torch.cuda.max_memory_allocated() if run.on_gpu else None,
        watts=meter.kwh * 3.6e6 / meter.seconds,
        method=meter.method,
        filled_cache=filled_cache,
    )


def _time_steps(
    records: Iterator[Record], record: Record, left: int
) -> tuple[list[float], list[int], Record]:
    """Return the times of as many steps as the run is worth, and the memory after each."""
    steps: list[float] = []
    held: list[int] = []
    started = before = time.perf_counter()
    budget = LEAST_SECONDS
    while (len(steps) < LEAST_STEPS and before - started < PATIENCE) or before - started < budget:
        record = next(records)
        now = time.perf_counter()
        steps.append(now - before)
        held.append(peak_memory())
        before = now
        whole = left * (now - started) / len(steps)
        budget = min(MOST_SECONDS, max(LEAST_SECONDS, SHARE * whole))
    return steps, held, record


def _growth(warm_steps: int, held: list[int]) -> float:
    """Return by how much the memory grew while the steps doubled, seen over the last doublings."""
    last = warm_steps + len(held)
    first = max(warm_steps + 1, last // 4)
    grown = held[-1] - held[first - warm_steps - 1]
    return grown / math.log2(last / first) if last > first else 0.0


def _mean_seconds(
    work: Callable[[], object], run: Pretraining, between: Callable[[], object] | None = None
) -> float:
    """Return the mean time of `work`, after one time that does not count if it is quick."""
    seconds: list[float] = []
    while len(seconds) <= REPEATS and sum(seconds) < REPEAT_SECONDS:
        if between is not None and seconds:
            between()
        if run.on_gpu:
            torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return float(np.mean(seconds[1:] or seconds))


def _tokens_until(run: Pretraining, step: int) -> int:
    """Return the tokens of all steps before `step` (from 0), padding left out."""
    lengths = (run.rows.train.document_ids > 0).sum(axis=1)  # (N,)
    size = run.config.batch_size
    epochs, within = divmod(step * size, len(lengths))
    started = epochs * len(lengths)  # the place in which the last, unfinished epoch begins
    rows = [run.batches.rows(number) for number in range(started // size, step)]
    unfinished = np.concatenate(rows)[started % size :] if rows else np.zeros(0, dtype=np.int64)
    assert len(unfinished) == within
    return epochs * int(lengths.sum()) + int(lengths[unfinished].sum())


def peak_memory() -> int:
    """Return the most bytes that this process has held in memory.

    `getrusage` would also count what the process held that started this one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    import resource  # which Windows lacks

    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else found * 1024


def bytes_in(folder: Path) -> int:
    """Return the bytes of all files in a folder; 0 if there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _files_in_cache() -> int:
    return sum(1 for path in cache_dir().rglob("*") if path.is_file())


def main() -> None:
    """Measure the task in the first file named, and write what was found into the second."""
    given, result = map(Path, sys.argv[1:])
    content = json.loads(given.read_text(encoding="utf-8"))
    task = Task(**{field.name: content[field.name] for field in fields(Task)})
    try:
        found = asdict(calibrate(task))
    except UserError as error:
        found = {"refused": str(error)}
    result.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
