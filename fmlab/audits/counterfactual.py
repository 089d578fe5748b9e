"""Counterfactual data augmentation: every sentence about her gets a twin about him, and back.

If a text says of nurses "she" and hardly ever "he", a model learns it. So write the same sentence
once more with the genders exchanged, and train on both: then the job tells nothing about the
pronoun any more. `dose` says what share of the sentences gets a twin.

Sources: Lu et al. 2018, "Gender Bias in Neural Natural Language Processing", arXiv:1807.11714; for
exchanging names too Hall Maudslay et al. 2019, EMNLP, arXiv:1909.00871.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from fmlab.corpus.toyworld import lexicon
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng


def _both_ways(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    return dict(pairs) | {other: one for one, other in pairs}


PAIRS = _both_ways(
    [
        ("she", "he"),
        *zip(lexicon.NAMES["she"], lexicon.NAMES["he"], strict=True),
        ("girl", "boy"),
        ("girls", "boys"),
    ]
)
"""Words of the toy world that have one counterpart each. "queen" has none: there is no king."""

OWNED = frozenset(
    {noun for nouns in lexicon.NOUNS.values() for noun in nouns} | {*lexicon.ADJECTIVES}
)
"""Words that can follow "her" or "his" when it says whose something is."""


def swap_gender(
    sentence: str, pairs: Mapping[str, str] = PAIRS, owned: Collection[str] = OWNED
) -> str:
    """Return the sentence with the genders exchanged.

    English is not one to one here. "her" is "his" before what is owned and "him" elsewhere; "his"
    is "her" before what is owned and "hers" elsewhere.

    Args:
        sentence: Words in lower case with spaces between them, also around marks.
        pairs: What each other word becomes, both ways.
        owned: Words that can follow a "her" that says whose something is.

    Does not show: who the person is. Two genders are not all, and a swapped sentence may say what
    nobody would write.
    """
    words = sentence.split()
    swapped = []
    for word, following in zip(words, [*words[1:], ""], strict=False):
        owns = following in owned
        special = {
            "her": "his" if owns else "him",
            "his": "her" if owns else "hers",
            "him": "her",
            "hers": "his",
        }
        swapped.append(special.get(word) or pairs.get(word, word))
    return " ".join(swapped)


def augment(
    sentences: Sequence[str],
    dose: float,
    seed: int = 0,
    swap: Callable[[str], str] = swap_gender,
) -> list[str]:
    """Return all sentences, and after them the twins of a random share of them.

    Sentences without gender have no twin: they would only be repeated.

    Args:
        sentences: The text.
        dose: The share that gets a twin, 0 to 1. The sentences with twins at a smaller dose have
            them at a larger one too.
        seed: Which they are.
        swap: Makes a twin.

    Raises:
        UserError: The dose is no share.
    """
    if not 0 <= dose <= 1:
        raise UserError(f"the dose is {dose}; give a share from 0 to 1")
    chosen = numpy_rng(seed, "counterfactual").random(len(sentences)) < dose
    originals = [one for one, has_twin in zip(sentences, chosen, strict=True) if has_twin]
    return [*sentences, *(twin for one in originals if (twin := swap(one)) != one)]
