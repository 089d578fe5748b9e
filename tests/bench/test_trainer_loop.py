"""The Trainer's loop counts its tokens exactly, and both sides learn and stop when told."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from fmlab.bench import one, stopwatch
from fmlab.bench.held_out import HeldOut, ours
from fmlab.bench.setting import contender, grouped, pieces
from fmlab.bench.trainer import RowsOfTokens, at_its_best, bert, train
from fmlab.corpus import Corpus, load
from fmlab.models.bert import BertForPreTraining
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

TINY = TrainConfig(
    vocab_size=300,
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=32,
    seq_len=16,
    batch_size=4,
    steps=6,
    mask_rate=0.15,
)
CORPUS = Corpus("toyworld", load("toyworld", size=300).split("train"))


@pytest.fixture(scope="module")
def tokens() -> Tokenizer:
    lines = [line for d in CORPUS.documents for line in d.text.split("\n")]
    return Tokenizer.train(lines, TINY.vocab_size)


def test_an_example_is_what_run_mlm_prepares(tokens: Tokenizer) -> None:
    row = np.array([[tokens.cls_id, 7, tokens.sep_id, tokens.pad_id]], dtype=np.int32)
    example = RowsOfTokens(row, tokens)[0]
    assert example["attention_mask"] == [1, 1, 1, 0]
    assert example["special_tokens_mask"] == [1, 0, 1, 1]


def test_padding_is_not_counted_and_the_run_ends_when_told(tokens: Tokenizer) -> None:
    rows = np.full((8, 16), tokens.pad_id, dtype=np.int32)
    rows[:, :5] = [tokens.cls_id, 7, 8, 9, tokens.sep_id]
    seen: list[int] = []

    def after(read: int, loss: float, model: Any) -> bool:
        seen.append(read)
        return len(seen) == 3

    train(TINY, rows, tokens, after, dropout=0.0, **at_its_best(False))
    assert seen == [20, 40, 60]  # 4 rows of 5 tokens a step


@pytest.mark.parametrize("name", ["trainer", "trainer-best", "trainer-sentences", "fmlab"])
def test_each_contender_measures(
    name: str, tokens: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one, "SIZES", TINY)
    monkeypatch.setattr(one, "tokenizer", lambda: tokens)
    monkeypatch.setattr(one, "train_text", lambda: CORPUS)
    measured = one.measure(contender(name), seconds=0.0)
    full = TINY.batch_size * TINY.seq_len * measured.steps
    assert measured.steps == stopwatch.FEWEST_STEPS
    assert 0 < measured.loss < 10
    if contender(name).rows == "grouped" and name != "fmlab":
        assert measured.tokens == full
    else:
        assert 0 < measured.tokens < full


def test_the_same_weights_have_the_same_loss_on_both_sides(tokens: Tokenizer) -> None:
    torch.manual_seed(0)
    theirs = bert(replace(TINY, seq_len=128), tokens.vocab_size, "eager", dropout=0.0)
    held_out = HeldOut(tokens, [document.text for document in CORPUS.documents])
    batch = held_out.batches["grouped"].batch(0)
    with torch.no_grad():
        expected = float(theirs(input_ids=batch.input_ids, labels=batch.labels).loss)
        held_out.batches["grouped"].batch_size = len(batch.input_ids)
        found = held_out.losses(ours(theirs))
    assert set(found) == {"packed", "grouped"}
    one_batch = HeldOut(tokens, [document.text for document in CORPUS.documents])
    assert one_batch.losses(ours(theirs)) == found  # the masks never change
    assert found["grouped"] == pytest.approx(expected, abs=0.05)  # mean over several batches


def test_looking_leaves_the_model_in_training(tokens: Tokenizer) -> None:
    model = BertForPreTraining(replace(TINY, seq_len=128).bert(tokens.vocab_size)).train()
    HeldOut(tokens, [document.text for document in CORPUS.documents]).losses(model)
    assert model.training


def test_grouping_keeps_every_token_but_the_last_few(tokens: Tokenizer) -> None:
    found = pieces([document.text for document in CORPUS.documents], "grouped", tokens)
    rows = grouped(found, 16)
    assert 0 <= sum(map(len, found)) - rows.size < 16
