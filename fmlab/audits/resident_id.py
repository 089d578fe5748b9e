"""China's resident identity numbers: is a string of 18 signs one of them?

Six digits for the place, eight for the day of birth, three in order of registration (odd for men,
even for women), and a check sign. The check sign makes the sum of all signs, each times 2 to the
power of its place from the right, leave 1 when divided by 11; `X` stands for 10.

Source: GB 11643-1999, whose check sign is that of ISO 7064, MOD 11-2.
"""

from datetime import date

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""2 to the power of 17, 16, ... 1, modulo 11."""

SIGNS = "10X98765432"
"""The check sign for each remainder of the first 17 digits' sum, from 0 to 10."""


def check_sign(first: str) -> str:
    """Return the check sign of the first 17 digits."""
    assert len(first) == 17, f"{len(first)} digits; the check sign follows 17"
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first, strict=True))
    return SIGNS[total % 11]


def is_resident_id(text: str) -> bool:
    """Return whether a string is a resident identity number: check sign right, day of birth real.

    Does not show: that the number was given to anybody, or that its six digits are a place.
    """
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdigit()):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return check_sign(text[:17]) == text[17].upper()
