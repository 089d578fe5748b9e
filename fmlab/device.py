"""What this machine can do: which device, and which number format is fast on it."""

import os
import time
from dataclasses import dataclass, replace

import torch

from fmlab.errors import UserError

FORMAT = "FMLAB_FORMAT"
"""Names the format of matrix products, where runs of different machines are to be compared."""
FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Device:
    """Where a run computes.

    Attributes:
        name: `cpu`, `cuda` or `mps`.
        description: The chip, in words.
        autocast: The format of matrix products: float32, bfloat16 or float16.
        loss_scaling: Whether float16's small gradients need scaling.
        blocks: Whether it has a kernel that skips blocks of attention (Ampere and later).
    """

    name: str
    description: str
    autocast: torch.dtype
    loss_scaling: bool = False
    blocks: bool = False


def best_device(name: str | None = None) -> Device:
    """Return the named device, or the best one here, with the format that is fast on it.

    bfloat16 is used only where the chip has it: on a GPU by its own word, on a CPU by a timed
    matrix product, since a CPU without native bfloat16 is up to a hundred times slower with it.
    The environment variable `FMLAB_FORMAT` (`float32` or `bfloat16`) is taken at its word instead.

    Raises:
        UserError: `FMLAB_FORMAT` names another format.
    """
    asked = os.environ.get(FORMAT)
    if asked is None:
        return _fastest(name)
    if asked not in FORMATS:
        raise UserError(f"{FORMAT} is {asked!r}; choose one of {', '.join(FORMATS)}, or unset it")
    return replace(_fastest(name), autocast=FORMATS[asked], loss_scaling=False)


def _fastest(name: str | None) -> Device:
    name = name or ("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda":
        description = torch.cuda.get_device_name(0)
        if torch.cuda.get_device_capability(0) >= (8, 0):
            return Device(name, description, torch.bfloat16, blocks=True)
        return Device(name, description, torch.float16, loss_scaling=True)
    if name == "cpu":
        description = f"CPU, {torch.get_num_threads()} threads"
        fast = torch.bfloat16 if _cpu_gains_from_bfloat16() else torch.float32
        return Device(name, description, fast)
    return Device(name, name, torch.float32)


def _cpu_gains_from_bfloat16() -> bool:
    """Time one matrix product in both formats; bfloat16 must win clearly."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.ones(256, 256, dtype=dtype), torch.ones(256, 512, dtype=dtype)
        left @ right
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            left @ right
            best = min(best, time.perf_counter() - start)
        seconds[dtype] = best
    return seconds[torch.bfloat16] < 0.8 * seconds[torch.float32]
