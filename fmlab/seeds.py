"""All randomness starts here: a seed and a purpose give a stream of their own.

Streams of different purposes are independent, so a change in how much one part draws (say,
masking) leaves every other part (say, the order of batches) as it was.
"""

import hashlib

import numpy as np
import torch


def _mix(seed: int, purpose: tuple[str | int, ...]) -> int:
    text = "/".join([str(seed), *map(str, purpose)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def numpy_rng(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return NumPy's generator for one purpose, for example `numpy_rng(0, "masking", step)`."""
    return np.random.default_rng(_mix(seed, purpose))


def torch_generator(seed: int, *purpose: str | int, device: str = "cpu") -> torch.Generator:
    """Return a torch generator for one purpose, on `device`."""
    return torch.Generator(device=device).manual_seed(_mix(seed, purpose))


def seed_torch(seed: int, *purpose: str | int) -> None:
    """Seed torch's global stream, which weight initialisation and dropout draw from."""
    torch.manual_seed(_mix(seed, purpose))
