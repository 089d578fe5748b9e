"""The baselines of a run are counted in its train rows and asked for the tokens of its looks."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch

from fmlab.baselines import bare_pieces, beside_the_run
from fmlab.batch import NOT_ASKED
from fmlab.batches import cut, pack
from fmlab.corpus import Corpus, load
from fmlab.pretrain import Pretraining, pretrain
from fmlab.probes.ngram import Trigram
from fmlab.sentence_pairs import sentence_pairs
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

SMALL: dict[str, Any] = {
    "vocab_size": 120,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "seq_len": 24,
    "batch_size": 8,
    "steps": 2,
    "valid_rows": 20,
}


@pytest.fixture(scope="module")
def toy() -> Corpus:
    return load("toyworld", size=400)


@pytest.fixture
def texts(toy: Corpus) -> list[str]:
    return [document.text for document in toy.split("train")]


def run_of(toy: Corpus, **changes: Any) -> Pretraining:
    return pretrain(TrainConfig(**{**SMALL, **changes}), toy)


def batches_of_the_look(run: Pretraining, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the batches that `run.valid_loss` really asks for."""
    assert run.valid is not None
    seen, make = [], run.valid.batch

    def spy(step: int) -> Any:
        seen.append(make(step))
        return seen[-1]

    monkeypatch.setattr(run.valid, "batch", spy)
    run.valid_loss()
    monkeypatch.undo()
    return seen


@pytest.mark.parametrize("changes", [{}, {"next_sentence": True}, {"causal_share": 0.5}])
def test_the_unigram_is_asked_for_the_tokens_of_the_runs_own_look(
    toy: Corpus, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    """Counted here by hand: from the rows, and from the labels that the run's loss reads."""
    run = run_of(toy, **changes)
    marks = (run.tokenizer.pad_id, run.tokenizer.cls_id, run.tokenizer.sep_id)
    read = run.rows.train.input_ids.ravel().tolist()
    count = Counter(token for token in read if token not in marks)
    total = sum(count.values()) + run.tokenizer.vocab_size
    looked = batches_of_the_look(run, monkeypatch)
    assert len(looked) == 2
    means = []
    for batch in looked:
        asked = batch.labels[batch.labels != NOT_ASKED].tolist()
        means.append(-sum(math.log((count[token] + 1) / total) for token in asked) / len(asked))
    assert beside_the_run(run)["unigram"] == pytest.approx(sum(means) / len(means), abs=1e-9)


def test_the_trigram_sees_the_true_two_before(toy: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(toy, valid_rows=8)
    assert run.valid is not None
    model = Trigram(bare_pieces(run.rows.train, run.tokenizer), run.tokenizer.vocab_size)
    (batch,) = batches_of_the_look(run, monkeypatch)
    losses = []
    for row, labels in zip(run.valid.rows(0), batch.labels, strict=True):
        true = run.valid.packed.input_ids[row].tolist()
        for at in torch.nonzero(labels != NOT_ASKED).ravel().tolist():
            start = max(i for i in range(at) if true[i] == run.tokenizer.cls_id)
            before = true[max(start + 1, at - 2) : at]
            assert true[at] == int(labels[at])
            losses.append(-math.log(model.next_probs(before)[true[at]]))
    assert beside_the_run(run)["trigram"] == pytest.approx(np.mean(losses), abs=1e-9)


def test_a_causal_run_is_compared_on_the_next_tokens(
    toy: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(toy, causal_share=1.0, valid_rows=8)
    unigram = dict(enumerate(np.zeros(run.tokenizer.vocab_size)))
    for piece in bare_pieces(run.rows.train, run.tokenizer):
        for token in piece:
            unigram[int(token)] += 1
    total = sum(unigram.values()) + run.tokenizer.vocab_size
    (batch,) = batches_of_the_look(run, monkeypatch)
    asked = batch.labels[(batch.labels != NOT_ASKED) & (batch.labels != run.tokenizer.sep_id)]
    mean = -np.mean([math.log((unigram[token] + 1) / total) for token in asked.tolist()])
    assert beside_the_run(run)["unigram"] == pytest.approx(mean, abs=1e-9)


def test_without_held_out_text_there_is_nothing_to_compare(toy: Corpus) -> None:
    assert beside_the_run(run_of(Corpus("train only", toy.split("train")))) == {}


def test_pieces_come_out_of_packed_rows_as_they_went_in(texts: list[str]) -> None:
    tokenizer = Tokenizer.train(texts, vocab_size=120)
    pieces = list(cut(texts, tokenizer, 9))
    found = bare_pieces(pack(pieces, 20, tokenizer.pad_id), tokenizer)
    assert sorted(piece.tolist() for piece in found) == sorted(piece[1:-1] for piece in pieces)


def test_pairs_come_out_without_the_mark_between_them(toy: Corpus, texts: list[str]) -> None:
    tokenizer = Tokenizer.train(texts, vocab_size=120)
    rows = sentence_pairs(texts, tokenizer, 40, seed=0)
    found = bare_pieces(rows, tokenizer)
    assert len(found) == rows.pieces
    assert sum(map(len, found)) == rows.tokens - 3 * rows.pieces
