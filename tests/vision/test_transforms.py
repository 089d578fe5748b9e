"""Transforms do what their names say, and those that can be undone are undone exactly."""

import numpy as np
import pytest
import torch

from fmlab.errors import UserError
from fmlab.vision import transforms as t
from fmlab.vision.patches import patchify, unpatchify


def numbered(*shape: int) -> torch.Tensor:
    return torch.arange(float(np.prod(shape))).reshape(shape)


@pytest.mark.parametrize("shape", [(2, 1, 4, 4), (3, 3, 6, 4), (2, 5, 3, 4, 8), (1, 2, 2)])
@pytest.mark.parametrize("patch", [1, 2])
def test_unpatchify_undoes_patchify(shape: tuple[int, ...], patch: int) -> None:
    pictures = numbered(*shape)
    patches = patchify(pictures, patch)
    *before, channels, height, width = shape
    count = height * width // patch**2
    assert patches.shape == (*before, count, patch * patch * channels)
    assert torch.equal(unpatchify(patches, patch, height, width), pictures)


def test_patches_go_row_by_row_and_so_do_their_pixels() -> None:
    picture = torch.tensor([[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]])
    assert patchify(picture, 2).tolist() == [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
    ]
    two_colours = torch.stack([picture[0], picture[0] + 100])
    assert patchify(two_colours, 2)[0].tolist() == [0, 100, 1, 101, 4, 104, 5, 105]


def test_what_cannot_be_cut_or_laid_is_refused_in_one_line() -> None:
    with pytest.raises(UserError, match="no whole patches of 3"):
        patchify(numbered(1, 4, 6), 3)
    with pytest.raises(UserError, match="which has 4"):
        unpatchify(numbered(1, 3, 4), 2, 4, 4)


def test_pixels_survive_the_way_to_a_model_and_back() -> None:
    pixels = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    given = t.to_tensor(pixels)
    assert given.shape == (2, 3, 3, 4)
    assert np.array_equal(t.to_pixels(given), pixels)
    assert torch.allclose(t.uncentred(t.centred(given)), given)
    assert t.centred(torch.tensor([0.0, 1.0])).tolist() == [-1, 1]
    assert t.to_pixels(torch.tensor([[[-3.0, 7.0]]])).ravel().tolist() == [0, 255]


def test_a_crop_is_a_window_and_must_lie_within() -> None:
    picture = numbered(1, 3, 4)
    assert t.crop(picture, 1, 2, 2, 2).tolist() == [[[6, 7], [10, 11]]]
    with pytest.raises(UserError, match="does not lie within 3 x 4"):
        t.crop(picture, 2, 0, 2, 2)


def test_a_flip_exchanges_left_and_right_and_undoes_itself() -> None:
    picture = numbered(1, 2, 3)
    assert t.flip(picture).tolist() == [[[2, 1, 0], [5, 4, 3]]]
    assert torch.equal(t.flip(t.flip(picture)), picture)


def test_the_middle_of_a_wide_picture_is_kept() -> None:
    assert t.centre_square(numbered(1, 2, 6)).tolist() == [[[2, 3], [8, 9]]]


def test_resizing_keeps_the_mean_and_what_is_even() -> None:
    picture = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    small = t.resize(picture, 4, 4)
    assert small.shape == (2, 3, 4, 4)
    assert torch.allclose(small.mean(), picture.mean(), atol=0.02)
    assert torch.allclose(t.resize(torch.full((1, 4, 4), 0.3), 7, 2), torch.full((1, 7, 2), 0.3))
    assert t.resize(torch.rand(2, 5, 1, 4, 4), 2, 2).shape == (2, 5, 1, 2, 2)


def test_shades_of_grey_are_told_apart_and_come_back() -> None:
    shades = np.arange(17)
    assert np.array_equal(t.to_levels(t.from_levels(shades, 17), 17), shades)
    assert t.from_levels(np.array([0, 16]), 17).tolist() == [0, 255]


def test_a_random_view_depends_on_its_generator_alone() -> None:
    pictures = torch.rand(4, 1, 8, 8)
    views = [t.random_view(pictures, torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    assert views[0].shape == pictures.shape
    assert torch.equal(views[0], views[1])
    assert not torch.equal(views[0], views[2])
    whole = t.random_view(pictures, torch.Generator(), smallest=1.0, flips=False)
    assert torch.allclose(whole, pictures, atol=1e-6)
