"""Submissions go through a Dask cluster, and a worker that dies in the middle loses nothing."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import leftovers
import pytest
from test_batch import many, table

from fmlab.errors import UserError
from fmlab.grading.batch import grade
from fmlab.grading.source import LabSource, read

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed.*"),
]


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None
    ) as made:
        yield made


@pytest.fixture
def lab(labs_dir: Path) -> LabSource:
    return read(labs_dir / "07_small.md")


def test_one_worker_killed_in_the_middle_loses_nothing(
    cluster: Any, lab: LabSource, tmp_path: Path
) -> None:
    here = grade(lab, many(lab), tmp_path / "here", jobs=2)
    killed: list[int] = []

    def kill(result: object) -> None:
        if not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    address = cluster.scheduler_address
    there = grade(lab, many(lab), tmp_path / "there", cluster=address, done=kill)
    assert killed
    assert table(there) == table(here)
    begun = time.monotonic()
    cluster.close()
    assert time.monotonic() - begun < 60
    assert leftovers.orphans() == []


def test_a_scheduler_that_does_not_answer_is_told(
    lab: LabSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("fmlab.grading.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(UserError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        grade(lab, many(lab), tmp_path / "out", cluster="tcp://127.0.0.1:9")
