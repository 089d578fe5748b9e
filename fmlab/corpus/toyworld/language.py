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
        weights, table = self._tables.get(
            len(words), (np.zeros(1), np.zeros((1, len(words), len(self._ids))))
        )
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

    def masked_distribution(self, sentence: str | Sequence[str], position: int) -> dict[str, float]:
        """Return the exact distribution of the word at `position`, given the rest.

        This is Bayes' rule over all patterns of the sentence's length: no model can do better.
        The word that stands at `position` is not looked at; other words may be `[MASK]` too.

        Raises:
            UserError: The world cannot produce the rest of the sentence.
        """
        words = _words(sentence)
        if not 0 <= position < len(words):
            raise UserError(f"position {position} is outside the sentence's {len(words)} words")
        hidden = [*words[:position], MASK, *words[position + 1 :]]
        weights, table, seen = self._likelihood(hidden)
        posterior = weights * seen.prod(1)
        if not posterior.sum() > 0:
            raise UserError(f"the toy world has no sentence {' '.join(hidden)!r}")
        predicted = posterior @ table[:, position] / posterior.sum()
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
        nats = []
        for sentence in sentences:
            words = _words(sentence)
            masked = np.arange(len(words)) if rate is None else _choose(rng, len(words), rate)
            hidden = list(words)
            for position in masked if rate is not None else ():
                hidden[position] = MASK
            for position in masked:
                p = self.masked_distribution(hidden, int(position)).get(words[position], 0.0)
                if p == 0:
                    raise UserError(f"the toy world has no sentence {sentence!r}")
                nats.append(-np.log(p))
        return float(np.mean(nats))

    def entropy(self, sentences: Iterable[str]) -> float:
        """Return the mean entropy of `masked_distribution` over all positions, in nats.

        It is what `cross_entropy` comes to on average, with less chance in it.
        """
        nats = []
        for sentence in sentences:
            words = sentence.split()
            for position in range(len(words)):
                p = np.array(list(self.masked_distribution(words, position).values()))
                nats.append(-(p * np.log(p)).sum())
        return float(np.mean(nats))


def _words(sentence: str | Sequence[str]) -> list[str]:
    return sentence.split() if isinstance(sentence, str) else list(sentence)


def _choose(rng: np.random.Generator, count: int, rate: float) -> NDArray[np.int64]:
    chosen = np.flatnonzero(rng.random(count) < rate)
    return chosen if len(chosen) else rng.integers(count, size=1)
