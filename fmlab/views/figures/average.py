"""Attention as a weighted average: one query among keys, and what it brings of the values."""

from collections.abc import Mapping, Sequence
from typing import Any

from fmlab.errors import UserError
from fmlab.views.figures.numbers import Attended, Point, attend
from fmlab.views.figures.parts import (
    given,
    number,
    percent,
    points,
    row,
    said,
    same_length,
    table,
    text,
)

EDGE = 3.0  # the planes show -EDGE to EDGE
SIZE = 240


def draw(options: Mapping[str, str], words: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Return what the script is told, and the first state: two planes, a table, a line.

    Options: `words`; `keys` and `values` (a point a word); `query` (a point).
    """
    tokens = given(options, "words")
    keys, values = points(options, "keys"), points(options, "values")
    same_length(words=tokens, keys=keys, values=values)
    query = points(options, "query")[0]
    if max(abs(n) for point in (*keys, *values, query) for n in point) > EDGE:
        raise UserError(f"a point lies outside the plane; use numbers from -{EDGE:g} to {EDGE:g}")
    found = attend(query, keys, values)
    told = {"words": tokens, "keys": keys, "values": values, "query": query}
    columns = [words["word"], words["score"], words["weight"]]
    rows = "".join(map(row, tokens, found.scores, found.weights))
    inside = (
        f'<div class="figure-planes">{_keys(tokens, keys, query, words)}'
        f"{_values(tokens, values, found, words)}</div>"
        f"{table(words['averageCaption'], columns, rows)}{said(line(tokens, query, found, words))}"
    )
    return told | {"edge": EDGE, "size": SIZE}, inside


def line(tokens: Sequence[str], query: Point, found: Attended, words: Mapping[str, str]) -> str:
    """Return in one sentence what this query finds."""
    best = max(range(len(tokens)), key=lambda i: found.weights[i])
    return words["averageSaid"].format(
        x=number(query[0]),
        y=number(query[1]),
        word=tokens[best],
        share=percent(found.weights[best]),
        a=number(found.result[0]),
        b=number(found.result[1]),
    )


def at(place: Point) -> Point:
    """Return a place of a plane in the drawing's units."""
    x, y = place
    return (SIZE * (x + EDGE) / (2 * EDGE), SIZE * (EDGE - y) / (2 * EDGE))


def beside(y: float, under: float) -> float:
    """Return where a name stands: under its place, or above it where there is no room below."""
    return y - 14 if y + under > SIZE - 4 else y + under


def radius(weight: float) -> float:
    """Return how large a value's circle is; its area goes with the weight."""
    return float(2 + 12 * weight**0.5)


def _plane(caption: str, label: str, part: str, inside: str) -> str:
    half = SIZE // 2
    return (
        f'<figure class="figure-plane"><figcaption class="live-hint">{text(caption)}</figcaption>'
        f'<svg viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{text(label)}" '
        f'data-part="{part}"><rect class="figure-sheet" width="{SIZE}" height="{SIZE}"/>'
        f'<path class="figure-axis" d="M0 {half}h{SIZE}M{half} 0v{SIZE}"/>{inside}</svg></figure>'
    )


def _name(word: str, place: Point, above: float = 8) -> str:
    x, y = place
    anchor = "start" if x < 40 else "end" if x > SIZE - 40 else "middle"
    return (
        f'<text class="figure-name" x="{x:.1f}" y="{y - above:.1f}" text-anchor="{anchor}">'
        f"{text(word)}</text>"
    )


def _keys(
    tokens: Sequence[str], keys: Sequence[Point], query: Point, words: Mapping[str, str]
) -> str:
    half = SIZE // 2
    dots = "".join(
        f'<circle class="figure-key" cx="{at(key)[0]:.1f}" cy="{at(key)[1]:.1f}" r="4"/>'
        for key in keys
    )
    names = "".join(_name(word, at(key)) for word, key in zip(tokens, keys, strict=True))
    x, y = at(query)
    arrow = f'<path class="figure-path" data-part="arrow" d="M{half} {half}L{x:.1f} {y:.1f}"/>'
    handle = (
        f'<circle class="figure-handle" data-part="handle" cx="{x:.1f}" cy="{y:.1f}" r="9"/>'
        f'<text class="figure-name figure-strong" data-part="queryName" x="{x:.1f}" '
        f'y="{beside(y, 22):.1f}" text-anchor="middle">{text(words["query"])}</text>'
    )
    return _plane(
        words["averageKeys"], words["averageKeysLabel"], "plane", dots + names + arrow + handle
    )


def _values(
    tokens: Sequence[str], values: Sequence[Point], found: Attended, words: Mapping[str, str]
) -> str:
    x, y = at(found.result)
    inside = ""
    for word, value, weight in zip(tokens, values, found.weights, strict=True):
        a, b = at(value)
        inside += (
            f'<path class="figure-pull" data-part="pull" stroke-width="{6 * weight:.2f}" '
            f'd="M{x:.1f} {y:.1f}L{a:.1f} {b:.1f}"/><circle class="figure-value" '
            f'data-part="value" cx="{a:.1f}" cy="{b:.1f}" r="{radius(weight):.2f}"/>'
        )
        inside += _name(word, (a, b), 16)
    inside += (
        f'<rect class="figure-result" data-part="result" x="{x - 5:.1f}" y="{y - 5:.1f}" '
        'width="10" height="10"/>'
        f'<text class="figure-name figure-strong" data-part="resultName" x="{x:.1f}" '
        f'y="{beside(y, 19):.1f}" text-anchor="middle">{text(words["average"])}</text>'
    )
    return _plane(words["averageValues"], words["averageValuesLabel"], "valuePlane", inside)
