"""Several processes train one model as one would: the same losses, one writer, one voice, one end.

Most of them are forks of this process that meet as `torchrun` lets them meet; the slow tests start
`torchrun` itself.

Two processes add the same numbers in another order, so losses agree up to rounding: 1e-7 of a
value at a step, a few times more after some. Measured after 12 steps: at most 7e-7 nats.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_kill import ended, exact, forked, told, warm
from test_pretrain import SMALL, document

from fmlab import pretrain, processes, resume
from fmlab.batches import MaskedBatches
from fmlab.corpus import Corpus
from fmlab.device import FORMAT, Device
from fmlab.errors import UserError
from fmlab.models.bert import BertForPreTraining
from fmlab.objectives import pretraining_loss
from fmlab.optimiser import Muon
from fmlab.prepare import prepare
from fmlab.seeds import seed_torch, torch_generator
from fmlab.step import Stepper
from fmlab.train_config import TrainConfig

CORPUS = Corpus("small", (*[document(n, "train") for n in range(4)], document(9, "valid")))
CONFIG = TrainConfig(**{**SMALL, "batch_size": 6})
ROUNDING = 1e-5  # nats
assert warm  # used by all tests here
PATIENCE = 60.0  # seconds, until the others are gone


def several(count: int, work: Callable[[int], None]) -> list[int]:
    """Run `work(rank)` in `count` forks that know of each other; return their exit statuses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def one(rank: int) -> Callable[[], None]:
        def run() -> None:
            torch.set_num_threads(1)
            os.environ |= {
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
                "WORLD_SIZE": str(count),
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
            }
            try:
                work(rank)
            except UserError as error:
                print(f"fmlab: {error}", file=sys.stderr)
                os._exit(2)
            processes.leave()

        return run

    return [ended(child) for child in [forked(one(rank)) for rank in range(count)]]


def train(out: Path | None, config: TrainConfig = CONFIG) -> pretrain.Pretraining:
    """Run to the end, from the last point if there is one."""
    go_on = out is not None and bool(resume.points(out))
    run = pretrain.pretrain(config, CORPUS, out, resume=go_on, device="cpu")
    list(run)
    return run


def alone(out: Path, config: TrainConfig = CONFIG) -> list[dict[str, Any]]:
    """Return what one process writes down."""
    assert several(1, lambda rank: train(out, config) and None) == [0]
    return told(out)


def agree(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> None:
    """Check that two logs are the same but for rounding."""
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            if isinstance(value, float):
                assert abs(value - other[name]) < ROUNDING
            else:
                assert value == other[name]


@pytest.mark.parametrize(
    ("count", "changes"),
    [
        (2, {}),
        (2, {"causal_share": 0.5}),  # one process has two causal rows of three, the other one
        (2, {"next_sentence": True, "masking": "static"}),
        (3, {"causal_share": 0.5}),
        (2, {"causal_share": 1.0}),
    ],
)
def test_losses_are_those_of_one_process(
    count: int, changes: dict[str, Any], tmp_path: Path
) -> None:
    config = replace(CONFIG, **changes)

    def work(rank: int) -> None:
        if rank > 0:  # whoever is not the first writes nothing: every write makes its folder first
            Path.mkdir = None  # type: ignore[assignment, method-assign]
        train(tmp_path / "several", config)

    assert several(count, work) == [0] * count
    whole = alone(tmp_path / "one", config)
    agree(told(tmp_path / "several"), whole)
    assert len(whole) == config.steps
    assert set(exact(tmp_path / "several")) == set(exact(tmp_path / "one"))


def test_gradients_are_those_of_the_whole_batch(tmp_path: Path) -> None:
    """With more causal rows in one part, and more tokens to guess in one part than in the other."""
    rows = prepare(CORPUS, 60, 24)
    batch = MaskedBatches(rows.train, rows.tokenizer, 6, 0, causal_share=0.5).batch(0)
    assert batch.causal is not None
    assert [int(batch.part(rank, 2).causal.sum()) for rank in (0, 1)] == [2, 1]  # type: ignore[union-attr]

    def model() -> BertForPreTraining:
        seed_torch(0, "weights")
        return BertForPreTraining(CONFIG.bert(rows.tokenizer.vocab_size))

    expected = model()
    pretraining_loss(expected, batch).total.backward()  # type: ignore[no-untyped-call]

    def work(rank: int) -> None:
        here = processes.join()
        stepper = Stepper(model(), CONFIG, Device("cpu", "", torch.float32), here)
        loss = stepper.learner(batch.part(rank, 2))
        loss.total.backward()
        for name, weight in stepper.model.named_parameters():
            theirs = dict(expected.named_parameters())[name].grad
            torch.testing.assert_close(weight.grad, theirs, atol=1e-7, rtol=1e-4)

    assert several(2, work) == [0, 0]


def test_a_stop_asked_of_one_process_stops_all_at_the_same_step(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def work(rank: int) -> None:
        run = pretrain.pretrain(CONFIG, CORPUS, out, device="cpu")
        for record in run:
            run.stop = rank == 1 and record.step == 5
        assert run.stop
        assert run.step == 5

    assert several(2, work) == [0, 0]
    assert [path.name for path in resume.points(out)][-1] == "step-00000005"
    assert several(2, lambda rank: train(out) and None) == [0, 0]
    assert several(2, lambda rank: train(tmp_path / "whole") and None) == [0, 0]
    assert told(out) == told(tmp_path / "whole")  # bit by bit
    model = "model.safetensors"
    assert (out / model).read_bytes() == (tmp_path / "whole" / model).read_bytes()


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_the_others_and_the_run_goes_on(victim: int, tmp_path: Path) -> None:
    """It goes on with two processes or with one, and the losses are the same."""
    out = tmp_path / "two"

    def work(rank: int) -> None:
        for record in pretrain.pretrain(CONFIG, CORPUS, out, device="cpu"):
            if rank == victim and record.step == 7:
                (tmp_path / "moment").write_text(str(time.monotonic()))
                os.kill(os.getpid(), signal.SIGKILL)

    statuses = several(2, work)
    assert time.monotonic() - float((tmp_path / "moment").read_text()) < PATIENCE
    assert statuses[victim] == -signal.SIGKILL
    assert statuses[1 - victim] == 2
    assert [path.name for path in resume.points(out)] == ["step-00000004"]
    assert list(out.rglob(".*.part")) == []
    assert not (out / "model.safetensors").exists()

    subprocess.run(["cp", "-r", str(out), str(tmp_path / "one")], check=True)
    assert several(2, lambda rank: train(out) and None) == [0, 0]
    goes_on = alone(tmp_path / "one")
    whole = alone(tmp_path / "whole")
    agree(told(out), whole)
    agree(goes_on, whole)


def test_a_killed_process_is_told_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def work(rank: int) -> None:
        for record in pretrain.pretrain(CONFIG, CORPUS, tmp_path, device="cpu"):
            if rank == 1 and record.step == 3:
                os._exit(7)

    assert several(2, work) == [2, 7]
    said = capfd.readouterr().err
    assert said.startswith("fmlab: another process of this run has ended")
    assert said.count("\n") == 1


def test_a_loss_that_is_no_number_ends_all_of_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = replace(CONFIG, learning_rate=1e18, matrix_learning_rate=1e18, warmup=0.0)
    assert several(2, lambda rank: train(tmp_path, bad) and None) == [2, 2]
    said = capfd.readouterr().err
    # Two processes write to one terminal, so their lines may run together.
    assert said.count("fmlab: ") == said.count("fmlab: the loss is nan") == 2, said
    assert said.count("its batch came from") == 1, said


def test_rows_that_cannot_be_shared_evenly_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = replace(CONFIG, batch_size=5)
    assert several(2, lambda rank: train(tmp_path, config) and None) == [2, 2]
    assert "batch_size 5 cannot be shared by 2 processes" in capfd.readouterr().err


def test_the_work_of_muon_is_shared_out_and_nothing_else_changes(tmp_path: Path) -> None:
    """Five matrices of one shape for two processes, and one of another shape."""
    shapes = [(8, 6)] * 5 + [(6, 20)]

    def moved(shared: processes.Processes) -> list[torch.Tensor]:
        draw = torch_generator(0, "muon")
        weights = [torch.nn.Parameter(torch.randn(shape, generator=draw)) for shape in shapes]
        muon = Muon(weights, lr=0.1, weight_decay=0.01, processes=shared)
        for _ in range(3):
            for weight in weights:
                weight.grad = torch.randn(weight.shape, generator=draw)
            muon.step()
        return [weight.detach() for weight in weights]

    expected = moved(processes.ALONE)

    def work(rank: int) -> None:
        for found, right in zip(moved(processes.join()), expected, strict=True):
            torch.testing.assert_close(found, right, atol=1e-6, rtol=0)

    assert several(2, work) == [0, 0]


def flags(values: dict[str, Any]) -> list[str]:
    return [flag for name, value in values.items() for flag in ("--set", f"{name}={value}")]


START = ["pretrain", "--corpus", "toyworld", "--text", "size=400", "--tier", "cpu"]
START += ["--device", "cpu", *flags({**SMALL, "steps": 80, "save_every": 10}), "--out"]


class Launched:
    """`torchrun` with two processes of the real command line, each one's words in a file."""

    def __init__(self, out: Path, *more: str) -> None:
        """Start it."""
        self.log, self.words = out / "log.jsonl", out.parent / f"words{time.monotonic_ns()}"
        launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
        launcher += ["--standalone", "--redirects", "3", "--log-dir", str(self.words)]
        self.process = subprocess.Popen(
            [*launcher, "-m", "fmlab.cli", *START, str(out), *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def workers(self) -> list[int]:
        """Return the numbers of the two processes, the first one first."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        found = {}
        for child in children.split():
            told = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
            ranks = [part for part in told if part.startswith(b"RANK=")]
            if ranks:
                found[int(ranks[0][5:])] = int(child)
        return [found[rank] for rank in sorted(found)]

    def until(self, steps: int) -> None:
        """Wait until so many steps are on record."""
        deadline = time.monotonic() + 180
        while not self.log.exists() or self.log.read_bytes().count(b"\n") < steps:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.terminate()
                pytest.fail(f"the run did not come that far: {self.end()}")
            time.sleep(0.002)

    def end(self) -> tuple[int, str, str]:
        """Return the exit status, and what each of the two processes said."""
        self.process.wait(timeout=PATIENCE + 60)
        said = ["", ""]
        for path in sorted(self.words.rglob("*.log")):
            said[int(path.parent.name)] += path.read_text()
        return self.process.returncode, said[0], said[1]


@pytest.mark.slow
def test_torchrun_killed_stopped_and_resumed_gives_the_losses_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process is killed; one is stopped; `torchrun` is stopped; then the run comes to its end."""
    monkeypatch.setenv(FORMAT, "float32")  # bfloat16 rounds what two processes add up otherwise
    out = tmp_path / "run"
    run = Launched(out)
    run.until(15)
    os.kill(run.workers()[1], signal.SIGKILL)
    started = time.monotonic()
    status, first, second = run.end()
    assert time.monotonic() - started < PATIENCE
    assert status != 0
    assert first.count("fmlab: another process of this run has ended") == 1
    assert "Traceback" not in first
    assert second == ""
    assert not (out / "model.safetensors").exists()
    assert list(out.rglob(".*.part")) == []

    for steps, whom in ((35, "one process"), (55, "torchrun")):
        run = Launched(out, "--resume")
        run.until(steps)
        os.kill(run.workers()[1] if whom == "one process" else run.process.pid, signal.SIGINT)
        status, first, second = run.end()
        assert status != 0
        assert first.count("stopped at step") == 1
        assert second == ""
        last = resume.points(out)[-1]
        assert int(last.name.removeprefix("step-")) == len(told(out)) >= steps
        assert f"stopped at step {len(told(out))}, saved" in first

    status, first, second = Launched(out, "--resume").end()
    assert (status, second) == (0, "")
    assert first.count("the checkpoint is in") == 1
    command = [sys.executable, "-m", "fmlab.cli", *START, str(tmp_path / "one")]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "RANK": "3"})
    agree(told(out), told(tmp_path / "one"))
    assert set(exact(out)) == set(exact(tmp_path / "one"))
    assert json.loads((out / "run.json").read_text())["steps"] == 80
