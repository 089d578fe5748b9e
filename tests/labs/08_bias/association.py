# ruff: noqa
"""Answers to `association`: mistakes that learners make, and right answers written otherwise."""


# %% right: the two log ratios of the text
def association(with_job, without_job):
    ratio = torch.log(with_job / without_job.unsqueeze(1))
    return ratio[:, :, 0] - ratio[:, :, 1]


def effect(scores, of_women):
    signs = of_women / of_women.sum() - (~of_women) / (~of_women).sum()
    return scores.float() @ signs.float()


# %% right: number by number
def association(with_job, without_job):
    S, J, _ = with_job.shape
    found = torch.zeros(S, J)
    for s in range(S):
        for j in range(J):
            she = with_job[s, j, 0] / without_job[s, 0]
            he = with_job[s, j, 1] / without_job[s, 1]
            found[s, j] = (she / he).log()
    return found


# %% wrong: without the prior | loses: an_association_is_a_difference_of_two_log_ratios, each_sentence_has_its_own_prior, a_job_that_changes_nothing_has_no_association, both_hold_for_other_sizes | hint: association.no_prior
def association(with_job, without_job):
    return with_job[..., 0].log() - with_job[..., 1].log()


# %% wrong: he minus she | loses: an_association_is_a_difference_of_two_log_ratios, each_sentence_has_its_own_prior, both_hold_for_other_sizes | hint: association.sign
def association(with_job, without_job):
    ratio = (with_job / without_job[:, None]).log()
    return ratio[..., 1] - ratio[..., 0]


# %% wrong: ratios without the logarithm | loses: an_association_is_a_difference_of_two_log_ratios, each_sentence_has_its_own_prior, both_hold_for_other_sizes | hint: association.no_log
def association(with_job, without_job):
    ratio = with_job / without_job[:, None]
    return ratio[..., 0] - ratio[..., 1]


# %% wrong: differences of probabilities | loses: an_association_is_a_difference_of_two_log_ratios, each_sentence_has_its_own_prior, both_hold_for_other_sizes | hint: association.difference
def association(with_job, without_job):
    more = with_job - without_job[:, None]
    return more[..., 0] - more[..., 1]


# %% wrong: adds the prior | loses: an_association_is_a_difference_of_two_log_ratios, each_sentence_has_its_own_prior, a_job_that_changes_nothing_has_no_association, both_hold_for_other_sizes | hint: association.added
def association(with_job, without_job):
    ratio = (with_job * without_job[:, None]).log()
    return ratio[..., 0] - ratio[..., 1]


# %% wrong: in bits | loses: an_association_is_a_difference_of_two_log_ratios, each_sentence_has_its_own_prior, both_hold_for_other_sizes | hint: association.base
def association(with_job, without_job):
    ratio = (with_job / without_job[:, None]).log2()
    return ratio[..., 0] - ratio[..., 1]


# %% wrong: the prior of the first sentence for all | loses: each_sentence_has_its_own_prior, a_job_that_changes_nothing_has_no_association, both_hold_for_other_sizes | hint: association.one_prior
def association(with_job, without_job):
    ratio = (with_job / without_job[0]).log()
    return ratio[..., 0] - ratio[..., 1]


# %% wrong: a ratio of log odds | loses: an_association_is_a_difference_of_two_log_ratios, each_sentence_has_its_own_prior, a_job_that_changes_nothing_has_no_association, both_hold_for_other_sizes | hint: association.value
def association(with_job, without_job):
    odds = (with_job[..., 0] / with_job[..., 1]).log()
    return odds / (without_job[..., 0] / without_job[..., 1]).log()[:, None]


# %% wrong: one and not nothing where nothing changes | loses: an_association_is_a_difference_of_two_log_ratios, each_sentence_has_its_own_prior, a_job_that_changes_nothing_has_no_association, both_hold_for_other_sizes | hint: association.nothing
def association(with_job, without_job):
    ratio = with_job / without_job[:, None]
    return ratio[..., 0] / ratio[..., 1]


# %% wrong: the prior meets the jobs | loses: each_sentence_has_its_own_prior, a_job_that_changes_nothing_has_no_association, both_hold_for_other_sizes | says: stopped with RuntimeError
def association(with_job, without_job):
    odds = (with_job[..., 0] / with_job[..., 1]).log()
    return odds - (without_job[..., 0] / without_job[..., 1]).log()


# %% wrong: a mean over sentences too | loses: an_effect_is_a_difference_of_two_means, both_hold_for_other_sizes | says: must be a tensor
def effect(scores, of_women):
    return float(scores[:, of_women].mean() - scores[:, ~of_women].mean())


# %% wrong: men minus women | loses: an_effect_is_a_difference_of_two_means, both_hold_for_other_sizes | hint: effect.sign
def effect(scores, of_women):
    return scores[:, ~of_women].mean(1) - scores[:, of_women].mean(1)


# %% wrong: sums | loses: an_effect_is_a_difference_of_two_means, both_hold_for_other_sizes | hint: effect.sum
def effect(scores, of_women):
    return scores[:, of_women].sum(1) - scores[:, ~of_women].sum(1)


# %% wrong: divides both lists by all jobs | loses: an_effect_is_a_difference_of_two_means, both_hold_for_other_sizes | hint: effect.all_jobs
def effect(scores, of_women):
    return torch.where(of_women, scores, -scores).mean(1)


# %% wrong: half of it | loses: an_effect_is_a_difference_of_two_means, both_hold_for_other_sizes | hint: effect.half
def effect(scores, of_women):
    return (scores[:, of_women].mean(1) - scores[:, ~of_women].mean(1)) / 2


# %% wrong: the women's jobs only | loses: an_effect_is_a_difference_of_two_means, both_hold_for_other_sizes | hint: effect.value
def effect(scores, of_women):
    return scores[:, of_women].mean(1)
