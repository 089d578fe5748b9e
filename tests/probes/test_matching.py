"""Matching: models that know all or nothing score as they must; what is false is really false."""

import zlib
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.clip import Clip, ClipConfig, TextConfig, VisionConfig
from fmlab.probes import matching as probe
from fmlab.probes.matching import Matching, exchanged, matching
from fmlab.tokens import Tokenizer
from fmlab.vision import Picture, load

SCENES = load("scenes", size=800, side=12, seed=5)
PICTURES = SCENES.split("valid")
TOKENIZER = Tokenizer.train([p.caption for p in SCENES.documents], 200)


class Knows(Clip):
    """Reads the caption off the tokens, and the pictures' captions from a list."""

    def __init__(self, said: Sequence[str], words: bool = False) -> None:
        """Keep what the pictures say; with `words`, as a bag of words."""
        text = TextConfig(8, 8, 0, 1, vocab_size=TOKENIZER.vocab_size)
        super().__init__(ClipConfig(text, VisionConfig(8, 8, 0, 1, image_size=4, patch_size=2), 4))
        self.said, self.words = list(said), words

    def image_embeds(self, pixel_values: Tensor) -> Tensor:
        assert len(pixel_values) == len(self.said)
        return torch.stack([self.vector(caption) for caption in self.said])

    def text_embeds(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        return torch.stack([self.vector(TOKENIZER.decode(row.tolist())) for row in input_ids])

    def vector(self, caption: str) -> Tensor:
        if self.words:  # as a bag of words does, it leaves their order out
            vector = torch.zeros(TOKENIZER.vocab_size)
            vector[TOKENIZER.encode(caption)] = 1
        else:
            generator = torch.Generator().manual_seed(zlib.crc32(caption.encode()))
            vector = torch.randn(64, generator=generator)
        return vector / vector.norm()


def test_a_model_that_knows_all_is_always_right() -> None:
    found = matching(Knows([p.caption for p in PICTURES]), TOKENIZER, PICTURES)
    assert (found.right, found.asked, found.among) == (40, 40, 16)
    assert found.top1 == 1
    assert found.chance == 1 / 16
    assert 0.9 < found.interval[0] < found.interval[1] == 1


def test_a_model_that_knows_nothing_is_at_chance() -> None:
    asked = [p for p in SCENES.split("train") if p.caption][:400]
    wrong = Knows([f"nothing {number}" for number in range(len(asked))])
    low, high = matching(wrong, TOKENIZER, asked).interval
    assert low < 1 / 16 < high


def test_a_tie_is_no_answer() -> None:
    class Flat(Knows):
        def vector(self, caption: str) -> Tensor:
            return torch.ones(2)

    assert matching(Flat([p.caption for p in PICTURES]), TOKENIZER, PICTURES).right == 0


def test_the_others_are_different_and_false_and_chosen_by_the_seed() -> None:
    for picture in PICTURES:
        others = probe._others(picture, PICTURES, 15, 0)
        assert len(set(others)) == 15
        assert picture.caption not in others
        assert not any(picture.truth["scene"].says(caption) for caption in others)
        assert others == probe._others(picture, PICTURES, 15, 0)
    assert probe._others(PICTURES[0], PICTURES, 15, 0) != probe._others(
        PICTURES[0], PICTURES, 15, 1
    )
    with pytest.raises(UserError, match="choose among fewer"):
        matching(Knows([p.caption for p in PICTURES]), TOKENIZER, PICTURES, among=500)


def test_a_bag_of_words_finds_the_caption_and_cannot_tell_who_is_left() -> None:
    bag = Knows([p.caption for p in PICTURES], words=True)
    assert matching(bag, TOKENIZER, PICTURES).top1 > 0.9
    two = [p for p in PICTURES if len(p.truth["scene"].captions()) == 2]
    assert exchanged(Knows([p.caption for p in two], words=True), TOKENIZER, two).right == 0
    whole = exchanged(Knows([p.caption for p in two]), TOKENIZER, two)
    assert whole == Matching(len(two), len(two), 2)


def test_an_exchanged_caption_has_the_same_words_and_is_false(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[Picture, list[str]]] = []

    def spy(
        model: Clip, tokenizer: Tokenizer, pictures: Sequence[Picture], others: Sequence[list[str]]
    ) -> Matching:
        seen.extend(zip(pictures, others, strict=True))
        return Matching(0, len(pictures), 2)

    monkeypatch.setattr(probe, "_choose", spy)
    exchanged(Knows([]), TOKENIZER, PICTURES)
    assert len(seen) > 20
    for picture, (other,) in seen:
        assert sorted(other.split()) == sorted(picture.caption.split())
        assert not picture.truth["scene"].says(other)


def test_pictures_without_two_things_are_refused() -> None:
    with pytest.raises(UserError, match="use scenes"):
        exchanged(Knows([]), TOKENIZER, load("digits", max_pictures=5).documents)
