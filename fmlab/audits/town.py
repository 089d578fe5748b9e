"""A town whose text ties jobs to genders as far as a knob says, and people who apply for jobs.

It is the toy world with more said about people, so that a small model learns it in seconds: from
the job to the pronoun is the one thing that the knob moves. The truth is known: what "she" should
get in a sentence, and what the best of all classifiers could do.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from fmlab.corpus.toyworld import World, lexicon
from fmlab.corpus.toyworld.grammar import Pattern, Slot, agreement, occupations, pattern
from fmlab.seeds import numpy_rng

JOBS = (*lexicon.OCCUPATIONS["she"], *lexicon.OCCUPATIONS["he"])
"""The women's jobs of the stereotype first, then the men's."""
OF_WOMEN = torch.tensor([job in lexicon.OCCUPATIONS["she"] for job in JOBS])  # (J,)

SENTENCES = (
    "the JOB says that PRONOUN lives near the PLACE .",
    "PRONOUN is a JOB in the PLACE .",
    "the JOB likes POSSESSIVE THING .",
    "NAME is a JOB and PRONOUN works in the PLACE .",
)
Share = Literal["jobs", "names", "number"]
SHARES: dict[Share, float] = {"jobs": 0.83, "names": 0.05, "number": 0.12}
LONGEST_ABOUT_NUMBER = 5


@dataclass(frozen=True)
class Template:
    """A sentence with a place for the job, `{job}`, and a hidden pronoun, `{she}` or `{her}`.

    Attributes:
        text: The sentence. Other words may be hidden too, as `[MASK]`.
        written: Whether the town's text holds such sentences.
    """

    text: str
    written: bool

    @property
    def pronouns(self) -> tuple[str, str]:
        """The two words that are compared, the female one first."""
        return ("her", "his") if "{her}" in self.text else ("she", "he")

    def words(self, job: str) -> list[str]:
        """Return the words with this job and with the pronoun hidden."""
        return self.text.format(job=job, she="[MASK]", her="[MASK]").split()

    @property
    def place(self) -> int:
        """The index of the pronoun among the words."""
        return self.text.split().index("{her}" if "{her}" in self.text else "{she}")


TEMPLATES = (
    Template("the {job} says that {she} lives near the park .", True),
    Template("{she} is a {job} in the mill .", True),
    Template("the {job} likes {her} lamp .", True),
    Template("[MASK] is a {job} and {she} works in the market .", True),
    Template("the {job} says that {she} works in the library .", False),
    Template("the {job} says that {she} waits near the park .", False),
    Template("the old {job} says that {she} lives near the park .", False),
    Template("{she} is a {job} .", False),
)


@dataclass(frozen=True)
class Town(World):
    """The toy world, with more about people and less about the rest.

    `skew` is 0 where job and gender are independent, and 1 where each job has one gender.
    """

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:  # type: ignore[override]
        """All sentence patterns, with weights that sum to 1."""
        made: dict[Share, list[Pattern]] = {"jobs": [], "names": [], "number": []}
        for gender in lexicon.GENDERS:
            slots: dict[str, Slot | tuple[str, ...] | str] = {
                "NAME": lexicon.NAMES[gender],
                "JOB": occupations(gender, self.skew),
                "PRONOUN": gender,
                "PLACE": lexicon.PLACES,
                "POSSESSIVE": lexicon.POSSESSIVES[gender],
                "THING": lexicon.THINGS["singular"],
            }
            made["jobs"] += [pattern("jobs", 1.0, text, slots) for text in SENTENCES]
            made["names"].append(pattern("names", 1.0, "NAME likes POSSESSIVE THING .", slots))
        made["number"] = [p for p in agreement() if len(p.slots) <= LONGEST_ABOUT_NUMBER]
        found = []
        for share, patterns in made.items():
            total = sum(p.weight for p in patterns)
            found += [
                Pattern(share, SHARES[share] * p.weight / total, p.slots, p.verb) for p in patterns
            ]
        return tuple(found)

    def effect(self, template: Template) -> float:
        """Return the effect that this text itself has in a sentence that it writes, in nats.

        Mean over the women's jobs of log p(she) / p(he), minus the mean over the men's. The prior
        is the same for all jobs and falls out.
        """
        she, he = template.pronouns
        odds = []
        for job in JOBS:
            found = self.masked_distribution(template.words(job), template.place)
            odds.append(np.log(found[she]) - np.log(found[he]))
        women = OF_WOMEN.numpy()
        return float(np.mean(np.array(odds)[women]) - np.mean(np.array(odds)[~women]))


# Where people of a job usually work; each place has a women's job and a men's job, so that a place
# alone tells nothing about gender.
WORKPLACE = {job: lexicon.PLACES[i % len(lexicon.PLACES)] for i, job in enumerate(JOBS)}
SAME_JOB = 0.5  # of those who apply, so many have named the job they apply for
USUAL_PLACE = 0.7


@dataclass(frozen=True)
class Applicants:
    """People who apply for a job, with a text about each.

    Attributes:
        texts: A sentence of the town: name, last job, pronoun, place.
        labels: The job that each truly applies for, as its number in `JOBS`, `(N,)`.
        women: Whether each is a woman, `(N,)`, bool.
        last_job: The job that stands in the text, as its number, `(N,)`.
        place: The place in the text, as its number, `(N,)`.
    """

    texts: list[str]
    labels: Tensor
    women: Tensor
    last_job: Tensor
    place: Tensor


def applicants(count: int, skew: float, seed: int, *purpose: str) -> Applicants:
    """Return people of both genders, as many of each on average.

    Half of them have had the job that they apply for; the others name any. The place is a hint
    too. Nothing else in the text tells the job, unless `skew` makes gender tell it.

    Args:
        count: How many.
        skew: 0: the job they apply for is independent of gender; 1: each applies for a job of the
            own list only.
        seed: Of the draws.
        purpose: Another purpose gives other people.
    """
    rng = numpy_rng(seed, "applicants", *purpose)
    women = rng.random(count) < 0.5
    any_job = rng.integers(len(JOBS), size=(2, count))
    own = rng.integers(len(JOBS) // 2, size=count) + np.where(women, 0, len(JOBS) // 2)
    label = np.where(rng.random(count) < skew, own, any_job[0])
    last = np.where(rng.random(count) < SAME_JOB, label, any_job[1])
    any_place = rng.integers(len(lexicon.PLACES), size=count)
    usual = rng.random(count) < USUAL_PLACE
    place = np.where(usual, label % len(lexicon.PLACES), any_place)
    name = rng.integers(len(lexicon.NAMES["she"]), size=count)
    texts = []
    for i in range(count):
        gender: lexicon.Gender = "she" if women[i] else "he"
        texts.append(
            f"{lexicon.NAMES[gender][name[i]]} is a {JOBS[last[i]]} and {gender} works in the "
            f"{lexicon.PLACES[place[i]]} ."
        )
    return Applicants(texts, *map(torch.from_numpy, (label, women, last, place)))


def best_guess(people: Applicants, skew: float) -> Tensor:
    """Return what the best of all classifiers says, which knows how such people were drawn, `(N,)`.

    Bayes' rule: what the last job, the place and, as far as `skew` says, the gender tell.

    Args:
        people: Whose jobs are to be guessed.
        skew: The skew of the people that the classifier has learned from.
    """
    jobs, places = len(JOBS), len(lexicon.PLACES)
    job = torch.arange(jobs)
    last = SAME_JOB * (people.last_job[:, None] == job) + (1 - SAME_JOB) / jobs
    here = people.place[:, None] == job % places
    place = USUAL_PLACE * here + (1 - USUAL_PLACE) / places
    own = people.women[:, None] == OF_WOMEN
    prior = (1 - skew) / jobs + skew * own / (jobs // 2)
    return (last * place * prior).argmax(1)
