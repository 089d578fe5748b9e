"""A grid of pictures, with words for those who cannot see it."""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
NARROW = 96  # pixels on the screen that a picture is high, or somewhat more or less
WORDS = 120  # pixels that the line below it has at least


@dataclass(frozen=True, eq=False)
class Grid:
    """Pictures in rows, each with a line below it.

    Attributes:
        caption: What the grid shows, in one line.
        pixels: Of each picture, `(H, W, C)`; grey with C = 1. Clips, `(F, H, W, C)`, show their
            frames side by side.
        alt: What each picture shows, for those who cannot see it.
        labels: The line below each; none if empty.
    """

    caption: str
    pixels: Sequence[Pixels]
    alt: Sequence[str]
    labels: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check that each picture has its words."""
        assert len(self.alt) == len(self.pixels), "each picture needs its alt text"
        assert all(self.alt), "an alt text is empty"
        assert len(self.labels) in (0, len(self.pixels)), "each picture needs its label, or none"

    def _repr_html_(self) -> str:
        """Return the grid as HTML: as many in a row as the screen has room for."""
        cells = "".join(
            f'<li style="margin: 0; flex: 0 1 auto">{self._picture(number)}</li>'
            for number in range(len(self.pixels))
        )
        return (
            '<figure style="margin: 1em 0">'
            f"<figcaption>{html.escape(self.caption)}</figcaption>"
            '<ul style="display: flex; flex-wrap: wrap; gap: 0.5rem; list-style: none; padding: 0">'
            f"{cells}</ul></figure>"
        )

    def __repr__(self) -> str:
        """Return what the pictures show, for a terminal."""
        lines = [f"- {words}" for words in self.alt]
        return "\n".join([self.caption, *lines])

    def _picture(self, number: int) -> str:
        pixels = side_by_side(self.pixels[number])
        height, width = pixels.shape[:2]
        times = max(1, round(NARROW / height))
        shown = (
            f'<img alt="{html.escape(self.alt[number], quote=True)}" src="{as_uri(pixels)}" '
            f'width="{width * times}" height="{height * times}" style="image-rendering: pixelated; '
            'max-width: 100%; height: auto; border: 1px solid #888; display: block"/>'
        )
        if not self.labels:
            return shown
        room = f"display: block; max-width: {max(width * times, WORDS)}px"
        return f'{shown}<small style="{room}">{html.escape(self.labels[number])}</small>'


def side_by_side(pixels: Pixels) -> Pixels:
    """Return a clip's frames in one picture, a grey line between them; a picture as it is."""
    if pixels.ndim == 3:
        return pixels
    line = np.full((pixels.shape[1], 1, pixels.shape[3]), 128, dtype=np.uint8)
    parts = [part for frame in pixels for part in (frame, line)]
    return np.concatenate(parts[:-1], axis=1)


def as_png(pixels: Pixels) -> bytes:
    """Return a picture as the bytes of a PNG file; grey where C is 1, `(H, W, C)`."""
    import matplotlib.image

    content = io.BytesIO()
    coloured = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    matplotlib.image.imsave(content, coloured, format="png")
    return content.getvalue()


def as_uri(pixels: Pixels) -> str:
    """Return a picture as an address that holds the picture itself."""
    return "data:image/png;base64," + base64.b64encode(as_png(pixels)).decode()


def patched(pixels: Pixels, mask: NDArray[np.bool_], patch_size: int) -> Pixels:
    """Return a picture with its hidden patches grey, of the same shape.

    Args:
        pixels: `(H, W, C)`.
        mask: True for a hidden patch, row by row, `(N,)`.
        patch_size: The side of a patch.
    """
    height, width = pixels.shape[:2]
    rows = mask.reshape(height // patch_size, width // patch_size)
    hidden = rows.repeat(patch_size, axis=0).repeat(patch_size, axis=1)
    return np.where(hidden[..., None], np.uint8(128), pixels)
