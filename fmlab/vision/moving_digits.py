"""Clips in which digits move and bounce, in the spirit of Moving MNIST.

Source: Srivastava et al. 2015, "Unsupervised Learning of Video Representations using LSTMs",
arXiv:1502.04681.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmlab.corpus.document import Split
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng
from fmlab.vision import digits as still
from fmlab.vision.picture import Picture, Pictures, Pixels, check_count, hash_of

SIDE = 8  # of a digit
FASTEST = 2  # pixels a frame


def load(
    *, size: int = 500, frames: int = 8, side: int = 16, digits: int = 1, seed: int = 0
) -> Pictures:
    """Return clips of moving digits; 80 % train, 10 % valid, 10 % test.

    A clip shows digits of its own split only, so that none that is held out was seen before.

    Args:
        size: How many clips.
        frames: Pictures of a clip.
        side: Of each, in pixels.
        digits: How many digits move in it; where they meet, the brighter pixel is seen.
        seed: Chooses the digits, where they start and where they go.

    Raises:
        UserError: An option is too small.
    """
    least = {"size": 10, "frames": 2, "side": SIDE + 1, "digits": 1}
    values = {"size": size, "frames": frames, "side": side, "digits": digits}
    for name, value in values.items():
        check_count(name, value, least[name])
    source = still.load()
    tenth = max(1, size // 10)
    counts: dict[Split, int] = {"train": size - 2 * tenth, "valid": tenth, "test": tenth}
    splits = [split for split, count in counts.items() for _ in range(count)]
    call = f"fmlab.vision.load('moving-digits', {size=}, {frames=}, {side=}, {digits=}, {seed=})"
    shown = {split: source.split(split) for split in counts}
    rng = numpy_rng(seed, "moving digits")
    clips = []
    for number, split in enumerate(splits):
        chosen = [shown[split][int(i)] for i in rng.integers(len(shown[split]), size=digits)]
        starts = rng.integers(side - SIDE + 1, size=(digits, 2))
        speeds = _speeds(rng, digits)
        pixels = draw([picture.pixels for picture in chosen], starts, speeds, frames, side)
        named = [int(picture.truth["digit"]) for picture in chosen]
        truth: dict[str, Any] = {"digits": named, "starts": starts, "speeds": speeds}
        caption = " and ".join(f"a moving {still.WORDS[digit]}" for digit in named)
        hashed = hash_of(pixels)
        clips.append(
            Picture(f"clip {number}", pixels, caption, still.LICENCE, call, hashed, split, truth)
        )
    return Pictures("moving-digits", tuple(clips))


def _speeds(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Return how far each digit goes down and right in a frame, `(count, 2)`; none stands still."""
    speeds = rng.integers(-FASTEST, FASTEST + 1, size=(count, 2))
    while not (moves := speeds.any(axis=1)).all():
        speeds[~moves] = rng.integers(-FASTEST, FASTEST + 1, size=((~moves).sum(), 2))
    return speeds


def draw(
    digits: Sequence[Pixels],
    starts: NDArray[np.int64],
    speeds: NDArray[np.int64],
    frames: int,
    side: int,
) -> Pixels:
    """Return a clip, `(frames, side, side, 1)`.

    Args:
        digits: Each `(SIDE, SIDE, 1)`.
        starts: Where their corners are at first: row and column, `(digits, 2)`.
        speeds: How far they go in a frame, `(digits, 2)`.
        frames: How many.
        side: Of a frame, in pixels.

    Raises:
        UserError: A digit does not start within the frame.
    """
    if (starts < 0).any() or (starts > side - SIDE).any():
        raise UserError(f"a digit of {SIDE} pixels does not start within {side} x {side}")
    clip = np.zeros((frames, side, side, 1), dtype=np.uint8)
    for time in range(frames):
        for pixels, (row, column) in zip(digits, bounced(starts, speeds, time, side), strict=True):
            window = clip[time, row : row + SIDE, column : column + SIDE]
            np.maximum(window, pixels, out=window)
    return clip


def bounced(
    starts: NDArray[np.int64], speeds: NDArray[np.int64], time: int, side: int
) -> NDArray[np.int64]:
    """Return where things are that move straight on and turn back at the walls.

    Unfolded, the way from wall to wall and back is twice the room long, and is walked in one
    direction only; a place in its second half is on the way back.
    """
    room = side - SIDE
    walked = (starts + time * speeds) % (2 * room)
    places: NDArray[np.int64] = np.minimum(walked, 2 * room - walked)
    return places
