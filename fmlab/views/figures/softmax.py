"""Scores become probabilities: what the softmax makes of them at a temperature."""

from collections.abc import Mapping
from typing import Any

from fmlab.errors import UserError
from fmlab.views.figures.numbers import entropy_bits, softmax
from fmlab.views.figures.parts import (
    given,
    number,
    numbers,
    one,
    percent,
    row,
    said,
    same_length,
    table,
)

# What the slider offers; the script has the same steps from here.
TEMPERATURES = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10)


def draw(options: Mapping[str, str], words: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Return what the script is told, and the first state: a table with bars, and its line.

    Options: `words`, `scores` (one a word), `temperature` (one of `TEMPERATURES`; else 1).
    """
    tokens, scores = given(options, "words"), numbers(options, "scores")
    same_length(words=tokens, scores=scores)
    temperature = one(options, "temperature", 1)
    if temperature not in TEMPERATURES:
        raise UserError(f"temperature is {temperature:g}; choose one of {TEMPERATURES}")
    shares = softmax(scores, temperature)
    rows = "".join(map(row, tokens, scores, shares))
    columns = [words["word"], words["score"], words["probability"]]
    told = {"words": tokens, "scores": scores, "temperature": temperature}
    inside = table(words["softmaxCaption"], columns, rows) + said(
        line(tokens, shares, temperature, words)
    )
    return told | {"temperatures": TEMPERATURES}, inside


def line(
    tokens: list[str], shares: list[float], temperature: float, words: Mapping[str, str]
) -> str:
    """Return in one sentence what the figure shows."""
    best = shares.index(max(shares))
    bits = entropy_bits(shares)
    return words["softmaxSaid"].format(
        temperature=f"{temperature:g}",
        word=tokens[best],
        share=percent(shares[best]),
        bits=number(bits),
        choices=number(2**bits, 1),
    )
