"""Differential privacy's accounts: what was spent, what noise is needed, what copies cost.

Paper: Dwork & Roth 2014, "The Algorithmic Foundations of Differential Privacy"; for the sums of
many noisy steps Gopi, Lee & Wutschitz 2021, "Numerical Composition of Differential Privacy",
arXiv:2106.02848, as Opacus computes them.
Idea: epsilon bounds how much more probable any outcome is with an example than without it.
Intuition: with epsilon 0.1 nobody can tell; with epsilon 8 one outcome may be 3,000 times as
probable, and the promise is thin.
"""

import math
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from fmlab.errors import UserError

ROUGH_ABOVE = 20.0
"""Above this epsilon the quick accountant (Renyi, an upper bound) is enough: nothing is promised.

Below it Opacus' default (privacy loss random variables) is tighter. With next to no noise that one
takes minutes.
"""

LEAST_NOISE, MOST_NOISE = 0.1, 1e5


@dataclass(frozen=True)
class Guarantee:
    """What differential privacy promises of two data sets that differ in some examples.

    Attributes:
        epsilon: Any outcome is at most e^epsilon times as probable with them as without.
        delta: Up to this probability, by which the promise may fail.
        copies: In how many examples the data sets differ.
    """

    epsilon: float
    delta: float
    copies: int = 1

    @property
    def says_nothing(self) -> bool:
        """Whether it allows everything: a delta of 1 or more, or an endless epsilon."""
        return self.delta >= 1 or math.isinf(self.epsilon)

    def for_copies(self, copies: int) -> "Guarantee":
        """Return what is left of the promise for a secret that stands in `copies` examples.

        k copies have k times the epsilon, and a delta of (e^(k epsilon) - 1) / (e^epsilon - 1)
        times its own: k steps from one data set to the next, each of one example ("group
        privacy"). So an epsilon of 8 is worth nothing to a secret that is repeated ten times.

        Raises:
            UserError: Fewer than 1 copy.
        """
        if copies < 1:
            raise UserError(f"copies is {copies}; a secret that was trained on has at least one")
        if math.isinf(self.epsilon) or self.delta == 0:
            return Guarantee(copies * self.epsilon, self.delta, copies)
        # (e^(kx) - 1) / (e^x - 1) by its logarithm, which is no larger than a float can hold
        log_factor = _log_expm1(copies * self.epsilon) - _log_expm1(self.epsilon)
        log_delta = math.log(self.delta) + log_factor
        return Guarantee(copies * self.epsilon, math.exp(min(0.0, log_delta)), copies)


def epsilon_spent(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float:
    """Return the epsilon of a training, by Opacus' accountants; endless without noise.

    Args:
        noise_multiplier: The noise's standard deviation, as a share of the longest gradient.
        sample_rate: The chance of an example to be drawn in a step.
        steps: How many steps.
        delta: By which probability the promise may fail.

    Raises:
        UserError: The rate is not above 0 and at most 1, or delta not between 0 and 1.
    """
    check_rate(sample_rate)
    check_delta(delta)
    if noise_multiplier == 0:
        return math.inf
    history = [(noise_multiplier, sample_rate, steps)]
    rough = _by_accountant("rdp", history, delta)
    return rough if rough > ROUGH_ABOVE else min(rough, _by_accountant("prv", history, delta))


def noise_for_epsilon(
    epsilon: float, delta: float, *, examples: int, batch_size: int, steps: int
) -> float:
    """Return the noise multiplier with which a training spends `epsilon`, or a little less.

    Args:
        epsilon: What may be spent, for one example.
        delta: By which probability the promise may fail.
        examples: How many there are.
        batch_size: How many of them a step draws on average.
        steps: How many steps.

    Raises:
        UserError: Epsilon is not above 0, delta not between 0 and 1, or no noise is enough.
    """
    if not 0 < epsilon < math.inf:
        raise UserError(f"epsilon is {epsilon}; it must be above 0, for example 8")
    check_delta(delta)
    sample_rate = batch_size / max(1, examples)
    check_rate(sample_rate)

    def spent(noise: float) -> float:
        return epsilon_spent(noise, sample_rate, steps, delta)

    low, high = LEAST_NOISE, 1.0
    while spent(high) > epsilon:
        low, high = high, 2 * high
        if high > MOST_NOISE:
            raise UserError(
                f"no noise gives epsilon {epsilon} in {steps} steps; allow more epsilon or delta, "
                "or take fewer steps or smaller batches"
            )
    while high / low > 1.005:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if spent(middle) <= epsilon else (middle, high)
    return high


def _by_accountant(mechanism: str, history: list[tuple[float, float, int]], delta: float) -> float:
    check_opacus()
    from opacus.accountants import create_accountant

    accountant: Any = create_accountant(mechanism)
    accountant.history = history
    # Opacus advises to widen a range of orders where the best one lies at its end. The bound holds
    # all the same; it is less tight. Where all examples are drawn, it takes the logarithm of 0.
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.filterwarnings("ignore", "Optimal order is the", UserWarning)
        return float(accountant.get_epsilon(delta=delta))


def check_opacus() -> None:
    """Raise UserError unless Opacus is installed."""
    if find_spec("opacus") is None:
        raise UserError("private training needs Opacus; pip install 'fmlab[privacy]'")


def check_rate(sample_rate: float) -> None:
    """Raise UserError unless a share of the examples is drawn in a step, or all of them."""
    if not 0 < sample_rate <= 1:
        raise UserError(
            f"{sample_rate:.3g} of the examples a step; take a batch_size between 1 and their "
            "number"
        )


def check_delta(delta: float) -> None:
    """Raise UserError unless a delta lies between 0 and 1."""
    if not 0 < delta < 1:
        raise UserError(f"delta is {delta}; it must lie between 0 and 1, well below 1 / examples")


def _log_expm1(x: float) -> float:
    """Return log(e^x - 1) for x above 0, however large."""
    return x + math.log(-math.expm1(-x))
