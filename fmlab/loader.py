"""Batches ahead of time: made by threads while the device works, and on the device before it asks.

A batch depends on its step alone, so however many threads make them, they are the same.
"""

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

AHEAD = 2  # finished batches a thread may have waiting


def ahead_of_time(
    make: Callable[[int], T], first: int, last: int, workers: int
) -> Generator[T, None, None]:
    """Yield `make(step)` for the steps from `first` to before `last`, in order.

    Args:
        make: Gives the batch of a step; called from several threads.
        first: The first step.
        last: The step before which it ends.
        workers: How many threads work ahead; with 0 a batch is made when it is asked for.
    """
    if workers == 0:
        yield from map(make, range(first, last))
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")
    try:
        steps = iter(range(first, last))
        waiting = deque(pool.submit(make, step) for step in islice(steps, AHEAD * workers))
        while waiting:
            batch = waiting.popleft().result()
            waiting.extend(pool.submit(make, step) for step in islice(steps, 1))
            yield batch
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
