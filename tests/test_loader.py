"""Batches made ahead of time are the same batches, whoever makes them; threads end with the run."""

import random
import threading
import time
from typing import Any

import pytest
from test_pretrain import SMALL, document

from fmlab import device, energy, pretrain
from fmlab.corpus import Corpus
from fmlab.loader import AHEAD, ahead_of_time
from fmlab.train_config import TrainConfig


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what is slow and not meant here: codecarbon, the timing of number formats."""
    monkeypatch.setattr(energy, "_tracker", lambda reading: None)
    monkeypatch.setattr(device, "_cpu_gains_from_bfloat16", lambda: False)


CORPUS = Corpus("small", (*[document(number, "train") for number in range(4)],))


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("batches")]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_steps_come_in_order_however_long_each_takes(workers: int) -> None:
    draw = random.Random(workers)
    naps = {step: draw.random() / 200 for step in range(5, 40)}

    def make(step: int) -> int:
        time.sleep(naps[step])
        return step * step

    assert list(ahead_of_time(make, 5, 40, workers)) == [step * step for step in range(5, 40)]
    assert threads() == []


def test_threads_work_ahead_but_not_far() -> None:
    made: list[int] = []
    batches = ahead_of_time(lambda step: made.append(step) or step, 0, 100, 3)  # type: ignore[func-returns-value]
    next(batches)
    deadline = time.monotonic() + 10
    while len(made) < AHEAD * 3 + 1 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.05)
    assert sorted(made) == list(range(AHEAD * 3 + 1))
    batches.close()
    assert threads() == []


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_exception_of_a_worker_reaches_the_caller(workers: int) -> None:
    def make(step: int) -> int:
        if step == 7:
            raise ZeroDivisionError("step 7")
        return step

    steps = ahead_of_time(make, 0, 20, workers)
    assert [next(steps) for _ in range(7)] == list(range(7))
    with pytest.raises(ZeroDivisionError, match="step 7"):
        next(steps)
    assert threads() == []


def test_an_exception_of_a_worker_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    run = pretrain.pretrain(TrainConfig(**SMALL), CORPUS, workers=3, device="cpu")
    right = run.batches.batch

    def wrong(step: int) -> Any:
        if step == 5:
            raise MemoryError("no room for a batch")
        return right(step)

    monkeypatch.setattr(run.batches, "batch", wrong)
    with pytest.raises(MemoryError, match="no room") as caught:
        list(run)
    assert [record.step for record in run.records] == [1, 2, 3, 4, 5]
    assert caught.value is not None  # whose traceback holds the run: threads end all the same
    assert threads() == []


@pytest.mark.parametrize(
    "changes", [{"dropout": 0.1, "masking": "static"}, {"causal_share": 0.5}, {"dropout": 0.2}]
)
def test_losses_are_the_same_with_any_number_of_workers(changes: dict[str, Any]) -> None:
    config = TrainConfig(**{**SMALL, **changes})
    told = []
    for workers in (0, 1, 3):
        run = pretrain.pretrain(config, CORPUS, workers=workers, device="cpu")
        told.append([(r.loss, r.causal_loss, r.tokens) for r in run])
        assert len(told[-1]) == config.steps
        assert threads() == []
    assert told[0] == told[1] == told[2]


def test_an_iteration_left_early_ends_its_threads_and_can_be_taken_up() -> None:
    config = TrainConfig(**SMALL, dropout=0.1, causal_share=0.5)
    whole = [r.loss for r in pretrain.pretrain(config, CORPUS, workers=0, device="cpu")]
    run = pretrain.pretrain(config, CORPUS, workers=3, device="cpu")
    for record in run:
        if record.step == 5:
            assert threads()
            break
    assert threads() == []
    list(run)
    assert [r.loss for r in run.records] == whole
    assert threads() == []


def test_the_clock_does_not_change_the_format_of_a_run_that_goes_on(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a CPU a timing chooses the format; a busy moment must not choose another one."""
    config = TrainConfig(**SMALL)
    whole = [r.loss for r in pretrain.pretrain(config, CORPUS, device="cpu")]
    run = pretrain.pretrain(config, CORPUS, tmp_path, device="cpu")
    for record in run:
        run.stop = record.step == 6
    monkeypatch.setattr(device, "_cpu_gains_from_bfloat16", lambda: True)
    again = pretrain.pretrain(config, CORPUS, tmp_path, device="cpu", resume=True)
    list(again)
    assert [r.loss for r in again.records] == whole
