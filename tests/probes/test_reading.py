"""A reading agrees with the probes it unites, and says how a text was cut into words."""

import math

import pytest
import torch

from fmlab import zoo
from fmlab.errors import UserError
from fmlab.probes.ablation import heads_scaled
from fmlab.probes.fill_mask import fill_mask
from fmlab.probes.lens import layer_lens
from fmlab.probes.reading import read, split

SHIPPED = zoo.load("books-small")
MODEL, TOKENIZER = SHIPPED.masked_model, SHIPPED.tokenizer


def test_words_are_covered_whole() -> None:
    sentence = split(TOKENIZER, "The lighthouse stood .", (1,), 128)
    pieces = TOKENIZER.encode("lighthouse")
    assert len(pieces) > 1
    assert sentence.words == ("the", "lighthouse", "stood", ".")
    assert sentence.tokens == ("[CLS]", "the", *["[MASK]"] * len(pieces), "stood", ".", "[SEP]")
    assert sentence.word_of == (-1, 0, *[1] * len(pieces), 2, 3, -1)
    assert not sentence.cut


def test_a_long_text_is_cut_and_says_so() -> None:
    sentence = split(TOKENIZER, "a " * 200, (), 16)
    assert len(sentence.ids) == 16
    assert sentence.cut
    assert sentence.ids[-1] == TOKENIZER.sep_id
    assert split(TOKENIZER, "a " * 15, (), 16).cut
    assert not split(TOKENIZER, "a " * 14, (), 16).cut


def test_an_empty_text_is_two_special_tokens() -> None:
    reading = read(MODEL, TOKENIZER, "")
    assert reading.sentence.tokens == ("[CLS]", "[SEP]")
    assert reading.fills == ()
    assert reading.attentions.shape == (4, 4, 2, 2)


def test_guesses_are_those_of_fill_mask() -> None:
    text = "She opened the [MASK] and looked out ."
    blank = fill_mask(MODEL, TOKENIZER, text, k=7).blanks[0]
    fill = read(MODEL, TOKENIZER, text, k=7).fills[0]
    assert fill.place == blank.position
    assert [c.token for c in fill.candidates] == [c.token for c in blank.candidates]
    assert fill.entropy_bits == pytest.approx(blank.entropy_bits, abs=1e-4)
    covered = read(MODEL, TOKENIZER, "She opened the window and looked out .", masked=[3], k=7)
    assert covered.fills[0].candidates == fill.candidates


def test_every_layer_is_that_of_the_lens() -> None:
    text = "He was a [MASK] man ."
    seen = layer_lens(MODEL, TOKENIZER, text, k=3)
    fills = read(MODEL, TOKENIZER, text, lens=True, k=3).fills
    assert [fill.layer for fill in fills] == [0, 1, 2, 3, 4]
    for fill, layer in zip(fills, seen.blanks[0].layers, strict=True):
        assert [c.token for c in fill.candidates] == [c.token for c in layer.candidates]


def test_every_place_can_be_asked() -> None:
    reading = read(MODEL, TOKENIZER, "He was a man .", everywhere=True, k=1)
    assert [fill.place for fill in reading.fills] == list(range(7))


def test_tokens_that_are_asked_for_come_with_their_probability() -> None:
    text = "He was a [MASK] ."
    fill = read(MODEL, TOKENIZER, text, asked=["man", "no-such-token"]).fills[0]
    expected = fill_mask(MODEL, TOKENIZER, text, words=["man"]).blanks[0].probability("man")
    assert fill.asked[0].probability == pytest.approx(expected, abs=1e-6)
    assert math.isnan(fill.asked[1].probability)
    assert fill.asked[1].id == -1


def test_attentions_are_the_model_s_own() -> None:
    reading = read(MODEL, TOKENIZER, "The dog saw the cat .")
    with torch.inference_mode():
        out = MODEL(torch.tensor([reading.sentence.ids]), output_attentions=True)
    assert torch.equal(reading.attentions, torch.stack(out.attentions)[:, 0])
    torch.testing.assert_close(reading.attentions.sum(-1), torch.ones(4, 4, 8))


def test_heads_are_switched_off() -> None:
    text = "He was a [MASK] ."
    keep = torch.ones(4, 4)
    keep[2, 1] = 0
    with heads_scaled(MODEL, keep):
        expected = fill_mask(MODEL, TOKENIZER, text).blanks[0].candidates
    found = read(MODEL, TOKENIZER, text, off=[(2, 1)]).fills[0].candidates
    assert [c.token for c in found] == [c.token for c in expected]
    assert found[0].probability == pytest.approx(expected[0].probability, abs=1e-6)
    assert found != read(MODEL, TOKENIZER, text).fills[0].candidates


@pytest.mark.parametrize("head", [(4, 0), (0, 4), (-1, 0)])
def test_a_head_that_is_not_there_gets_one_line(head: tuple[int, int]) -> None:
    with pytest.raises(UserError, match="there are 4 layers with 4 heads"):
        read(MODEL, TOKENIZER, "a", off=[head])
