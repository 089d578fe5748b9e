# ruff: noqa
"""Answers to `agreement`: mistakes that learners make, and right answers written otherwise."""


# %% right: loops over the rows
def agreement_accuracy(logits, right, wrong, groups):
    won, count = Counter(), Counter()
    for scores, r, w, group in zip(logits.tolist(), right.tolist(), wrong.tolist(), groups):
        count[group] += 1
        won[group] += scores[r] > scores[w]
    return {group: won[group] / count[group] for group in count}


# %% right: probabilities instead of logits, gather instead of indexing, tensors as shares
def agreement_accuracy(logits, right, wrong, groups):
    p = logits.double().log_softmax(-1)
    margin = (p.gather(1, right[:, None]) - p.gather(1, wrong[:, None]))[:, 0]
    names = sorted(set(groups))
    index = torch.tensor([names.index(g) for g in groups])
    return {name: (margin[index == i] > 1e-9).double().mean() for i, name in enumerate(names)}


# %% wrong: ties count as right | loses: a_tie_is_not_right, it_holds_for_many_rows | hint: agreement.ties
def agreement_accuracy(logits, right, wrong, groups):
    row = torch.arange(len(logits))
    won = logits[row, right] >= logits[row, wrong]
    return {g: float(won[[h == g for h in groups]].float().mean()) for g in set(groups)}


# %% wrong: asks for the best of all tokens | loses: * | hint: agreement.top
def agreement_accuracy(logits, right, wrong, groups):
    won = logits.argmax(-1) == right
    return {g: float(won[[h == g for h in groups]].float().mean()) for g in set(groups)}


# %% wrong: all groups together | loses: each_group_has_its_share, it_holds_for_many_rows | hint: agreement.together
def agreement_accuracy(logits, right, wrong, groups):
    row = torch.arange(len(logits))
    won = (logits[row, right] > logits[row, wrong]).float().mean()
    return {g: float(won) for g in set(groups)}


# %% wrong: in percent | loses: * | hint: agreement.percent
def agreement_accuracy(logits, right, wrong, groups):
    row = torch.arange(len(logits))
    won = logits[row, right] > logits[row, wrong]
    return {g: 100 * float(won[[h == g for h in groups]].float().mean()) for g in set(groups)}


# %% wrong: counts the wrong form | loses: each_group_has_its_share, only_the_two_forms_count, it_holds_for_many_rows | hint: agreement.wrong_way
def agreement_accuracy(logits, right, wrong, groups):
    row = torch.arange(len(logits))
    won = logits[row, right] < logits[row, wrong]
    return {g: float(won[[h == g for h in groups]].float().mean()) for g in set(groups)}


# %% wrong: counts instead of shares | loses: * | hint: agreement.value
def agreement_accuracy(logits, right, wrong, groups):
    row = torch.arange(len(logits))
    won = logits[row, right] > logits[row, wrong]
    return {g: int(won[[h == g for h in groups]].sum()) for g in set(groups)}


# %% wrong: returns one number | loses: * | says: must be a dict
def agreement_accuracy(logits, right, wrong, groups):
    row = torch.arange(len(logits))
    return float((logits[row, right] > logits[row, wrong]).float().mean())


# %% wrong: indexes all rows with all verbs | loses: * | says: `agreement_accuracy` stopped with
def agreement_accuracy(logits, right, wrong, groups):
    won = logits[:, right] > logits[:, wrong]
    return {g: float(won[groups == g]) for g in set(groups)}
