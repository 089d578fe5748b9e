"""A language that is known exactly: a mixture of patterns, with or without noise.

The truth is code, not constants: the probability of a sentence, the distribution of a masked word
given the rest, and from it the lowest loss that masked language modelling can reach.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fmlab.corpus.toyworld.grammar import Pattern
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng

MASK = "[MASK]"
Floats = NDArray[np.float64]


class Language:
    """What can be known about a language of `patterns` whose words are replaced with `noise`."""

    patterns: Sequence[Pattern]
    noise: float

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """Every word of the language, sorted."""
        return tuple(sorted({w for p in self.patterns for slot in p.slots for w in slot}))

    @cached_property
    def replacements(self) -> tuple[str, ...]:
        """The words that noise puts in: any but the full stop, which it never touches."""
        return tuple(word for word in self.vocabulary if word != ".")

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.vocabulary)}

    @cached_property
    def _tables(self) -> dict[int, tuple[Floats, Floats]]:
        """For each length: the patterns' weights, `(P,)`, and p(word | slot), `(P, length, V)`.

        Noise keeps a word with 1 - noise and replaces it otherwise, each word on its own: a
        noisy pattern is still a product over slots.
        """
        tables = {}
        for length in {len(pattern.slots) for pattern in self.patterns}:
            chosen = [p for p in self.patterns if len(p.slots) == length]
            table = np.zeros((len(chosen), length, len(self._ids)))
            for row, pattern in enumerate(chosen):
                for position, slot in enumerate(pattern.slots):
                    table[row, position, [self._ids[word] for word in slot]] = list(slot.values())
            random = np.full(len(self._ids), 1 / len(self.replacements))
            random[self._ids["."]] = 0
            table[:, :-1] = (1 - self.noise) * table[:, :-1] + self.noise * random
            tables[length] = np.array([p.weight for p in chosen]), table
        return tables

    def _likelihood(self, words: Sequence[str]) -> tuple[Floats, Floats, Floats]:
        """Weights `(P,)`, the table `(P, T, V)`, and p(word | slot) `(P, T)`; 1 at `[MASK]`."""
        nothing = np.zeros(0), np.zeros((0, len(words), len(self._ids)))
        weights, table = self._tables.get(len(words), nothing)
        seen = np.ones(table.shape[:2])
        for position, word in enumerate(words):
            if word != MASK:
                known = word in self._ids
                seen[:, position] = table[:, position, self._ids[word]] if known else 0.0
        return weights, table, seen

    def probability(self, sentence: str | Sequence[str]) -> float:
        """Return the probability that the next sentence of the text is this one.

        Where words are `[MASK]`, it is the sum over all words that can stand there.
        """
        weights, _, seen = self._likelihood(_words(sentence))
        return float(weights @ seen.prod(1))

    def _predictions(self, words: Sequence[str]) -> Floats:
        """At each position, p(word | all other positions), `(T, V)`; 0 where those cannot be.

        Bayes' rule over the patterns: the posterior of a pattern is its weight times what it
        gives to the other words, and a pattern predicts by its slot.
        """
        weights, table, seen = self._likelihood(words)
        one = np.ones((len(weights), 1))
        before = np.cumprod(np.hstack([one, seen[:, :-1]]), axis=1)
        after = np.cumprod(np.hstack([one, seen[:, :0:-1]]), axis=1)[:, ::-1]
        posterior = weights[:, None] * before * after  # (P, T)
        total = posterior.sum(0)
        posterior /= np.where(total > 0, total, 1)
        predicted: Floats = np.einsum("pt,ptv->tv", posterior, table)
        return predicted

    def masked_distribution(self, sentence: str | Sequence[str], position: int) -> dict[str, float]:
        """Return the exact distribution of the word at `position`, given the rest.

        No model can do better. The word that stands at `position` is not looked at; other words
        may be `[MASK]` too.

        Raises:
            UserError: The world cannot produce the rest of the sentence.
        """
        words = _words(sentence)
        if not 0 <= position < len(words):
            raise UserError(f"position {position} is outside the sentence's {len(words)} words")
        predicted = self._predictions(words)[position]
        if not predicted.any():
            hidden = " ".join([*words[:position], MASK, *words[position + 1 :]])
            raise UserError(f"the toy world has no sentence {hidden!r}")
        return {word: float(p) for word, p in zip(self._ids, predicted, strict=True) if p > 0}

    def cross_entropy(
        self, sentences: Iterable[str], rate: float | None = None, seed: int = 0
    ) -> float:
        """Return what the best of all models scores on this text, in nats a masked token.

        Args:
            sentences: Sentences of this world.
            rate: None: each word is masked in turn, alone. A number: each sentence is seen once
                with that share of its words masked (at least one), as `[MASK]`.
            seed: Chooses the masks.

        Raises:
            UserError: The world cannot produce one of the sentences.
        """
        rng = numpy_rng(seed, "toyworld", "masks")
        nats: list[float] = []
        for sentence in sentences:
            words = sentence.split()
            masked, seen = list(range(len(words))), words
            if rate is not None:
                masked = _choose(rng, len(words), rate)
                seen = [MASK if i in masked else word for i, word in enumerate(words)]
            predicted = self._predictions(seen)
            p = [predicted[i, self._ids[words[i]]] if words[i] in self._ids else 0 for i in masked]
            if not all(p):
                raise UserError(f"the toy world has no sentence {sentence!r}")
            nats += (-np.log(p)).tolist()
        return float(np.mean(nats))

    def entropy(self, sentences: Iterable[str]) -> float:
        """Return the mean entropy of `masked_distribution` over all positions, in nats.

        It is what `cross_entropy` comes to on average, with less chance in it.
        """
        nats: list[float] = []
        for sentence in sentences:
            p = self._predictions(sentence.split())
            nats += (-(p * np.log(np.where(p > 0, p, 1))).sum(1)).tolist()
        return float(np.mean(nats))


def _words(sentence: str | Sequence[str]) -> list[str]:
    return sentence.split() if isinstance(sentence, str) else list(sentence)


def _choose(rng: np.random.Generator, count: int, rate: float) -> list[int]:
    chosen = np.flatnonzero(rng.random(count) < rate)
    return [int(i) for i in (chosen if len(chosen) else rng.integers(count, size=1))]
