"""Packing keeps every token and every border; masking asks for what BERT asks for."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fmlab.batch import NOT_ASKED
from fmlab.batches import MaskedBatches, cut, mask_tokens, pack
from fmlab.errors import UserError
from fmlab.sentence_pairs import sentence_pairs
from fmlab.tokens import Tokenizer

TEXT = "the dog sees the cat . the cat sleeps . a bird sings !\nthe old man runs .\n\n" * 20


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([TEXT], 80)


def test_pieces_end_at_sentences_and_lose_no_token(tokenizer: Tokenizer) -> None:
    pieces = list(cut([TEXT], tokenizer, 12))
    assert max(map(len, pieces)) <= 12
    assert {p[0] for p in pieces} == {tokenizer.cls_id}
    assert {p[-1] for p in pieces} == {tokenizer.sep_id}
    inside = [token for piece in pieces for token in piece[1:-1]]
    assert inside == tokenizer.encode(TEXT.replace("\n", " "))
    ends = {tokenizer.id(mark) for mark in ".!"}
    assert all(piece[-2] in ends for piece in pieces)


def test_a_sentence_longer_than_a_row_is_cut_in_its_middle(tokenizer: Tokenizer) -> None:
    pieces = list(cut(["dog cat " * 30], tokenizer, 10))
    assert max(map(len, pieces)) == 10
    assert sum(len(p) - 2 for p in pieces) == 60


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 16), min_size=1, max_size=80))
def test_packing_keeps_every_piece_whole(lengths: list[int]) -> None:
    pieces = [list(range(100 * i + 1, 100 * i + 1 + n)) for i, n in enumerate(lengths)]
    packed = pack(pieces, 16, pad_id=0)
    found = []
    for ids, documents, positions in zip(
        packed.input_ids, packed.document_ids, packed.position_ids, strict=True
    ):
        for number in range(1, documents.max() + 1):
            inside = documents == number
            found.append(ids[inside].tolist())
            assert positions[inside].tolist() == list(range(inside.sum()))
    assert sorted(found) == sorted(pieces)
    assert packed.pieces == len(pieces)
    assert packed.tokens == sum(lengths)
    assert (packed.input_ids[packed.document_ids == 0] == 0).all()


def test_rows_are_nearly_full() -> None:
    draw = np.random.default_rng(0)
    pieces = [[1] * int(n) for n in draw.integers(3, 128, 4000)]
    assert pack(pieces, 128, 0).fill > 0.98


def test_nothing_to_pack_and_too_long_a_piece_are_refused() -> None:
    with pytest.raises(UserError, match="no text"):
        pack([], 16, 0)
    with pytest.raises(UserError, match="17 tokens"):
        pack([[1] * 17], 16, 0)


def test_masking_has_berts_shares() -> None:
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(10, 1000, (400, 500), generator=generator)
    maskable = torch.rand(ids.shape, generator=generator) < 0.9
    corrupted, labels = mask_tokens(ids, maskable, 4, 1000, 0.15, generator)
    asked = labels != NOT_ASKED
    assert not (asked & ~maskable).any()
    assert torch.equal(labels[asked], ids[asked])
    assert torch.equal(corrupted[~asked], ids[~asked])
    shares = [
        (asked.sum() / maskable.sum(), 0.15),
        ((corrupted[asked] == 4).float().mean(), 0.80),
        ((corrupted[asked] == ids[asked]).float().mean(), 0.10 + 0.10 / 1000),
    ]
    for found, wanted in shares:
        assert abs(float(found) - wanted) < 0.006


def batches(tokenizer: Tokenizer, **options: object) -> MaskedBatches:
    packed = pack(cut([TEXT], tokenizer, 16), 16, tokenizer.pad_id)
    return MaskedBatches(packed, tokenizer, 4, seed=1, **options)  # type: ignore[arg-type]


def test_each_row_comes_once_an_epoch_in_a_new_order(tokenizer: Tokenizer) -> None:
    source = batches(tokenizer)
    rows = len(source.packed.input_ids)
    places = [int(r) for step in range(rows) for r in source.rows(step)]
    epochs = [places[i * rows : (i + 1) * rows] for i in range(4)]
    assert all(Counter(epoch) == Counter(range(rows)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_a_batch_depends_on_its_step_alone(tokenizer: Tokenizer) -> None:
    forward = [batches(tokenizer).batch(step) for step in range(6)]
    source = batches(tokenizer)
    for step in (5, 0, 3):
        again = source.batch(step)
        assert torch.equal(again.input_ids, forward[step].input_ids)
        assert torch.equal(again.labels, forward[step].labels)


def test_dynamic_masks_differ_and_static_masks_come_back(tokenizer: Tokenizer) -> None:
    def masks(source: MaskedBatches, epochs: int) -> list[dict[int, list[int]]]:
        count = len(source.packed.input_ids)
        found: list[dict[int, list[int]]] = [{} for _ in range(epochs)]
        for step in range(epochs * count // source.batch_size):
            labels = source.batch(step).labels
            for row, label in zip(source.rows(step), labels, strict=True):
                found[step * source.batch_size // count].setdefault(int(row), label.tolist())
        return found

    dynamic = masks(batches(tokenizer), 12)
    static = masks(batches(tokenizer, masking="static"), 12)
    shared = dynamic[0].keys() & dynamic[10].keys()
    assert any(dynamic[0][row] != dynamic[10][row] for row in shared)
    first = static[0].keys() & static[10].keys()
    assert first
    assert all(static[0][row] == static[10][row] for row in first)
    assert any(static[0][row] != static[1][row] for row in static[0].keys() & static[1].keys())


def test_unknown_masking_and_impossible_rates_are_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(UserError, match="dynamic or static"):
        batches(tokenizer, masking="sometimes")
    with pytest.raises(UserError, match="between 0 and 1"):
        batches(tokenizer, rate=1.5)


def test_half_of_the_pairs_follow_and_the_others_come_from_elsewhere(tokenizer: Tokenizer) -> None:
    first = "\n".join(["the dog sees the cat ."] * 300)
    second = "\n".join(["a bird sings !"] * 300)
    pairs = sentence_pairs([first, second], tokenizer, 24, seed=0)
    assert pairs.next_sentence_label is not None
    assert pairs.token_type_ids is not None
    assert abs(pairs.next_sentence_label.mean() - 0.5) < 0.06
    bird = tokenizer.id("bird")
    for ids, types, label in zip(
        pairs.input_ids, pairs.token_type_ids, pairs.next_sentence_label, strict=True
    ):
        is_bird = [bird in ids[types == side] for side in (0, 1)]
        assert (is_bird[0] == is_bird[1]) == (label == 0)
        assert (ids == tokenizer.sep_id).sum() == 2
    with pytest.raises(UserError, match="two documents"):
        sentence_pairs([first], tokenizer, 24, seed=0)
