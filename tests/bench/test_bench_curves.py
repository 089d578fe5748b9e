"""Curves compare at equal tokens, and the Trainer's best is chosen by its own kind of rows."""

import json
from pathlib import Path
from typing import Any

import pytest

from fmlab.bench import curve, curves, report
from fmlab.bench.curve import LOOKS, Point, Run, points_of
from fmlab.bench.held_out import HeldOut
from fmlab.corpus import Corpus, load
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

CORPUS = Corpus("toyworld", load("toyworld", size=600).split("train"))
TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "seq_len": 16,
    "batch_size": 4,
}


def point(tokens: int, loss: float) -> Point:
    return Point(tokens, tokens / 1000, loss - 0.1, loss)


FOUND = {
    "fmlab": [point(100, 7.0), point(200, 5.0)],
    "Trainer, 5e-05, no warm-up": [point(100, 8.0), point(200, 7.0)],
    "Trainer, 0.001, warm-up 10%": [point(100, 8.5), point(200, 6.0)],
}


def test_a_runs_name_tells_its_rate() -> None:
    assert Run("trainer", 10, 5e-5).name == "Trainer, 5e-05, no warm-up"
    assert Run("trainer", 10, 1e-3, 0.1).name == "Trainer, 0.001, warm-up 10%"
    assert Run("fmlab", 10).name == "fmlab"


def test_the_trainers_best_is_the_one_that_ends_lowest() -> None:
    assert curves.best_of(FOUND) == "Trainer, 0.001, warm-up 10%"


def test_the_figure_holds_the_points_against_tokens_and_time() -> None:
    left, right = curves.drawn(FOUND).axes
    drawn = {str(line.get_label()): line for line in left.get_lines()}
    assert list(drawn["fmlab"].get_xdata()) == [100, 200]
    assert list(drawn["fmlab"].get_ydata()) == [7.0, 5.0]
    assert "Trainer, 5e-05, no warm-up" not in drawn  # in grey
    assert [list(line.get_xdata()) for line in right.get_lines()] == [[0.1, 0.2]] * 3
    assert left.get_xlabel() == "tokens read"


def test_the_same_points_give_the_same_file(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        curves.save(curves.drawn(FOUND), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()


@pytest.mark.parametrize("run", [Run("fmlab", 12), Run("trainer", 12, 1e-3, 0.25)])
def test_both_sides_look_at_equal_tokens(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = TrainConfig(**TINY, vocab_size=300)  # type: ignore[arg-type]
    lines = [line for d in CORPUS.documents for line in d.text.split("\n")]
    tokens = Tokenizer.train(lines, 300)
    texts = [document.text for document in CORPUS.documents]
    monkeypatch.setattr(curve, "SIZES", sizes)
    monkeypatch.setattr("fmlab.bench.held_out.SIZES", sizes)
    monkeypatch.setattr(curve, "TrainConfig", lambda steps: TrainConfig(**TINY, steps=steps))  # type: ignore[arg-type]
    monkeypatch.setattr(curve, "HeldOut", lambda tokens: HeldOut(tokens, texts))
    monkeypatch.setattr(curve, "tokenizer", lambda: tokens)
    monkeypatch.setattr(curve, "train_text", lambda words: CORPUS)
    points = points_of(run)
    assert len(points) == LOOKS
    assert points[-1].tokens == pytest.approx(
        12 * 64, rel=0.1
    )  # of few short rows; in the bench itself it is 0.005
    assert [p.tokens for p in points] == sorted(p.tokens for p in points)
    assert 0 < points[0].cpu_seconds < points[-1].cpu_seconds
    assert points[-1].grouped < points[0].grouped  # it learns


def test_all_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(run: Run) -> list[Point]:
        return [point(run.steps * 100, 8.0 - 1000 * run.rate - run.warmup)]

    monkeypatch.setattr(curves, "better_attention", lambda *given: "sdpa")
    monkeypatch.setattr(curves, "in_own_process", made)
    page = tmp_path / "bench.md"
    page.write_text((report.DOCS / "bench.md").read_text(encoding="utf-8"), encoding="utf-8")
    said: list[str] = []
    curves.main(3, [5e-5, 1e-3], tmp_path, said.append)
    whole: dict[str, Any] = json.loads((tmp_path / "bench-curves.json").read_text())
    assert whole["best"] == "Trainer, 0.001, warm-up 10%"
    assert len(whole["curves"]) == 5
    assert whole["curves"]["fmlab"][0]["tokens"] == 300
    assert (tmp_path / "bench-curves.svg").stat().st_size > 1000
    assert "**Trainer, 0.001, warm-up 10%**" in page.read_text(encoding="utf-8")
