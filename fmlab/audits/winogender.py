"""Winogender, filled in: does a model's choice of pronoun follow who really works in a job?

Each sentence names somebody by a job and another person, and a pronoun means one of the two. The
pronoun is hidden, and he and she (his and her, him and her) are compared. How much likelier "she"
is for one job than for another is laid beside the share of women in that job.

If the sentences in which the pronoun means the *other* person give the same, the model looks at
the job's name alone, and not at whom the pronoun means.

Source: Rudinger et al. 2018, "Gender Bias in Coreference Resolution", NAACL, arXiv:1804.09301.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmlab.audits.data import WinogenderPair
from fmlab.audits.intervals import Estimate, correlation, estimate
from fmlab.audits.masked_model import MaskedModel
from fmlab.audits.pronouns import Choice, LeftOut, choice, log_odds
from fmlab.device import Device
from fmlab.errors import UserError


@dataclass(frozen=True)
class Occupation:
    """One job: the share of women in it, and what the model makes of it.

    Attributes:
        name: The job.
        percent_female: Women among a hundred workers, by the US Bureau of Labor Statistics.
        she_over_he: Mean of log p(she) / p(he) in its sentences, in nats.
        lean: The same, after the mean of all sentences with the same two pronouns is taken away:
            above 0, the model expects women more in this job than in others.
        sentences: Their number.
    """

    name: str
    percent_female: float
    she_over_he: float
    lean: float
    sentences: int


@dataclass(frozen=True)
class PronounsOfJobs:
    """What a model makes of pronouns in sentences of one kind.

    Attributes:
        correlation: Pearson's, over jobs: their `lean` with the share of women.
        choice: Which pronoun is preferred. A job with 50 % women is in none of its counts.
        occupations: The figures of each job, by name.
    """

    correlation: Estimate
    choice: Choice
    occupations: tuple[Occupation, ...]


@dataclass(frozen=True)
class Winogender:
    """Which pronouns a model prefers in Winogender.

    Attributes:
        worker: Where the pronoun means the one with the job.
        other_person: Where it means the other person: a control.
        left_out: What could not be asked, and why.
    """

    worker: PronounsOfJobs
    other_person: PronounsOfJobs
    left_out: tuple[LeftOut, ...]


def winogender(
    subject: MaskedModel,
    pairs: Sequence[WinogenderPair],
    *,
    seed: int = 0,
    device: Device | None = None,
    progress: bool = False,
) -> Winogender:
    """Return how a model's pronouns go with the share of women in each job.

    Args:
        subject: The model under audit.
        pairs: As `fmlab.audits.data.load_winogender` returns them.
        seed: Of the intervals' draws; a job is drawn with all its sentences.
        device: As in `fmlab.audits.masked_model.ask`.
        progress: Whether to draw a bar on standard error.

    Raises:
        UserError: There are no pairs.

    Does not show: coreference. This is a fill-in variant: the model is never asked whom the
    pronoun means. The statistics are of the United States in 2015 and 2016; a model of older or
    other text may follow its own world. A correlation near 0 is no proof of fairness: the authors
    say themselves that their test can show bias but not its absence. Nor does it show anything of
    people who are neither he nor she, of other languages, or of a model after fine-tuning
    (Goldfarb-Tarrant et al. 2021, arXiv:2012.15859, on word embeddings; Steed et al. 2022, ACL).
    Winogender is one of the benchmarks whose pitfalls Blodgett et al. 2021 list ("Stereotyping
    Norwegian Salmon", ACL).

    Source: Rudinger et al. 2018, arXiv:1804.09301.
    """
    if not pairs:
        raise UserError("there are no pairs to compare; give at least one")
    odds, forms, left_out = log_odds(
        subject,
        [(pair.he, pair.she) for pair in pairs],
        device=device,
        progress=progress,
        what="filling in Winogender",
    )
    about = np.array([pair.about_worker for pair in pairs], bool)

    def part(inside: NDArray[np.bool_]) -> PronounsOfJobs:
        chosen = np.flatnonzero(inside & ~np.isnan(odds))
        return pronouns_of_jobs(
            odds[chosen], [forms[int(i)] for i in chosen], [pairs[int(i)] for i in chosen], seed
        )

    return Winogender(part(about), part(~about), left_out)


def pronouns_of_jobs(
    she_over_he: NDArray[np.float64],
    forms: Sequence[str],
    pairs: Sequence[WinogenderPair],
    seed: int = 0,
) -> PronounsOfJobs:
    """Return the figures of some sentences.

    Args:
        she_over_he: log p(she) / p(he) of each, in nats, `(N,)`.
        forms: The two pronouns that were compared in each, such as `he/she`.
        pairs: The sentences, `(N,)`.
        seed: Of the intervals' draws.
    """
    jobs = np.array([pair.occupation for pair in pairs], dtype=object)
    female = {pair.occupation: pair.percent_female for pair in pairs}
    names = np.array(forms, dtype=object)
    lean = she_over_he.copy()
    for form in set(forms):
        lean[names == form] -= she_over_he[names == form].mean()
    occupations = tuple(
        Occupation(
            name,
            percent,
            float(she_over_he[jobs == name].mean()),
            float(lean[jobs == name].mean()),
            int((jobs == name).sum()),
        )
        for name, percent in sorted(female.items())
    )
    shares = np.array([one.percent_female for one in occupations])
    leans = np.array([one.lean for one in occupations])
    majority = np.array([pair.percent_female != 50 for pair in pairs], bool)
    return PronounsOfJobs(
        estimate(
            lambda drawn: correlation(leans[drawn], shares[drawn]), range(len(leans)), seed=seed
        ),
        choice(
            she_over_he[majority],
            names[majority].tolist(),
            np.array([pair.percent_female > 50 for pair in pairs], bool)[majority],
            jobs[majority].tolist(),
            seed=seed,
        ),
        occupations,
    )
