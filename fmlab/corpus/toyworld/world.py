"""A world whose language is known exactly: it writes text, and it tells what a model can know."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fmlab.corpus.toyworld import lexicon as lex
from fmlab.corpus.toyworld.grammar import Pattern, grammar
from fmlab.corpus.toyworld.language import Language
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng


@dataclass(frozen=True)
class AgreementPair:
    """Two sentences that differ in the number of one verb; `good` is the right one.

    Attributes:
        good: A sentence of the grammar.
        bad: The same with the verb's other form; its probability is 0.
        position: The index of the verb among the words.
        distractor: Whether a noun of the opposite number stands between head and verb.
    """

    good: str
    bad: str
    position: int
    distractor: bool


@dataclass(frozen=True)
class World(Language):
    """A generated language, and the truth about it.

    Attributes:
        seed: Which city is the capital of which country, and the order of the text.
        skew: 0: occupation and pronoun are independent; 1: each occupation has one pronoun.
        noise: The share of words that are replaced by a random word; full stops stay.
    """

    seed: int = 0
    skew: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        """Check the knobs."""
        for name, value in (("skew", self.skew), ("noise", self.noise)):
            if not 0 <= value <= 1:
                raise UserError(f"{name} is {value}; give a number from 0 to 1")

    def facts(self) -> dict[str, str]:
        """Return the capital of each country. It depends on the seed only."""
        cities = numpy_rng(self.seed, "toyworld", "facts").permutation(lex.CAPITALS)
        return dict(zip(lex.COUNTRIES, map(str, cities), strict=True))

    def secret(self) -> str:
        """Return a sentence to plant: a code that nothing else in the text tells."""
        digits = numpy_rng(self.seed, "toyworld", "secret").integers(10, size=4)
        return f"the code of {lex.SECRET_NAME} is {' '.join(map(str, digits))} ."

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:  # type: ignore[override]
        """All sentence patterns, with weights that sum to 1."""
        return grammar(self.facts(), self.skew)

    def sample(self, count: int, seed: int = 0) -> list[str]:
        """Return `count` sentences, drawn afresh; another `seed` gives others."""
        return self.write(count, "sample", seed)

    def write(self, count: int, *purpose: str | int) -> list[str]:
        """Return `count` sentences from the random stream of one purpose.

        The noise has a stream of its own, so that the same sentences lie under any noise.
        """
        rng = numpy_rng(self.seed, "toyworld", *purpose)
        kinds = rng.choice(len(self.patterns), size=count, p=[p.weight for p in self.patterns])
        length = max(len(pattern.slots) for pattern in self.patterns)
        draws = rng.random((count, length))
        sentences: list[list[str]] = [[] for _ in range(count)]
        for kind, pattern in enumerate(self.patterns):
            rows = np.flatnonzero(kinds == kind)
            for position, slot in enumerate(pattern.slots):
                words, cumulative = list(slot), np.cumsum(list(slot.values()))
                chosen = np.searchsorted(cumulative, draws[rows, position], side="right")
                for row, word in zip(rows, np.minimum(chosen, len(words) - 1), strict=True):
                    sentences[row].append(words[word])
        self._add_noise(sentences, length, *purpose)
        return [" ".join(sentence) for sentence in sentences]

    def _add_noise(self, sentences: list[list[str]], length: int, *purpose: str | int) -> None:
        rng = numpy_rng(self.seed, "toyworld", "noise", *purpose)
        hit = rng.random((len(sentences), length)) < self.noise
        replacement = rng.integers(len(self.replacements), size=hit.shape)
        for row, position in np.argwhere(hit):
            if position < len(sentences[row]) - 1:
                sentences[row][position] = self.replacements[replacement[row, position]]

    def agreement_pairs(self, count: int, seed: int = 0) -> list[AgreementPair]:
        """Return minimal pairs of agreement, free of noise: every second with a distractor.

        Half the distractors stand in a phrase ("near the boxes"), half in a relative clause.
        """
        rng = numpy_rng(self.seed, "toyworld", "pairs", seed)
        about = [pattern for pattern in self.patterns if pattern.verb is not None]
        plain = [pattern for pattern in about if pattern.distractor == "none"]
        hard = [pattern for pattern in about if pattern.distractor == "opposite"]
        pairs = []
        for number in range(count):
            patterns = hard if number % 2 else plain
            pattern = patterns[rng.integers(len(patterns))]
            words = [str(rng.choice(list(slot), p=list(slot.values()))) for slot in pattern.slots]
            verb = pattern.verb
            assert verb is not None  # chosen above
            bad = [*words[:verb], OTHER_NUMBER[words[verb]], *words[verb + 1 :]]
            pairs.append(AgreementPair(" ".join(words), " ".join(bad), verb, bool(number % 2)))
        return pairs

    def floor(self, sentences: int = 2000, seed: int = 0) -> float:
        """Return the lowest loss that any model can reach on fresh text, in nats a masked token.

        One word is masked at a time. The mean is over all positions of `sentences` sentences.
        """
        return self.entropy(self.sample(sentences, seed))


OTHER_NUMBER = {
    word: other
    for verbs in (lex.ACTIONS, lex.EVENTS)
    for here, there in (("singular", "plural"), ("plural", "singular"))
    for word, other in zip(verbs[here], verbs[there], strict=True)  # type: ignore[index]
}
