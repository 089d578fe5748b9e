"""Each command does what it says from the shell, and a mistake costs one line and exit status 2."""

import json
import re
import sys
from pathlib import Path

import pytest

from fmlab import cli
from fmlab.checkpoint import save
from fmlab.models.bert import Bert, BertConfig, BertForPreTraining
from fmlab.tokens import Tokenizer

TEXT = "the dog sees the cat . a bird sings .\n" * 30


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["fmlab", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.txt").write_text(TEXT)
    return folder


SMALL = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "seq_len": 16,
    "batch_size": 4,
    "steps": 6,
}


def test_pretrain_evaluate_card_is_one_path(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    texts: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "run"
    sizes = [f for name, value in SMALL.items() for f in ("--set", f"{name}={value}")]
    corpus = f"folder:{texts}"
    status = run(
        monkeypatch, "pretrain", "--corpus", corpus, "--tier", "cpu", "--half", "--out", str(out),
        *sizes,
    )  # fmt: skip
    assert status == 0
    said = capsys.readouterr().out
    assert str(out) in said
    assert re.search(r"held-out loss [\d.]+ nats .*unigram [\d.]+, 3-gram [\d.]+\n", said)
    assert json.loads((out / "run.json").read_text())["command"][:2] == ["fmlab", "pretrain"]
    assert json.loads((out / "config.json").read_text())["model_type"] == "bert"

    assert run(monkeypatch, "evaluate", str(out), "--corpus", corpus) == 0
    figures = json.loads((out / "eval.json").read_text())
    assert figures["splits"]["valid"]["masked"]["bits_per_byte"] > 0
    capsys.readouterr()

    assert run(monkeypatch, "card", str(out)) == 0
    said = capsys.readouterr().out
    assert "README.md" in said
    assert (out / "README.md").read_text().startswith("---\n")


@pytest.mark.parametrize("arguments", [["evaluate"], ["card"]])
def test_a_folder_that_is_no_checkpoint_costs_one_line(
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert run(monkeypatch, *arguments, str(folder)) == 2
        said = capsys.readouterr().err
        assert said.startswith("fmlab: ")
        assert said.count("\n") == 1


def test_a_model_that_cannot_fill_masks_costs_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    texts: Path,
    tmp_path: Path,
) -> None:
    tokenizer = Tokenizer.train([TEXT], 60)
    save(tmp_path / "trunk", Bert(BertConfig(60, 16, 1, 2, 32)), tokenizer)
    folder = f"folder:{texts}"
    assert run(monkeypatch, "evaluate", str(tmp_path / "trunk"), "--corpus", folder) == 2
    assert "cannot fill masks" in capsys.readouterr().err

    save(tmp_path / "small", BertForPreTraining(BertConfig(5, 16, 1, 2, 32)), tokenizer)
    assert run(monkeypatch, "evaluate", str(tmp_path / "small"), "--corpus", folder) == 2
    assert "tokenizer" in capsys.readouterr().err


def test_no_network_costs_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Books that are nowhere on this machine, and a port where nobody listens."""
    from fmlab.corpus import books

    monkeypatch.setenv("FMLAB_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("FMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(books.load.__kwdefaults__, "url", "http://127.0.0.1:9/books.tar.gz")
    assert run(monkeypatch, "pretrain", "--corpus", "books", "--out", str(tmp_path / "run")) == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("fmlab: ")
    assert "127.0.0.1" in said.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def test_stale_student_notebooks_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from fmlab.grading import student

    monkeypatch.setattr(student, "check", lambda *_: ["labs/student/x.ipynb is stale"])
    assert run(monkeypatch, "labs", "check") == 2
    assert "x.ipynb is stale" in capsys.readouterr().err
