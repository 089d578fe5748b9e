"""A plan holds: what a run then takes is what was foreseen, and foreseeing it leaves no trace."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmlab import calibration, cli, cli_pretrain, corpus, energy, pretrain, resume
from fmlab.calibration import Task, bytes_in, calibrate
from fmlab.errors import UserError
from fmlab.plan import Plan, in_bytes, in_time, plan
from fmlab.train_config import TrainConfig

SMALL: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "seq_len": 24,
    "batch_size": 4,
    "steps": 14,
    "valid_every": 5,
    "save_every": 4,
}
TEXT = {"size": 300}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calibrate briefly, and in this process."""

    def in_this_process(task: Task, scratch: Path) -> calibration.Calibration:
        return calibrate(task)

    monkeypatch.setattr(calibration, "_in_a_process", in_this_process)
    monkeypatch.setattr(calibration, "LEAST_SECONDS", 0.05)
    monkeypatch.setattr(calibration, "LEAST_STEPS", 2)
    monkeypatch.setattr(calibration, "REPEATS", 1)
    monkeypatch.setattr(energy, "_tracker", lambda _: None)  # codecarbon takes seconds to start


def train(
    config: TrainConfig, out: Path, *, until: int | None = None, half: bool = False, **more: Any
) -> pretrain.Pretraining:
    """Run as the command does; `until` stops it there."""
    run = pretrain.pretrain(config, corpus.load("toyworld", **TEXT), out, **more)
    cli_pretrain._write_text_choice(out, "toyworld", TEXT)
    for record in run:
        run.stop = record.step == until
    if half:
        import torch

        run.save_checkpoint(out, torch.float16)
    return run


def watch_size(out: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return a function that says how large `out` has been, looked at after every file."""
    sizes = [0]
    rename, replace_file = Path.rename, Path.replace

    def noted(real: Callable[[Path, Any], Path]) -> Callable[[Path, Any], Path]:
        def move(path: Path, target: Any) -> Path:
            sizes.append(bytes_in(out))
            return real(path, target)

        return move

    monkeypatch.setattr(Path, "rename", noted(rename))
    monkeypatch.setattr(Path, "replace", noted(replace_file))
    return lambda: max(sizes)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({}, {}),
        ({"steps": 16, "next_sentence": True}, {}),
        ({"steps": 3, "causal_share": 0.5}, {"half": True}),
        ({"save_every": 100}, {"half": True, "keep": [7, 3]}),
    ],
)
def test_tokens_are_exact_and_disk_is_nearly_so(
    changes: dict[str, Any],
    options: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = TrainConfig(**{**SMALL, **changes})
    out = tmp_path / "run"
    foreseen = plan(config, "toyworld", TEXT, out, **options)
    assert list(tmp_path.iterdir()) == []
    largest = watch_size(out, monkeypatch)
    run = train(config, out, **options)
    assert foreseen.tokens == run.tokens
    assert foreseen.steps == config.steps == len(run.records)
    assert foreseen.disk_bytes == pytest.approx(bytes_in(out), rel=0.02)
    assert foreseen.most_disk_bytes == pytest.approx(largest(), rel=0.02)


@pytest.mark.usefixtures("here")
def test_a_resumed_run_is_planned_from_where_it_is(tmp_path: Path) -> None:
    config, out = TrainConfig(**SMALL), tmp_path / "run"
    first = train(config, out, until=9)
    before = fingerprint(tmp_path)
    foreseen = plan(config, "toyworld", TEXT, out, go_on=True)
    assert fingerprint(tmp_path) == before
    second = train(config, out, resume=True)
    assert foreseen.steps == 5
    assert foreseen.tokens == second.tokens - first.tokens > 0
    assert foreseen.disk_bytes == pytest.approx(bytes_in(out), rel=0.02)


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("size", [4, 7])
def test_tokens_are_counted_over_the_ends_of_epochs(size: int) -> None:
    config = TrainConfig(**{**SMALL, "batch_size": size, "next_sentence": True})
    run = pretrain.pretrain(config, corpus.load("toyworld", size=60))
    an_epoch = -(-len(run.rows.train.input_ids) // size)
    read = np.cumsum([run.batches.batch(step).tokens for step in range(2 * an_epoch + 3)])
    for steps in (1, an_epoch - 1, an_epoch, an_epoch + 1, 2 * an_epoch, 2 * an_epoch + 3):
        assert calibration._tokens_until(run, steps) == read[steps - 1]
    assert calibration._tokens_until(run, 0) == 0


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan whose measurements are replaced by round numbers."""
    out = tmp_path_factory.mktemp("scratch") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "LEAST_SECONDS", 0.0)
        patch.setattr(energy, "_tracker", lambda _: None)
        config = TrainConfig(**{**SMALL, "steps": 30, "valid_every": 7, "save_every": 8})
        task = Task(asdict(config), "toyworld", TEXT, str(out), False, "cpu", time.time())
        found = replace(
            calibrate(task),
            ready=5.0,
            warm_steps=3,
            warm=9.0,
            steps=[2.0] * 7 + [3.0],
            look=10.0,
            save=100.0,
            finish=7.0,
            half=0.5,
            compare=2.0,
            watts=36.0,
            memory=10**9,
            growth=10e6,
        )
        patch.setattr(calibration, "measure", lambda *_, **__: found)
        return plan(config, "toyworld", TEXT, out.with_name("other"), half=True, keep=[15])


def test_each_part_of_the_time_is_counted_as_often_as_the_run_has_it(measured: Plan) -> None:
    """30 steps: looks at 7, 14, 21, 28 and 30; points at 8, 16 and 24, and one after the last."""
    steps = 9.0 + 27 * 2.125
    assert measured.training_seconds == pytest.approx(steps + 5 * 10.0 + 3 * 100.0 + 0.5)
    assert measured.end_seconds == pytest.approx(100.0 + 7.0 + 2.0 + 0.5)
    assert measured.seconds == pytest.approx(5.0 + measured.training_seconds + 109.5)
    assert measured.fastest == pytest.approx(measured.training_seconds - 27 * 0.125)
    assert measured.slowest == pytest.approx(measured.training_seconds + 27 * 0.875)
    assert measured.kwh == pytest.approx(36.0 * measured.training_seconds / 3.6e6)


def test_memory_grows_on_as_it_did_while_the_steps_doubled(measured: Plan) -> None:
    """11 steps were measured, 30 are to be done; and no run grows for ever."""
    grown = measured.memory_bytes - 10**9
    assert grown == pytest.approx(10e6 * np.log2(30 / 11), abs=1)
    assert calibration._growth(3, [100, *[107] * 11, 116]) == 8.0  # from step 4 to step 16
    assert calibration._growth(3, [100] * 9) == 0.0
    assert calibration._growth(3, [100]) == 0.0


def test_the_table_says_all_of_it_in_words(measured: Plan) -> None:
    said = str(measured)
    assert f"{measured.tokens:,} tokens in 30 steps" in said
    assert "8 min 51 s (8 min 48 s to 9 min 15 s), of which 5.0 s to begin" in said
    assert in_bytes(measured.most_disk_bytes) in said
    assert "ONLY" not in said
    assert "ONLY 1 kB are free" in str(replace(measured, free_bytes=1000))
    assert [len(line) - len(line.lstrip()) for line in said.splitlines()[1:6]] == [2] * 5


def test_sizes_and_times_are_told_in_units_that_fit() -> None:
    assert [in_bytes(n) for n in (5, 10_700_000, 2.5e9)] == ["5 bytes", "10.7 MB", "2.5 GB"]
    assert [in_time(s) for s in (0.25, 59, 61, 7322)] == ["0.2 s", "59 s", "1 min 1 s", "2 h 2 min"]


@pytest.mark.usefixtures("here")
def test_the_command_prints_the_plan_and_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = [f for name, value in SMALL.items() for f in ("--set", f"{name}={value}")]
    out = tmp_path / "run"
    text = ["--corpus", "toyworld", "--text", "size=300", "--tier", "cpu"]
    monkeypatch.setattr(
        sys, "argv", ["fmlab", "pretrain", "--plan", *text, *sizes, "--out", str(out)]
    )
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    said = capsys.readouterr().out
    assert said.startswith("This run on CPU")
    assert list(tmp_path.iterdir()) == []

    train(TrainConfig(**SMALL), out, until=6)
    with pytest.raises(UserError, match="add --resume"):
        plan(TrainConfig(**SMALL), "toyworld", TEXT, out)
    monkeypatch.setattr(sys, "argv", ["fmlab", "pretrain", "--plan", "--resume", "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert "tokens in 8 steps" in capsys.readouterr().out


def test_what_cannot_be_planned_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainConfig(**SMALL)
    with pytest.raises(UserError, match="unknown corpus 'nonsense'"):  # from the other process
        plan(config, "nonsense", {}, tmp_path / "run")
    with pytest.raises(UserError, match="nothing to resume"):
        plan(config, "toyworld", TEXT, tmp_path / "run", go_on=True)
    killed = subprocess.CompletedProcess([], -9)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: killed)
    with pytest.raises(UserError, match="not enough memory"):
        plan(config, "toyworld", TEXT, tmp_path / "run")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="one process"):
        plan(config, "toyworld", TEXT, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("here")
def test_text_that_was_prepared_for_the_first_time_is_calibrated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run itself finds it in the cache, so the first calibration tells too much."""
    from fmlab import prepare

    monkeypatch.setenv("FMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(prepare, "WORTH_KEEPING", 1)
    calls: list[bool] = []
    real = calibration.measure

    def counted(*given: Any, **more: Any) -> calibration.Calibration:
        found = real(*given, **more)
        calls.append(found.filled_cache)
        return found

    monkeypatch.setattr(calibration, "measure", counted)
    plan(TrainConfig(**SMALL), "toyworld", TEXT, tmp_path / "run")
    plan(TrainConfig(**SMALL), "toyworld", TEXT, tmp_path / "run")
    assert calls == [True, False, False]


RUN = """
import sys, time
from fmlab import cli
from fmlab.calibration import peak_memory
started = float(sys.argv.pop(1))
try:
    cli.app()
except SystemExit as ended:
    assert not ended.code
print("TOOK", time.time() - started, peak_memory())
"""


@pytest.mark.slow
@pytest.mark.alone
def test_a_run_of_books_takes_what_its_plan_says(tmp_path: Path) -> None:
    """Time, memory and energy within a fifth; the machine must have nothing else to do."""
    config = TrainConfig.for_tier(
        "cpu", "books", steps=150, valid_every=25, save_every=25, vocab_size=2048
    )
    words, out = 200_000, tmp_path / "run"
    ballast = np.ones(100_000_000)  # 800 MB of this process, which the plan must not count
    foreseen = plan(config, "books", {"max_words": words}, out)
    assert ballast.sum() == len(ballast)
    del ballast
    sizes = [f"--set={n}={getattr(config, n)}" for n in ("valid_every", "save_every", "vocab_size")]
    command = [sys.executable, "-c", RUN, str(time.time()), "pretrain", "--corpus", "books"]
    command += ["--tier", "cpu", "--steps", "150", "--max-words", str(words), "--out", str(out)]
    done = subprocess.run([*command, *sizes], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    _, wall, memory = done.stdout.splitlines()[-1].split()
    told = json.loads((out / "run.json").read_text())
    print(f"\n{foreseen}\nsteps {told['seconds']} s of {foreseen.training_seconds:.1f} foreseen, "
          f"in all {wall} s of {foreseen.seconds:.1f}, memory {memory} of {foreseen.memory_bytes}, "
          f"energy {told['energy']['kwh']} of {foreseen.kwh}")  # fmt: skip
    assert foreseen.tokens == told["tokens"]
    assert foreseen.training_seconds == pytest.approx(told["seconds"], rel=0.2)
    assert foreseen.seconds == pytest.approx(float(wall), rel=0.2)
    assert foreseen.memory_bytes == pytest.approx(int(memory), rel=0.2)
    assert foreseen.kwh == pytest.approx(told["energy"]["kwh"], rel=0.2)
    assert foreseen.disk_bytes == pytest.approx(bytes_in(out), rel=0.02)
    assert len(resume.points(out)) == resume.KEPT
