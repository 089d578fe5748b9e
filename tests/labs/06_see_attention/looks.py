# ruff: noqa
"""Answers to `looks`: mistakes that learners make, and right answers written otherwise."""


# %% right: loops over texts and tokens
def looks(weights, ids, separator):
    B, T = ids.shape
    sums = {
        k: torch.zeros(weights.size(1))
        for k in ("[CLS]", "[SEP]", "itself", "previous", "next", "same token")
    }
    counts = dict.fromkeys(sums, 0)
    for b in range(B):
        for i in range(T):
            where = {
                "[CLS]": [0],
                "[SEP]": [j for j in range(T) if ids[b, j] == separator],
                "itself": [i],
                "previous": [i - 1] if i else [],
                "next": [i + 1] if i < T - 1 else [],
                "same token": [j for j in range(T) if j != i and ids[b, j] == ids[b, i]],
            }
            for kind, places in where.items():
                if places:
                    sums[kind] += weights[b, :, i, places].sum(-1)
                    counts[kind] += 1
    return {kind: sums[kind] / counts[kind] for kind in sums}


# %% right: diagonals, and einsum for the rest
def looks(weights, ids, separator):
    B, H, T, _ = weights.shape
    twin = (ids[:, :, None] == ids[:, None]) & ~torch.eye(T, dtype=torch.bool)
    separated = (ids == separator).float()
    return {
        "itself": weights.diagonal(dim1=2, dim2=3).mean((0, 2)),
        "previous": weights.diagonal(-1, 2, 3).mean((0, 2)),
        "next": weights.diagonal(1, 2, 3).mean((0, 2)),
        "[CLS]": weights[..., 0].mean((0, 2)),
        "[SEP]": torch.einsum("bhij,bj->h", weights, separated) / (separated.any(1).sum() * T),
        "same token": torch.einsum("bhij,bij->h", weights, twin.float()) / twin.any(2).sum(),
    }


# %% wrong: divides by all tokens | loses: the_neighbours, the_same_token_elsewhere, an_even_spread_gives_what_chance_gives, it_holds_for_many_texts | hint: looks.all_tokens
def looks(weights, ids, separator):
    B, T = ids.shape
    ahead = torch.arange(T) - torch.arange(T)[:, None]
    kinds = {
        "[CLS]": (torch.arange(T) == 0).expand(B, T, T),
        "[SEP]": (ids == separator)[:, None].expand(B, T, T),
        "itself": (ahead == 0).expand(B, T, T),
        "previous": (ahead == -1).expand(B, T, T),
        "next": (ahead == 1).expand(B, T, T),
        "same token": (ids[:, :, None] == ids[:, None]) & (ahead != 0),
    }
    return {k: (weights * kind[:, None]).sum((0, 2, 3)) / (B * T) for k, kind in kinds.items()}


# %% wrong: takes columns for rows | loses: the_neighbours, it_holds_for_many_texts | hint: looks.direction
def looks(weights, ids, separator):
    B, H, T, _ = weights.shape
    twin = (ids[:, :, None] == ids[:, None]) & ~torch.eye(T, dtype=torch.bool)
    separated = (ids == separator).float()
    return {
        "itself": weights.diagonal(dim1=2, dim2=3).mean((0, 2)),
        "previous": weights.diagonal(1, 2, 3).mean((0, 2)),
        "next": weights.diagonal(-1, 2, 3).mean((0, 2)),
        "[CLS]": weights[..., 0].mean((0, 2)),
        "[SEP]": torch.einsum("bhij,bj->h", weights, separated) / (B * T),
        "same token": torch.einsum("bhij,bij->h", weights, twin.float()) / twin.any(2).sum(),
    }


# %% wrong: returns sums | loses: * | hint: looks.sum
def looks(weights, ids, separator):
    B, H, T, _ = weights.shape
    twin = (ids[:, :, None] == ids[:, None]) & ~torch.eye(T, dtype=torch.bool)
    separated = (ids == separator).float()
    return {
        "itself": weights.diagonal(dim1=2, dim2=3).sum((0, 2)),
        "previous": weights.diagonal(-1, 2, 3).sum((0, 2)),
        "next": weights.diagonal(1, 2, 3).sum((0, 2)),
        "[CLS]": weights[..., 0].sum((0, 2)),
        "[SEP]": torch.einsum("bhij,bj->h", weights, separated),
        "same token": torch.einsum("bhij,bij->h", weights, twin.float()),
    }


# %% wrong: a token is its own twin | loses: the_same_token_elsewhere, it_holds_for_many_texts | hint: looks.itself
def looks(weights, ids, separator):
    B, H, T, _ = weights.shape
    twin = ids[:, :, None] == ids[:, None]
    separated = (ids == separator).float()
    return {
        "itself": weights.diagonal(dim1=2, dim2=3).mean((0, 2)),
        "previous": weights.diagonal(-1, 2, 3).mean((0, 2)),
        "next": weights.diagonal(1, 2, 3).mean((0, 2)),
        "[CLS]": weights[..., 0].mean((0, 2)),
        "[SEP]": torch.einsum("bhij,bj->h", weights, separated) / (B * T),
        "same token": torch.einsum("bhij,bij->h", weights, twin.float()) / twin.any(2).sum(),
    }


# %% wrong: takes the mean over pairs | loses: the_same_token_elsewhere, it_holds_for_many_texts | hint: looks.pairs
def looks(weights, ids, separator):
    B, H, T, _ = weights.shape
    twin = (ids[:, :, None] == ids[:, None]) & ~torch.eye(T, dtype=torch.bool)
    separated = (ids == separator).float()
    return {
        "itself": weights.diagonal(dim1=2, dim2=3).mean((0, 2)),
        "previous": weights.diagonal(-1, 2, 3).mean((0, 2)),
        "next": weights.diagonal(1, 2, 3).mean((0, 2)),
        "[CLS]": weights[..., 0].mean((0, 2)),
        "[SEP]": torch.einsum("bhij,bj->h", weights, separated) / (B * T),
        "same token": torch.einsum("bhij,bij->h", weights, twin.float()) / twin.sum(),
    }


# %% wrong: takes the last place for the separator | loses: the_special_tokens | hint: looks.separator
def looks(weights, ids, separator):
    B, H, T, _ = weights.shape
    twin = (ids[:, :, None] == ids[:, None]) & ~torch.eye(T, dtype=torch.bool)
    return {
        "itself": weights.diagonal(dim1=2, dim2=3).mean((0, 2)),
        "previous": weights.diagonal(-1, 2, 3).mean((0, 2)),
        "next": weights.diagonal(1, 2, 3).mean((0, 2)),
        "[CLS]": weights[..., 0].mean((0, 2)),
        "[SEP]": weights[..., -1].mean((0, 2)),
        "same token": torch.einsum("bhij,bij->h", weights, twin.float()) / twin.any(2).sum(),
    }


# %% wrong: takes the largest weight instead of the mean | loses: itself, the_neighbours, the_special_tokens, the_same_token_elsewhere, it_holds_for_many_texts | hint: looks.value
def looks(weights, ids, separator):
    B, T = ids.shape
    ahead = torch.arange(T) - torch.arange(T)[:, None]
    kinds = {
        "[CLS]": (torch.arange(T) == 0).expand(B, T, T),
        "[SEP]": (ids == separator)[:, None].expand(B, T, T),
        "itself": (ahead == 0).expand(B, T, T),
        "previous": (ahead == -1).expand(B, T, T),
        "next": (ahead == 1).expand(B, T, T),
        "same token": (ids[:, :, None] == ids[:, None]) & (ahead != 0),
    }
    return {k: (weights * kind[:, None]).amax((0, 2, 3)) for k, kind in kinds.items()}


# %% wrong: divides the previous token by T | loses: the_neighbours, an_even_spread_gives_what_chance_gives, it_holds_for_many_texts | hint: looks.even
def looks(weights, ids, separator):
    B, H, T, _ = weights.shape
    twin = (ids[:, :, None] == ids[:, None]) & ~torch.eye(T, dtype=torch.bool)
    separated = (ids == separator).float()
    return {
        "itself": weights.diagonal(dim1=2, dim2=3).mean((0, 2)),
        "previous": weights.diagonal(-1, 2, 3).mean((0, 2)) / T,
        "next": weights.diagonal(1, 2, 3).mean((0, 2)),
        "[CLS]": weights[..., 0].mean((0, 2)),
        "[SEP]": torch.einsum("bhij,bj->h", weights, separated) / (B * T),
        "same token": torch.einsum("bhij,bij->h", weights, twin.float()) / twin.any(2).sum(),
    }


# %% wrong: one number for all heads | loses: * | says: has the wrong shape
def looks(weights, ids, separator):
    B, H, T, _ = weights.shape
    twin = (ids[:, :, None] == ids[:, None]) & ~torch.eye(T, dtype=torch.bool)
    separated = (ids == separator).float()
    return {
        "itself": weights.diagonal(dim1=2, dim2=3).mean(),
        "previous": weights.diagonal(-1, 2, 3).mean(),
        "next": weights.diagonal(1, 2, 3).mean(),
        "[CLS]": weights[..., 0].mean(),
        "[SEP]": torch.einsum("bhij,bj->", weights, separated) / (B * T * H),
        "same token": torch.einsum("bhij,bij->", weights, twin.float()) / twin.any(2).sum() / H,
    }
