"""A run is exact: it resumes bit by bit, learns, keeps its files whole, and refuses in one line."""

import itertools
import json
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from small_run import SMALL

from fmlab import cli, files, pretrain
from fmlab.checkpoint import load
from fmlab.corpus import Corpus, Document
from fmlab.errors import UserError
from fmlab.files import sha256_bytes
from fmlab.train_config import TrainConfig

WORDS = "the a dog cat bird sees likes big old man . runs sleeps here there".split()


def document(number: int, split: Any) -> Document:
    draw = torch.Generator().manual_seed(number)
    lines = [
        " ".join(WORDS[int(i)] for i in torch.randint(len(WORDS), (9,), generator=draw)) + " ."
        for _ in range(20)
    ]
    text = "\n".join(lines)
    return Document(str(number), text, "ours", "test", sha256_bytes(text.encode()), split)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    train = [document(number, "train") for number in range(4)]
    return Corpus("small", (*train, document(9, "valid")))


def losses(run: pretrain.Pretraining) -> list[tuple[float, float | None]]:
    return [(record.loss, record.valid_loss) for record in run.records]


@pytest.mark.parametrize(
    "changes", [{}, {"dropout": 0.1, "masking": "static"}, {"next_sentence": True}]
)
def test_a_resumed_run_is_bit_identical(
    corpus: Corpus, tmp_path: Path, changes: dict[str, Any]
) -> None:
    config = TrainConfig(**{**SMALL, **changes})
    whole = pretrain.pretrain(config, corpus)
    list(whole)
    assert len(whole.records) == config.steps

    first = pretrain.pretrain(config, corpus, tmp_path / "run")
    for record in first:
        first.stop = record.step == 7
    assert first.step == 7
    second = pretrain.pretrain(config, corpus, tmp_path / "run", resume=True)
    assert second.step == 7
    list(second)
    assert losses(second) == losses(whole)
    for left, right in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(left, right)
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    assert len(told["resumed_by"]) == 1
    assert told["energy"]["method"] != "not measured"
    log = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in log] == list(range(1, 13))


def test_the_same_seed_gives_the_same_losses_and_another_seed_others(corpus: Corpus) -> None:
    runs = [pretrain.pretrain(TrainConfig(**SMALL, seed=seed), corpus) for seed in (1, 1, 2)]
    for run in runs:
        list(run)
    assert losses(runs[0]) == losses(runs[1])
    assert losses(runs[0]) != losses(runs[2])


def test_a_small_text_is_learned_by_heart() -> None:
    line = "the dog sees the old cat . the bird sleeps here ."
    text = "\n".join([line] * 40)
    one = Document("one", text, "ours", "test", sha256_bytes(text.encode()), "train")
    quick = {"steps": 120, "learning_rate": 3e-3, "matrix_learning_rate": 0.02}
    run = pretrain.pretrain(TrainConfig(**{**SMALL, **quick}), Corpus("one", (one,)))
    list(run)
    start, end = run.records[0].loss, sum(r.loss for r in run.records[-10:]) / 10
    assert start > 2.5
    assert end < 0.6
    assert run.records[-1].valid_loss is None  # there is no held-out text


def test_the_checkpoint_tells_its_story_and_opens_in_transformers(
    corpus: Corpus, tmp_path: Path
) -> None:
    run = pretrain.pretrain(TrainConfig(**SMALL, seed=3), corpus, tmp_path)
    list(run)
    told = json.loads((tmp_path / "run.json").read_text())
    assert told["corpus"]["sha256"] == corpus.sha256
    assert told["seed"] == 3
    assert told["steps"] == 12
    assert told["tokens"] == run.tokens > 0
    assert told["tokens_per_second"] > 0
    assert told["energy"]["kwh"] > 0
    assert told["energy"]["method"]
    assert told["versions"]["torch"] == version("torch")

    theirs = transformers.BertForMaskedLM.from_pretrained(tmp_path).eval()
    tokenizer = transformers.BertTokenizer.from_pretrained(tmp_path)
    given = tokenizer("the dog sees the [MASK] cat .", return_tensors="pt")
    ours = load(tmp_path).masked_model
    torch.testing.assert_close(theirs(**given).logits, ours(**given).logits, atol=1e-5, rtol=0)


def test_a_run_is_not_overwritten_by_accident(corpus: Corpus, tmp_path: Path) -> None:
    run = pretrain.pretrain(TrainConfig(**SMALL), corpus, tmp_path)
    next(iter(run))
    run.save_point()
    with pytest.raises(UserError, match="--resume"):
        pretrain.pretrain(TrainConfig(**SMALL), corpus, tmp_path)
    with pytest.raises(UserError, match="mask_rate"):
        pretrain.pretrain(TrainConfig(**SMALL, mask_rate=0.4), corpus, tmp_path, resume=True)
    other = Corpus("other", (document(5, "train"),))
    with pytest.raises(UserError, match="another text"):
        pretrain.pretrain(TrainConfig(**SMALL), other, tmp_path, resume=True)
    with pytest.raises(UserError, match="nothing to resume"):
        pretrain.pretrain(TrainConfig(**SMALL), corpus, tmp_path / "none", resume=True)
    longer = pretrain.pretrain(TrainConfig(**{**SMALL, "steps": 20}), corpus, tmp_path, resume=True)
    assert longer.step == 1


def test_a_full_disk_in_a_checkpoint_loses_nothing(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write fails half way through the second resume point; the first still works."""
    run = pretrain.pretrain(TrainConfig(**SMALL), corpus, tmp_path)
    records = iter(run)
    list(itertools.islice(records, 5))
    assert [p.name for p in (tmp_path / "resume").iterdir()] == ["step-00000004"]

    real = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        real(path, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="No space left") as caught:
        list(records)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert [p.name for p in (tmp_path / "resume").iterdir()] == ["step-00000004"]
    again = pretrain.pretrain(TrainConfig(**SMALL), corpus, tmp_path, resume=True)
    list(again)
    whole = pretrain.pretrain(TrainConfig(**SMALL), corpus)
    list(whole)
    assert losses(again) == losses(whole)


def test_a_really_full_device_is_told_in_one_line(tmp_path: Path) -> None:
    target = Path("/dev/full")
    if not target.exists():
        pytest.fail("this test writes to /dev/full, which Linux has")

    def write() -> None:
        with files.write_whole(tmp_path / "x") as temporary:
            temporary.symlink_to(target)
            temporary.write_bytes(b"0" * 100_000)

    with pytest.raises(UserError, match="previous file is unharmed"):
        write()
    assert list(tmp_path.iterdir()) == []


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "fmlab.cli", *arguments]


@pytest.mark.slow
def test_ctrl_c_saves_and_the_run_goes_on(tmp_path: Path) -> None:
    """Ctrl-C between two resume points: the step ends, is saved, and the same losses follow."""
    common = ["--corpus", "toyworld", "--text", "size=400", "--tier", "cpu"]
    small = [f for n, v in SMALL.items() for f in ("--set", f"{n}={v}")]
    out = tmp_path / "run"
    long = [*common, *small, "--steps", "300", "--set", "save_every=1000"]
    process = subprocess.Popen(
        command("pretrain", *long, "--out", str(out)), stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (out / "log.jsonl").exists() or len((out / "log.jsonl").read_text()) < 500:
        assert time.monotonic() < deadline, "the run did not start"
        assert process.poll() is None, "the run ended before it was stopped"
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in said

    resumed = subprocess.run(
        command("pretrain", "--out", str(out), "--resume"), capture_output=True, text=True
    )
    assert resumed.returncode == 0, resumed.stderr
    subprocess.run(command("pretrain", *long, "--out", str(tmp_path / "whole")), check=True)

    def told(folder: Path) -> list[float]:
        return [json.loads(x)["loss"] for x in (folder / "log.jsonl").read_text().splitlines()]

    assert told(out) == told(tmp_path / "whole")
    shutil.rmtree(tmp_path / "whole")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--corpus", "nonsense"], "nonsense"),
        (["--corpus", "digit"], "of pictures digits"),
        (["--tier", "huge"], "huge"),
        (["--corpus", "folder:/nowhere/at/all"], "nowhere"),
        (["--set", "hidden_size"], "name=value"),
        (["--set", "colour=3"], "colour"),
        (["--set", "mask_rate=2"], "mask_rate"),
        (["--resume", "--out", "/nowhere/at/all"], "nothing to resume"),
    ],
)
def test_bad_input_gets_one_line_and_exit_2(
    arguments: list[str],
    word: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["fmlab", "pretrain", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert word in said
    assert said.startswith("fmlab: ")
    assert said.count("\n") == 1


def test_the_shell_sees_the_line_and_the_exit_status() -> None:
    done = subprocess.run(command("pretrain", "--tier", "huge"), capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "huge" in done.stderr
