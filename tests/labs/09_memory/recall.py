# ruff: noqa
"""Answers to `recall`: mistakes that learners make, and right answers written otherwise."""


# %% right: sets of places, counts by kind
def recall_by_kind(planted, found):
    hits, total = {}, {}
    for secrets, finds in zip(planted, found):
        hidden = set()
        for a, b in finds:
            hidden.update(range(a, b))
        for start, end, kind in secrets:
            total[kind] = total.get(kind, 0) + 1
            hits[kind] = hits.get(kind, 0) + all(p in hidden for p in range(start, end))
    return {kind: hits[kind] / total[kind] for kind in total}


# %% right: kind after kind
def recall_by_kind(planted, found):
    def whole(secret, finds):
        return all(any(a <= p < b for a, b in finds) for p in range(secret[0], secret[1]))

    result = {}
    for kind in {k for secrets in planted for _, _, k in secrets}:
        flags = [
            whole(secret, finds)
            for secrets, finds in zip(planted, found)
            for secret in secrets
            if secret[2] == kind
        ]
        result[kind] = torch.tensor(flags).double().mean()
    return result


# %% wrong: touched is found | loses: a_secret_is_covered_whole_or_missed, finds_may_be_longer_or_join, it_holds_for_many_texts | hint: recall.touched
def recall_by_kind(planted, found):
    whole = {}
    for secrets, finds in zip(planted, found):
        for start, end, kind in secrets:
            whole.setdefault(kind, []).append(any(a < end and start < b for a, b in finds))
    return {kind: sum(flags) / len(flags) for kind, flags in whole.items()}


# %% wrong: the very same stretch | loses: finds_may_be_longer_or_join, it_holds_for_many_texts | hint: recall.exact
def recall_by_kind(planted, found):
    whole = {}
    for secrets, finds in zip(planted, found):
        for start, end, kind in secrets:
            whole.setdefault(kind, []).append((start, end) in finds)
    return {kind: sum(flags) / len(flags) for kind, flags in whole.items()}


# %% wrong: one find must cover it | loses: finds_may_be_longer_or_join | hint: recall.joined
def recall_by_kind(planted, found):
    whole = {}
    for secrets, finds in zip(planted, found):
        for start, end, kind in secrets:
            whole.setdefault(kind, []).append(any(a <= start and end <= b for a, b in finds))
    return {kind: sum(flags) / len(flags) for kind, flags in whole.items()}


# %% wrong: divides by the finds | loses: a_secret_is_covered_whole_or_missed, finds_may_be_longer_or_join, it_holds_for_many_texts | hint: recall.precision
def recall_by_kind(planted, found):
    whole = {}
    for secrets, finds in zip(planted, found):
        covered = {p for a, b in finds for p in range(a, b)}
        for start, end, kind in secrets:
            whole.setdefault(kind, []).append(covered >= set(range(start, end)))
    finds = sum(map(len, found))
    return {kind: sum(flags) / finds for kind, flags in whole.items()}


# %% wrong: counts signs | loses: * | hint: recall.signs
def recall_by_kind(planted, found):
    signs = {}
    for secrets, finds in zip(planted, found):
        covered = {p for a, b in finds for p in range(a, b)}
        for start, end, kind in secrets:
            signs.setdefault(kind, []).extend(p in covered for p in range(start, end))
    return {kind: sum(flags) / len(flags) for kind, flags in signs.items()}


# %% wrong: all kinds together | loses: * | hint: recall.together
def recall_by_kind(planted, found):
    flags, kinds = [], set()
    for secrets, finds in zip(planted, found):
        covered = {p for a, b in finds for p in range(a, b)}
        for start, end, kind in secrets:
            kinds.add(kind)
            flags.append(covered >= set(range(start, end)))
    return {kind: sum(flags) / len(flags) for kind in kinds}


# %% wrong: all texts as one | loses: * | hint: recall.texts
def recall_by_kind(planted, found):
    covered = {p for finds in found for a, b in finds for p in range(a, b)}
    whole = {}
    for secrets in planted:
        for start, end, kind in secrets:
            whole.setdefault(kind, []).append(covered >= set(range(start, end)))
    return {kind: sum(flags) / len(flags) for kind, flags in whole.items()}


# %% wrong: numbers instead of shares | loses: * | hint: recall.count
def recall_by_kind(planted, found):
    whole = {}
    for secrets, finds in zip(planted, found):
        covered = {p for a, b in finds for p in range(a, b)}
        for start, end, kind in secrets:
            whole.setdefault(kind, []).append(covered >= set(range(start, end)))
    return {kind: sum(flags) for kind, flags in whole.items()}


# %% wrong: the end belongs to the stretch | loses: * | hint: recall.end
def recall_by_kind(planted, found):
    whole = {}
    for secrets, finds in zip(planted, found):
        covered = {p for a, b in finds for p in range(a, b)}
        for start, end, kind in secrets:
            whole.setdefault(kind, []).append(covered >= set(range(start, end + 1)))
    return {kind: sum(flags) / len(flags) for kind, flags in whole.items()}


# %% wrong: leaves out what was missed | loses: each_kind_and_each_text_counts_for_itself | hint: recall.missing
def recall_by_kind(planted, found):
    hits, total = {}, {}
    for secrets, finds in zip(planted, found):
        covered = {p for a, b in finds for p in range(a, b)}
        for start, end, kind in secrets:
            total[kind] = total.get(kind, 0) + 1
            if covered >= set(range(start, end)):
                hits[kind] = hits.get(kind, 0) + 1
    return {kind: hits[kind] / total[kind] for kind in hits}


# %% wrong: one number | loses: * | says: must be a dict
def recall_by_kind(planted, found):
    flags = []
    for secrets, finds in zip(planted, found):
        covered = {p for a, b in finds for p in range(a, b)}
        flags += [covered >= set(range(start, end)) for start, end, _ in secrets]
    return sum(flags) / len(flags)


# %% wrong: all but the first sign | loses: a_secret_is_covered_whole_or_missed, it_holds_for_many_texts | hint: recall.value
def recall_by_kind(planted, found):
    whole = {}
    for secrets, finds in zip(planted, found):
        covered = {p for a, b in finds for p in range(a, b)}
        for start, end, kind in secrets:
            whole.setdefault(kind, []).append(covered >= set(range(start + 1, end)))
    return {kind: sum(flags) / len(flags) for kind, flags in whole.items()}
