"""Several processes that train one model: started by `torchrun` or `accelerate launch`.

Both start the same command several times, on one machine or on several, and tell each copy its
number in the environment (`accelerate` does so for GPUs; without them it wants MPI). Each reads
its rows of the same batch, torch's `DistributedDataParallel` averages the gradients, and all take
the same step. The run's folder must be one that all of them can read; the first process alone
writes to it.

Source: Li et al. 2020, "PyTorch Distributed", arXiv:2006.15704.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from fmlab.errors import UserError

LONGEST_WAIT = timedelta(minutes=30)  # for another process that still lives: it may read much text
T = TypeVar("T")


@contextmanager
def together() -> Iterator[None]:
    """Work with the other processes.

    Raises:
        UserError: Another process is gone.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error):
            raise UserError(
                "another process of this run has ended; what is saved is whole, "
                "so start them again with --resume"
            ) from error
        raise


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this one is.

    Attributes:
        rank: This one's number, from 0.
        count: How many there are.
        local_rank: Its number on its own machine: which GPU it takes.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """Return whether any process says so; all of them get the same answer."""
        if self.count == 1:
            return flag
        flags = torch.tensor([float(flag)])
        with together():
            dist.all_reduce(flags)
        return bool(flags.item())

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of the processes' values, of the same shape."""
        if self.count > 1:
            with together():
                dist.all_reduce(values)
            values = values / self.count
        return values

    def gather(self, own: Tensor) -> Tensor:
        """Return all processes' tensors of `(N, ...)` in a row, `(count N, ...)`."""
        if self.count == 1:
            return own
        parts = [torch.empty_like(own) for _ in range(self.count)]
        dist.all_gather(parts, own.contiguous())
        return torch.cat(parts)

    def in_turn(self, work: Callable[[], T]) -> T:
        """Return what `work` gives: the first process goes ahead, the others find its cache."""
        if self.first:
            done = work()
            self.wait()
            return done
        self.wait()
        return work()

    def wait(self) -> None:
        """Wait until all processes are here."""
        self.any(False)


ALONE = Processes()


def join() -> Processes:
    """Return this process's place, and meet the others if there are any.

    Raises:
        UserError: The others do not come.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return ALONE
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank)
    if not dist.is_initialized():
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        try:
            dist.init_process_group(backend, timeout=LONGEST_WAIT)
        except (RuntimeError, ValueError) as error:
            raise UserError(
                f"the {count} processes did not meet ({error}); start them with torchrun"
            ) from error
    return Processes(dist.get_rank(), dist.get_world_size(), local_rank)


def leave() -> None:
    """Take leave of the other processes, at the very end."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
