"""A loss as a landscape: three words, two scores that move, and the steps of gradient descent."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from contourpy import contour_generator

from fmlab.errors import UserError
from fmlab.views.figures.numbers import (
    Descent,
    Point,
    cross_entropy,
    descend,
    floor,
    growing_steps,
    softmax,
)
from fmlab.views.figures.parts import given, number, numbers, one, percent, points, said, text

RATES = (0.1, 0.3, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20)
MOST_STEPS = 60
EDGE = 4.0  # the map shows scores from -EDGE to EDGE
SIZE = 280  # of the map in its own units
CURVE = (280, 80)
LEVELS = 14


def draw(options: Mapping[str, str], words: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Return what the script is told, and the first state: a map, a curve, a line, a table.

    Options: three `words`, their `counts`, `start` (the first two scores), `rate` (one of
    `RATES`), `steps`.
    """
    tokens, counts = given(options, "words"), numbers(options, "counts")
    if len(tokens) != 3 or len(counts) != 3 or min(counts) <= 0:
        raise UserError("a descent has three words and a count above 0 for each")
    wanted = [count / sum(counts) for count in counts]
    start = points(options, "start")[0]
    rate, steps = one(options, "rate", 1), int(one(options, "steps", 20))
    if rate not in RATES or not 0 <= steps <= MOST_STEPS:
        raise UserError(f"rate is one of {RATES}, and there are at most {MOST_STEPS} steps")
    found = descend(wanted, start, rate, steps)
    told = {"words": tokens, "wanted": wanted, "start": start, "rate": rate, "steps": steps}
    told |= {"rates": RATES, "mostSteps": MOST_STEPS, "edge": EDGE, "size": SIZE, "curve": CURVE}
    inside = (
        f'<div class="figure-planes">{_map(tokens, wanted, found, words)}'
        f"{_curve(wanted, found, words)}</div>"
        f"{said(line(tokens, wanted, found, rate, words))}"
        f'<details><summary>{text(words["descentTable"])}</summary><div class="live-scroll" '
        f'tabindex="0" role="region" aria-label="{text(words["descentTable"])}">'
        f"{_table(tokens, found, words)}</div></details>"
    )
    return told, inside


def line(
    tokens: Sequence[str],
    wanted: Sequence[float],
    found: Descent,
    rate: float,
    words: Mapping[str, str],
) -> str:
    """Return in a few sentences where the descent has come to."""
    a, b = found.places[-1]
    shares = zip(tokens, softmax([a, b, 0.0]), strict=True)
    steps, losses = len(found.places) - 1, found.losses
    parts = [
        words["descentSaid"].format(
            rate=f"{rate:g}",
            steps=steps,
            loss=number(losses[-1], 4),
            floor=number(floor(wanted), 4),
            shares=", ".join(
                words["descentShare"].format(word=word, share=percent(share))
                for word, share in shares
            ),
        )
    ]
    up = growing_steps(losses)
    if up:
        parts.append(words["descentSomeUp"].format(n=up, steps=steps))
    elif steps:
        parts.append(words["descentAllDown"])
    if out := sum(max(abs(x), abs(y)) > EDGE for x, y in found.places):
        parts.append(words["descentOut"].format(n=out))
    return " ".join(parts)


def at(place: Point) -> Point:
    """Return a place of the map in the drawing's units."""
    x, y = place
    return (SIZE * (x + EDGE) / (2 * EDGE), SIZE * (EDGE - y) / (2 * EDGE))


def joined(places: Sequence[Point]) -> str:
    """Return places as a line's `points`."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _map(
    tokens: Sequence[str], wanted: Sequence[float], found: Descent, words: Mapping[str, str]
) -> str:
    grid = np.linspace(-EDGE, EDGE, 61)
    losses = [[cross_entropy(wanted, [a, b, 0.0]) for a in grid] for b in grid]
    surface = contour_generator(grid, grid, losses)
    low, high = floor(wanted), max(map(max, losses))
    levels = [low + (high - low) * (k / LEVELS) ** 2 for k in range(1, LEVELS)]
    areas = "".join(
        f'<polygon points="{joined([at((x, y)) for x, y in area])}"/>'
        for level in reversed(levels)
        for area in surface.filled(-np.inf, level)[0]
        if area is not None
    )
    best = at((float(np.log(wanted[0] / wanted[2])), float(np.log(wanted[1] / wanted[2]))))
    places = [at(place) for place in found.places]
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in places)
    across = text(words["descentAcross"].format(word=tokens[0]))
    up = text(words["descentUp"].format(word=tokens[1]))
    return (
        '<figure class="figure-plane"><figcaption class="live-hint">'
        f"{up} · {across}</figcaption>"
        f'<svg viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{text(words["descentLabel"])}">'
        f'<rect class="figure-sheet" width="{SIZE}" height="{SIZE}"/>'
        f'<g class="figure-areas">{areas}</g>{_axes()}'
        f'<path class="figure-best" d="M{best[0] - 6:.1f} {best[1]:.1f}h12m-6 -6v12"/>'
        f'<polyline class="figure-path" data-part="path" points="{joined(places)}"/>'
        f'<g class="figure-dots" data-part="dots">{dots}</g></svg>'
        f'<p class="live-hint">{text(words["descentFixed"].format(word=tokens[2]))}</p></figure>'
    )


def _axes() -> str:
    """Return the two lines through zero, with numbers."""
    half = SIZE / 2
    marks = "".join(
        f'<text x="{at((k, 0))[0]:.0f}" y="{half + 13:.0f}">{number(k, 0)}</text>'
        f'<text x="{half - 9:.0f}" y="{at((0, k))[1] + 4:.0f}">{number(k, 0)}</text>'
        for k in (-3, -2, -1, 1, 2, 3)
    )
    return (
        f'<path class="figure-axis" d="M0 {half}h{SIZE}M{half} 0v{SIZE}"/>'
        f'<g class="figure-marks" aria-hidden="true">{marks}</g>'
    )


def curve(losses: Sequence[float], low: float) -> list[Point]:
    """Return the points of the loss curve."""
    width, height = CURVE
    top = max(*losses, low + 0.5)
    scale = (height - 12) / (top - low)
    across = (width - 10) / max(len(losses) - 1, 1)
    return [(5 + i * across, height - 6 - (loss - low) * scale) for i, loss in enumerate(losses)]


def _curve(wanted: Sequence[float], found: Descent, words: Mapping[str, str]) -> str:
    width, height = CURVE
    places = curve(found.losses, floor(wanted))
    label = text(words["descentCurve"])
    return (
        f'<figure class="figure-plane"><figcaption class="live-hint">{label}</figcaption>'
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        f'<rect class="figure-sheet" width="{width}" height="{height}"/>'
        f'<path class="figure-floor" d="M0 {height - 6}h{width}"/>'
        f'<polyline class="figure-path" data-part="curve" points="{joined(places)}"/>'
        "</svg></figure>"
    )


def _table(tokens: Sequence[str], found: Descent, words: Mapping[str, str]) -> str:
    heads = [words["step"], *(words["scoreOf"].format(word=w) for w in tokens[:2]), words["loss"]]
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in heads)
    steps = zip(found.places, found.losses, strict=True)
    body = "".join(
        f'<tr><th scope="row">{i}</th><td>{number(a)}</td><td>{number(b)}</td>'
        f"<td>{number(loss, 4)}</td></tr>"
        for i, ((a, b), loss) in enumerate(steps)
    )
    return (
        f'<table class="table"><thead><tr>{head}</tr></thead>'
        f'<tbody data-part="steps">{body}</tbody></table>'
    )
