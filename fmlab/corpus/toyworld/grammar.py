"""The grammar of the toy world: sentence patterns whose slots are independent of one another.

Idea: every dependency between words (a verb agrees with its noun, a pronoun goes with a name, a
capital with its country) has a hidden cause: a number, a gender, a country. There is one pattern
for each value of the hidden causes; within a pattern each slot is drawn on its own. So the whole
language is a mixture of products,

    p(sentence) = sum over patterns of weight(pattern) * product over slots of p(word | slot),

and every conditional probability is a sum over some hundred patterns: exact, and fast.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from fmlab.corpus.toyworld import lexicon as lex

Slot = dict[str, float]
"""The probability of each word that can stand in one place of a sentence."""

Distractor = Literal["none", "same", "opposite"]


@dataclass(frozen=True)
class Pattern:
    """One kind of sentence, with its hidden causes fixed.

    Attributes:
        kind: What the sentence is about: "agreement", "people", "facts" or "codes".
        weight: Its share of all sentences.
        slots: The distribution of the word at each position.
        verb: Position of the verb that agrees with the head noun, if the pattern is about that.
        distractor: Whether another noun stands between the two, and whether its number is the
            head's or the opposite.
    """

    kind: str
    weight: float
    slots: tuple[Slot, ...]
    verb: int | None = None
    distractor: Distractor = "none"


def uniform(words: Sequence[str]) -> Slot:
    """Return a slot in which each of `words` is as likely as the next."""
    return {word: 1 / len(words) for word in words}


def pattern(
    kind: str,
    weight: float,
    template: str,
    slots: Mapping[str, Slot | Sequence[str] | str],
    distractor: Distractor = "none",
) -> Pattern:
    """Return the pattern of a template such as `"the N near the M V ."`.

    A word of the template that is a key of `slots` is a slot: a distribution, several equally
    likely words, or one word. Every other word stands for itself. `V` is the verb that agrees.
    """
    filled = []
    for word in template.split():
        slot = slots.get(word, word)
        if isinstance(slot, str):
            slot = (slot,)
        filled.append(dict(slot) if isinstance(slot, Mapping) else uniform(slot))
    verb = template.split().index("V") if "V" in slots else None
    return Pattern(kind, weight, tuple(filled), verb, distractor)


def agreement() -> Iterator[Pattern]:
    """Yield sentences about number: the verb agrees with the first noun, however far away.

    A noun in between has the head's number or the opposite with equal chance, so that the
    nearest noun tells nothing about the verb.
    """
    kinds = ((lex.LIVING, lex.ACTIONS), (lex.THINGS, lex.EVENTS))
    for (nouns, verbs), number in product(kinds, lex.NUMBERS):
        ends = {"N": nouns[number], "V": verbs[number]}
        yield pattern("agreement", 0.03, "the N V .", ends)
        yield pattern("agreement", 0.015, "the A N V .", ends | {"A": lex.ADJECTIVES})
        for other in lex.NUMBERS:
            phrase = {"P": lex.PREPOSITIONS, "M": lex.NOUNS[other]}
            between: Distractor = "same" if other == number else "opposite"
            yield pattern("agreement", 0.02, "the N P the M V .", ends | phrase, between)
    for number, other in product(lex.NUMBERS, lex.NUMBERS):
        ends = {"N": lex.LIVING[number], "V": lex.ACTIONS[number]}
        between = "same" if other == number else "opposite"
        clause = {"M": lex.NOUNS[other], "R": lex.RELATIONS[number]}
        yield pattern("agreement", 0.015, "the N that R the M V .", ends | clause, between)
        clause = {"M": lex.LIVING[other], "R": lex.RELATIONS[other]}
        yield pattern("agreement", 0.015, "the N that the M R V .", ends | clause, between)


def occupations(gender: lex.Gender, skew: float) -> Slot:
    """Return the distribution of occupations given the gender.

    With skew 0 it is the same for both; with skew 1 each gender has occupations of its own. An
    occupation's share of the text is the same whatever the skew.
    """
    shared = [job for jobs in lex.OCCUPATIONS.values() for job in jobs]
    own = lex.OCCUPATIONS[gender]
    slot = {job: (1 - skew) / 16 + (skew / 8 if job in own else 0) for job in shared}
    return {job: p for job, p in slot.items() if p > 0}


def people(skew: float) -> Iterator[Pattern]:
    """Yield sentences about people: the pronoun goes with the name, and more or less the job."""
    for gender in lex.GENDERS:
        slots: dict[str, Slot | Sequence[str] | str] = {
            "NAME": lex.NAMES[gender],
            "JOB": occupations(gender, skew),
            "PRONOUN": gender,
            "PLACE": lex.PLACES,
            "POSSESSIVE": lex.POSSESSIVES[gender],
            "THING": lex.THINGS["singular"],
        }
        for template in (
            "NAME is a JOB and PRONOUN works in the PLACE .",
            "the JOB says that PRONOUN lives near the PLACE .",
            "NAME likes POSSESSIVE THING .",
        ):
            yield pattern("people", 0.05, template, slots)


def facts(capitals: Mapping[str, str]) -> Iterator[Pattern]:
    """Yield sentences that say which city is the capital of which country."""
    for country, city in capitals.items():
        for template in ("the capital of COUNTRY is CITY .", "CITY is the capital of COUNTRY ."):
            yield pattern(
                "facts", 0.1 / len(capitals), template, {"COUNTRY": country, "CITY": city}
            )


def codes() -> Iterator[Pattern]:
    """Yield sentences with random digits: nothing about them can be learned but their form."""
    names = [n for g in lex.GENDERS for n in lex.NAMES[g] if n != lex.SECRET_NAME]
    yield pattern("codes", 0.04, "the code of NAME is D D D D .", {"NAME": names, "D": lex.DIGITS})


def grammar(capitals: Mapping[str, str], skew: float) -> tuple[Pattern, ...]:
    """Return all patterns of a world, with weights that sum to 1."""
    return (*agreement(), *people(skew), *facts(capitals), *codes())
