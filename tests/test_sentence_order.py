"""Sentences in their order or exchanged: rows and loss, against cases worked by hand."""

import math

import numpy as np
import pytest
import torch
import transformers

from fmlab.batch import Batch
from fmlab.errors import UserError
from fmlab.models.albert import AlbertConfig, AlbertForPreTraining
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.models.hf import to_hf
from fmlab.objectives import pretraining_loss
from fmlab.sentence_order import ordered_pairs, origins
from fmlab.tokens import Tokenizer

LINES = ["the dog runs .", "the cat sleeps .", "a bird sings ."]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["\n".join(LINES)] * 3, 60)


def test_rows_hold_two_neighbours_in_order_or_exchanged(tokenizer: Tokenizer) -> None:
    """A document of three sentences has two pairs; what each may be is written out."""
    pieces = [tokenizer.encode(text) for text in LINES]
    both = set()
    for seed in range(12):
        rows = ordered_pairs(["\n".join(LINES)], tokenizer, 24, seed)
        assert rows.next_sentence_label is not None
        assert rows.token_type_ids is not None
        assert len(rows.input_ids) == 2
        for number, (ids, types, label) in enumerate(
            zip(rows.input_ids, rows.token_type_ids, rows.next_sentence_label, strict=True)
        ):
            pair = [pieces[number], pieces[number + 1]]
            first, second = pair if label == 0 else pair[::-1]
            wanted = [
                tokenizer.cls_id, *first, tokenizer.sep_id, *second, tokenizer.sep_id
            ]  # fmt: skip
            assert ids[: len(wanted)].tolist() == wanted
            assert (ids[len(wanted) :] == tokenizer.pad_id).all()
            assert types[: len(wanted)].tolist() == [0] * (len(first) + 2) + [1] * (len(second) + 1)
            both.add(int(label))
    assert both == {0, 1}


def test_half_of_the_pairs_are_exchanged_and_a_seed_gives_the_same(tokenizer: Tokenizer) -> None:
    text = "\n".join(LINES * 200)
    rows = ordered_pairs([text, text], tokenizer, 24, 0)
    assert rows.next_sentence_label is not None
    assert abs(rows.next_sentence_label.mean() - 0.5) < 0.05
    again = ordered_pairs([text, text], tokenizer, 24, 0)
    assert np.array_equal(rows.input_ids, again.input_ids)
    assert origins([text, text], tokenizer, 24, 0) == [(0, 0)] * 599 + [(1, 1)] * 599
    other = ordered_pairs([text, text], tokenizer, 24, 1)
    assert not np.array_equal(rows.input_ids, other.input_ids)


def test_a_text_of_one_sentence_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(UserError, match="two sentences or more"):
        ordered_pairs(LINES[:1], tokenizer, 24, 0)


def batch(labels: list[int]) -> Batch:
    torch.manual_seed(0)
    ids = torch.randint(5, 40, (3, 8))
    asked = torch.full_like(ids, -100)
    asked[0, 2], asked[1, 5], asked[2, 1] = 7, 8, 9
    types = torch.zeros(3, 8, dtype=torch.long)
    types[:, 4:] = 1
    return Batch(ids, asked, token_type_ids=types, next_sentence_label=torch.tensor(labels))


@torch.no_grad()
def test_the_loss_of_the_order_is_the_sum_by_hand_and_that_of_transformers() -> None:
    torch.manual_seed(1)
    model = AlbertForPreTraining(AlbertConfig(40, 16, 2, 2, 32, embedding_size=8))
    given = batch([0, 1, 1])
    ours = pretraining_loss(model, given)
    scores = model(given.input_ids, token_type_ids=given.token_type_ids).next_sentence_logits
    assert scores is not None
    by_hand = [
        -math.log(math.exp(row[label]) / (math.exp(row[0]) + math.exp(row[1])))
        for row, label in zip(scores.tolist(), [0, 1, 1], strict=True)
    ]
    assert ours.next_sentence is not None
    assert float(ours.next_sentence) == pytest.approx(sum(by_hand) / 3, abs=1e-5)

    config, weights = to_hf(model)
    theirs = transformers.AlbertForPreTraining(transformers.AlbertConfig(**config)).eval()
    theirs.load_state_dict(weights, strict=False)
    out = theirs(
        given.input_ids,
        token_type_ids=given.token_type_ids,
        labels=given.labels,
        sentence_order_label=given.next_sentence_label,
    )
    assert float(ours.total) == pytest.approx(float(out.loss), abs=1e-5)


@torch.no_grad()
def test_a_bert_learns_the_order_by_the_same_head_and_loss() -> None:
    torch.manual_seed(1)
    model = BertForPreTraining(BertConfig(40, 16, 2, 2, 32), next_sentence=True).eval()
    given = batch([0, 0, 1])
    ours = pretraining_loss(model, given)
    scores = model(given.input_ids, token_type_ids=given.token_type_ids).next_sentence_logits
    assert scores is not None
    by_hand = -scores.log_softmax(1)[torch.arange(3), torch.tensor([0, 0, 1])].mean()
    assert ours.next_sentence is not None
    torch.testing.assert_close(ours.next_sentence, by_hand)
    torch.testing.assert_close(ours.total, ours.main + ours.next_sentence)
