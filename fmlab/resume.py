"""Points that a run can go on from: a folder each, whole or not there at all."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fmlab.checkpoint import read_json, read_tensors, write_tensors
from fmlab.errors import UserError
from fmlab.files import write_text

FOLDER = "resume"
KEPT = 2
# What does not change the steps already done. A default that came later is not a change either.
MAY_CHANGE = ("steps", "save_every", "learning_rate", "matrix_learning_rate", "clip")

Memory = dict[str, Tensor]


def points(out: Path) -> list[Path]:
    """Return the points of a run, oldest first."""
    return sorted((out / FOLDER).glob("step-*"))


def set_aside(out: Path, step: int) -> None:
    """Take the point of a step out of the way, where its weights gave a loss that is wrong.

    It is renamed, not deleted, so that it can be looked at; the run goes on from the one before.
    """
    folder = out / FOLDER / f"step-{step:08d}"
    if folder.is_dir():
        aside = folder.with_name(f"doubtful-{folder.name}")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)


def sweep(out: Path) -> None:
    """Delete what a killed run had half written: `.NAME.part`, files and folders."""
    for folder in (out, out / FOLDER, *out.glob("checkpoints/*")):
        for half in folder.glob(".*.part"):
            if half.is_dir():
                shutil.rmtree(half, ignore_errors=True)
            else:
                half.unlink(missing_ok=True)


def last_state(out: Path) -> dict[str, Any]:
    """Return what the last point tells beside the numbers; nothing if there is no point."""
    found = points(out)
    return read_json(found[-1] / "state.json") if found else {}


def write_point(
    out: Path, step: int, weights: Mapping[str, Tensor], memory: Memory, state: Mapping[str, Any]
) -> None:
    """Write a point beside the others and rename it into place; older ones go once it is whole.

    Raises:
        UserError: The disk refused it; the points before are unharmed.
    """
    folder = out / FOLDER / f"step-{step:08d}"
    if not folder.is_dir():
        making = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(making, ignore_errors=True)
        try:
            write_tensors(making / "weights.safetensors", weights)
            write_tensors(making / "memory.safetensors", memory)
            write_text(making / "state.json", json.dumps(dict(state), indent=2) + "\n")
            making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    for old in points(out)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def read_last_point(out: Path) -> tuple[dict[str, Any], dict[str, Tensor], Memory]:
    """Return the state, the weights and the optimisers' memory of the last point.

    Raises:
        UserError: There is none, or it is damaged.
    """
    found = points(out)
    if not found:
        raise UserError(f"nothing to resume in {out}; leave --resume out to start there")
    return (
        read_json(found[-1] / "state.json"),
        read_tensors(found[-1] / "weights.safetensors"),
        read_tensors(found[-1] / "memory.safetensors"),
    )


def refuse_another_run(
    out: Path, state: Mapping[str, Any], config: Mapping[str, Any], corpus_sha256: str
) -> None:
    """Check that a point belongs to this text and these sizes.

    Raises:
        UserError: It belongs to another run.
    """
    if state["corpus"] != corpus_sha256:
        raise UserError(f"{out} was trained on another text; name the same --corpus and options")
    changed = [
        name
        for name, value in config.items()
        if name not in MAY_CHANGE and state["config"].get(name) != value
    ]
    if changed:
        raise UserError(f"{out} was started with another {', '.join(changed)}; use the same")


def memory_of(optimisers: Sequence[torch.optim.Optimizer]) -> Memory:
    """Return what the optimisers remember, under flat names."""
    return {
        f"{number}/{weight}/{name}": torch.as_tensor(value)
        for number, optimiser in enumerate(optimisers)
        for weight, values in optimiser.state_dict()["state"].items()
        for name, value in values.items()
    }


def give_memory(optimisers: Sequence[torch.optim.Optimizer], memory: Memory) -> None:
    """Give the optimisers back what `memory_of` took."""
    states: list[dict[int, dict[str, Tensor]]] = [{} for _ in optimisers]
    for flat, value in memory.items():
        number, weight, name = flat.split("/")
        states[int(number)].setdefault(int(weight), {})[name] = value
    for optimiser, state in zip(optimisers, states, strict=True):
        optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
