"""A progress bar for measurements that take minutes; on standard error, gone when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fmlab.probes.pseudo_likelihood import Tick


@contextmanager
def bar(what: str, total: int | None, wanted: bool = True) -> Iterator[Tick | None]:
    """Give a function to be told how many items were finished, or None if no bar is wanted."""
    if not wanted:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.advance(task, count)
