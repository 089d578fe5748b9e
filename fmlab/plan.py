"""What a run will take on this device: tokens, time, memory, energy, disk; before it is started.

A few real steps are measured (`fmlab.calibration`) and counted up. It holds as far as the machine
stays as it is: what else runs on it during the calibration, or during the run, is not foreseen.
"""

import math
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fmlab import calibration, resume
from fmlab.calibration import Calibration
from fmlab.errors import UserError
from fmlab.records import Record, line
from fmlab.train_config import TrainConfig

BLOCKS = 8  # into so many parts a calibration is cut, to see how much its speed wanders
DOUBLINGS = 5  # so often, at most, memory grows on as it did in the calibration
SMALL_FILES = 500  # bytes: the note on the text that the command leaves beside the run


@dataclass(frozen=True)
class Plan:
    """What the rest of a run will take.

    Attributes:
        device: The chip and the number format, in words.
        out: The run's folder.
        steps: Steps to do.
        tokens: Tokens to read, padding left out.
        rounds: How often that is the whole text.
        ready_seconds: From the command to the first step.
        training_seconds: What the last record will say, less what it says now.
        end_seconds: From the last step to the end of the command.
        fastest, slowest: `training_seconds` at the speed of the fastest and the slowest part of
            the calibration.
        memory_bytes: The most that the process holds.
        gpu_memory_bytes: The most that tensors hold on the GPU; None without one.
        kwh: Energy of the steps, as the run will tell it.
        energy_method: How that is known.
        disk_bytes: The run's folder at the end.
        most_disk_bytes: The run's folder at its largest, while a point or the model is written.
        free_bytes: What is free on that disk now, with what the folder holds already.
        calibration: The measurements.
    """

    device: str
    out: Path
    steps: int
    tokens: int
    rounds: float
    ready_seconds: float
    training_seconds: float
    end_seconds: float
    fastest: float
    slowest: float
    memory_bytes: int
    gpu_memory_bytes: int | None
    kwh: float
    energy_method: str
    disk_bytes: int
    most_disk_bytes: int
    free_bytes: int
    calibration: Calibration

    @property
    def seconds(self) -> float:
        """How long the command will take."""
        return self.ready_seconds + self.training_seconds + self.end_seconds

    def __str__(self) -> str:
        """Return the plan as a small table."""
        aside = self.ready_seconds + self.end_seconds
        memory = in_bytes(self.memory_bytes)
        if self.gpu_memory_bytes is not None:
            memory = f"{in_bytes(self.gpu_memory_bytes)} on the GPU, {memory} beside it"
        disk = (
            f"{in_bytes(self.disk_bytes)} in {self.out}, {in_bytes(self.most_disk_bytes)} at most"
        )
        free = f"{in_bytes(self.free_bytes)} are free"
        if self.free_bytes < self.most_disk_bytes:
            free = f"ONLY {free}: choose another --out"
        rows = {
            "text": f"{self.tokens:,} tokens in {self.steps:,} steps, "
            f"{self.rounds:.2f} times the text",
            "time": f"{in_time(self.seconds)} ({in_time(self.fastest + aside)} to "
            f"{in_time(self.slowest + aside)}), of which {in_time(self.ready_seconds)} to begin "
            f"and {in_time(self.end_seconds)} to end",
            "memory": memory,
            "energy": f"{self.kwh:.2g} kWh, {self.energy_method}",
            "disk": f"{disk}; {free}",
        }
        found = self.calibration
        low, high = np.percentile(found.steps, [10, 90])
        lines = [f"This run on {self.device} will take about:"]
        lines += [f"  {name:<7} {words}" for name, words in rows.items()]
        lines += [
            f"Measured: {len(found.steps)} steps of {low:.3g} to {high:.3g} s each (8 of 10), a "
            f"look at held-out text {found.look:.2g} s, a resume point {found.save:.2g} s.",
            "The range is that of the slowest and the fastest part of them. What else runs on "
            "this machine changes it.",
        ]
        return "\n".join(lines)


def plan(
    config: TrainConfig,
    corpus: str = "toyworld",
    options: dict[str, Any] | None = None,
    out: Path | str = "runs/plan",
    *,
    go_on: bool = False,
    device: str | None = None,
    half: bool = False,
    keep: Sequence[int] = (),
) -> Plan:
    """Return what a run will take, from a calibration of some seconds; `out` is left as it is.

    Args:
        config: The sizes.
        corpus: The name of the text.
        options: Settings of the text.
        out: The run's folder, as it would be.
        go_on: Whether the run in `out` is to be resumed: the plan is then for the rest of it.
        device: `cpu`, `cuda`, or None for the best one here.
        half: Whether the final weights are stored in float16.
        keep: Steps whose weights are kept for good.

    Raises:
        UserError: What the run itself would refuse; or the run is to have several processes.
    """
    out = Path(out)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError("a plan is made for one process; ask for it without torchrun")
    there = resume.points(out)
    if there and not go_on:
        raise UserError(f"{out} holds a run; add --resume to go on, or choose another --out")
    if go_on and not there:
        raise UserError(f"nothing to resume in {out}; leave --resume out to start there")
    given = (config, corpus, options or {}, out)
    found = calibration.measure(*given, resumed=go_on, device=device)
    if found.filled_cache:  # the run will find that text ready, and so must its plan
        found = calibration.measure(*given, resumed=go_on, device=device)
    return _count_up(config, found, out, half, keep)


def _count_up(
    config: TrainConfig, found: Calibration, out: Path, half: bool, keep: Sequence[int]
) -> Plan:
    first, last = found.first_step, config.steps
    ahead = range(first + 1, last + 1)
    kept = [step for step in keep if step in ahead]
    pauses = found.look * sum(step % config.valid_every == 0 or step == last for step in ahead)
    # What is saved after the last step is no part of the last record.
    pauses += found.save * sum(step % config.save_every == 0 for step in ahead[:-1])
    pauses += found.half * sum(step != last for step in kept)

    def training(seconds_a_step: float) -> float:
        after_warm = len(ahead) - found.warm_steps
        if after_warm < 0:
            return pauses + found.warm * len(ahead) / found.warm_steps
        return pauses + found.warm + after_warm * seconds_a_step

    parts = min(BLOCKS, len(found.steps))
    blocks = [float(part.mean()) for part in np.array_split(found.steps, parts)]
    seconds = training(float(np.mean(found.steps)))
    end = found.save + found.finish + found.compare + found.half * (half + (last in kept))
    at_the_end, at_most = _disk(config, found, out, half, kept, seconds)
    beside = next(parent for parent in out.absolute().parents if parent.is_dir())
    return Plan(
        device=found.device,
        out=out,
        steps=len(ahead),
        tokens=found.tokens,
        rounds=found.tokens / max(1, found.tokens_in_text),
        ready_seconds=found.ready,
        training_seconds=seconds,
        end_seconds=end,
        fastest=training(min(blocks)),
        slowest=training(max(blocks)),
        memory_bytes=_memory(found, len(ahead)),
        gpu_memory_bytes=found.gpu_memory,
        kwh=found.watts * seconds / 3.6e6,
        energy_method=found.method,
        disk_bytes=at_the_end,
        most_disk_bytes=at_most,
        free_bytes=shutil.disk_usage(beside).free + calibration.bytes_in(out),
        calibration=found,
    )


def _memory(found: Calibration, steps: int) -> int:
    """Return the most bytes that the process will hold, with what it grows in a longer run."""
    measured = found.warm_steps + len(found.steps)
    doublings = min(DOUBLINGS, math.log2(max(1.0, steps / measured)))
    return found.memory + round(found.growth * doublings)


def _disk(
    config: TrainConfig,
    found: Calibration,
    out: Path,
    half: bool,
    kept: Sequence[int],
    seconds: float,
) -> tuple[int, int]:
    """Return the bytes of the run's folder at the end, and at its largest."""
    first, last = found.first_step, config.steps
    points = {int(path.name.removeprefix("step-")) for path in resume.points(out)}
    points |= {step for step in range(first + 1, last + 1) if step % config.save_every == 0}
    count = len(points | {last})
    small = SMALL_FILES + _log_bytes(config, found, out, seconds)
    small += calibration.bytes_in(out / "checkpoints") + len(kept) * found.half_bytes
    model = found.half_bytes if half else found.checkpoint_bytes
    at_the_end = small + min(resume.KEPT, count) * found.point_bytes + model
    writing_a_point = small + (min(resume.KEPT, count - 1) + 1) * found.point_bytes
    # A file is written beside the one that it replaces.
    writing_half = at_the_end + found.checkpoint_bytes if half else 0
    return at_the_end, max(at_the_end, writing_a_point, writing_half)


def _log_bytes(config: TrainConfig, found: Calibration, out: Path, seconds: float) -> int:
    """Return the size of the log at the end: its lines so far, and lines like the last measured."""
    first, last = found.first_step, config.steps
    log = out / "log.jsonl"
    so_far = log.read_bytes().splitlines(keepends=True)[:first] if log.is_file() else []
    example = Record(**found.record)
    looks = found.look > 0
    size = sum(map(len, so_far))
    for step in range(first + 1, last + 1):
        done = (step - first) / max(1, last - first)
        look = looks and (step % config.valid_every == 0 or step == last)
        record = replace(
            example,
            step=step,
            valid_loss=example.loss if look else None,
            learning_rate=config.learning_rate * config.learning_rate_at(step - 1),
            tokens=int(done * found.tokens),
            seconds=round(done * seconds, 3),
        )
        size += len(line(record))
    return size


def in_bytes(count: float) -> str:
    """Return a size in words: `1.2 GB`."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def in_time(seconds: float) -> str:
    """Return a time in words: `12 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
