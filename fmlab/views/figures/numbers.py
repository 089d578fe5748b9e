"""What the figures of mathematics compute; the scripts in `static/figures/numbers.js` do the same.

A test compares the two, number by number.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
ROUNDING = 1e-12


@dataclass(frozen=True)
class Descent:
    """The places that gradient descent comes through.

    Attributes:
        places: The first two scores before the first step and after each.
        losses: The cross-entropy at each place, in nats.
    """

    places: Sequence[Point]
    losses: Sequence[float]


@dataclass(frozen=True)
class Attended:
    """What one query finds: a score and a weight a key, and the weighted average of the values."""

    scores: Sequence[float]
    weights: Sequence[float]
    result: Point


def softmax(scores: Sequence[float], temperature: float = 1.0) -> list[float]:
    """Return probabilities for scores that are divided by a temperature first."""
    top = max(scores)
    powers = [math.exp((score - top) / temperature) for score in scores]
    return [power / sum(powers) for power in powers]


def entropy_bits(probabilities: Sequence[float]) -> float:
    """Return how spread out probabilities are, in bits."""
    return -sum(p * math.log2(p) for p in probabilities if p > 0)


def cross_entropy(wanted: Sequence[float], scores: Sequence[float]) -> float:
    """Return -sum of wanted probability times log of the softmax's, in nats."""
    top = max(scores)
    total = top + math.log(sum(math.exp(score - top) for score in scores))
    return total - sum(q * score for q, score in zip(wanted, scores, strict=True))


def floor(wanted: Sequence[float]) -> float:
    """Return the lowest loss there is: the entropy of what is wanted, in nats."""
    return cross_entropy(wanted, [math.log(q) for q in wanted])


def descend(wanted: Sequence[float], start: Point, rate: float, steps: int) -> Descent:
    """Return gradient descent on two of three scores; the third stays 0.

    Args:
        wanted: Three probabilities; the gradient is softmax(scores) - wanted.
        start: The first two scores.
        rate: The learning rate.
        steps: How many steps.
    """
    places = [start]
    for _ in range(steps):
        a, b = places[-1]
        found = softmax([a, b, 0.0])
        places.append((a - rate * (found[0] - wanted[0]), b - rate * (found[1] - wanted[1])))
    return Descent(places, [cross_entropy(wanted, [a, b, 0.0]) for a, b in places])


def growing_steps(losses: Sequence[float]) -> int:
    """Return in how many steps a loss grew; what rounding does at the floor is no growth."""
    return sum(after > before + ROUNDING for before, after in pairwise(losses))


def attend(query: Point, keys: Sequence[Point], values: Sequence[Point]) -> Attended:
    """Return what one query of two numbers finds among keys: scaled dot products, then softmax."""
    scores = [(query[0] * x + query[1] * y) / math.sqrt(2) for x, y in keys]
    weights = softmax(scores)
    pairs = list(zip(weights, values, strict=True))
    return Attended(scores, weights, (sum(w * x for w, (x, _) in pairs),
                                      sum(w * y for w, (_, y) in pairs)))  # fmt: skip
