"""Minimal pairs: does the model find the right sentence likelier than the wrong one?

The two sentences of a pair differ in one point of grammar ("the dogs near the box bark / barks").
No label is learned and no threshold is set: the model is right where the good sentence scores
strictly higher. A tie is not right. A masked model scores by pseudo-log-likelihood, a causal one by
log-likelihood; a model that was trained on both can be asked in both ways.

Sources: Warstadt et al. 2020, "BLiMP", TACL, arXiv:1912.00582; Salazar et al. 2020,
arXiv:1910.14659.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.probes.progress import bar
from fmlab.probes.pseudo_likelihood import Encoder, Tick, pseudo_log_likelihoods
from fmlab.probes.units import Interval, bootstrap_mean, wilson_interval


class TwoSentences(Protocol):
    """Anything with a good and a bad sentence."""

    @property
    def good(self) -> str:
        """The sentence that is right."""

    @property
    def bad(self) -> str:
        """The sentence that is wrong."""


class Score(Protocol):
    """What gives each sentence a number: `pseudo_log_likelihoods` or `log_likelihoods`."""

    def __call__(
        self,
        model: nn.Module,
        sequences: Sequence[Sequence[int]],
        vocabulary: Encoder,
        *,
        device: Device | None = None,
        tick: Tick | None = None,
    ) -> NDArray[np.float64]:
        """Return the score of each sequence of tokens, in nats, `(S,)`."""
        ...


@dataclass(frozen=True)
class Pair:
    """Two sentences, and what the difference between them is about.

    Attributes:
        good: The sentence that is right.
        bad: The sentence that is wrong.
        set: Pairs of one set are made from one template.
        term: The grammatical phenomenon.
        field: The field of linguistics.
    """

    good: str
    bad: str
    set: str = ""
    term: str = ""
    field: str = ""


@dataclass(frozen=True)
class Accuracy:
    """In how many pairs the model found the good sentence likelier.

    Attributes:
        correct: In so many the good sentence scored strictly higher.
        ties: In so many both scored the same; they count as wrong.
        total: So many there were.
        sets: From so many templates.
        interval: 95 % of the accuracy. Of a single set, Wilson's over its pairs. Of several, the
            wider of that and of drawing whole sets again and again, since pairs of one template
            are alike.
    """

    correct: int
    ties: int
    total: int
    sets: int
    interval: Interval

    @property
    def accuracy(self) -> float:
        """The share of pairs that are right, 0 to 1; guessing gives 0.5."""
        return self.correct / self.total


@dataclass(frozen=True)
class MinimalPairs:
    """The accuracy of a model on minimal pairs, as a whole and in parts."""

    overall: Accuracy
    by_field: dict[str, Accuracy]
    by_term: dict[str, Accuracy]
    by_set: dict[str, Accuracy]


def compare_pairs(
    model: nn.Module,
    tokenizer: Encoder,
    pairs: Sequence[TwoSentences],
    *,
    score: Score = pseudo_log_likelihoods,
    device: Device | None = None,
    progress: bool = False,
) -> NDArray[np.float64]:
    """Return the good sentence's score minus the bad one's for each pair, in nats, `(N,)`.

    Above 0 the model is right, at 0 it cannot tell, below 0 it is wrong. A sentence that occurs
    several times is scored once, so that equal sentences differ by exactly 0.

    Args:
        model: A language model of the kind that `score` scores.
        tokenizer: The one it was trained with.
        pairs: Anything with `good` and `bad`.
        score: `log_likelihoods` for a causal model.
        device: Where and in which number format; the best one here if not given.
        progress: Whether to draw a bar on standard error.

    Raises:
        UserError: There are no pairs, or a sentence has no tokens.
    """
    if not pairs:
        raise UserError("there are no pairs to compare; give at least one")
    encoded = tokenizer.encode_batch(
        [sentence for pair in pairs for sentence in (pair.good, pair.bad)]
    )
    numbers: dict[tuple[int, ...], int] = {}
    which = [numbers.setdefault(tuple(ids), len(numbers)) for ids in encoded]
    with bar("scoring sentences", len(numbers), progress) as tick:
        scores = score(model, list(numbers), tokenizer, device=device, tick=tick)
    found = scores[which].reshape(-1, 2)
    difference: NDArray[np.float64] = found[:, 0] - found[:, 1]
    return difference


def minimal_pairs(
    model: nn.Module,
    tokenizer: Encoder,
    pairs: Sequence[Pair],
    *,
    score: Score = pseudo_log_likelihoods,
    device: Device | None = None,
    progress: bool = False,
    seed: int = 0,
) -> MinimalPairs:
    """Return the accuracy of a model on `pairs`: overall, by field, by phenomenon, by set.

    Arguments as in `compare_pairs`; `seed` is of the intervals' draws.

    Does not show: that the model *uses* grammar as a speaker does. A pair can be told apart by
    how frequent its words are together; the sentences are generated, and some are odd. Compare
    with the same model before training: it must be near one half.
    """
    difference = compare_pairs(
        model, tokenizer, pairs, score=score, device=device, progress=progress
    )
    sets = np.array([pair.set for pair in pairs])

    def accuracies(name_of: Callable[[Pair], str]) -> dict[str, Accuracy]:
        names = np.array([name_of(pair) for pair in pairs])
        return {
            str(name): accuracy(difference[names == name], sets[names == name], seed)
            for name in sorted(set(names.tolist()))
        }

    return MinimalPairs(
        accuracy(difference, sets, seed),
        accuracies(lambda pair: pair.field),
        accuracies(lambda pair: pair.term),
        accuracies(lambda pair: pair.set),
    )


def accuracy(
    difference: Sequence[float] | NDArray[np.float64],
    sets: Sequence[str] | NDArray[np.str_] | None = None,
    seed: int = 0,
) -> Accuracy:
    """Return the share of pairs whose difference, good minus bad, is above 0.

    Args:
        difference: As `compare_pairs` returns it, `(N,)`.
        sets: The set of each pair, `(N,)`; all are of one set if not given.
        seed: Of the interval's draws.
    """
    difference = np.asarray(difference, np.float64)
    right = difference > 0
    correct, total = int(right.sum()), len(right)
    names = np.zeros(total) if sets is None else np.asarray(sets)
    _, member = np.unique(names, return_inverse=True)
    count = np.bincount(member)
    low, high = wilson_interval(correct, total)
    if len(count) > 1:
        of_sets = bootstrap_mean(np.bincount(member, weights=right), count, seed=seed).interval
        low, high = min(low, of_sets[0]), max(high, of_sets[1])
    return Accuracy(correct, int((difference == 0).sum()), total, len(count), (low, high))
