"""A run that goes wrong says so in one line, names what it read, and leaves its good points whole.

Each document here is written in one letter, so that a row tells by itself where it comes from.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_pretrain import SMALL
from torch import nn

from fmlab import device, energy, pretrain, resume
from fmlab.alarm import documents_of, last_words, what_is_wrong
from fmlab.batch import Batch
from fmlab.checkpoint import shipped
from fmlab.corpus import Corpus, Document
from fmlab.errors import UserError
from fmlab.files import sha256_bytes
from fmlab.objectives import Loss
from fmlab.pretrain import Pretraining, Record, resumed_config
from fmlab.seeds import numpy_rng
from fmlab.train_config import TrainConfig

LETTERS = "abcdefg"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what is slow and not meant here: codecarbon, the timing of number formats."""
    monkeypatch.setattr(energy, "_tracker", lambda reading: None)
    monkeypatch.setattr(device, "_cpu_gains_from_bfloat16", lambda: False)


def letter_text(letter: str, lines: int) -> str:
    draw = numpy_rng(0, letter)
    lengths = draw.integers(1, 6, size=(lines, 9))
    return "\n".join(" ".join(letter * int(n) for n in row) + " ." for row in lengths)


def book(number: int) -> Document:
    text = letter_text(LETTERS[number], lines=20 + number)
    title = f"The book of {LETTERS[number]}"
    return Document(title, text, "ours", "test", sha256_bytes(text.encode()), "train")


CORPUS = Corpus("letters", tuple(book(number) for number in range(len(LETTERS))))


def start(out: Path | None = None, go_on: bool = False, **changes: Any) -> Pretraining:
    config = TrainConfig(**{**SMALL, "save_every": 2, **changes})
    return pretrain.pretrain(config, CORPUS, out, resume=go_on, device="cpu")


def books_of(run: Pretraining, rows: Sequence[int]) -> set[str]:
    """Return the titles that rows show by their letters."""
    text = run.tokenizer.decode([int(i) for row in rows for i in run.rows.train.input_ids[row]])
    return {f"The book of {letter}" for letter in set(text) & set(LETTERS)}


class Broken(nn.Module):
    """Computes the loss, but at one step it is multiplied by `factor`."""

    def __init__(self, learner: nn.Module, step: int, factor: float) -> None:
        """Wrap a learner."""
        super().__init__()
        self.learner, self.step, self.factor, self.calls = learner, step, factor, 0

    def forward(self, batch: Batch, blocks: Any = None) -> Loss:
        self.calls += 1
        loss: Loss = self.learner(batch, blocks)
        if self.calls != self.step:
            return loss
        parts = {name: part for name, part in vars(loss).items() if part is not None}
        return replace(loss, **{name: part * self.factor for name, part in parts.items()})


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "resume").iterdir())


@pytest.mark.parametrize("changes", [{}, {"next_sentence": True}, {"causal_share": 0.5}])
def test_the_documents_of_any_rows_are_found(changes: dict[str, Any]) -> None:
    run = start(**changes)
    found_several = False
    for step in range(30):
        rows = run.batches.rows(step).tolist()
        titles = documents_of(rows, CORPUS.documents, run.tokenizer, run.config)
        assert set(titles) == books_of(run, rows)
        assert len(titles) == len(set(titles))
        found_several |= len(titles) > 2
    assert found_several


def test_the_document_with_most_tokens_is_named_first() -> None:
    run = start()
    row = run.rows.train.input_ids
    alone = [n for n in range(len(row)) if len(books_of(run, [n])) == 1]
    other = next(n for n in alone if books_of(run, [n]) != books_of(run, [alone[0]]))
    titles = documents_of([alone[0], other, other], CORPUS.documents, run.tokenizer, run.config)
    assert titles == [*books_of(run, [other]), *books_of(run, [alone[0]])]


@pytest.mark.parametrize("changes", [{}, {"next_sentence": True}])
@pytest.mark.parametrize(("step", "good"), [(7, 4), (8, 6)])
def test_a_loss_that_is_no_number_ends_the_run_in_one_line(
    step: int, good: int, changes: dict[str, Any], tmp_path: Path
) -> None:
    """At step 7 the weights of point 6 gave the loss, so point 4 is the last good one."""
    run = start(tmp_path, **changes)
    run.stepper.learner = Broken(run.stepper.learner, step, torch.nan)
    records = iter(run)
    list(itertools.islice(records, good))
    before = content(tmp_path / "resume" / f"step-{good:08d}")
    with pytest.raises(UserError) as caught:
        list(records)
    said = str(caught.value)
    assert "\n" not in said
    assert f"the loss is nan at step {step};" in said
    named = said.split("came from ")[1].split("; the last good")[0].split("; ")
    assert set(named) == books_of(run, run.batches.rows(step - 1).tolist())
    assert str(tmp_path / "resume" / f"step-{good:08d} ") in f"{said.replace(':', ' ')}"
    assert "learning_rate" in said
    assert [record.step for record in run.records] == list(range(1, step))
    whole = ["step-00000004", "step-00000006"]
    assert names(tmp_path) == (whole if good == 6 else ["doubtful-step-00000006", whole[0]])
    assert content(tmp_path / "resume" / f"step-{good:08d}") == before
    assert not (tmp_path / "model.safetensors").exists()

    config = resumed_config(tmp_path, learning_rate=1e-4, matrix_learning_rate=1e-3)
    again = pretrain.pretrain(config, CORPUS, tmp_path, resume=True, device="cpu")
    assert again.step == good
    assert content(tmp_path / "resume" / f"step-{good:08d}") == before
    list(again)
    assert [r.loss for r in again.records[: good + 1]] == [r.loss for r in run.records[: good + 1]]
    assert again.records[good].learning_rate < run.records[good - 1].learning_rate / 5
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == list(range(1, 13))
    assert (tmp_path / "model.safetensors").exists()


def test_a_learning_rate_that_destroys_the_weights_is_told(tmp_path: Path) -> None:
    """By real means, with a point after each step: those that the bad rate made are left out."""
    run = start(tmp_path)
    for record in run:
        run.stop = record.step == 5
    good = tmp_path / "resume" / "step-00000005"
    before = content(good)
    mad = start(tmp_path, go_on=True, learning_rate=1e18, matrix_learning_rate=1e18, save_every=1)
    with pytest.raises(UserError, match="the loss is nan at step 7") as caught:
        list(mad)
    assert f"the last good point is {good}:" in str(caught.value)
    assert names(tmp_path) == ["doubtful-step-00000006", "step-00000005"]
    assert content(good) == before
    calm = start(tmp_path, go_on=True, learning_rate=1e-4)
    assert calm.step == 5
    list(calm)
    assert calm.records[-1].loss < calm.records[0].loss


def test_a_jump_of_the_loss_is_told(tmp_path: Path) -> None:
    """By real means: a rate that was right is raised far too high after 52 steps."""
    run = start(tmp_path, steps=60, save_every=4, warmup=0.0)
    for record in run:
        run.stop = record.step == 52
    wild = start(
        tmp_path, go_on=True, steps=60, save_every=4, learning_rate=3.0, matrix_learning_rate=3.0,
        warmup=0.0,
    )  # fmt: skip
    with pytest.raises(UserError, match=r"the loss jumped from about \d\.\d\d to \d+") as caught:
        list(wild)
    assert str(tmp_path / "resume" / "step-000000") in str(caught.value)
    calm = start(tmp_path, go_on=True, steps=60, save_every=4, warmup=0.0, learning_rate=1e-4)
    list(calm)
    assert len(calm.records) == 60


def test_without_any_point_it_says_to_start_again(tmp_path: Path) -> None:
    for out in (None, tmp_path):
        run = start(out, learning_rate=1e18, matrix_learning_rate=1e18, save_every=100, warmup=0.0)
        with pytest.raises(UserError, match="start again with a lower learning rate"):
            list(run)
    assert start(tmp_path).step == 0  # nothing stands in its way


def records(losses: Sequence[float]) -> list[Record]:
    return [Record(n, loss, None, None, 0.0, 0, 0.0) for n, loss in enumerate(losses, 1)]


def test_what_is_wrong_and_what_is_not() -> None:
    even = records([5.0, 5.1] * 25)
    assert what_is_wrong(5.0, 5.0, 1.0, []) is None
    assert what_is_wrong(float("nan"), 5.0, 1.0, []) == "the loss is nan"
    assert what_is_wrong(5.0, 5.0, float("inf"), even) == "the gradient is inf"
    assert what_is_wrong(6.0, 6.0, 1.0, even) is None
    assert what_is_wrong(6.2, 6.2, 1.0, even) == "the loss jumped from about 5.05 to 6.20"
    wide = records([4.5, 5.0, 5.5] * 17)  # half a nat is usual here
    assert what_is_wrong(10.9, 10.9, 1.0, wide) is None
    assert what_is_wrong(11.1, 11.1, 1.0, wide) is not None
    young = records([9.0, 8.0, 7.0])
    assert what_is_wrong(17.0, 17.0, 1.0, young) is None
    assert what_is_wrong(19.0, 19.0, 1.0, young) == "the loss jumped from about 8.00 to 19.00"


def test_the_run_of_the_shipped_model_raised_no_alarm_and_a_jump_in_it_would() -> None:
    lines = (shipped() / "log.jsonl").read_text(encoding="utf-8").splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    told = records(losses)
    assert len(told) > 500
    for step, loss in enumerate(losses):
        assert what_is_wrong(loss, loss, 1.0, told[max(0, step - 50) : step]) is None
    for step in range(100, len(told), 100):
        jump = losses[step] + 3
        assert what_is_wrong(jump, jump, 1.0, told[step - 50 : step]) is not None


def test_many_documents_are_counted_not_listed() -> None:
    said = last_words("the loss is nan", 3, list("abcdefg"), None)
    assert "a; b; c; d; e and 2 more;" in said
    assert resume.points(Path("nowhere")) == []
