"""The judge of drawn pictures takes the nearest learned one, and knows a copy."""

import numpy as np
import pytest

from fmlab.probes.drawing import Drawing, drawing, judge
from fmlab.vision import Picture, load


def picture(shade: int, caption: str) -> Picture:
    pixels = np.full((2, 2, 1), shade, dtype=np.uint8)
    return Picture(caption, pixels, caption, "ours", "test", str(shade), "train")


LEARNED = [picture(0, "dark"), picture(250, "bright"), picture(100, "dark")]


def test_the_nearest_learned_picture_judges_and_copies_are_counted() -> None:
    drawn = np.stack([np.full((2, 2, 1), shade, dtype=np.uint8) for shade in (10, 180, 250, 130)])
    found = drawing(drawn, ["dark", "bright", "dark", "dark"], LEARNED)
    far = (10 + 70 + 0 + 30) / 4 / 255
    assert found == Drawing(3, copies=1, asked=4, captions=2, distance=pytest.approx(far))
    assert (found.share, found.chance) == (0.75, 0.5)
    assert found.interval[0] < 0.75 < found.interval[1]


def test_the_judge_knows_nearly_all_real_digits() -> None:
    digits = load("digits")
    found = judge(digits.split("valid"), digits.split("train"))
    assert found.share > 0.95
    assert 0.05 < found.distance < 0.2
