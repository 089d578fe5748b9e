"""Batches of pictures depend on seed and step alone, and each objective gets what it asks for."""

import pytest
import torch

from fmlab.errors import UserError
from fmlab.picture_batches import PictureBatches, lay_out, tokenized
from fmlab.tokens import Tokenizer
from fmlab.vision import Pictures, load


@pytest.fixture(scope="module")
def scenes() -> Pictures:
    return load("scenes", size=40, side=12)


@pytest.fixture(scope="module")
def tokenizer(scenes: Pictures) -> Tokenizer:
    return Tokenizer.train([p.caption for p in scenes.documents], 200)


def batches(pictures: Pictures, ask: str, tokenizer: Tokenizer | None = None) -> PictureBatches:
    rows = lay_out(pictures.split("train"), tokenizer, 14)
    return PictureBatches(rows, 8, seed=3, ask=ask, patch_size=4)  # type: ignore[arg-type]


def test_pixels_are_centred_and_captions_stand_between_their_marks(
    scenes: Pictures, tokenizer: Tokenizer
) -> None:
    rows = lay_out(scenes.split("train"), tokenizer, 14)
    assert rows.pixels.shape == (36, 3, 12, 12)
    assert rows.pixels.min() >= -1
    assert 0.8 < rows.pixels.max() <= 1
    assert rows.input_ids is not None
    assert rows.attention_mask is not None
    first = rows.input_ids[0][rows.attention_mask[0].bool()].tolist()
    assert (first[0], first[-1]) == (tokenizer.cls_id, tokenizer.sep_id)
    assert tokenizer.decode(first) == scenes.split("train")[0].caption
    assert (rows.input_ids[rows.attention_mask == 0] == tokenizer.pad_id).all()


def test_a_long_caption_is_cut_and_still_ends(tokenizer: Tokenizer) -> None:
    ids, mask = tokenized(["a red circle left of a blue square", "a"], tokenizer, 5)
    assert ids.shape == (2, 5)
    assert ids[0, -1] == tokenizer.sep_id
    assert mask.sum(dim=1).tolist() == [5, 3]


@pytest.mark.parametrize("ask", ["patches", "views", "captions"])
def test_a_batch_depends_on_seed_and_step_alone(
    scenes: Pictures, tokenizer: Tokenizer, ask: str
) -> None:
    one, again = (batches(scenes, ask, tokenizer) for _ in range(2))
    for step in (4, 0):  # in any order
        left, right = one.batch(step), again.batch(step)
        for name, value in vars(left).items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(value, getattr(right, name))
    assert not torch.equal(one.batch(0).pixel_values, one.batch(1).pixel_values)


def test_each_picture_comes_once_an_epoch(scenes: Pictures) -> None:
    found = batches(scenes, "patches")
    seen = [int(row) for step in range(9) for row in found.rows(step)]
    assert sorted(seen[:36]) == sorted(seen[36:72]) == list(range(36))
    assert seen[:36] != seen[36:72]


def test_what_is_read_is_counted(scenes: Pictures, tokenizer: Tokenizer) -> None:
    assert batches(scenes, "patches").batch(0).tokens == 8 * 9
    assert batches(scenes, "views").batch(0).tokens == 2 * 8 * 9
    said = batches(scenes, "captions", tokenizer).batch(0)
    assert said.attention_mask is not None
    assert said.tokens == 8 * 9 + int(said.attention_mask.sum())
    clips = load("moving-digits", size=10, frames=3)
    rows = lay_out(clips.split("train"))
    batch = PictureBatches(rows, 4, 0, "patches", 4).batch(0)
    assert batch.pixel_values.shape == (4, 3, 1, 16, 16)
    assert batch.noise is not None
    assert batch.noise.shape == (4, 16)  # one for each place of a frame: tubes
    assert batch.tokens == 4 * 3 * 16


def test_two_views_differ_from_each_other(scenes: Pictures) -> None:
    batch = batches(scenes, "views").batch(0)
    assert batch.other_view is not None
    assert batch.other_view.shape == batch.pixel_values.shape
    assert not torch.equal(batch.other_view, batch.pixel_values)


def test_processes_share_patches_but_not_comparisons(scenes: Pictures) -> None:
    whole = batches(scenes, "patches").batch(0)
    parts = [whole.part(number, 2) for number in range(2)]
    assert torch.equal(parts[1].pixel_values, whole.pixel_values[1::2])
    assert sum(len(part.pixel_values) for part in parts) == 8
    with pytest.raises(UserError, match="one process"):
        batches(scenes, "views").batch(0).part(0, 2)
    with pytest.raises(UserError, match="at least 2"):
        PictureBatches(lay_out(scenes.split("train")), 1, 0, "views", 4)
