# ruff: noqa
"""Answers to `occlusion`: mistakes that learners make, and right answers written otherwise."""


# %% right: a loop of copies, and a list of numbers
def cover_each(ids, free, mask_id):
    rows = []
    for place in range(len(ids)):
        if free[place]:
            row = ids.clone()
            row[place] = mask_id
            rows.append(row)
    return torch.stack(rows)


def falls(whole, covered, free):
    left = iter(covered.tolist())
    return torch.tensor([whole - next(left) if is_free else 0.0 for is_free in free.tolist()])


# %% right: where and eye, and masked_scatter
def cover_each(ids, free, mask_id):
    only = torch.eye(len(ids), dtype=torch.bool)[free]
    return torch.where(only, mask_id, ids)


def falls(whole, covered, free):
    return torch.zeros(len(free)).masked_scatter(free, whole - covered)


# %% wrong: covers [CLS] and [SEP] too | loses: each_free_token_is_covered_once, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.special
def cover_each(ids, free, mask_id):
    rows = ids.repeat(len(ids), 1)
    rows.fill_diagonal_(mask_id)
    return rows


# %% wrong: what was covered stays covered | loses: each_free_token_is_covered_once, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.cumulative
def cover_each(ids, free, mask_id):
    rows = []
    for place in free.nonzero()[:, 0]:
        ids[place] = mask_id
        rows.append(ids.clone())
    return torch.stack(rows)


# %% wrong: covers all but one | loses: each_free_token_is_covered_once, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.others
def cover_each(ids, free, mask_id):
    keep = torch.eye(len(ids), dtype=torch.bool)[free]
    return torch.where(free & ~keep, mask_id, ids)


# %% wrong: puts a 0 in | loses: each_free_token_is_covered_once, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.rows
def cover_each(ids, free, mask_id):
    only = torch.eye(len(ids), dtype=torch.bool)[free]
    return torch.where(only, 0, ids)


# %% wrong: appends the same text again and again | loses: each_free_token_is_covered_once, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.rows
def cover_each(ids, free, mask_id):
    rows = []
    for place in free.nonzero()[:, 0]:
        ids[place] = mask_id
        rows.append(ids)
    return torch.stack(rows)


# %% wrong: covered minus whole | loses: a_fall_stands_at_its_token, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.sign
def falls(whole, covered, free):
    found = torch.zeros(len(free))
    found[free] = covered - whole
    return found


# %% wrong: gives the scores themselves | loses: a_fall_stands_at_its_token, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.score
def falls(whole, covered, free):
    found = torch.zeros(len(free))
    found[free] = covered
    return found


# %% wrong: numbers stand at the first places | loses: a_fall_stands_at_its_token, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.places
def falls(whole, covered, free):
    found = torch.zeros(len(free))
    found[: len(covered)] = whole - covered
    return found


# %% wrong: the whole score where nothing is free | loses: a_fall_stands_at_its_token, together_they_find_what_each_token_adds, it_holds_for_any_text | hint: occlusion.falls
def falls(whole, covered, free):
    found = torch.full((len(free),), float(whole))
    found[free] = whole - covered
    return found


# %% wrong: a number for each free token only | loses: a_fall_stands_at_its_token, together_they_find_what_each_token_adds, it_holds_for_any_text | says: has the wrong shape
def falls(whole, covered, free):
    return whole - covered
