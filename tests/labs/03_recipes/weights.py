# ruff: noqa
"""Answers to `count_weights`: mistakes that learners make, and right answers written otherwise."""


# %% right: with a real model
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    parts = [torch.nn.Embedding(n, size) for n in (vocab, positions, 2)] + [
        torch.nn.LayerNorm(size)
    ]
    if short:
        parts.append(torch.nn.Linear(short, hidden))
    for _ in range(1 if shared else layers):
        parts += [torch.nn.Linear(hidden, hidden) for _ in range(4)]
        parts += [torch.nn.LayerNorm(hidden) for _ in range(2)]
        parts += [torch.nn.Linear(hidden, inner), torch.nn.Linear(inner, hidden)]
    return sum(w.numel() for part in parts for w in part.parameters())


# %% right: in one line of sums, as a float that is whole
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short if short > 0 else hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short > 0 else 0
    return float((vocab + positions + 4) * size + wide + (layer if shared else layers * layer))


# %% wrong: no offsets | loses: * | hint: weights.offsets
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 2 * hidden * inner + 4 * hidden
    wide = short * hidden
    return (vocab + positions + 4) * size + wide + layer * (1 if shared else layers)


# %% wrong: no norms | loses: * | hint: weights.norms
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 5 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return (vocab + positions + 2) * size + wide + layer * (1 if shared else layers)


# %% wrong: three matrices of attention | loses: * | hint: weights.three
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 3 * hidden**2 + 8 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return (vocab + positions + 4) * size + wide + layer * (1 if shared else layers)


# %% wrong: no segments | loses: * | hint: weights.segments
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return (vocab + positions + 2) * size + wide + layer * (1 if shared else layers)


# %% wrong: no positions | loses: * | hint: weights.positions
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return (vocab + 4) * size + wide + layer * (1 if shared else layers)


# %% wrong: one layer only | loses: a_bert_has_the_sum_of_its_parts, short_vectors_are_made_long, any_size_is_counted_right | hint: weights.one_layer
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return (vocab + positions + 4) * size + wide + layer


# %% wrong: shared layers counted each time | loses: shared_layers_count_once, both_go_together, any_size_is_counted_right | hint: weights.not_shared
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return (vocab + positions + 4) * size + wide + layer * layers


# %% wrong: the table stays long | loses: short_vectors_are_made_long, both_go_together, any_size_is_counted_right | hint: weights.value
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    return (vocab + positions + 4) * hidden + layer * (1 if shared else layers)


# %% wrong: the table stays long before the matrix | loses: short_vectors_are_made_long, both_go_together, any_size_is_counted_right | hint: weights.not_short
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return (vocab + positions + 4) * hidden + wide + layer * (1 if shared else layers)


# %% wrong: nothing makes them long | loses: short_vectors_are_made_long, both_go_together, any_size_is_counted_right | hint: weights.widen
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    return (vocab + positions + 4) * size + layer * (1 if shared else layers)


# %% wrong: the matrix has no offsets | loses: short_vectors_are_made_long, both_go_together, any_size_is_counted_right | hint: weights.widen_offsets
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    return (vocab + positions + 4) * size + short * hidden + layer * (1 if shared else layers)


# %% wrong: positions stay long | loses: short_vectors_are_made_long, both_go_together, any_size_is_counted_right | hint: weights.short_tokens_only
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return vocab * size + (positions + 4) * hidden + wide + layer * (1 if shared else layers)


# %% wrong: in millions | loses: * | hint: weights.whole
def count_weights(vocab, hidden, layers, inner, positions, short=0, shared=False):
    size = short or hidden
    layer = 4 * hidden**2 + 9 * hidden + 2 * hidden * inner + inner
    wide = (short + 1) * hidden if short else 0
    return ((vocab + positions + 4) * size + wide + layer * (1 if shared else layers)) / 1e6
