"""A run that is killed at any moment goes on from its last point, and ends as if nothing had been.

`kill -9` leaves no time for anything: it falls between steps, in the middle of a file, before and
after a rename. Most runs here are forks of this process, since starting Python takes seconds.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_pretrain import SMALL, document

from fmlab import device, energy, pretrain, resume
from fmlab.corpus import Corpus
from fmlab.train_config import TrainConfig

CORPUS = Corpus("small", (*[document(n, "train") for n in range(4)], document(9, "valid")))
CONFIG = TrainConfig(**{**SMALL, "save_every": 2, "dropout": 0.1, "causal_share": 0.5})
KEEP = (4, 9)  # one at a step that saves a point too, one between two
DRAW = random.Random(20)
# 20 moments: shares of a run's writes, one from each of equal parts; of its time; and steps
IN_WRITES = [(part + DRAW.random()) / 11 for part in range(11)]
BY_TIME = [DRAW.random() for _ in range(6)]
AT_STEPS = sorted(DRAW.sample(range(4, 180), 3))


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Take a step here: it imports for a second what each fork would else import again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(energy, "_tracker", lambda reading: None)
        list(pretrain.pretrain(replace(CONFIG, steps=1), CORPUS, device="cpu"))


def train(out: Path) -> None:
    """Start a run, or go on with it, to its end."""
    torch.set_num_threads(1)
    go_on = bool(resume.points(out))
    list(pretrain.pretrain(CONFIG, CORPUS, out, resume=go_on, device="cpu", keep=KEEP))


def forked(work: Callable[[], None]) -> int:
    """Start `work` in a copy of this process; return its number."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            energy._tracker = lambda reading: None  # codecarbon has threads of its own
            device._cpu_gains_from_bfloat16 = lambda: False  # the slowest part of so short a run
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def ended(child: int) -> int:
    """Wait for a process; return its exit status, or the signal that killed it, below 0."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def watch_writes(moment: Callable[[str, Path, bytes], None]) -> None:
    """Call `moment` before each write and each deletion, and before and after each rename."""

    def write(real: Any) -> Any:
        def watched(path: Path, content: Any, **options: Any) -> Any:
            moment("write", path, content if isinstance(content, bytes) else content.encode())
            return real(path, content, **options)

        return watched

    def move(real: Any) -> Any:
        def watched(path: Path, target: Path) -> Path:
            moment("before", path, b"")
            done: Path = real(path, target)
            moment("after", path, b"")
            return done

        return watched

    for name in ("write_bytes", "write_text"):
        setattr(Path, name, write(getattr(Path, name)))
    for name in ("replace", "rename"):
        setattr(Path, name, move(getattr(Path, name)))

    line, delete = pretrain.line, shutil.rmtree

    def logged(record: Any) -> str:
        moment("line", Path("log"), line(record).encode())
        return line(record)

    def deleted(folder: Path, **options: Any) -> None:
        if folder.exists():
            moment("delete", folder, b"")
        delete(folder, **options)

    pretrain.line = logged  # type: ignore[attr-defined]
    shutil.rmtree = deleted  # type: ignore[assignment]


def killed_in_write(out: Path, number: int) -> Callable[[], None]:
    """Return a run that dies in its write or rename number `number`; a write is half done then."""
    seen = iter(range(1_000_000))

    def moment(kind: str, path: Path, content: bytes) -> None:
        if next(seen) != number:
            return
        half = content[: len(content) // 2]
        if kind == "write":
            with path.open("wb") as stream:
                stream.write(half)
        elif kind == "line":
            with (out / "log.jsonl").open("ab") as stream:
                stream.write(half)
        elif kind == "delete":
            next(path.iterdir()).unlink()
        os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        watch_writes(moment)
        train(out)

    return work


def told(out: Path) -> list[dict[str, Any]]:
    """Return the log without what the clock says."""
    lines = [json.loads(text) for text in (out / "log.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def exact(out: Path) -> dict[str, bytes]:
    """Return the files of a run that hold no clock's words, with their content."""
    clocked = {"run.json", "state.json", "log.jsonl"}
    files = [path for path in out.rglob("*") if path.is_file() and path.name not in clocked]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def same(out: Path, whole: Path) -> None:
    """Check that a run ended exactly as an undisturbed one."""
    assert told(out) == told(whole)
    found, expected = exact(out), exact(whole)
    assert set(found) == set(expected)
    assert [name for name in expected if found[name] != expected[name]] == []
    for left, right in zip(sorted(out.rglob("run.json")), whole.rglob("run.json"), strict=True):
        assert json.loads(left.read_text()).keys() == json.loads(right.read_text()).keys()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], float]:
    """Return an undisturbed run's folder, the moments of its writes, its seconds."""
    out = tmp_path_factory.mktemp("whole") / "run"
    seen = out.parent / "moments"

    def work() -> None:
        moments: list[str] = []
        watch_writes(lambda kind, path, content: moments.append(f"{kind} {path.name}"))
        train(out)
        with seen.open("w") as stream:
            stream.write("\n".join(moments))

    started = time.monotonic()
    assert ended(forked(work)) == 0
    moments = seen.read_text().splitlines()
    assert sum(text.startswith("line") for text in moments) == CONFIG.steps
    assert {"model.safetensors" in out.name for out in out.iterdir()} == {True, False}
    return out, moments, time.monotonic() - started


def test_an_undisturbed_run_leaves_what_it_should(whole: tuple[Path, list[str], float]) -> None:
    out, *_ = whole
    assert [line["step"] for line in told(out)] == list(range(1, 13))
    assert sorted(path.name for path in (out / "resume").iterdir()) == [
        "step-00000010",
        "step-00000012",
    ]
    assert sorted(path.name for path in (out / "checkpoints").iterdir()) == [
        "step-00000004",
        "step-00000009",
    ]
    assert "model.safetensors" in exact(out)


@pytest.mark.parametrize("share", IN_WRITES, ids="{:.2f}".format)
def test_killed_in_a_write_it_ends_the_same(
    share: float, whole: tuple[Path, list[str], float], tmp_path: Path
) -> None:
    expected, moments, _ = whole
    out = tmp_path / "run"
    assert ended(forked(killed_in_write(out, int(share * len(moments))))) == -signal.SIGKILL
    assert ended(forked(lambda: train(out))) == 0
    same(out, expected)


def test_killed_while_the_last_old_point_goes_it_ends_the_same(
    whole: tuple[Path, list[str], float], tmp_path: Path
) -> None:
    """No later point follows that would delete what is left of it."""
    expected, moments, _ = whole
    last = max(n for n, text in enumerate(moments) if text.startswith("delete step-"))
    out = tmp_path / "run"
    assert ended(forked(killed_in_write(out, last))) == -signal.SIGKILL
    assert [path.name for path in resume.points(out)][-1] == "step-00000012"
    assert ended(forked(lambda: train(out))) == 0
    same(out, expected)


@pytest.mark.parametrize("share", BY_TIME, ids="{:.2f}".format)
def test_killed_by_the_clock_it_ends_the_same(
    share: float, whole: tuple[Path, list[str], float], tmp_path: Path
) -> None:
    expected, _, seconds = whole
    out = tmp_path / "run"
    child = forked(lambda: train(out))
    time.sleep(share * seconds)
    os.kill(child, signal.SIGKILL)
    assert ended(child) in (-signal.SIGKILL, 0)  # 0 where it was faster than the first one
    assert ended(forked(lambda: train(out))) == 0
    same(out, expected)


def test_a_log_that_a_crash_cut_short_is_read_up_to_there(
    whole: tuple[Path, list[str], float], tmp_path: Path
) -> None:
    lines = (whole[0] / "log.jsonl").read_bytes().splitlines(keepends=True)
    path = tmp_path / "log.jsonl"
    for cut in (b"", lines[5][:20], b"\0" * 300, lines[5][:-2] + b"\xff"):
        path.write_bytes(b"".join(lines[:5]) + cut)
        assert [record.step for record in pretrain.read_log(path, 12)] == [1, 2, 3, 4, 5]
    assert pretrain.read_log(tmp_path / "none", 12) == []


@pytest.mark.slow
def test_killed_at_the_command_line_it_ends_the_same(tmp_path: Path) -> None:
    """One run is killed three times, at three different steps; then it goes on to its end."""
    size = [f for name, v in SMALL.items() for f in ("--set", f"{name}={v}")]
    start = [sys.executable, "-m", "fmlab.cli", "pretrain", "--corpus", "toyworld"]
    start += ["--text", "size=400", "--tier", "cpu", *size, "--set", "save_every=3"]
    start += ["--steps", "200", "--keep", "50", "--keep", "100", "--device", "cpu", "--out"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(arguments: list[str], until: int | None = None) -> int:
        log = Path(arguments[arguments.index("--out") + 1]) / "log.jsonl"
        process = subprocess.Popen(
            arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        deadline = time.monotonic() + 120
        while until is not None and process.poll() is None:
            assert time.monotonic() < deadline, "the run did not come that far"
            if log.exists() and log.read_bytes().count(b"\n") >= until:
                process.kill()
                break
            time.sleep(0.002)
        return process.wait()

    out = tmp_path / "run"
    again = [*start, str(out), "--resume"]
    for number, step in enumerate(AT_STEPS):
        assert run(again if number else [*start, str(out)], step) == -signal.SIGKILL
        assert not (out / "model.safetensors").exists()
    assert run(again) == 0
    assert run([*start, str(tmp_path / "whole")]) == 0
    same(out, tmp_path / "whole")
