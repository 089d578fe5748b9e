"""A picture as words comes back pixel by pixel; unmasking hides what its schedule says."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from fmlab.batch import NOT_ASKED
from fmlab.errors import UserError
from fmlab.generate_images import generate_images
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.picture_tokens import (
    UnmaskingBatches,
    levels_of,
    pack_pictures,
    pixels_of,
    still_hidden,
    tokenizer_for,
)
from fmlab.tokens import Tokenizer
from fmlab.vision import Pictures, load
from fmlab.vision.picture import stack


@pytest.fixture(scope="module")
def digits() -> Pictures:
    return load("digits", max_pictures=60)


@pytest.fixture(scope="module")
def tokenizer(digits: Pictures) -> Tokenizer:
    return tokenizer_for(digits.documents)


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> BertForPreTraining:
    torch.manual_seed(0)
    config = BertConfig(tokenizer.vocab_size, 16, 1, 2, 32, max_position_embeddings=80)
    return BertForPreTraining(config)


def test_pictures_come_back_pixel_by_pixel(digits: Pictures, tokenizer: Tokenizer) -> None:
    rows = pack_pictures(digits.documents, tokenizer, 80)
    assert rows.input_ids.shape == (60, 2 + 64 + 3)
    ids = torch.from_numpy(rows.input_ids.astype(np.int64))
    assert np.array_equal(pixels_of(ids, tokenizer, 8, 8), stack(digits.documents))
    assert tokenizer.decode(ids[7].tolist()).endswith("the digit seven")
    assert levels_of(tokenizer) == 17


def test_what_cannot_be_words_is_refused_in_one_line(
    digits: Pictures, tokenizer: Tokenizer
) -> None:
    scenes = load("scenes", size=20)
    for pictures, longest, word in [
        (scenes.documents, 5000, "not grey"),
        (load("moving-digits", size=10).documents, 5000, "not grey"),
        (digits.documents, 60, "raise seq_len"),
    ]:
        with pytest.raises(UserError, match=word) as caught:
            pack_pictures(pictures, tokenizer, longest)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="no shades of grey"):
        levels_of(Tokenizer.of_words(["red"]))


def test_the_schedule_hides_all_at_first_and_nothing_at_the_end() -> None:
    assert still_hidden(0) == 1
    assert still_hidden(1 / 3) == pytest.approx(math.sqrt(3) / 2)
    assert still_hidden(2 / 3) == pytest.approx(0.5)
    assert still_hidden(1) == pytest.approx(0)


def test_training_hides_shares_of_the_schedule(digits: Pictures, tokenizer: Tokenizer) -> None:
    """Half of the rows keep their caption; the share hidden is 2/pi on average, and varies."""
    rows = pack_pictures(digits.documents, tokenizer, 80)
    batches = UnmaskingBatches(rows, tokenizer, 50, seed=0)
    found = [batches.batch(step) for step in range(12)]
    asked = torch.cat([batch.labels != NOT_ASKED for batch in found])
    ids = torch.cat([batch.input_ids for batch in found])
    assert torch.equal(asked, ids == tokenizer.mask_id)
    share = asked[:, 1:65].float().mean(dim=1)
    assert 0.58 < share.mean() < 0.69
    assert share.min() < 0.1
    assert share.max() > 0.97
    assert asked.any(dim=1).all()
    captions = asked[:, 65:68]
    assert 0.2 < captions.float().mean() < 0.45
    assert not asked[:, [0, 68]].any()
    again = UnmaskingBatches(rows, tokenizer, 50, seed=0).batch(5)
    assert torch.equal(again.input_ids, found[5].input_ids)


def test_drawing_shows_more_at_each_step_and_depends_on_the_seed(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    asked = ["the digit seven", "the digit one", "the digit one"]
    drawn = generate_images((model, tokenizer), asked, steps=5, seed=1)
    assert drawn.pixels.shape == (3, 8, 8, 1)
    assert drawn.captions == tuple(asked)
    hidden = [math.ceil(math.cos(math.pi / 2 * step / 5) * 64 - 1e-9) for step in range(6)]
    for row in drawn.shown:
        kept = [int((row == step).sum()) for step in range(1, 6)]
        assert kept == [a - b for a, b in pairwise(hidden)]
        assert sum(kept) == 64
    again = generate_images((model, tokenizer), asked, steps=5, seed=1)
    assert np.array_equal(drawn.pixels, again.pixels)
    other = generate_images((model, tokenizer), asked, steps=5, seed=2)
    assert not np.array_equal(drawn.pixels, other.pixels)
    assert not np.array_equal(drawn.pixels[1], drawn.pixels[2])


def test_a_model_that_knows_one_picture_draws_it(digits: Pictures, tokenizer: Tokenizer) -> None:
    """A head whose offsets say the shade that each place of digit 0 has, if places tell it."""
    rows = pack_pictures(digits.documents[:1], tokenizer, 80)
    torch.manual_seed(0)
    config = BertConfig(tokenizer.vocab_size, 32, 1, 2, 64, max_position_embeddings=80,
                        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)  # fmt: skip
    model = BertForPreTraining(config)
    ids = torch.from_numpy(rows.input_ids.astype(np.int64))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    batches = UnmaskingBatches(rows, tokenizer, 8, seed=0)
    for step in range(80):
        batch = batches.batch(step)
        logits = model(batch.input_ids, attention_mask=batch.document_ids).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.labels.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    for steps in (1, 8):
        drawn = generate_images((model, tokenizer), ["the digit zero"], steps=steps, seed=0)
        differing = (drawn.pixels != pixels_of(ids, tokenizer, 8, 8)).mean()
        assert differing < 0.05


def test_what_cannot_be_drawn_is_refused_in_one_line(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    def draw(captions: list[str], **more: float) -> None:
        generate_images((model, tokenizer), captions, **more)  # type: ignore[arg-type]

    for captions, more, word in [
        ([], {}, "nothing to draw"),
        (["the digit eleven"], {}, "'eleven' stood in no caption"),
        (["the digit one"], {"steps": 0}, "steps"),
        (["the digit one"], {"temperature": 0.0}, "temperature"),
        (["the digit one"], {"side": 0}, "side"),
    ]:
        with pytest.raises(UserError, match=word) as caught:
            draw(captions, **more)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="no shades"):
        generate_images((model, Tokenizer.of_words(["one"])), ["one"])
