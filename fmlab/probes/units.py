"""Units of a language model's loss, and how sure a figure is.

A loss in nats a token depends on how the text was cut into tokens. Bits a byte do not, so models
with different vocabularies can be laid side by side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fmlab.seeds import numpy_rng

Interval = tuple[float, float]

_Z_95 = 1.959964  # the normal distribution holds 95 % between minus and plus this


def bits_per_byte(nats_per_token: float, tokens: int, text_bytes: int) -> float:
    """Return the loss in bits for a byte of the text: nats / ln 2 x tokens / bytes.

    Args:
        nats_per_token: Mean loss of a token.
        tokens: How many tokens the text was cut into.
        text_bytes: Its length in UTF-8, in bytes.
    """
    return nats_per_token / math.log(2) * tokens / text_bytes


def wilson_interval(correct: int, total: int) -> Interval:
    """Return the 95 % interval of a share, `correct` of `total` (0 to 1 if `total` is 0).

    It stays inside 0 to 1, and holds for shares near the ends, where "plus or minus two standard
    errors" does not.

    Does not show: doubt that comes from items being alike. It takes them as drawn independently.

    Source: Wilson 1927, Journal of the American Statistical Association 22 (158), 209-212.
    """
    if total == 0:
        return 0.0, 1.0
    share, z2 = correct / total, _Z_95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    half *= _Z_95 / (1 + z2 / total)
    # Rounding must not push the end past the share itself when that is exactly 0 or 1.
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


@dataclass(frozen=True)
class Mean:
    """A mean over units, with its 95 % interval."""

    value: float
    interval: Interval


def bootstrap_mean(
    sums: Sequence[float] | np.ndarray,
    counts: Sequence[int] | np.ndarray,
    *,
    seed: int = 0,
    draws: int = 2000,
) -> Mean:
    """Return the mean of all items, with an interval from drawing whole units again and again.

    A unit (a chunk of text, a set of sentence pairs) is drawn with everything in it, because what
    is inside one unit is alike.

    Args:
        sums: Sum over the items of each unit, `(U,)`.
        counts: Number of items in each unit, `(U,)`.
        seed: Of the draws.
        draws: How many times.

    Source: Efron 1979, Annals of Statistics 7 (1), 1-26.
    """
    totals, sizes = np.asarray(sums, np.float64), np.asarray(counts, np.float64)
    rng = numpy_rng(seed, "bootstrap")
    means = np.empty(draws)
    for draw in range(draws):
        drawn = rng.integers(len(totals), size=len(totals))
        means[draw] = totals[drawn].sum() / sizes[drawn].sum()
    low, high = np.quantile(means, [0.025, 0.975])
    return Mean(float(totals.sum() / sizes.sum()), (float(low), float(high)))
