"""Whether drawn pictures show what was asked for, judged by the nearest picture that was learned.

A judge of this kind is weak, and the same for all: it needs no second model. On held-out digits it
is itself right in nearly all cases; `judge` says in how many.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmlab.probes.units import Interval, wilson_interval
from fmlab.vision.picture import Picture, Pixels, stack


@dataclass(frozen=True)
class Drawing:
    """How drawn pictures were judged.

    Attributes:
        right: How many are nearest to a picture of the caption that was asked for.
        copies: How many are a learned picture, pixel by pixel.
        asked: How many were drawn.
        captions: How many different captions there are: chance is one in so many.
        distance: Mean distance to the nearest learned picture: the root of the mean square, where
            pixels go from 0 to 1. Pixels that don't fit each other make it large.
    """

    right: int
    copies: int
    asked: int
    captions: int
    distance: float

    @property
    def share(self) -> float:
        """The share that shows what was asked for."""
        return self.right / self.asked

    @property
    def chance(self) -> float:
        """What guessing gives."""
        return 1 / self.captions

    @property
    def interval(self) -> Interval:
        """Where the share lies with 95 % confidence."""
        return wilson_interval(self.right, self.asked)


def drawing(pixels: Pixels, captions: Sequence[str], learned: Sequence[Picture]) -> Drawing:
    """Judge drawn pictures by the nearest learned one.

    Args:
        pixels: What was drawn, `(B, H, W, C)`.
        captions: What each was asked for.
        learned: The pictures that the model was trained on.

    Does not show: that the pictures are good, or that they differ from each other. Look at them.
    The share alone is blind to noise: digits whose pixels were all guessed at once were told as
    well as others (0.94 of 200 against 0.93), but lay farther from all real ones (0.21 against
    0.16, where real held-out ones lie at 0.13; one model).
    """
    known = _flat(stack(learned))
    nearest, distance = _nearest(_flat(pixels), known)
    said = [learned[int(place)].caption for place in nearest]
    right = sum(found == asked for found, asked in zip(said, captions, strict=True))
    different, copies = len({picture.caption for picture in learned}), int((distance == 0).sum())
    far = float(np.sqrt(distance / known.shape[1]).mean()) / 255
    return Drawing(right, copies, len(pixels), different, far)


def judge(held_out: Sequence[Picture], learned: Sequence[Picture]) -> Drawing:
    """Return how the judge takes real held-out pictures: what drawn ones are to be laid beside."""
    return drawing(stack(held_out), [picture.caption for picture in held_out], learned)


def _flat(pixels: Pixels) -> NDArray[np.float64]:
    return pixels.reshape(len(pixels), -1).astype(np.float64)


def _nearest(
    asked: NDArray[np.float64], known: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which known row each asked one is nearest to, and the squared distance."""
    squares = (asked**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * asked @ known.T
    place = squares.argmin(axis=1)
    return place, np.rint(squares.min(axis=1))
