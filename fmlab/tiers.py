"""One switch for the size of a run: a two-core laptop, a T4 in Colab, or one large GPU."""

import os
from typing import Literal, get_args

import torch

from fmlab.errors import UserError

Tier = Literal["cpu", "t4", "full"]
TIERS: tuple[str, ...] = get_args(Tier)


def tier(name: str | None = None) -> Tier:
    """Return the tier: the one named, else `FMLAB_TIER`, else what the machine suggests.

    Raises:
        UserError: The name is none of `cpu`, `t4`, `full`.
    """
    chosen = name or os.environ.get("FMLAB_TIER") or _suggested()
    if chosen not in TIERS:
        raise UserError(f"unknown tier {chosen!r}; choose one of {', '.join(TIERS)}")
    return chosen  # type: ignore[return-value]


def _suggested() -> Tier:
    if not torch.cuda.is_available():
        return "cpu"
    memory_gib = torch.cuda.get_device_properties(0).total_memory / 2**30
    return "full" if memory_gib >= 40 else "t4"
