# ruff: noqa
"""Answers to `rollout`: mistakes that learners make, and right answers written otherwise."""


# %% right: from the top layer down
def rollout(weights):
    L, H, T, _ = weights.shape
    made = torch.eye(T)
    for layer in range(L - 1, -1, -1):
        made = made @ (weights[layer].sum(0) / H + torch.eye(T)) / 2
    return made


# %% right: all tables first, then one product, in double precision
def rollout(weights):
    tables = 0.5 * weights.double().mean(1) + 0.5 * torch.eye(weights.size(-1), dtype=torch.float64)
    made = tables[0]
    for table in tables[1:]:
        made = torch.matmul(table, made)
    return made.float()


# %% wrong: without the path past the attention | loses: one_layer_is_half_attention_and_half_the_way_past, layers_are_multiplied_the_top_one_first, it_holds_for_many_layers | hint: rollout.no_residual
def rollout(weights):
    made = torch.eye(weights.size(-1))
    for layer in weights.mean(1):
        made = layer @ made
    return made


# %% wrong: adds the heads up | loses: * | hint: rollout.heads
def rollout(weights):
    eye = torch.eye(weights.size(-1))
    made = eye
    for layer in weights.sum(1):
        made = (0.5 * layer + 0.5 * eye) @ made
    return made


# %% wrong: the first layer on the left | loses: layers_are_multiplied_the_top_one_first, it_holds_for_many_layers | hint: rollout.order
def rollout(weights):
    eye = torch.eye(weights.size(-1))
    made = eye
    for layer in weights.mean(1):
        made = made @ (0.5 * layer + 0.5 * eye)
    return made


# %% wrong: mixes the identity in once | loses: layers_are_multiplied_the_top_one_first, it_holds_for_many_layers | hint: rollout.once
def rollout(weights):
    eye = torch.eye(weights.size(-1))
    made = eye
    for layer in weights.mean(1):
        made = layer @ made
    return 0.5 * made + 0.5 * eye


# %% wrong: the mean over layers | loses: layers_are_multiplied_the_top_one_first, it_holds_for_many_layers | hint: rollout.mean
def rollout(weights):
    return 0.5 * weights.mean((0, 1)) + 0.5 * torch.eye(weights.size(-1))


# %% wrong: multiplies number by number | loses: layers_are_multiplied_the_top_one_first, it_holds_for_many_layers | hint: rollout.value
def rollout(weights):
    eye = torch.eye(weights.size(-1))
    return (0.5 * weights.mean(1) + 0.5 * eye).prod(0)


# %% wrong: returns one row | loses: * | says: has the wrong shape
def rollout(weights):
    eye = torch.eye(weights.size(-1))
    made = eye
    for layer in weights.mean(1):
        made = (0.5 * layer + 0.5 * eye) @ made
    return made[0]
