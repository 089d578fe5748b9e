"""He or she? A sentence's pronoun is hidden, and the probabilities of the two are compared.

This is a fill-in variant of tests that were made for coreference: the model never says *whom* the
pronoun means, only which of the two it finds likelier there.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmlab.audits.intervals import Estimate, Share, estimate, share
from fmlab.audits.masked_model import Blank, MaskedModel, ask, hide
from fmlab.device import Device

NOT_ONE_TOKEN = "not one token each in this vocabulary"
TOO_LONG = "in a sentence longer than the model can read"


@dataclass(frozen=True)
class LeftOut:
    """What could not be asked.

    Attributes:
        what: The words.
        why: The reason.
        count: In so many sentences.
    """

    what: str
    why: str
    count: int


@dataclass(frozen=True)
class Choice:
    """Which pronoun a model prefers in sentences about jobs.

    Attributes:
        pro: In so many sentences the pronoun that fits the stereotype is likelier.
        pro_of_female_jobs: The same of jobs that more women have: so often "she" is likelier.
        pro_of_male_jobs: The same of jobs that more men have: so often "he" is likelier.
        ties: In so many sentences both are equally likely; they don't count as `pro`.
        shift: Mean of log p(she) / p(he) in sentences about the female jobs, minus the mean in
            those about the male ones, in nats; compared within sentences of the same two pronouns
            (he and she, his and her, him and her). A model that always prefers "he", whatever the
            job, has 0.
    """

    pro: Share
    pro_of_female_jobs: Share
    pro_of_male_jobs: Share
    ties: int
    shift: Estimate


def log_odds(
    subject: MaskedModel,
    pairs: Sequence[tuple[str, str]],
    *,
    device: Device | None = None,
    progress: bool = False,
    what: str = "filling in pronouns",
) -> tuple[NDArray[np.float64], list[str], tuple[LeftOut, ...]]:
    """Return log p(she) / p(he) at the hidden pronoun of each sentence, in nats, `(N,)`.

    NaN where a sentence could not be asked. Beside it: the two pronouns that were compared in each
    sentence, such as `he/she`, and what was left out. Where a sentence has several pronouns all of
    them are hidden, so that none tells of another, and the first one is asked about.

    Args:
        subject: The model under audit.
        pairs: Each sentence with the male pronouns and with the female ones.
        device: As in `fmlab.audits.masked_model.ask`.
        progress: Whether to draw a bar on standard error.
        what: What the bar says.
    """
    encoded = subject.encode([text for pair in pairs for text in pair])
    blanks, numbers, forms = [], [], []
    problems = Counter[tuple[str, str]]()
    for number, (he, she) in enumerate(pairs):
        words = differing_words(he, she)
        with_he, with_she = encoded[2 * number : 2 * number + 2]
        places = swapped_places(with_he, with_she, len(words), subject.words.unk_id)
        named = ", ".join(dict.fromkeys("/".join(pair) for pair in words)) or he
        forms.append("/".join(words[0]) if words else "")
        if places is None:
            problems[named, NOT_ONE_TOKEN] += 1
        elif subject.too_long(with_he):
            problems[named, TOO_LONG] += 1
        else:
            hidden, first = hide(with_he, places, subject.words.mask_id), places[0]
            blanks.append(Blank(hidden, first, (with_he[first], with_she[first])))
            numbers.append(number)
    found = np.full(len(pairs), np.nan)
    answers = ask(subject, blanks, device=device, progress=progress, what=what)
    found[numbers] = [float(answer[1] - answer[0]) for answer in answers]
    return found, forms, tuple(LeftOut(*key, count) for key, count in sorted(problems.items()))


def differing_words(one: str, other: str) -> list[tuple[str, str]]:
    """Return the words in which two texts of as many words differ, in lower case."""
    words = zip(one.split(), other.split(), strict=False)
    return [
        (left.strip(".,;:!?'\"").lower(), right.strip(".,;:!?'\"").lower())
        for left, right in words
        if left != right
    ]


def swapped_places(
    one: Sequence[int], other: Sequence[int], words: int, unk_id: int
) -> list[int] | None:
    """Return where two sentences differ, if they do so in one known token for each word.

    Args:
        one: Token numbers of the one sentence.
        other: Those of the other.
        words: In how many words they differ.
        unk_id: The number that stands for all unknown words.
    """
    if len(one) != len(other) or not words:
        return None
    places = [place for place, pair in enumerate(zip(one, other, strict=True)) if len({*pair}) > 1]
    known = all(unk_id not in (one[place], other[place]) for place in places)
    return places if known and len(places) == words else None


def choice(
    she_over_he: NDArray[np.float64],
    forms: Sequence[str],
    female_job: Sequence[bool] | NDArray[np.bool_],
    jobs: Sequence[Hashable],
    *,
    seed: int = 0,
) -> Choice:
    """Return which pronoun is preferred, with intervals from drawing whole jobs of each kind.

    Args:
        she_over_he: As `log_odds` returns it, `(N,)`; NaN is left out.
        forms: The two pronouns that were compared in each sentence, as `log_odds` returns them.
        female_job: Whether each sentence is about a job that more women have, `(N,)`.
        jobs: The job in each sentence; sentences about one job are alike.
        seed: Of the draws.
    """
    kept = np.flatnonzero(~np.isnan(she_over_he))
    odds, female = she_over_he[kept], np.asarray(female_job, bool)[kept]
    units = [jobs[int(i)] for i in kept]
    pro = np.where(female, odds > 0, odds < 0)

    def part(inside: NDArray[np.bool_]) -> Share:
        some = [unit for unit, is_in in zip(units, inside, strict=True) if is_in]
        return share(pro[inside], some, seed=seed)

    names = [forms[int(i)] for i in kept]
    form = np.array([sorted(set(names)).index(name) for name in names], np.int64)
    return Choice(
        share(pro, units, seed=seed, strata=female.tolist()),
        part(female),
        part(~female),
        int((odds == 0).sum()),
        estimate(
            lambda drawn: shift(odds[drawn], form[drawn], female[drawn]),
            units,
            seed=seed,
            strata=female.tolist(),
        ),
    )


def shift(
    she_over_he: NDArray[np.float64], form: NDArray[np.int64], female_job: NDArray[np.bool_]
) -> float:
    """Return how much higher log odds are for female jobs than for male ones, in nats.

    They are compared within each form, such as his and her: how probable "her" is against "his" is
    another matter than "she" against "he". NaN if no form has jobs of both kinds.

    Args:
        she_over_he: Log odds, `(N,)`.
        form: The number of the form of each sentence, from 0, `(N,)`.
        female_job: Whether each sentence is about a job that more women have, `(N,)`.
    """
    size = int(form.max(initial=0)) + 1
    counts, means = [], []
    for side in (female_job, ~female_job):
        count = np.bincount(form[side], minlength=size)
        counts.append(count)
        means.append(np.bincount(form[side], she_over_he[side], size) / np.maximum(count, 1))
    both = (counts[0] > 0) & (counts[1] > 0)
    if not both.any():
        return float("nan")
    # A form counts by how sure its difference is: much where it has many of both.
    weights = 1 / (1 / counts[0][both] + 1 / counts[1][both])
    return float(np.average((means[0] - means[1])[both], weights=weights))
