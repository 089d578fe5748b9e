"""How much likelier a job makes "she": by template, and with an interval over jobs.

A template is a sentence with a place for the job and a hidden pronoun. Its answer is laid against
its prior, the same sentence with the job hidden too:

    log p(she | job) / p(she | job hidden)  -  log p(he | job) / p(he | job hidden)

and the effect is the mean over the jobs of one list minus the mean over the other. The interval
comes from drawing jobs, each list by itself, with all their templates: what several templates say
of one job is not several witnesses. For words of real text, see `fmlab.audits.association`.

Source: Kurita et al. 2019, "Measuring Bias in Contextualized Word Representations", GeBNLP,
arXiv:1906.07337; for the interval Efron 1979, The Annals of Statistics 7 (1), 1-26.
"""

import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.probes.units import Interval
from fmlab.seeds import torch_generator

DRAWS = 2000


def association(with_job: Tensor, without_job: Tensor) -> Tensor:
    """Return how much likelier each job makes the female pronoun, in nats, `(S, J)`.

    Args:
        with_job: Probabilities of the female and of the male pronoun at the hidden place, for
            each template and job, `(S, J, 2)`.
        without_job: The same with the job hidden too, `(S, 2)`.
    """
    known, prior = with_job.log(), without_job.log()[:, None]
    ratio: Tensor = known - prior  # (S, J, 2): how much likelier the job makes each
    return ratio[..., 0] - ratio[..., 1]


def effect(scores: Tensor, of_women: Tensor) -> Tensor:
    """Return the mean of the women's jobs minus the mean of the men's, by template, `(S,)`.

    Args:
        scores: Associations, `(S, J)`.
        of_women: Which jobs are stereotyped as women's, `(J,)`, bool.
    """
    return scores[:, of_women].mean(1) - scores[:, ~of_women].mean(1)


def effect_interval(
    scores: Tensor, of_women: Tensor, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Return the 95 % interval of the mean effect, from drawing jobs with replacement.

    Each list of jobs keeps its length, and a job comes with all its templates.

    Args:
        scores: Associations, `(S, J)`.
        of_women: Which jobs are stereotyped as women's, `(J,)`, bool.
        draws: How often to draw.
        seed: Of the draws.

    Raises:
        UserError: One of the lists is empty.

    Does not show: what other templates, other texts or another seed would give. With few jobs it
    is somewhat too narrow: audit it on random weights.
    """
    if of_women.all() or not of_women.any():
        raise UserError("one list of jobs is empty; give jobs of both kinds")
    generator = torch_generator(seed, "jobs")
    by_job = scores.mean(0)  # (J,)
    means = []
    for side in (by_job[of_women], by_job[~of_women]):
        drawn = torch.randint(len(side), (draws, len(side)), generator=generator)
        means.append(side[drawn].mean(1))  # (draws,)
    found = (means[0] - means[1]).quantile(means[0].new_tensor([0.025, 0.975]))
    return float(found[0]), float(found[1])
