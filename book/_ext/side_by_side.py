"""Run pages whose outputs are not kept yet several at a time, one a processor core.

MyST-NB runs a page when Sphinx reads it, so one after another. Here the same client runs them
before, in threads that wait for kernels, and keeps their outputs where MyST-NB looks for them. Then
reading finds all work done. A page that fails is not kept: reading runs it again, and says why.

The cores are shared out among the pages. Two kernels of two threads each on two cores wait for each
other at every product: a lab of 180 s with one thread took 395 s so.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from myst_nb.core.execute import create_client
from myst_nb.core.execute.cache import NotebookClientCache
from myst_nb.core.nb_to_tokens import nb_node_to_dict
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
THREADS = "OMP_NUM_THREADS"
MOST = 4
"""Pages at a time, however many cores there are: each may take a gigabyte of memory."""


@dataclass
class Voice:
    """What MyST-NB's client says of a page, said without a warning: reading says those."""

    page: str

    def info(self, message: str, **_: Any) -> None:
        """Say a line of news."""
        logger.info("%s: %s", self.page, message)

    warning = info


def client_of(app: Sphinx, page: str) -> NotebookClientCache | None:
    """Return what runs a page and keeps its outputs; None for a page that runs no cells."""
    env: Any = app.env
    path = Path(env.doc2path(page))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None  # reading says what is wrong with it
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    if reader is None:
        return None
    notebook = reader.read(text)
    config = env.mystnb_config
    if config.metadata_key in notebook.metadata:
        config = config.copy(**nb_node_to_dict(notebook.metadata[config.metadata_key]))
    voice: Any = Voice(page)
    client = create_client(notebook, str(path), config, voice, reader.read_fmt)
    return client if isinstance(client, NotebookClientCache) else None


def run_pages(app: Sphinx, env: Any, docnames: list[str]) -> None:
    """Run the pages that Sphinx is about to read; labs, which take longest, first."""
    pages = sorted(docnames, key=lambda page: (not page.startswith("labs/"), page))
    clients = [client for page in pages if (client := client_of(app, page)) is not None]
    if not clients:
        return
    get_cache(str(env.mystnb_config.execution_cache_path)).db  # made here, not by two threads  # noqa: B018
    cores = len(os.sched_getaffinity(0))
    at_a_time = min(cores, MOST, len(clients))
    with threads_a_kernel(cores // at_a_time), ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(_run, clients))


@contextmanager
def threads_a_kernel(count: int) -> Iterator[None]:
    """Let kernels that start now compute in `count` threads, if nobody has said how many."""
    if THREADS in os.environ:
        yield
        return
    os.environ[THREADS] = str(count)
    try:
        yield
    finally:
        del os.environ[THREADS]


def _run(client: NotebookClientCache) -> None:
    try:
        client.start_client()
    except Exception as error:  # reading meets it again, and reports it
        logger.info("%s: %s", client.path, type(error).__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("env-before-read-docs", run_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
