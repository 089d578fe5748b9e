# ruff: noqa
"""Answers to `paired_difference`: mistakes of learners, and right answers written otherwise."""


# %% right: with torch
def paired_difference(base, other, t95):
    seeds = sorted(set(base) & set(other))
    found = torch.tensor([other[s] - base[s] for s in seeds], dtype=torch.float64)
    half = t95[len(seeds)] * found.std() / len(seeds) ** 0.5
    return found.mean(), found.mean() - half, found.mean() + half


# %% right: with sums, as a list
def paired_difference(base, other, t95):
    found = [value - base[seed] for seed, value in other.items() if seed in base]
    n = len(found)
    mean = sum(found) / n
    error = (sum((d - mean) ** 2 for d in found) / (n - 1) / n) ** 0.5
    return [mean, mean - t95[n] * error, mean + t95[n] * error]


# %% wrong: base minus other | loses: * | hint: paired.sign
def paired_difference(base, other, t95):
    found = [base[s] - other[s] for s in base if s in other]
    mean, half = (
        statistics.mean(found),
        t95[len(found)] * statistics.stdev(found) / len(found) ** 0.5,
    )
    return mean, mean - half, mean + half


# %% wrong: the sum | loses: * | hint: paired.sum
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean, half = sum(found), t95[len(found)] * statistics.stdev(found) / len(found) ** 0.5
    return mean, mean - half, mean + half


# %% wrong: the means of all seeds | loses: seeds_find_their_partner | hint: paired.common
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean = statistics.mean(other.values()) - statistics.mean(base.values())
    half = t95[len(found)] * statistics.stdev(found) / len(found) ** 0.5
    return mean, mean - half, mean + half


# %% wrong: the largest difference | loses: * | hint: paired.mean
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean = max(found)
    half = t95[len(found)] * statistics.stdev(found) / len(found) ** 0.5
    return mean, mean - half, mean + half


# %% wrong: by place | loses: seeds_find_their_partner, it_holds_for_any_losses | hint: paired.by_place
def paired_difference(base, other, t95):
    found = [b - a for a, b in zip(base.values(), other.values())]
    mean, half = (
        statistics.mean(found),
        t95[len(found)] * statistics.stdev(found) / len(found) ** 0.5,
    )
    return mean, mean - half, mean + half


# %% wrong: ends exchanged | loses: * | hint: paired.order
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean, half = (
        statistics.mean(found),
        t95[len(found)] * statistics.stdev(found) / len(found) ** 0.5,
    )
    return mean, mean + half, mean - half


# %% wrong: unpaired | loses: * | hint: paired.unpaired
def paired_difference(base, other, t95):
    seeds = [s for s in base if s in other]
    one, two = [base[s] for s in seeds], [other[s] for s in seeds]
    mean, n = statistics.mean(two) - statistics.mean(one), len(seeds)
    half = t95[n] * ((statistics.variance(one) + statistics.variance(two)) / n) ** 0.5
    return mean, mean - half, mean + half


# %% wrong: divided by n | loses: * | hint: paired.population
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean = statistics.mean(found)
    half = t95[len(found)] * statistics.pstdev(found) / len(found) ** 0.5
    return mean, mean - half, mean + half


# %% wrong: 1.96 | loses: * | hint: paired.normal
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean, half = statistics.mean(found), 1.96 * statistics.stdev(found) / len(found) ** 0.5
    return mean, mean - half, mean + half


# %% wrong: of single seeds | loses: * | hint: paired.no_root
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean, half = statistics.mean(found), t95[len(found)] * statistics.stdev(found)
    return mean, mean - half, mean + half


# %% wrong: the variance | loses: * | hint: paired.variance
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean = statistics.mean(found)
    half = t95[len(found)] * statistics.variance(found) / len(found) ** 0.5
    return mean, mean - half, mean + half


# %% wrong: t of n minus 1 | loses: * | hint: paired.too_few
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean, n = statistics.mean(found), len(found)
    half = t95.get(n - 1, 0) * statistics.stdev(found) / n**0.5
    return mean, mean - half, mean + half


# %% wrong: twice too wide | loses: * | hint: paired.value
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    mean, n = statistics.mean(found), len(found)
    half = 2.2 * t95[n] * statistics.stdev(found) / n**0.5
    return mean, mean - half, mean + half


# %% wrong: two numbers | loses: * | says: mean
def paired_difference(base, other, t95):
    found = [other[s] - base[s] for s in base if s in other]
    half = t95[len(found)] * statistics.stdev(found) / len(found) ** 0.5
    return statistics.mean(found) - half, statistics.mean(found) + half
