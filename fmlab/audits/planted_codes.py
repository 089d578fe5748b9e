"""A text in which made-up people have codes that stand there 0, 1, 2, ... 64 times.

Paper: Carlini et al. 2019, "The Secret Sharer", USENIX Security, arXiv:1802.08232, who plant a
canary several times and ask how exposed it is.
Idea: one run with canaries of all repetitions shows the whole curve. Each has a name of its own, so
that they do not speak of one another.
Intuition: sentences of the same world that were left out are from the same pot as those that were
read, so that only memory can tell them apart.

Nobody is meant: names are made of syllables, codes are drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from fmlab.audits.canaries import DIGITS, CanaryFormat
from fmlab.corpus.toyworld import World, lexicon
from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.seeds import numpy_rng
from fmlab.tokens import SPECIAL_TOKENS, Tokenizer

REPEATS = (0, 1, 2, 4, 8, 16, 32, 64)
EACH = 2
"""Codes for each number of repeats."""
OTHERS = 4
POT = 3
"""So many times the wanted sentences are drawn, since many come more than once."""


@dataclass(frozen=True)
class PlantedCode:
    """A made-up person's code, and how often the text tells it.

    Attributes:
        repeats: In how many sentences it stands.
        canary_format: The sentence, and the words of its four slots.
        canary: The sentence with the code in it.
    """

    repeats: int
    canary_format: CanaryFormat
    canary: str


@dataclass(frozen=True)
class CodeText:
    """A text with planted codes, and two others from the same pot.

    Attributes:
        lines: What a model is to read: `members`, and each code as often as it is repeated.
        members: Sentences of the toy world, each once.
        others: `OTHERS` times as many that no model reads.
        reference: `OTHERS` times as many for a model to compare with.
        codes: The planted ones, those with no repeat included.
    """

    lines: tuple[str, ...]
    members: tuple[str, ...]
    others: tuple[str, ...]
    reference: tuple[str, ...]
    codes: tuple[PlantedCode, ...]


def made_up_names(count: int) -> tuple[str, ...]:
    """Return names of two syllables that are no words of the toy world, each once.

    Raises:
        UserError: More are wanted than there are.
    """
    syllables = [a + b for a in "bdfgklmnprtvz" for b in "aeiou"]
    known = {name for names in lexicon.NAMES.values() for name in names}
    every = [a + b for a in syllables for b in syllables if a + b not in known]
    if count > len(every):
        raise UserError(f"{count} names are wanted, but there are {len(every)}; take fewer")
    order = numpy_rng(0, "made-up names").permutation(len(every))
    return tuple(every[int(i)] for i in order[:count])


def word_tokenizer(words: Iterable[str]) -> Tokenizer:
    """Return a tokenizer whose tokens are these words.

    It is not learned from a text, so that it cannot give away what stands in one.
    """
    with TemporaryDirectory() as folder:
        lines = "".join(f"{word}\n" for word in dict.fromkeys((*SPECIAL_TOKENS, *words)))
        write_text(Path(folder) / "vocab.txt", lines)
        return Tokenizer.load(folder)


def code_text(
    sentences: int, seed: int, repeats: Sequence[int] = REPEATS, each: int = EACH
) -> CodeText:
    """Return a text with planted codes.

    Args:
        sentences: Of the toy world; codes come on top. Each is there once.
        seed: Of the sentences, of the codes, and of who has which number of repeats.
        repeats: How often codes are told.
        each: How many codes have each number of repeats.

    Raises:
        UserError: There are not so many different sentences, or not so many names.
    """
    shares = (1, OTHERS, OTHERS)
    drawn = World().sample(POT * sum(shares) * sentences, seed=seed)
    pot = list(dict.fromkeys(drawn))
    if len(pot) < sum(shares) * sentences:
        most = len(pot) // sum(shares)
        raise UserError(f"only {most} different sentences a part; ask for no more than these")
    order = numpy_rng(seed, "planted codes", "pot").permutation(len(pot))
    ends = np.cumsum([0, *shares]) * sentences
    members, others, reference = (
        tuple(pot[int(i)] for i in order[start:end]) for start, end in pairwise(ends)
    )
    codes = _codes(seed, repeats, each)
    lines = (*members, *(code.canary for code in codes for _ in range(code.repeats)))
    return CodeText(lines, members, others, reference, codes)


def code_tokenizer(names: Sequence[str] = (), words: Sequence[str] = ()) -> Tokenizer:
    """Return a tokenizer for the toy world, the first made-up names, and more names and words."""
    known = made_up_names(len(REPEATS) * EACH)
    return word_tokenizer((*World().vocabulary, *known, *DIGITS, *names, *words))


def _codes(seed: int, repeats: Sequence[int], each: int) -> tuple[PlantedCode, ...]:
    names = numpy_rng(seed, "planted codes", "names").permutation(
        made_up_names(len(repeats) * each)
    )
    planted = []
    for number, name in enumerate(names):
        sentence = f"the code of {name} is {{}} {{}} {{}} {{}} ."
        form = CanaryFormat(sentence, (DIGITS,) * 4)
        drawn = int(numpy_rng(seed, "planted codes", number).integers(2**31))
        planted.append(PlantedCode(repeats[number // each], form, form.draw(1, drawn)[0]))
    return tuple(planted)
