"""Who is hidden: whole words, masks fixed once, any rate, against cases worked by hand."""

import numpy as np
import pytest
import torch

from fmlab.batch import NOT_ASKED
from fmlab.batches import MaskedBatches, cut, pack
from fmlab.errors import UserError
from fmlab.masking import first_of_words, mask_tokens, next_tokens
from fmlab.tokens import Tokenizer

# [CLS] un ##break ##able old dog ##s [SEP]: two of its words have several tokens
IDS = torch.tensor([[2, 10, 11, 12, 20, 30, 31, 3]])
CONTINUING = torch.zeros(40, dtype=torch.bool)
CONTINUING[[11, 12, 31]] = True
FIRST = [[0, 1, 1, 1, 4, 5, 5, 7]]
MASK = 4


def test_each_token_knows_the_first_one_of_its_word() -> None:
    assert first_of_words(IDS, CONTINUING).tolist() == FIRST
    assert first_of_words(IDS[0], CONTINUING).tolist() == FIRST[0]
    # A piece that was cut inside a word begins with its rest: that goes with [CLS].
    rest = torch.tensor([[2, 31, 20, 3]])
    assert first_of_words(rest, CONTINUING).tolist() == [[0, 0, 2, 3]]


def test_a_word_is_hidden_by_the_draw_of_its_first_token() -> None:
    """The draws are read from the same generator, and the choice is made by hand from them."""
    maskable = torch.tensor([[False, *[True] * 6, False]])
    for seed in range(20):
        draws = torch.rand(IDS.shape, generator=torch.Generator().manual_seed(seed))[0]
        wanted = [bool(maskable[0, i] and draws[FIRST[0][i]] < 0.4) for i in range(8)]
        generator = torch.Generator().manual_seed(seed)
        seen, labels = mask_tokens(
            IDS, maskable, MASK, 40, 0.4, generator, first_of_words(IDS, CONTINUING)
        )
        assert (labels[0] != NOT_ASKED).tolist() == wanted
        assert torch.equal(seen[labels == NOT_ASKED], IDS[labels == NOT_ASKED])
        assert torch.equal(labels[labels != NOT_ASKED], IDS[labels != NOT_ASKED])


@pytest.mark.parametrize("rate", [0.05, 0.15, 0.4, 0.8])
def test_whole_words_keep_the_rate_and_the_fates(rate: float) -> None:
    ids = IDS.expand(20_000, 8)
    maskable = (ids > 4).logical_and(ids != 3)
    words = first_of_words(ids, CONTINUING)
    generator = torch.Generator().manual_seed(1)
    seen, labels = mask_tokens(ids, maskable, MASK, 40, rate, generator, words)
    asked = labels != NOT_ASKED
    for place in (2, 3):
        assert torch.equal(asked[:, place], asked[:, 1])
    assert torch.equal(asked[:, 6], asked[:, 5])
    assert not torch.equal(asked[:, 4], asked[:, 1])
    assert abs(float(asked[:, 1:7].float().mean()) - rate) < 0.012
    assert abs(float((seen[asked] == MASK).float().mean()) - 0.8 - 0.1 / 40) < 0.02
    alone, _ = mask_tokens(ids, maskable, MASK, 40, rate, torch.Generator().manual_seed(1))
    assert not torch.equal(alone, seen)


def test_each_token_is_asked_for_its_successor_in_its_piece() -> None:
    ids = torch.tensor([[2, 5, 3, 2, 6, 7, 3, 0]])
    pieces = torch.tensor([[1, 1, 1, 2, 2, 2, 2, 0]])
    assert next_tokens(ids, pieces).tolist() == [[5, 3, -100, 6, 7, 3, -100, -100]]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["the dogs see the cats . unseen dogs seek cats ."] * 3, 32)


def batches(tokenizer: Tokenizer, **options: object) -> MaskedBatches:
    text = "\n".join(["the dogs see the cats . unseen dogs seek cats ."] * 24)
    packed = pack(cut([text], tokenizer, 20), 40, tokenizer.pad_id)
    return MaskedBatches(packed, tokenizer, 4, seed=1, rate=0.3, **options)  # type: ignore[arg-type]


def masks_by_epoch(source: MaskedBatches, epochs: int) -> list[dict[int, list[int]]]:
    """The labels of each row, in each epoch; batches divide the rows, so epochs don't mix."""
    rows = len(source.packed.input_ids)
    assert rows % source.batch_size == 0
    found: list[dict[int, list[int]]] = [{} for _ in range(epochs)]
    for step in range(epochs * rows // source.batch_size):
        for row, label in zip(source.rows(step), source.batch(step).labels, strict=True):
            found[step * source.batch_size // rows][int(row)] = label.tolist()
    assert all(len(epoch) == rows for epoch in found)
    return found


def test_static_masks_are_drawn_so_many_times_and_one_is_fixed_for_ever(
    tokenizer: Tokenizer,
) -> None:
    once = masks_by_epoch(batches(tokenizer, masking="static", mask_copies=1), 4)
    assert once[0] == once[1] == once[2] == once[3]
    three = masks_by_epoch(batches(tokenizer, masking="static", mask_copies=3), 5)
    assert three[0] == three[3]
    assert three[1] == three[4]
    assert three[0] != three[1] != three[2]
    dynamic = masks_by_epoch(batches(tokenizer), 3)
    assert dynamic[0] != dynamic[1] != dynamic[2]


@pytest.mark.parametrize("masking", ["static", "dynamic"])
def test_batches_hide_whole_words_of_their_own_tokenizer(
    tokenizer: Tokenizer, masking: str
) -> None:
    goes_on = np.array(tokenizer.continuing)
    source = batches(tokenizer, whole_words=True, masking=masking)
    split = 0
    for step in range(12):
        for row, labels in zip(source.rows(step), source.batch(step).labels, strict=True):
            true = source.packed.input_ids[row]
            asked = (labels != NOT_ASKED).numpy()
            inside = goes_on[true] & (true != tokenizer.pad_id)
            assert (asked[1:] == asked[:-1])[inside[1:]].all()
            split += int(inside.sum())
    assert split > 100  # the text has words of several tokens


def test_rows_that_are_all_causal_ask_no_mask_of_the_tokenizer(tokenizer: Tokenizer) -> None:
    batch = batches(tokenizer, causal_share=1.0).batch(0)
    assert batch.causal is not None
    assert batch.causal.all()
    assert (batch.labels != NOT_ASKED).any()

    class WithoutMask(Tokenizer):
        @property
        def mask_token(self) -> str:
            raise UserError("no [MASK]")

    bare = WithoutMask(tokenizer.fast)
    assert torch.equal(batches(bare, causal_share=1.0).batch(0).labels, batch.labels)
    with pytest.raises(UserError, match=r"no \[MASK\]"):
        batches(bare)
