"""A grid of pictures holds its pictures, has words for each, and needs nothing from elsewhere."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from fmlab.views.pictures import Grid, as_png, patched, side_by_side


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_holds_the_pixels_as_they_are(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    assert np.array_equal(opened(as_png(pixels)), np.broadcast_to(pixels, (5, 7, 3)))
    assert as_png(pixels) == as_png(pixels.copy())


def test_the_grid_shows_each_picture_with_its_words() -> None:
    pixels = [np.full((4, 6, 1), shade, dtype=np.uint8) for shade in (0, 200)]
    grid = Grid("Two & shades", pixels, ['dark "one"', "bright"], ["a < b", "c"])
    shown = grid._repr_html_()
    assert "Two &amp; shades" in shown
    assert "a &lt; b" in shown
    assert re.findall(r'alt="([^"]*)"', shown) == ["dark &quot;one&quot;", "bright"]
    held = re.findall(r'src="data:image/png;base64,([^"]+)"', shown)
    assert [opened(base64.b64decode(png))[0, 0, 0] for png in held] == [0, 200]
    sizes = re.findall(r'width="(\d+)" height="(\d+)"', shown)
    assert sizes == [("144", "96")] * 2
    assert "http" not in shown
    assert repr(grid).splitlines() == ["Two & shades", '- dark "one"', "- bright"]


def test_a_picture_without_words_is_refused() -> None:
    picture = np.zeros((2, 2, 1), dtype=np.uint8)
    with pytest.raises(AssertionError, match="alt"):
        Grid("x", [picture], [])
    with pytest.raises(AssertionError, match="empty"):
        Grid("x", [picture], [""])
    with pytest.raises(AssertionError, match="label"):
        Grid("x", [picture], ["y"], ["a", "b"])


def test_frames_of_a_clip_stand_side_by_side() -> None:
    clip = np.stack([np.full((2, 3, 1), shade, dtype=np.uint8) for shade in (10, 20)])
    wide = side_by_side(clip)
    assert wide[0, :, 0].tolist() == [10, 10, 10, 128, 20, 20, 20]
    assert side_by_side(clip[0]) is not None
    assert np.array_equal(side_by_side(clip[0]), clip[0])


def test_hidden_patches_are_grey() -> None:
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    seen = patched(pixels, np.array([True, False, False, True]), 2)[..., 0]
    assert seen.tolist() == [
        [128, 128, 2, 3],
        [128, 128, 6, 7],
        [8, 9, 128, 128],
        [12, 13, 128, 128],
    ]
