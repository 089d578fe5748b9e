# ruff: noqa
"""Answers to `draw_masks`: mistakes that learners make, and right answers written otherwise."""


# %% right: epoch by epoch, with NumPy
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    import numpy as np

    found = []
    for epoch in range(epochs):
        turn = epoch % copies if copies > 0 else epoch
        drawn = np.random.default_rng([seed, turn]).random((rows, tokens))
        found.append(torch.from_numpy(drawn < rate))
    return torch.stack(found)


# %% right: with torch's own seed
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    torch.manual_seed(seed)
    if copies == 0:
        return torch.bernoulli(torch.full((epochs, rows, tokens), rate)).bool()
    masks = torch.bernoulli(torch.full((copies, rows, tokens), rate)).bool()
    return torch.stack([masks[epoch % copies] for epoch in range(epochs)])


# %% wrong: nothing hidden where masks are dynamic | loses: dynamic_masks_are_drawn_anew, a_seed_decides_everything, it_holds_for_other_sizes | hint: masks.rate
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(max(copies, 1), rows, tokens, generator=generator) < rate * bool(copies)
    return drawn[torch.arange(epochs) % len(drawn)]


# %% wrong: seeded anew in each epoch | loses: dynamic_masks_are_drawn_anew, several_static_masks_come_in_turn, it_holds_for_other_sizes | hint: masks.repeated
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    found = []
    for epoch in range(epochs):
        generator = torch.Generator().manual_seed(seed)
        found.append(torch.rand(rows, tokens, generator=generator) < rate)
    return torch.stack(found)


# %% wrong: always dynamic | loses: one_static_mask_stays, several_static_masks_come_in_turn, it_holds_for_other_sizes | hint: masks.anew
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(epochs, rows, tokens, generator=generator) < rate


# %% wrong: one mask, however many copies | loses: several_static_masks_come_in_turn, it_holds_for_other_sizes | hint: masks.one_mask
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(1 if copies else epochs, rows, tokens, generator=generator) < rate
    return drawn.expand(epochs, rows, tokens)


# %% wrong: each mask several times in a row | loses: several_static_masks_come_in_turn, it_holds_for_other_sizes | hint: masks.turn
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(copies or epochs, rows, tokens, generator=generator) < rate
    return drawn[torch.arange(epochs) * len(drawn) // epochs]


# %% wrong: the last mask stays | loses: several_static_masks_come_in_turn, it_holds_for_other_sizes | hint: masks.turn
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(copies or epochs, rows, tokens, generator=generator) < rate
    return drawn[torch.arange(epochs).clamp(max=len(drawn) - 1)]


# %% wrong: the same mask for all rows | loses: * | hint: masks.one_row
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(tokens, generator=generator)
    return (order < round(rate * tokens)).expand(epochs, rows, tokens)


# %% wrong: hidden where it should stay | loses: * | hint: masks.upside_down
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(copies or epochs, rows, tokens, generator=generator) > rate
    return drawn[torch.arange(epochs) % len(drawn)]


# %% wrong: always 15 per cent | loses: a_seed_decides_everything, it_holds_for_other_sizes | hint: masks.rate
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(copies or epochs, rows, tokens, generator=generator) < 0.15
    return drawn[torch.arange(epochs) % len(drawn)]


# %% wrong: numbers in place of True and False | loses: * | hint: masks.type
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(copies or epochs, rows, tokens, generator=generator) < rate
    return drawn[torch.arange(epochs) % len(drawn)].float()


# %% wrong: no seed | loses: a_seed_decides_everything | hint: masks.seed
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    drawn = torch.rand(copies or epochs, rows, tokens) < rate
    return drawn[torch.arange(epochs) % len(drawn)]


# %% wrong: always the same seed | loses: a_seed_decides_everything | hint: masks.seed_fixed
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(copies or epochs, rows, tokens, generator=generator) < rate
    return drawn[torch.arange(epochs) % len(drawn)]


# %% wrong: epochs forgotten | loses: * | says: shape
def draw_masks(epochs, rows, tokens, rate, copies, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(rows, tokens, generator=generator) < rate
