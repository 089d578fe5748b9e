"""Canaries: sentences with random slots, planted in training text to see what a model keeps.

Paper: Carlini et al. 2019, "The Secret Sharer: Evaluating and Testing Unintended Memorization in
Neural Networks", USENIX Security, arXiv:1802.08232.
Idea: choose a format, fill its slots at random, and put that one sentence into the training text.
Intuition: nothing but the training text can tell which filling was drawn, so what the model knows
of it, it has kept from there.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fmlab.errors import UserError
from fmlab.seeds import numpy_rng
from fmlab.tokens import Tokenizer

SLOT = "{}"
DIGITS = tuple("0123456789")
NAMED = 5
"""So many words a message lists; of the others it gives the number."""

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class CanaryFormat:
    """A sentence with slots, and the words that may stand in each.

    Attributes:
        template: The sentence; each slot is `{}` between spaces.
        choices: The words of each slot, one tuple a slot.
    """

    template: str
    choices: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        """Check that slots and choices belong together.

        Raises:
            UserError: No slot, a slot that touches a word, as many slots as there are not choices,
                or a slot with the same word twice or with fewer than two.
        """
        slots = self.template.split().count(SLOT)
        if slots == 0 or slots != self.template.count(SLOT):
            raise UserError(
                f"the canary {self.template!r} needs slots that stand alone; write {SLOT} between "
                "spaces where a random word goes"
            )
        if slots != len(self.choices):
            raise UserError(
                f"the canary {self.template!r} has {slots} slots, but there are words for "
                f"{len(self.choices)}; give one list of words a slot"
            )
        for number, words in enumerate(self.choices, 1):
            if len(words) < 2 or len(set(words)) < len(words):
                raise UserError(
                    f"slot {number} has {len(words)} words, {len(set(words))} different; give two "
                    "or more, each once"
                )

    @cached_property
    def size(self) -> int:
        """How many sentences the format has: the paper's |R|."""
        return math.prod(len(words) for words in self.choices)

    @property
    def most_bits(self) -> float:
        """The exposure of a canary that the model finds likeliest of all: log2 |R|."""
        return math.log2(self.size)

    def text(self, values: Sequence[int]) -> str:
        """Return the sentence whose slots hold the words of these numbers."""
        words = iter(words[int(v)] for words, v in zip(self.choices, values, strict=True))
        return " ".join(next(words) if part == SLOT else part for part in self.template.split())

    def values(self, text: str) -> tuple[int, ...]:
        """Return which words stand in the slots of a sentence of this format.

        Raises:
            UserError: It is no such sentence.
        """
        parts, words = self.template.split(), text.split()
        fits = len(parts) == len(words) and all(
            part in (SLOT, word) for part, word in zip(parts, words, strict=True)
        )
        filled = [w for part, w in zip(parts, words, strict=False) if part == SLOT]
        if not fits or any(w not in c for w, c in zip(filled, self.choices, strict=True)):
            raise UserError(
                f"{text!r} is no sentence of the canary format {self.template!r}; fill its slots "
                "with words that it lists"
            )
        return tuple(c.index(w) for w, c in zip(filled, self.choices, strict=True))

    def draw(self, count: int, seed: int) -> tuple[str, ...]:
        """Return `count` sentences, each slot filled at random; one may come twice."""
        sizes = [len(words) for words in self.choices]
        drawn = numpy_rng(seed, "canary").integers(sizes, size=(count, len(sizes)))
        return tuple(self.text(values) for values in drawn)

    def all_values(self) -> Ids:
        """Return the fillings of all sentences, `(|R|, slots)`."""
        grid = np.indices([len(words) for words in self.choices])
        return grid.reshape(len(self.choices), -1).T.astype(np.int64)

    def not_single(self, tokenizer: Tokenizer) -> tuple[str, ...]:
        """Return the slot words that are not one token of the vocabulary, each once."""
        words = dict.fromkeys(word for words in self.choices for word in words)
        found = tokenizer.encode_batch(list(words))
        return tuple(
            word
            for word, ids in zip(words, found, strict=True)
            if len(ids) != 1 or ids[0] == tokenizer.unk_id
        )

    def with_single_tokens(self, tokenizer: Tokenizer) -> "CanaryFormat":
        """Return the format without the words that are not one token.

        Raises:
            UserError: Fewer than two words are left for a slot.
        """
        out = set(self.not_single(tokenizer))
        kept = tuple(tuple(w for w in words if w not in out) for words in self.choices)
        return replace(self, choices=kept)


@dataclass(frozen=True)
class TokenFormat:
    """A canary format in token numbers.

    Attributes:
        ids: The sentence without `[CLS]` and `[SEP]`; 0 in the slots, `(T,)`.
        places: Where the slots are in it.
        choices: The token numbers of each slot's words.
    """

    ids: Ids
    places: tuple[int, ...]
    choices: tuple[Ids, ...]

    def filled(self, values: Ids) -> Ids:
        """Return the sentences of some fillings, `(N, T)`, for `values` of `(N, slots)`."""
        rows = np.tile(self.ids, (len(values), 1))
        for slot, place in enumerate(self.places):
            rows[:, place] = self.choices[slot][values[:, slot]]
        return rows


def in_tokens(canary: CanaryFormat, tokenizer: Tokenizer) -> TokenFormat:
    """Return a canary format in the numbers of a tokenizer.

    Raises:
        UserError: Slot words are not single tokens (they are counted and named), two of them are
            the same token (as `A` and `a` are where case is folded), or the template's own words
            are cut otherwise beside them.
    """
    out = canary.not_single(tokenizer)
    if out:
        total = len({word for words in canary.choices for word in words})
        raise UserError(
            f"{len(out)} of {total} slot words are not single tokens ({_named(out)}); leave them "
            "out by with_single_tokens(tokenizer)"
        )
    choices = tuple(
        np.array([ids[0] for ids in tokenizer.encode_batch(list(words))], dtype=np.int64)
        for words in canary.choices
    )
    for number, (words, one) in enumerate(zip(canary.choices, choices, strict=True), 1):
        same = [word for word, token in zip(words, one, strict=True) if (one == token).sum() > 1]
        if same:
            raise UserError(
                f"words of slot {number} are the same token ({_named(same)}); keep one of them"
            )
    ids: list[int] = []
    places: list[int] = []
    for part in canary.template.split():
        if part == SLOT:
            places.append(len(ids))
        ids += [0] if part == SLOT else tokenizer.encode(part)
    found = TokenFormat(np.array(ids, dtype=np.int64), tuple(places), choices)
    first = np.zeros((1, len(places)), dtype=np.int64)
    assert found.filled(first)[0].tolist() == tokenizer.encode(canary.text(first[0]))
    return found


def _named(words: Iterable[str]) -> str:
    listed = list(words)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(map(repr, listed[:NAMED])) + more
