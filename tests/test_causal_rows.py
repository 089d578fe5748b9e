"""Causal rows beside masked ones: what they ask, how much they count, and that both are learned."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from small_run import SIZES

from fmlab.batch import NOT_ASKED, Batch
from fmlab.batches import MaskedBatches, cut, next_tokens, pack
from fmlab.checkpoint import load
from fmlab.corpus import Corpus, Document
from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.files import sha256_bytes
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.objectives import pretraining_loss
from fmlab.pretrain import pretrain
from fmlab.probes.bits_per_byte import causal_loss
from fmlab.probes.likelihood import log_likelihoods
from fmlab.probes.minimal_pairs import Pair, Score, accuracy, compare_pairs
from fmlab.probes.ngram import Unigram, score
from fmlab.probes.pseudo_likelihood import pseudo_log_likelihoods
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

FLOAT32 = Device("cpu", "any", torch.float32)
TEXT = "the dog sees the cat . the cat sleeps . a bird sings !\nthe old man runs .\n" * 20
SHARES = [0.0, 1 / 6, 0.5, 1.0]
SMALL: dict[str, Any] = {
    **SIZES,
    "learning_rate": 3e-3,
    "matrix_learning_rate": 0.02,
    "valid_every": 1000,
}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([TEXT], 80)


def batch_of(tokenizer: Tokenizer, causal_share: float, batch_size: int = 6) -> Batch:
    packed = pack(cut([TEXT], tokenizer, 12), 24, tokenizer.pad_id)
    source = MaskedBatches(packed, tokenizer, batch_size, 1, 0.3, causal_share=causal_share)
    return source.batch(0)


def small_model(tokenizer: Tokenizer, layers: int = 2) -> BertForPreTraining:
    torch.manual_seed(0)
    config = BertConfig(
        tokenizer.vocab_size, 16, layers, 2, 32, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, max_position_embeddings=24, initializer_range=0.2,
    )  # fmt: skip
    return BertForPreTraining(config)


def loss_of(model: BertForPreTraining, batch: Batch) -> float:
    return float(pretraining_loss(model, batch).total.detach())


def test_the_next_token_is_asked_for_up_to_the_border_of_a_piece() -> None:
    ids = torch.tensor([[2, 7, 8, 3, 2, 9, 3, 0], [2, 5, 6, 7, 8, 9, 10, 3]])
    documents = torch.tensor([[1, 1, 1, 1, 2, 2, 2, 0], [1] * 8])
    no = NOT_ASKED
    assert next_tokens(ids, documents).tolist() == [
        [7, 8, 3, no, 9, 3, no, no],
        [5, 6, 7, 8, 9, 10, 3, no],
    ]


def test_causal_rows_are_whole_and_told_by_their_segment(tokenizer: Tokenizer) -> None:
    found, plain = batch_of(tokenizer, 0.5), batch_of(tokenizer, 0.0)
    assert found.causal is not None
    assert found.causal.tolist() == [True] * 3 + [False] * 3
    assert found.token_type_ids is not None
    assert found.token_type_ids.tolist() == [[1] * 24] * 3 + [[0] * 24] * 3
    assert tokenizer.mask_id not in found.input_ids[:3]
    assert found.document_ids is not None
    following = next_tokens(found.input_ids, found.document_ids)
    assert torch.equal(found.labels[:3], following[:3])
    assert torch.equal(found.input_ids[3:], plain.input_ids[3:])  # the others are as without
    assert torch.equal(found.labels[3:], plain.labels[3:])


@pytest.mark.parametrize("share", SHARES)
def test_weights_sum_to_one_and_each_kind_to_its_share(tokenizer: Tokenizer, share: float) -> None:
    found = batch_of(tokenizer, share)
    assert float(found.weights.sum()) == pytest.approx(1, abs=1e-6)
    causal = found.places // 24 < round(share * 6)  # causal rows come first
    assert float(found.weights[causal].sum()) == pytest.approx(share, abs=1e-6)
    for kind in (causal, ~causal):
        assert len(found.weights[kind].unique()) <= 1  # even among themselves


def test_the_loss_of_both_kinds_equals_a_sum_by_hand(tokenizer: Tokenizer) -> None:
    """Each piece alone, each causal token from a row that ends at it, with no mask anywhere.

    With one layer a token's state depends on the embeddings before it alone, so this is exact.
    """
    model, batch = small_model(tokenizer, layers=1), batch_of(tokenizer, 1 / 6)
    assert batch.document_ids is not None
    assert model.masked_head is not None
    losses: dict[bool, list[float]] = {True: [], False: []}
    for row, places in enumerate(batch.document_ids):
        causal = row == 0
        for number in range(1, int(places.max()) + 1):
            here = places == number
            ids, labels = batch.input_ids[row][here], batch.labels[row][here]
            for place in (labels != NOT_ASKED).nonzero()[:, 0].tolist():
                seen = ids[None, : place + 1] if causal else ids[None]
                types = torch.full_like(seen, int(causal))
                states = model.bert(seen, token_type_ids=types).last_hidden_state[0, place]
                logits = model.masked_head(states).detach()
                losses[causal].append(-float(logits.log_softmax(0)[labels[place]]))
    means = {kind: sum(found) / len(found) for kind, found in losses.items()}
    found = pretraining_loss(model, batch)
    assert found.causal is not None
    assert found.masked is not None
    assert float(found.causal.detach()) == pytest.approx(means[True], abs=1e-5)
    assert float(found.masked.detach()) == pytest.approx(means[False], abs=1e-5)
    total = means[True] / 6 + means[False] * 5 / 6
    assert float(found.total.detach()) == pytest.approx(total, abs=1e-5)
    assert abs(means[True] - means[False]) > 0.01  # else the shares would not matter


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("parts", [2, 3])
def test_the_parts_of_a_batch_add_up_to_the_whole(
    tokenizer: Tokenizer, share: float, parts: int
) -> None:
    """Losses and gradients: their mean over the processes is that of the whole batch."""
    model, batch = small_model(tokenizer), batch_of(tokenizer, share)
    whole = torch.autograd.grad(pretraining_loss(model, batch).total, [*model.parameters()])
    cut_up = [batch.part(number, parts) for number in range(parts)]
    assert sum(len(part.places) for part in cut_up) == len(batch.places)
    losses = [loss_of(model, part) for part in cut_up]
    assert sum(losses) / parts == pytest.approx(loss_of(model, batch), abs=1e-5)
    assert max(losses) - min(losses) > 1e-3  # the parts do differ
    for part in cut_up:
        pretraining_loss(model, part).total.div(parts).backward()  # type: ignore[no-untyped-call]
    for weight, wanted in zip(model.parameters(), whole, strict=True):
        assert weight.grad is not None
        torch.testing.assert_close(weight.grad, wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("share", SHARES)
def test_places_that_fill_up_change_no_loss(tokenizer: Tokenizer, share: float) -> None:
    model, batch = small_model(tokenizer), batch_of(tokenizer, share)
    fuller = batch.padded(len(batch.places) + 17)
    assert len(fuller.places) == len(fuller.weights) == len(batch.places) + 17
    left, right = pretraining_loss(model, batch), pretraining_loss(model, fuller)
    for one, other in ((left.total, right.total), (left.main, right.main)):
        assert float(other.detach()) == pytest.approx(float(one.detach()), abs=1e-6)
    assert batch.padded(3) is batch


def test_a_causal_batch_does_not_know_the_tokens_it_is_asked_for(tokenizer: Tokenizer) -> None:
    """What comes after a place changes its loss through the label alone."""
    model, batch = small_model(tokenizer), batch_of(tokenizer, 1.0)
    places = batch.places[batch.places % 24 < 5]
    changed = batch.input_ids.clone()
    changed[:, 6:] = changed[:, 6:].flip(1)
    states = [
        model.bert(
            ids, None, batch.token_type_ids, batch.position_ids, batch.document_ids,
            causal=batch.causal,
        ).last_hidden_state.flatten(0, 1)[places]
        for ids in (batch.input_ids, changed)
    ]  # fmt: skip
    assert len(places) > 10
    torch.testing.assert_close(states[0], states[1], atol=1e-6, rtol=0)


def test_causal_rows_and_next_sentence_prediction_are_refused_together() -> None:
    with pytest.raises(UserError, match="choose one of them") as caught:
        TrainConfig(causal_share=0.5, next_sentence=True)
    assert "\n" not in str(caught.value)
    for share in (-0.1, 1.1):
        with pytest.raises(UserError, match="between 0 and 1"):
            TrainConfig(causal_share=share)


def corpus_of(text: str, name: str) -> Corpus:
    one = Document(name, text, "ours", "test", sha256_bytes(text.encode()), "train")
    return Corpus(name, (one,))


def test_a_small_text_is_learned_by_heart_from_left_to_right() -> None:
    """The first word is given, each other one follows from the one or two before it."""
    line = "the dog sees an old cat . one bird sleeps here !"
    config = TrainConfig(**SMALL, batch_size=4, steps=120, causal_share=1.0)
    run = pretrain(config, corpus_of("\n".join([line] * 40), "line"))
    list(run)
    assert run.records[0].loss > 2.5
    assert run.records[-1].loss < 0.1
    assert all(record.causal_loss == record.loss for record in run.records)
    assert causal_loss(run.model, run.tokenizer, [line], device=FLOAT32).nats_per_token < 0.1


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_run_tells_what_it_was_trained_to_do(tmp_path: Path, share: float) -> None:
    config = TrainConfig(**SMALL, batch_size=4, steps=2, causal_share=share)
    run = pretrain(config, corpus_of(TEXT, "text"), tmp_path)
    list(run)
    found = load(tmp_path)
    assert (found.causal_share, found.causal) == (share, share == 1)
    assert found.run["objective"] == {"masked_rows": 1 - share, "causal_rows": share}
    told = found.run["loss"]
    assert told["unit"] == ("nats per token" if share == 1 else "nats per masked token")
    of_causal = [r.causal_loss for r in run.records if r.causal_loss is not None]
    wanted = sum(of_causal) / 2 if share else None
    assert told["causal_last_100_steps"] == (wanted and pytest.approx(wanted))


def test_the_story_tells_the_share_of_the_rows_there_were(tmp_path: Path) -> None:
    """Of four rows 15 % are one."""
    config = TrainConfig(**SMALL, batch_size=4, steps=1, causal_share=0.15)
    list(pretrain(config, corpus_of(TEXT, "text"), tmp_path))
    assert load(tmp_path).causal_share == 0.25


NOUNS = {"dog": "dogs", "cat": "cats", "bird": "birds", "cow": "cows", "pig": "pigs"}


def sentences(read: bool) -> list[Pair]:
    """Pairs in which a verb agrees, or not, with its noun: those of the text, or the others.

    Two in three are in the text, so that every word is in it with both numbers.
    """
    return [
        Pair(f"the {word} {subject} {verb} .", f"the {word} {subject} {other} .")
        for number, (one, many) in enumerate(NOUNS.items())
        for place, word in enumerate(("old", "big", "red"))
        if ((number + place) % 3 > 0) is read
        for subject, verb, other in ((one, "runs", "run"), (many, "run", "runs"))
    ]


@pytest.fixture(scope="module")
def hybrid() -> tuple[BertForPreTraining, Tokenizer, float]:
    """One model, trained on rows of both kinds, and the loss of the unigram on the same text."""
    text = "\n".join(pair.good for pair in sentences(read=True) * 12)
    config = TrainConfig(**SMALL, batch_size=8, steps=150, causal_share=0.5)
    run = pretrain(config, corpus_of(text, "nouns"))
    list(run)
    pieces = [piece[1:-1] for piece in cut([text], run.tokenizer, 24)]
    unigram = Unigram(pieces, run.tokenizer.vocab_size)
    baseline = score(unigram, pieces, len(text.encode())).nats_per_token
    return run.model, run.tokenizer, baseline


@pytest.mark.parametrize("way", [pseudo_log_likelihoods, log_likelihoods])
def test_one_model_beats_chance_in_both_ways(
    hybrid: tuple[BertForPreTraining, Tokenizer, float], way: Score
) -> None:
    """On sentences that it has not read."""
    model, tokenizer, _ = hybrid
    pairs = sentences(read=False)
    found = accuracy(compare_pairs(model, tokenizer, pairs, score=way, device=FLOAT32))
    assert found.total == 10
    assert found.interval[0] > 0.5


def test_one_model_beats_the_unigram_from_left_to_right(
    hybrid: tuple[BertForPreTraining, Tokenizer, float],
) -> None:
    model, tokenizer, baseline = hybrid
    text = "\n".join(pair.good for pair in sentences(read=False))
    found = causal_loss(model, tokenizer, [text], longest=24, device=FLOAT32)
    assert found.nats_per_token < baseline - 0.3
    assert math.isfinite(found.bits_per_byte)


@pytest.mark.parametrize(("share", "rows"), [(0.01, 1), (0.5, 3), (0.99, 5), (1.0, 6)])
def test_a_share_between_leaves_rows_of_both_kinds(
    tokenizer: Tokenizer, share: float, rows: int
) -> None:
    causal = batch_of(tokenizer, share).causal
    assert causal is not None
    assert int(causal.sum()) == rows
