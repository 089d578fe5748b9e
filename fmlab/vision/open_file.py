"""A picture's file as pixels: opened by Pillow, cut to a square, brought to one size."""

from pathlib import Path
from typing import Any

import numpy as np

from fmlab.errors import UserError
from fmlab.vision.picture import Pixels
from fmlab.vision.transforms import centre_square, resize, to_pixels, to_tensor

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")


def open_picture(path: Path, side: int, grey: bool = False) -> Pixels:
    """Return the middle of a picture's file, `(side, side, 3)`, or `(side, side, 1)` if grey.

    Raises:
        UserError: It is no picture, or Pillow is missing.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise UserError("pictures need Pillow: pip install 'fmlab[pictures]'") from error
    try:
        with Image.open(path) as image:
            image.load()
            return squared(image, side, grey)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{path} is no picture that can be read ({error}); take it out") from error


def squared(image: Any, side: int, grey: bool = False) -> Pixels:
    """Return the middle of an opened picture, `(side, side, 3)`, or `(side, side, 1)` if grey.

    What lets the ground shine through is laid on white.
    """
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    pixels = np.asarray(image.convert("L" if grey else "RGB"), dtype=np.uint8)
    pixels = pixels[:, :, None] if grey else pixels
    return to_pixels(resize(centre_square(to_tensor(pixels)), side, side))
