"""Baselines that count: how well is the next token guessed from none, or two, before it?

A network that does not beat these has learned nothing that counting would not give. Both models
here are exact: the probabilities of the whole vocabulary sum to one in every context.

`Unigram` adds k to every count. `Trigram` is interpolated modified Kneser-Ney: from each count a
discount is taken, the mass that is freed goes to the shorter context, and the shorter context is
asked in how many *different* places a token was seen, not how often.

Source: Chen & Goodman 1999, Computer Speech & Language 13 (4), 359-394.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fmlab.errors import UserError
from fmlab.probes.units import Interval, bits_per_byte, bootstrap_mean

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]

CHUNK = 128
"""Tokens in a unit of the bootstrap."""


class CountingModel(Protocol):
    """What `score` needs of a model."""

    order: int

    def log_probs_of_all(self, sequences: Sequence[Sequence[int] | Ids]) -> Floats:
        """Return the log probability of each token after those before it, in nats, `(T,)`."""
        ...


@dataclass(frozen=True)
class NgramScore:
    """How well a counting model guesses held-out text.

    Attributes:
        order: 1 for a unigram, 3 for a trigram.
        nats_per_token: Mean loss of a token.
        interval: Its 95 % interval, from drawing chunks of 128 tokens again and again. It is about
            more text of these documents, not about other documents.
        tokens: How many tokens were guessed.
        text_bytes: Length of the same text, in bytes of UTF-8.
    """

    order: int
    nats_per_token: float
    interval: Interval
    tokens: int
    text_bytes: int

    @property
    def bits_per_byte(self) -> float:
        """The loss in bits for a byte of the text."""
        return bits_per_byte(self.nats_per_token, self.tokens, self.text_bytes)

    @property
    def bits_per_byte_interval(self) -> Interval:
        """The interval in bits for a byte."""
        low, high = self.interval
        return (
            bits_per_byte(low, self.tokens, self.text_bytes),
            bits_per_byte(high, self.tokens, self.text_bytes),
        )


class Unigram:
    """How often each token came, and nothing else."""

    order = 1

    def __init__(
        self, sequences: Sequence[Sequence[int] | Ids], vocab_size: int, k: float = 1.0
    ) -> None:
        """Count the tokens of `sequences`, and add `k` to every count of the vocabulary.

        Raises:
            UserError: There is no token to count, or one outside the vocabulary.
        """
        tokens, _ = _joined(sequences, vocab_size)
        counts = np.bincount(tokens, minlength=vocab_size) + k
        self.table: Floats = np.log(counts / counts.sum())

    def log_probs(self, sequence: Sequence[int] | Ids) -> Floats:
        """Return the log probability of each token, in nats, `(T,)`."""
        return self.log_probs_of_all([sequence])

    def log_probs_of_all(self, sequences: Sequence[Sequence[int] | Ids]) -> Floats:
        """Return `log_probs` of several sequences, one after the other, `(T,)`."""
        tokens, _ = _joined(sequences, len(self.table))
        return self.table[tokens]


class Trigram:
    """Interpolated modified Kneser-Ney with two tokens of context.

    Each sequence begins with two marks "nothing before"; they are context and are never guessed.
    """

    order = 3

    def __init__(self, sequences: Sequence[Sequence[int] | Ids], vocab_size: int) -> None:
        """Count every run of three tokens in `sequences`.

        Raises:
            UserError: There is no token to count, or one outside the vocabulary.
        """
        tokens, lengths = _joined(sequences, vocab_size)
        self.vocab_size = vocab_size
        self.base = vocab_size + 1  # the number `vocab_size` stands for "nothing before"
        keys, counts = np.unique(self._trigram_keys(tokens, lengths), return_counts=True)
        self.trigrams = _Order(keys, counts, self.base)

        # In how many different places was the pair seen? A pair at the start of a sequence has
        # only one place, "nothing", so there its plain count is taken, as usual.
        pairs = keys % self.base**2
        places = np.where(pairs // self.base == vocab_size, counts, 1)
        bigram_keys, index = np.unique(pairs, return_inverse=True)
        bigram_counts = np.bincount(index, weights=places).astype(np.int64)
        self.bigrams = _Order(bigram_keys, bigram_counts, self.base)

        places_of_token = np.bincount(bigram_keys % self.base, minlength=vocab_size)
        discounts = _discounts(places_of_token)
        kept, freed = _discounted(places_of_token, discounts)
        total = places_of_token.sum()
        self.unigrams: Floats = kept / total + freed.sum() / total / vocab_size

    def _trigram_keys(self, tokens: Ids, lengths: Ids) -> Ids:
        """Write every run of three tokens as one number, `(T,)`."""
        sequence = np.repeat(np.arange(len(lengths)), lengths)
        at = np.arange(len(tokens)) + 2 * (sequence + 1)  # two marks before each sequence
        padded = np.full(len(tokens) + 2 * len(lengths), self.vocab_size)
        padded[at] = tokens
        keys: Ids = (padded[at - 2] * self.base + padded[at - 1]) * self.base + padded[at]
        return keys

    def log_probs(self, sequence: Sequence[int] | Ids) -> Floats:
        """Return the log probability of each token after the two before it, in nats, `(T,)`."""
        return self.log_probs_of_all([sequence])

    def log_probs_of_all(self, sequences: Sequence[Sequence[int] | Ids]) -> Floats:
        """Return `log_probs` of several sequences, one after the other, `(T,)`."""
        keys = self._trigram_keys(*_joined(sequences, self.vocab_size))
        shorter = self.unigrams[keys % self.base]
        shorter = self.bigrams.mix(keys % self.base**2, shorter)
        return np.log(self.trigrams.mix(keys, shorter))

    def next_probs(self, before: Sequence[int] = ()) -> Floats:
        """Return the probability of every token of the vocabulary after `before`, `(V,)`.

        Args:
            before: The last two tokens; fewer stand at the start of a sequence.
        """
        nothing = self.vocab_size
        first, second = (nothing, nothing, *before)[-2:]
        token = np.arange(self.vocab_size, dtype=np.int64)
        pairs = second * self.base + token
        shorter = self.bigrams.mix(pairs, self.unigrams)
        return self.trigrams.mix(first * self.base**2 + pairs, shorter)


class _Order:
    """Discounted counts of one length of context, looked up by sorted keys."""

    def __init__(self, keys: Ids, counts: Ids, base: int) -> None:
        """Take discounts, and find for each context its total and the mass that it frees."""
        self.base, self.keys = base, keys
        self.kept, freed = _discounted(counts, _discounts(counts))
        contexts = keys // base
        starts = np.flatnonzero(np.diff(contexts, prepend=-1))
        self.contexts: Ids = contexts[starts]
        totals = np.add.reduceat(counts, starts)
        self.kept /= np.repeat(totals, np.diff(starts, append=len(keys)))
        self.freed: Floats = np.add.reduceat(freed, starts) / totals

    def mix(self, keys: Ids, shorter: Floats) -> Floats:
        """Return probabilities of `keys`, where `shorter` are those of the shorter context.

        A context that was never seen hands everything on to the shorter one.
        """
        order = np.argsort(keys)  # neighbours in the table are then asked for one after another
        asked = keys[order]
        probs = np.empty(len(keys))
        probs[order] = _look_up(self.keys, self.kept, asked, 0.0)
        freed = np.empty(len(keys))
        freed[order] = _look_up(self.contexts, self.freed, asked // self.base, 1.0)
        return probs + freed * shorter


def _look_up(table: Ids, values: Floats, asked: Ids, otherwise: float) -> Floats:
    """Return the value of each key in a sorted table, or `otherwise` where it is not there."""
    at = np.minimum(np.searchsorted(table, asked), len(table) - 1)
    return np.where(table[at] == asked, values[at], otherwise)


def _discounts(counts: Ids) -> Floats:
    """Return what is taken from a count of 0, 1, 2, and 3 or more, `(4,)`.

    The formulas need counts of 1, 2, 3 and 4 in plenty. On a text too small for them, or a
    generated one where few things are rare, 0.5, 1 and 1.5 are taken instead.
    """
    ones, twos, threes, fours = (int((counts == number).sum()) for number in (1, 2, 3, 4))
    fallback = np.array([0.0, 0.5, 1.0, 1.5])
    if not (ones and twos and threes and fours):
        return fallback
    y = ones / (ones + 2 * twos)
    found = np.array(
        [0.0, 1 - 2 * y * twos / ones, 2 - 3 * y * threes / twos, 3 - 4 * y * fours / threes]
    )
    sensible = (found[1:] > 0) & (found[1:] < [1, 2, 3])
    found[1:] = np.where(sensible, found[1:], fallback[1:])
    return found


def _discounted(counts: Ids, discounts: Floats) -> tuple[Floats, Floats]:
    """Return what is left of each count, and what was taken from it."""
    taken = discounts[np.minimum(counts, 3)]
    return counts - taken, taken


def _joined(sequences: Sequence[Sequence[int] | Ids], vocab_size: int) -> tuple[Ids, Ids]:
    """Return all tokens in one row, `(T,)`, and how many each sequence has, `(S,)`.

    Raises:
        UserError: There is none, or one outside the vocabulary.
    """
    lengths = np.array([len(sequence) for sequence in sequences], np.int64)
    if not lengths.sum():
        raise UserError("there is no token to count; give at least one document with text")
    tokens = np.concatenate([np.asarray(sequence, np.int64) for sequence in sequences])
    if tokens.min() < 0 or tokens.max() >= vocab_size:
        raise UserError(
            f"token {tokens.max()} does not fit a vocabulary of {vocab_size}; "
            "use the tokenizer that made the tokens"
        )
    return tokens, lengths


def score(
    model: CountingModel, sequences: Sequence[Sequence[int] | Ids], text_bytes: int, seed: int = 0
) -> NgramScore:
    """Return how well a counting model guesses held-out sequences, token by token.

    Args:
        model: A `Unigram` or a `Trigram` of the training text.
        sequences: Held-out token numbers, a document each, without special tokens.
        text_bytes: Length of the same documents, in bytes of UTF-8.
        seed: Of the interval's draws.

    Does not show: whether a masked model is better at language. This one sees what comes before
    a token; a masked model sees both sides. And it codes the tokens only: what the tokenizer
    threw away (capital letters, unknown signs) costs nothing here.

    Raises:
        UserError: There is no token to guess.
    """
    losses = -model.log_probs_of_all(sequences)
    starts = np.arange(0, len(losses), CHUNK)
    counts = np.diff(starts, append=len(losses))
    mean = bootstrap_mean(np.add.reduceat(losses, starts), counts, seed=seed)
    return NgramScore(model.order, mean.value, mean.interval, len(losses), text_bytes)


def baselines(
    train: Sequence[Sequence[int] | Ids],
    held_out: Sequence[Sequence[int] | Ids],
    vocab_size: int,
    text_bytes: int,
) -> tuple[NgramScore, NgramScore]:
    """Return the scores of a unigram and of a trigram, counted in `train`, on `held_out`."""
    return (
        score(Unigram(train, vocab_size), held_out, text_bytes),
        score(Trigram(train, vocab_size), held_out, text_bytes),
    )
