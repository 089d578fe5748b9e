# ruff: noqa
"""Answers to `head`: mistakes that learners make, and right answers written otherwise."""


# %% right: loops over rows, and a mask of columns
def link_share(weights, start, end):
    shares = [table[:, :, i, j] for table, i, j in zip(weights, start.tolist(), end.tolist())]
    return torch.stack(shares).mean(0)


def switch_off(mixed, head, num_heads):
    parts = list(mixed.chunk(num_heads, dim=-1))
    parts[head] = torch.zeros_like(parts[head])
    return torch.cat(parts, dim=-1)


# %% right: gather, and a factor for each head
def link_share(weights, start, end):
    N, L, H, T, _ = weights.shape
    rows = weights.gather(3, start.view(N, 1, 1, 1, 1).expand(N, L, H, 1, T))
    return rows.gather(4, end.view(N, 1, 1, 1, 1).expand(N, L, H, 1, 1))[..., 0, 0].mean(0)


def switch_off(mixed, head, num_heads):
    keep = torch.ones(num_heads)
    keep[head] = 0
    return (mixed.unflatten(-1, (num_heads, -1)) * keep[:, None]).flatten(-2)


# %% wrong: from the end to the start | loses: each_row_has_its_own_places, it_holds_for_other_sizes | hint: head.transposed
def link_share(weights, start, end):
    return weights[torch.arange(len(weights)), :, :, end, start].mean(0)


# %% wrong: the places of the first row for all | loses: each_row_has_its_own_places, it_holds_for_other_sizes | hint: head.one_row
def link_share(weights, start, end):
    return weights[:, :, :, start[0], end[0]].mean(0)


# %% wrong: every row with the places of every row | loses: each_row_has_its_own_places, it_holds_for_other_sizes | hint: head.all_pairs
def link_share(weights, start, end):
    return weights[:, :, :, start, end].mean((0, 3))


# %% wrong: adds up the rows | loses: each_row_has_its_own_places, it_holds_for_other_sizes | hint: head.link_sum
def link_share(weights, start, end):
    return weights[torch.arange(len(weights)), :, :, start, end].sum(0)


# %% wrong: takes the median | loses: each_row_has_its_own_places, it_holds_for_other_sizes | hint: head.link
def link_share(weights, start, end):
    return weights[torch.arange(len(weights)), :, :, start, end].median(0).values


# %% wrong: heads and layers exchanged | loses: each_row_has_its_own_places, it_holds_for_other_sizes | says: has the wrong shape
def link_share(weights, start, end):
    return weights[torch.arange(len(weights)), :, :, start, end].mean(0).T


# %% wrong: every H-th column | loses: a_head_is_a_run_of_columns, the_first_and_the_last_head_can_go, it_holds_for_other_sizes | hint: head.interleaved
def switch_off(mixed, head, num_heads):
    changed = mixed.clone()
    changed[..., head::num_heads] = 0
    return changed


# %% wrong: keeps this head alone | loses: a_head_is_a_run_of_columns, the_first_and_the_last_head_can_go, it_holds_for_other_sizes | hint: head.only
def switch_off(mixed, head, num_heads):
    D = mixed.size(-1) // num_heads
    changed = torch.zeros_like(mixed)
    changed[..., head * D : (head + 1) * D] = mixed[..., head * D : (head + 1) * D]
    return changed


# %% wrong: counts the heads from 1 | loses: a_head_is_a_run_of_columns, the_first_and_the_last_head_can_go, without_all_heads_nothing_is_left, it_holds_for_other_sizes | hint: head.from_one
def switch_off(mixed, head, num_heads):
    D = mixed.size(-1) // num_heads
    changed = mixed.clone()
    changed[..., max(0, (head - 1) * D) : head * D] = 0
    return changed


# %% wrong: one column only | loses: a_head_is_a_run_of_columns, the_first_and_the_last_head_can_go, without_all_heads_nothing_is_left, it_holds_for_other_sizes | hint: head.off
def switch_off(mixed, head, num_heads):
    changed = mixed.clone()
    changed[..., head] = 0
    return changed


# %% wrong: takes the columns out | loses: a_head_is_a_run_of_columns, the_first_and_the_last_head_can_go, without_all_heads_nothing_is_left, it_holds_for_other_sizes | says: has the wrong shape
def switch_off(mixed, head, num_heads):
    D = mixed.size(-1) // num_heads
    return torch.cat([mixed[..., : head * D], mixed[..., (head + 1) * D :]], dim=-1)


# %% wrong: forgets to return | loses: a_head_is_a_run_of_columns, the_first_and_the_last_head_can_go, without_all_heads_nothing_is_left, it_holds_for_other_sizes | says: is None
def switch_off(mixed, head, num_heads):
    D = mixed.size(-1) // num_heads
    mixed[..., head * D : (head + 1) * D] = 0
