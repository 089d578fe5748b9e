# ruff: noqa
"""Answers to `masking`: mistakes that learners make, and right answers written otherwise."""


# %% right: one draw decides all, with torch.where
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    draw = torch.rand(input_ids.shape, generator=generator)
    draw = torch.where(maskable, draw, torch.ones_like(draw))
    random_tokens = torch.randint(0, vocab_size, input_ids.shape, generator=generator)
    labels = torch.where(draw < rate, input_ids, torch.full_like(input_ids, -100))
    mask = torch.full_like(input_ids, mask_id)
    corrupted = torch.where(draw < rate * 0.9, random_tokens, input_ids)
    corrupted = torch.where(draw < rate * 0.8, mask, corrupted)
    return corrupted, labels


# %% right: with Bernoulli draws, as Hugging Face's collator does, in place, on lists
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    labels = input_ids.clone()
    probability = torch.full(labels.shape, rate)
    probability[~maskable] = 0.0
    chosen = torch.bernoulli(probability, generator=generator).bool()
    labels[~chosen] = -100
    masked = torch.bernoulli(torch.full(labels.shape, 0.8), generator=generator).bool() & chosen
    input_ids[masked] = mask_id
    half = torch.bernoulli(torch.full(labels.shape, 0.5), generator=generator).bool()
    other = half & chosen & ~masked
    input_ids[other] = torch.randint(vocab_size, labels.shape, generator=generator)[other]
    return [input_ids, labels]


# %% right: the library's own
from fmlab.batches import mask_tokens


# %% wrong: every token has a label | loses: the_label_of_a_chosen_token_is_the_token, all_other_labels_are_minus_100, special_tokens_are_never_chosen, the_share_of_chosen_tokens_is_the_rate, of_the_chosen_80_percent_are_masked_and_10_stay, random_tokens_come_from_the_whole_vocabulary | hint: masking.label_everywhere
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids


# %% wrong: labels are 0 where nothing is asked | loses: the_label_of_a_chosen_token_is_the_token, all_other_labels_are_minus_100, special_tokens_are_never_chosen, the_share_of_chosen_tokens_is_the_rate, of_the_chosen_80_percent_are_masked_and_10_stay, random_tokens_come_from_the_whole_vocabulary | hint: masking.label_elsewhere
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids * chosen


# %% wrong: labels are taken after hiding | loses: the_label_of_a_chosen_token_is_the_token | hint: masking.label_true
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    input_ids[chosen & (fate < 0.8)] = mask_id
    swap = chosen & (fate >= 0.9)
    input_ids[swap] = other[swap]
    return input_ids, input_ids.masked_fill(~chosen, -100)


# %% wrong: forgets clone, so -100 gets into the input | loses: * | hint: masking.input_minus_100
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    labels = input_ids
    labels[~chosen] = -100
    corrupted = input_ids.masked_fill(chosen, mask_id)
    return corrupted, labels


# %% wrong: chooses special tokens too | loses: special_tokens_are_never_chosen | hint: masking.special
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = torch.rand(input_ids.shape, generator=generator) < rate
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: ignores the rate | loses: the_share_of_chosen_tokens_is_the_rate | hint: masking.rate_fixed
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < 0.15) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: the rate is what is left, not what is chosen | loses: the_share_of_chosen_tokens_is_the_rate | hint: masking.rate
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) > rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: [MASK] everywhere | loses: of_the_chosen_80_percent_are_masked_and_10_stay, random_tokens_come_from_the_whole_vocabulary | hint: masking.all_masked
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    return input_ids.masked_fill(chosen, mask_id), input_ids.masked_fill(~chosen, -100)


# %% wrong: 80 % [MASK], the rest random | loses: of_the_chosen_80_percent_are_masked_and_10_stay | hint: masking.none_stay
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = torch.where(chosen, other, input_ids)
    corrupted[chosen & (fate < 0.8)] = mask_id
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: two draws, so that random overwrites [MASK] | loses: of_the_chosen_80_percent_are_masked_and_10_stay | hint: masking.of_all
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    corrupted = input_ids.clone()
    corrupted[chosen & (torch.rand(input_ids.shape, generator=generator) < 0.8)] = mask_id
    swap = chosen & (torch.rand(input_ids.shape, generator=generator) < 0.1)
    corrupted[swap] = torch.randint(vocab_size, input_ids.shape, generator=generator)[swap]
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: forgets the generator | loses: the_generator_decides | hint: masking.generator
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape) < rate) & maskable
    fate = torch.rand(input_ids.shape)
    other = torch.randint(vocab_size, input_ids.shape)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: forgets the generator in one of three draws | loses: the_generator_decides | hint: masking.generator
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: sets a seed of its own | loses: the_generator_decides, random_tokens_come_from_the_whole_vocabulary | hint: masking.generator_same
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    torch.manual_seed(0)
    chosen = (torch.rand(input_ids.shape) < rate) & maskable
    fate = torch.rand(input_ids.shape)
    other = torch.randint(vocab_size, input_ids.shape)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: one random token for the whole batch | loses: random_tokens_come_from_the_whole_vocabulary | hint: masking.vocabulary
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = int(torch.randint(vocab_size, (1,), generator=generator))
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = corrupted.masked_fill(chosen & (fate >= 0.9), other)
    return corrupted, input_ids.masked_fill(~chosen, -100)


# %% wrong: returns the labels first | loses: * | hint: masking.input_minus_100
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return input_ids.masked_fill(~chosen, -100), corrupted


# %% wrong: forgets to return the labels | loses: * | says: must return 2 things, in this order: corrupted, labels
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    return input_ids.masked_fill(chosen, mask_id)


# %% wrong: forgets to return anything | loses: * | says: corrupted, labels is None; does your function end with `return`?
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    corrupted, labels = input_ids.masked_fill(chosen, mask_id), input_ids.masked_fill(~chosen, -100)


# %% wrong: calls the draw with a wrong name | loses: * | says: stopped with AttributeError: module 'torch' has no attribute 'random_integers' (your line 2: chosen = torch.random_integers
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = torch.random_integers(0, 1, input_ids.shape) & maskable
    return input_ids.masked_fill(chosen, mask_id), input_ids.masked_fill(~chosen, -100)


# %% wrong: makes random what was not chosen, too | loses: all_other_labels_are_minus_100 | hint: masking.unchosen_changed
def mask_tokens(input_ids, maskable, mask_id, vocab_size, rate=0.15, generator=None):
    chosen = (torch.rand(input_ids.shape, generator=generator) < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(maskable & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids.masked_fill(~chosen, -100)
