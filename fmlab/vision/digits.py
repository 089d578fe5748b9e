"""Handwritten digits that come with scikit-learn: 1,797 pictures of 8 x 8 in 17 shades of grey.

30 people wrote the digits that are usually trained on, 13 others these (Alpaydin & Kaynak 1998).
"""

import numpy as np

from fmlab.corpus.document import split_all
from fmlab.errors import UserError
from fmlab.vision.picture import Picture, Pictures, check_count, hash_of
from fmlab.vision.transforms import from_levels

LEVELS = 17
HELD_OUT = 10  # per cent to valid, and as many to test: 2 would be 36 pictures
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LICENCE = "see archive.ics.uci.edu/dataset/80; comes with scikit-learn (BSD-3-Clause)"
SOURCE = "sklearn.datasets.load_digits"


def load(*, max_pictures: int | None = None) -> Pictures:
    """Return the digits, a picture each, split by the hash of its pixels.

    Args:
        max_pictures: Only the first so many.

    Raises:
        UserError: scikit-learn is missing.
    """
    if max_pictures is not None:
        check_count("max_pictures", max_pictures, 3)
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise UserError("digits need scikit-learn: pip install 'fmlab[pictures]'") from error
    found = load_digits()
    pixels = from_levels(found.images.astype(np.int64)[:max_pictures, :, :, None], LEVELS)
    hashes = [hash_of(picture) for picture in pixels]
    splits = split_all(hashes, HELD_OUT)
    return Pictures(
        "digits",
        tuple(
            Picture(
                title=f"digit {number}",
                pixels=picture,
                caption=f"the digit {WORDS[int(digit)]}",
                licence=LICENCE,
                source=f"{SOURCE} {number}",
                sha256=sha256,
                split=splits[sha256],
                truth={"digit": int(digit)},
            )
            for number, (picture, digit, sha256) in enumerate(
                zip(pixels, found.target, hashes, strict=False)
            )
        ),
    )
