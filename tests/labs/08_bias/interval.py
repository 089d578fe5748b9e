# ruff: noqa
"""Answers to `interval`: mistakes that learners make, and right answers written otherwise."""


# %% right: job by job, in plain Python
def effect_interval(scores, of_women, draws, seed):
    import random

    source = random.Random(seed)
    by_job = scores.mean(0).tolist()
    women = [v for v, flag in zip(by_job, of_women.tolist()) if flag]
    men = [v for v, flag in zip(by_job, of_women.tolist()) if not flag]
    found = sorted(
        sum(source.choices(women, k=len(women))) / len(women)
        - sum(source.choices(men, k=len(men))) / len(men)
        for _ in range(draws)
    )
    return found[int(0.025 * draws)], found[int(0.975 * draws)]


# %% right: with NumPy, drawing columns
def effect_interval(scores, of_women, draws, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    sides = [np.flatnonzero(of_women.numpy()), np.flatnonzero(~of_women.numpy())]
    table, found = scores.numpy(), []
    for _ in range(draws):
        drawn = [rng.choice(side, len(side)) for side in sides]
        found.append(table[:, drawn[0]].mean() - table[:, drawn[1]].mean())
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


# %% wrong: draws single numbers | loses: jobs_are_drawn_with_all_their_sentences, it_holds_for_other_jobs | hint: interval.cells
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    means = []
    for side in (scores[:, of_women].flatten(), scores[:, ~of_women].flatten()):
        drawn = torch.randint(len(side), (draws, len(side)), generator=generator)
        means.append(side[drawn].mean(1))
    found = means[0] - means[1]
    return float(found.quantile(0.025)), float(found.quantile(0.975))


# %% wrong: without replacement | loses: * | hint: interval.once
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job, found = scores.mean(0), []
    for _ in range(draws):
        means = []
        for side in (by_job[of_women], by_job[~of_women]):
            means.append(side[torch.randperm(len(side), generator=generator)].mean())
        found.append(means[0] - means[1])
    found = torch.stack(found) + 0 * seed
    return float(found.quantile(0.025)), float(found.quantile(0.975))


# %% wrong: the middle 90 % | loses: it_goes_from_one_quantile_to_the_other, jobs_are_drawn_with_all_their_sentences, it_holds_for_other_jobs | hint: interval.ninety
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job, means = scores.mean(0), []
    for side in (by_job[of_women], by_job[~of_women]):
        means.append(
            side[torch.randint(len(side), (draws, len(side)), generator=generator)].mean(1)
        )
    found = means[0] - means[1]
    return float(found.quantile(0.05)), float(found.quantile(0.95))


# %% wrong: one standard error on each side | loses: it_goes_from_one_quantile_to_the_other, jobs_are_drawn_with_all_their_sentences, it_holds_for_other_jobs | hint: interval.error
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job, means = scores.mean(0), []
    for side in (by_job[of_women], by_job[~of_women]):
        means.append(
            side[torch.randint(len(side), (draws, len(side)), generator=generator)].mean(1)
        )
    found = means[0] - means[1]
    return float(found.mean() - found.std()), float(found.mean() + found.std())


# %% wrong: the smallest and the largest | loses: it_goes_from_one_quantile_to_the_other, jobs_are_drawn_with_all_their_sentences, it_holds_for_other_jobs | hint: interval.ends
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job, means = scores.mean(0), []
    for side in (by_job[of_women], by_job[~of_women]):
        means.append(
            side[torch.randint(len(side), (draws, len(side)), generator=generator)].mean(1)
        )
    found = means[0] - means[1]
    return float(found.min()), float(found.max())


# %% wrong: where single jobs lie | loses: it_goes_from_one_quantile_to_the_other, jobs_are_drawn_with_all_their_sentences, each_list_is_drawn_by_itself, it_holds_for_other_jobs | hint: interval.of_jobs
def effect_interval(scores, of_women, draws, seed):
    by_job = scores.mean(0)
    women, men = by_job[of_women], by_job[~of_women]
    spread = (women.var() + men.var()).sqrt()
    middle = women.mean() - men.mean()
    return float(middle - 1.96 * spread), float(middle + 1.96 * spread)


# %% wrong: deals all jobs out anew | loses: * | hint: interval.mixed
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job = scores.mean(0)
    drawn = by_job[torch.randint(len(by_job), (draws, len(by_job)), generator=generator)]
    found = drawn[:, of_women].mean(1) - drawn[:, ~of_women].mean(1)
    return float(found.quantile(0.025)), float(found.quantile(0.975))


# %% wrong: draws jobs with their kind, of both lists together | loses: it_goes_from_one_quantile_to_the_other, jobs_are_drawn_with_all_their_sentences, each_list_is_drawn_by_itself, it_holds_for_other_jobs | says: holds NaN
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job, found = scores.mean(0), []
    for _ in range(draws):
        drawn = torch.randint(len(by_job), (len(by_job),), generator=generator)
        flags = of_women[drawn]
        found.append(by_job[drawn][flags].mean() - 1.1 * by_job[drawn][~flags].mean())
    found = torch.stack(found)
    return float(found.quantile(0.025)), float(found.quantile(0.975))


# %% wrong: the high end first | loses: it_goes_from_one_quantile_to_the_other, jobs_are_drawn_with_all_their_sentences, it_holds_for_other_jobs | hint: interval.order
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job, means = scores.mean(0), []
    for side in (by_job[of_women], by_job[~of_women]):
        means.append(
            side[torch.randint(len(side), (draws, len(side)), generator=generator)].mean(1)
        )
    found = means[0] - means[1]
    return float(found.quantile(0.975)), float(found.quantile(0.025))


# %% wrong: the seed is not used | loses: each_list_is_drawn_by_itself | hint: interval.seed
def effect_interval(scores, of_women, draws, seed):
    by_job, means = scores.mean(0), []
    for side in (by_job[of_women], by_job[~of_women]):
        means.append(side[torch.randint(len(side), (draws, len(side)))].mean(1))
    found = means[0] - means[1]
    return float(found.quantile(0.025)), float(found.quantile(0.975))


# %% wrong: always the same seed | loses: each_list_is_drawn_by_itself | hint: interval.seed_fixed
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(0)
    by_job, means = scores.mean(0), []
    for side in (by_job[of_women], by_job[~of_women]):
        means.append(
            side[torch.randint(len(side), (draws, len(side)), generator=generator)].mean(1)
        )
    found = means[0] - means[1]
    return float(found.quantile(0.025)), float(found.quantile(0.975))


# %% wrong: draws half as many jobs | loses: it_goes_from_one_quantile_to_the_other, jobs_are_drawn_with_all_their_sentences, it_holds_for_other_jobs | hint: interval.ends
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job, means = scores.mean(0), []
    for side in (by_job[of_women], by_job[~of_women]):
        some = max(1, len(side) // 2)
        means.append(side[torch.randint(len(side), (draws, some), generator=generator)].mean(1))
    found = means[0] - means[1]
    return float(found.quantile(0.025)), float(found.quantile(0.975))


# %% wrong: the women's jobs stay, only the men's are drawn | loses: it_goes_from_one_quantile_to_the_other, jobs_are_drawn_with_all_their_sentences, it_holds_for_other_jobs | hint: interval.value
def effect_interval(scores, of_women, draws, seed):
    generator = torch.Generator().manual_seed(seed)
    by_job = scores.mean(0)
    men = by_job[~of_women]
    drawn = men[torch.randint(len(men), (draws, len(men)), generator=generator)].mean(1)
    found = by_job[of_women].mean() - drawn
    return float(found.quantile(0.025)), float(found.quantile(0.975))
