"""Texts with made-up personal data in known places, and with things that only look like it.

Nobody is meant: numbers are drawn, domains are those that are reserved for examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from fmlab.audits.redaction import CARD, EMAIL, MOBILE, PHONE, RESIDENT_ID, Span
from fmlab.audits.resident_id import SIGNS, check_sign
from fmlab.seeds import numpy_rng

NAME = "NAME"
NAMES = ("Li Wei", "Wang Fang", "Zhang Min", "\u738b\u79c0\u82f1", "\u5f20\u4f1f", "Anna Keller")
DOMAINS = ("example.com", "example.org", "mail.example.net")

# {} takes what is drawn; the name of what is drawn stands beside each sentence.
SENTENCES = (
    (RESIDENT_ID, "Her identity number is {}."),
    (RESIDENT_ID, "\u8eab\u4efd\u8bc1\u53f7\u7801{}\uff0c\u8bf7\u6838\u5bf9\u3002"),
    (MOBILE, "Call me on {} after six."),
    (MOBILE, "\u624b\u673a\u53f7\u662f{}\uff0c\u665a\u4e0a\u8054\u7cfb\u3002"),
    (EMAIL, "Write to {} for the list."),
    (EMAIL, "\u90ae\u7bb1{}\u8bf7\u56de\u590d\u3002"),
    (CARD, "The card {} was declined."),
    (PHONE, "The office in New York is {}."),
    (NAME, "Please ask {} about the keys."),
    (NAME, "{} lives near the mill."),
)
# What looks like personal data and is none.
DISTRACTORS = (
    ("order", "Order {} was shipped."),
    ("reading", "\u8bfb\u6570{}\uff0c\u6b63\u5e38\u3002"),
    ("handle", "See {} on line 3."),
)


@dataclass(frozen=True)
class Planted:
    """A text and the truth about it."""

    text: str
    spans: tuple[Span, ...]


def planted_people(count: int, seed: int = 0) -> tuple[Planted, ...]:
    """Return `count` texts of each kind of sentence, and as many of each that only looks so."""
    rng = numpy_rng(seed, "planted people")
    made = []
    for _ in range(count):
        for kind, sentence in SENTENCES:
            what = _drawn(kind, rng)
            start = sentence.index("{}")
            spans = (Span(start, start + len(what), kind),)
            made.append(Planted(sentence.replace("{}", what), spans))
        made += [Planted(s.replace("{}", _lookalike(kind, rng)), ()) for kind, s in DISTRACTORS]
    return tuple(made)


def _drawn(kind: str, rng: np.random.Generator) -> str:
    if kind == RESIDENT_ID:
        return _resident_id(rng)
    if kind == MOBILE:
        number = f"1{rng.integers(3, 10)}{_digits(rng, 9)}"
        split = f"{number[:3]}-{number[3:7]}-{number[7:]}"
        return _one_of((number, split, f"+86 {number}"), rng)
    if kind == EMAIL:
        name = _one_of(("li.wei", "wang_fang", "anna+news", "office"), rng)
        return f"{name}{rng.integers(100)}@{_one_of(DOMAINS, rng)}"
    if kind == CARD:
        return _card(rng)
    if kind == PHONE:
        return f"+1 212 555 01{_digits(rng, 2)}"
    return _one_of(NAMES, rng)


def _lookalike(kind: str, rng: np.random.Generator) -> str:
    if kind == "order":  # a resident number but for its check sign
        real = _resident_id(rng)
        others = [sign for sign in SIGNS if sign != real[-1]]
        return real[:-1] + _one_of(others, rng)
    if kind == "reading":  # 11 digits that no mobile number begins with
        return f"1{rng.integers(0, 3)}{_digits(rng, 9)}"
    return f"user{rng.integers(100)}@build{rng.integers(10)}"  # no domain


def _resident_id(rng: np.random.Generator) -> str:
    birth = date(1950, 1, 1) + timedelta(days=int(rng.integers(20_000)))
    first = f"{rng.integers(110101, 659_005)}{birth:%Y%m%d}{_digits(rng, 3)}"
    return first + check_sign(first)


def _card(rng: np.random.Generator) -> str:
    """Return a number that begins as a Visa card's does and has the right check digit (Luhn)."""
    first = f"4{_digits(rng, 14)}"
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(first)]
    total = sum(d - 9 if d > 9 else d for d in doubled)
    number = f"{first}{-total % 10}"
    return " ".join(number[i : i + 4] for i in range(0, 16, 4))


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(map(str, rng.integers(10, size=count)))


def _one_of(things: Sequence[str], rng: np.random.Generator) -> str:
    return things[int(rng.integers(len(things)))]
