"""What is done to pixels before a model sees them: small functions, each of which can be looked at.

Pixels on disk are whole numbers from 0 to 255, `(H, W, C)`. A model wants numbers around 0 and
channels first, `(C, H, W)`; in between they are numbers from 0 to 1.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fmlab.errors import UserError
from fmlab.vision.picture import Pixels


def to_tensor(pixels: Pixels) -> Tensor:
    """Return pixels from 0 to 1, channels first: `(..., C, H, W)` for `(..., H, W, C)`."""
    return torch.from_numpy(np.moveaxis(pixels, -1, -3).copy()).float() / 255


def to_pixels(pictures: Tensor) -> Pixels:
    """Return what `to_tensor` came from: `(..., H, W, C)` for `(..., C, H, W)`.

    What lies below 0 or above 1, as a model may paint it, becomes 0 or 255.
    """
    whole = (pictures.detach().cpu().clamp(0, 1) * 255).round().to(torch.uint8)
    return np.moveaxis(whole.numpy(), -3, -1)


def resize(pictures: Tensor, height: int, width: int) -> Tensor:
    """Return pictures of another size, `(..., C, height, width)`; each pixel a mean of its area.

    Args:
        pictures: `(..., C, H, W)`.
        height: In pixels.
        width: In pixels.
    """
    *before, channels, old_height, old_width = pictures.shape
    flat = pictures.reshape(-1, channels, old_height, old_width)
    made = torch.nn.functional.interpolate(
        flat, (height, width), mode="bilinear", antialias=True, align_corners=False
    )
    return made.reshape(*before, channels, height, width)


def crop(pictures: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """Return a window of pictures, `(..., C, height, width)`.

    Raises:
        UserError: The window does not lie within them.
    """
    old_height, old_width = pictures.shape[-2:]
    if top < 0 or left < 0 or top + height > old_height or left + width > old_width:
        raise UserError(
            f"a window of {height} x {width} at ({top}, {left}) does not lie within "
            f"{old_height} x {old_width}"
        )
    return pictures[..., top : top + height, left : left + width]


def centre_square(pictures: Tensor) -> Tensor:
    """Return the largest square in the middle, `(..., C, S, S)`."""
    height, width = pictures.shape[-2:]
    side = min(height, width)
    return crop(pictures, (height - side) // 2, (width - side) // 2, side, side)


def flip(pictures: Tensor) -> Tensor:
    """Return pictures with left and right exchanged, of the same shape."""
    return pictures.flip(-1)


def random_view(
    pictures: Tensor, generator: torch.Generator, smallest: float = 0.6, flips: bool = True
) -> Tensor:
    """Return another look at each picture: a random window at full size, sometimes flipped.

    SimCLR (Chen et al. 2020, arXiv:2002.05709) also changes the colours; here they are what a
    caption speaks of, and grey digits have none.

    Args:
        pictures: `(B, C, H, W)`.
        generator: Where chance comes from.
        smallest: The least share of the side that a window shows.
        flips: Whether left and right may be exchanged; not for digits, which then mean nothing.

    Returns:
        `(B, C, H, W)`.
    """
    height, width = pictures.shape[-2:]
    views = []
    for picture in pictures:
        share, down, right, side = torch.rand(4, generator=generator).tolist()
        share = smallest + (1 - smallest) * share
        window = (max(1, round(share * height)), max(1, round(share * width)))
        top = round(down * (height - window[0]))
        left = round(right * (width - window[1]))
        view = resize(crop(picture, top, left, *window), height, width)
        views.append(flip(view) if flips and side < 0.5 else view)
    return torch.stack(views)


def centred(pictures: Tensor) -> Tensor:
    """Return numbers from -1 to 1, as a model takes them, for those from 0 to 1."""
    return 2 * pictures - 1


def uncentred(pictures: Tensor) -> Tensor:
    """Return numbers from 0 to 1 for those that `centred` gave."""
    return (pictures + 1) / 2


def to_levels(pixels: Pixels, levels: int) -> NDArray[np.int64]:
    """Return which of `levels` shades of grey each number is nearest to, from 0 (dark) up."""
    return np.rint(pixels.astype(np.float64) * (levels - 1) / 255).astype(np.int64)


def from_levels(shades: NDArray[np.int64], levels: int) -> Pixels:
    """Return pixels from 0 to 255 for shades from 0 to `levels` - 1, of the same shape."""
    return np.rint(shades * 255 / (levels - 1)).astype(np.uint8)
