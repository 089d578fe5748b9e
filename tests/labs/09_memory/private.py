# ruff: noqa
"""Answers to `private`: mistakes that learners make, and right answers written otherwise."""


# %% right: a loop over the rows
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    total = torch.zeros(gradients.shape[1])
    for row in gradients:
        length = float((row**2).sum() ** 0.5)
        total += row if length <= max_grad_norm else row * max_grad_norm / length
    total += torch.randn(len(total), generator=generator) * (noise_multiplier * max_grad_norm)
    return total / batch_size


# %% right: a matrix product, and noise by torch.normal
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = torch.linalg.vector_norm(gradients, dim=1)
    shrink = torch.where(lengths > max_grad_norm, max_grad_norm / lengths, torch.ones(()))
    noise = torch.normal(0.0, 1.0, size=(gradients.size(1),), generator=generator) * (
        noise_multiplier * max_grad_norm
    )
    return (shrink @ gradients + noise) / batch_size


# %% wrong: makes all rows equally long | loses: long_rows_are_cut_and_short_ones_stay, a_row_of_zeros_stays_zero, it_holds_for_other_sizes_and_for_nobody | hint: private.stretch
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1, keepdim=True).clamp(min=1e-12)
    total = (gradients * max_grad_norm / lengths).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: cuts the sum | loses: long_rows_are_cut_and_short_ones_stay, a_row_of_zeros_stays_zero, it_holds_for_other_sizes_and_for_nobody | hint: private.clip_sum
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    total = gradients.sum(0)
    total = total * min(1, max_grad_norm / max(float(total.norm()), 1e-12))
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: cuts the mean | loses: long_rows_are_cut_and_short_ones_stay, a_row_of_zeros_stays_zero, it_holds_for_other_sizes_and_for_nobody | hint: private.clip_sum
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    mean = gradients.sum(0) / batch_size
    mean = mean * min(1, max_grad_norm / max(float(mean.norm()), 1e-12))
    noise = noise_multiplier * max_grad_norm * torch.randn(mean.shape, generator=generator)
    return mean + noise / batch_size


# %% wrong: cuts each number | loses: long_rows_are_cut_and_short_ones_stay, a_row_of_zeros_stays_zero, it_holds_for_other_sizes_and_for_nobody | hint: private.entries
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    total = gradients.clamp(-max_grad_norm, max_grad_norm).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: does not cut | loses: long_rows_are_cut_and_short_ones_stay, a_row_of_zeros_stays_zero, it_holds_for_other_sizes_and_for_nobody | hint: private.no_clip
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    total = gradients.sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: cuts to half the length | loses: long_rows_are_cut_and_short_ones_stay, a_row_of_zeros_stays_zero, it_holds_for_other_sizes_and_for_nobody | hint: private.clip
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / 2 / lengths).clamp(max=1)[:, None]).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: divides by who was drawn | loses: long_rows_are_cut_and_short_ones_stay, a_row_of_zeros_stays_zero, the_noise_is_as_large_as_one_example, it_holds_for_other_sizes_and_for_nobody | hint: private.drawn
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / len(gradients)


# %% wrong: does not divide | loses: long_rows_are_cut_and_short_ones_stay, a_row_of_zeros_stays_zero, the_noise_is_as_large_as_one_example, it_holds_for_other_sizes_and_for_nobody | hint: private.sum
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    return total + noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)


# %% wrong: divides by a length of zero | loses: a_row_of_zeros_stays_zero | hint: private.zero
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1, keepdim=True)
    factor = torch.minimum(torch.ones_like(lengths), max_grad_norm / lengths)
    total = (gradients / lengths * lengths * factor).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: no noise | loses: the_noise_is_as_large_as_one_example, chance_comes_from_the_generator, it_holds_for_other_sizes_and_for_nobody | hint: private.no_noise
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    return (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0) / batch_size


# %% wrong: noise that does not know the cut | loses: the_noise_is_as_large_as_one_example, it_holds_for_other_sizes_and_for_nobody | hint: private.noise_norm
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    return (total + noise_multiplier * torch.randn(total.shape, generator=generator)) / batch_size


# %% wrong: noise after dividing | loses: the_noise_is_as_large_as_one_example, it_holds_for_other_sizes_and_for_nobody | hint: private.noise_late
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return total / batch_size + noise


# %% wrong: noise for each row | loses: the_noise_is_as_large_as_one_example, it_holds_for_other_sizes_and_for_nobody | hint: private.noise_rows
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    cut = gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]
    noise = noise_multiplier * max_grad_norm * torch.randn(cut.shape, generator=generator)
    return (cut + noise).sum(0) / batch_size


# %% wrong: the deviation is taken for a variance | loses: the_noise_is_as_large_as_one_example | hint: private.noise_squared
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    deviation = (noise_multiplier * max_grad_norm) ** 0.5
    return (total + deviation * torch.randn(total.shape, generator=generator)) / batch_size


# %% wrong: the deviation is squared | loses: the_noise_is_as_large_as_one_example | hint: private.noise_square
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    deviation = (noise_multiplier * max_grad_norm) ** 2
    return (total + deviation * torch.randn(total.shape, generator=generator)) / batch_size


# %% wrong: noise from 0 to 1 | loses: the_noise_is_as_large_as_one_example, it_holds_for_other_sizes_and_for_nobody | hint: private.noise
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.rand(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: one draw for all numbers | loses: the_noise_is_as_large_as_one_example, it_holds_for_other_sizes_and_for_nobody | hint: private.one_draw
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(1, generator=generator)
    return (total + noise) / batch_size


# %% wrong: does not use the generator | loses: chance_comes_from_the_generator | hint: private.generator
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    return (total + noise_multiplier * max_grad_norm * torch.randn(total.shape)) / batch_size


# %% wrong: sets a seed of its own | loses: chance_comes_from_the_generator | hint: private.generator_same
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    generator = torch.Generator().manual_seed(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: without noise where nobody was drawn | loses: it_holds_for_other_sizes_and_for_nobody | hint: private.empty
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    if len(gradients) == 0:
        return torch.zeros(gradients.size(1))
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    total = (gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]).sum(0)
    noise = noise_multiplier * max_grad_norm * torch.randn(total.shape, generator=generator)
    return (total + noise) / batch_size


# %% wrong: returns the cut rows | loses: * | says: wrong shape
def private_gradient(gradients, max_grad_norm, noise_multiplier, batch_size, generator=None):
    lengths = gradients.norm(dim=1).clamp(min=1e-12)
    return gradients * (max_grad_norm / lengths).clamp(max=1)[:, None]
