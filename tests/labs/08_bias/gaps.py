# ruff: noqa
"""Answers to `gaps`: mistakes that learners make, and right answers written otherwise."""


# %% right: counting in plain Python
def gaps(labels, predictions, women, classes):
    found = []
    for label in range(classes):
        rates = []
        for group in (True, False):
            said = [
                p == label
                for t, p, w in zip(labels.tolist(), predictions.tolist(), women.tolist())
                if t == label and w == group
            ]
            rates.append(sum(said) / len(said))
        found.append(rates[0] - rates[1])
    return torch.tensor(found)


def toward_stereotype(by_class, of_women):
    signs = [1 if flag else -1 for flag in of_women.tolist()]
    women, men = signs.count(1), signs.count(-1)
    total = sum(float(v) * s / (women if s == 1 else men) for v, s in zip(by_class, signs))
    return total / 2


# %% right: with counts in tables
def gaps(labels, predictions, women, classes):
    rates = []
    for group in (women, ~women):
        true = torch.bincount(labels[group], minlength=classes)
        hits = torch.bincount(labels[group & (labels == predictions)], minlength=classes)
        rates.append(hits / true)
    return rates[0] - rates[1]


# %% wrong: men minus women | loses: a_gap_compares_those_who_truly_are_of_a_class, who_goes_by_gender_has_all_of_it, both_hold_for_other_people | hint: gaps.sign
def gaps(labels, predictions, women, classes):
    right, found = (labels == predictions).float(), torch.zeros(classes)
    for label in range(classes):
        truly = labels == label
        found[label] = right[truly & ~women].mean() - right[truly & women].mean()
    return found


# %% wrong: precision | loses: a_gap_compares_those_who_truly_are_of_a_class, who_goes_by_gender_has_all_of_it, both_hold_for_other_people | hint: gaps.precision
def gaps(labels, predictions, women, classes):
    right, found = (labels == predictions).float(), torch.zeros(classes)
    for label in range(classes):
        said = predictions == label
        rates = [
            right[said & group].sum() / max(1, int((said & group).sum()))
            for group in (women, ~women)
        ]
        found[label] = rates[0] - rates[1]
    return found


# %% wrong: of all women | loses: * | hint: gaps.of_all
def gaps(labels, predictions, women, classes):
    right, found = (labels == predictions).float(), torch.zeros(classes)
    for label in range(classes):
        hit = right * (labels == label)
        found[label] = hit[women].mean() - hit[~women].mean()
    return found


def toward_stereotype(by_class, of_women):
    return float(by_class[of_women].mean() - by_class[~of_women].mean())


# %% wrong: how often each class is said | loses: a_gap_compares_those_who_truly_are_of_a_class, who_finds_everybody_has_no_gap, who_goes_by_gender_has_all_of_it, both_hold_for_other_people | hint: gaps.rate
def gaps(labels, predictions, women, classes):
    said = torch.nn.functional.one_hot(predictions, classes).float()
    return said[women].mean(0) - said[~women].mean(0)


# %% wrong: women against everybody | loses: a_gap_compares_those_who_truly_are_of_a_class, who_goes_by_gender_has_all_of_it, both_hold_for_other_people | hint: gaps.everyone
def gaps(labels, predictions, women, classes):
    right, found = (labels == predictions).float(), torch.zeros(classes)
    for label in range(classes):
        truly = labels == label
        found[label] = right[truly & women].mean() - right[truly].mean()
    return found


# %% wrong: a ratio of the two rates | loses: a_gap_compares_those_who_truly_are_of_a_class, who_finds_everybody_has_no_gap, who_goes_by_gender_has_all_of_it, both_hold_for_other_people | hint: gaps.value
def gaps(labels, predictions, women, classes):
    right, found = (labels == predictions).float(), torch.zeros(classes)
    for label in range(classes):
        truly = labels == label
        found[label] = right[truly & women].mean() / right[truly & ~women].mean().clamp(min=1e-6)
    return found


# %% wrong: one number for all classes | loses: a_gap_compares_those_who_truly_are_of_a_class, who_finds_everybody_has_no_gap, who_goes_by_gender_has_all_of_it, both_hold_for_other_people | says: has the wrong shape
def gaps(labels, predictions, women, classes):
    right = (labels == predictions).float()
    return right[women].mean() - right[~women].mean()


# %% wrong: the men's jobs first | loses: who_goes_by_gender_has_all_of_it, what_cancels_out_is_no_stereotype, both_hold_for_other_people | hint: toward.sign
def toward_stereotype(by_class, of_women):
    return float(by_class[~of_women].mean() - by_class[of_women].mean()) / 2


# %% wrong: the mean of all gaps | loses: who_goes_by_gender_has_all_of_it, what_cancels_out_is_no_stereotype, both_hold_for_other_people | hint: toward.mean
def toward_stereotype(by_class, of_women):
    return float(by_class.mean())


# %% wrong: sizes without signs | loses: what_cancels_out_is_no_stereotype, both_hold_for_other_people | hint: toward.absolute
def toward_stereotype(by_class, of_women):
    sizes = by_class.abs()
    return float(sizes[of_women].mean() + sizes[~of_women].mean()) / 2


# %% wrong: not halved | loses: who_goes_by_gender_has_all_of_it, what_cancels_out_is_no_stereotype, both_hold_for_other_people | hint: toward.twice
def toward_stereotype(by_class, of_women):
    return float(by_class[of_women].mean() - by_class[~of_women].mean())


# %% wrong: all classes count the same, whatever the list | loses: what_cancels_out_is_no_stereotype, both_hold_for_other_people | hint: toward.value
def toward_stereotype(by_class, of_women):
    return float(torch.where(of_women, by_class, -by_class).mean())
