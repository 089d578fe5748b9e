"""Hands submissions to a Dask cluster, where one machine is not enough.

A worker that dies in the middle loses nothing: the scheduler gives its submissions to another. One
over which several die (the scheduler's `allowed-failures`) is left to a person.
Each worker needs Linux, bubblewrap and fmlab with the same environment.
"""

import importlib
from collections.abc import Iterable, Iterator
from typing import Any

from fmlab.errors import UserError

AHEAD = 4
CONNECT_SECONDS = 20


def grade_on(address: str, tasks: Iterable[Any]) -> Iterator[str]:
    """Yield the result of each task, as JSON, as they come.

    Args:
        address: The scheduler's, such as `tcp://host:8786`.
        tasks: What `batch.grade_one` takes; read as workers get free.

    Raises:
        UserError: Dask is not installed, the scheduler cannot be reached, or it has no workers.
    """
    try:
        engine: Any = importlib.import_module("dask.distributed")
    except ImportError:
        raise UserError("--cluster needs Dask; install it with: pip install distributed") from None
    from fmlab.grading.batch import grade_one, without_a_result

    try:
        client = engine.Client(address, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"no Dask scheduler answers at {address} ({said})") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise UserError(f"the scheduler at {address} has no workers; start some: dask worker")
        waiting = iter(tasks)
        sent: dict[str, Any] = {}
        futures = engine.as_completed()
        for task in waiting:
            _send(client, futures, sent, grade_one, task)
            if len(sent) >= AHEAD * threads:
                break
        for future in futures:
            task = sent.pop(future.key)
            if future.status == "finished":
                yield future.result()
            elif isinstance(future.exception(), UserError):
                raise future.exception()
            else:
                yield without_a_result(task)
            future.release()
            following = next(waiting, None)
            if following is not None:
                _send(client, futures, sent, grade_one, following)


def _send(client: Any, futures: Any, sent: dict[str, Any], call: Any, task: Any) -> None:
    future = client.submit(call, task, pure=False)
    sent[future.key] = task
    futures.add(future)
