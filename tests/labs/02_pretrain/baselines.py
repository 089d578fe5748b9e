# ruff: noqa
"""Answers to `baselines`: mistakes that learners make, and right answers written otherwise.

A block may define one of the three functions alone; the others are then the solution's.
"""

# %% right: NumPy's bincount, and dictionaries of Counters; pairs counted whole
import collections
import numpy as np


def unigram_nats(train, valid, vocab_size):
    p = (np.bincount(train, minlength=vocab_size) + 1) / (len(train) + vocab_size)
    return -np.log(p[np.array(valid)]).mean()


def trigram_nats(train, valid, vocab_size, weights=(0.1, 0.4, 0.5)):
    p1 = (np.bincount(train, minlength=vocab_size) + 1) / (len(train) + vocab_size)
    follows = collections.defaultdict(Counter)
    for i in range(len(train) - 1):
        follows[train[i],][train[i + 1]] += 1
        if i:
            follows[train[i - 1], train[i]][train[i + 1]] += 1

    def share(context, token, otherwise):
        seen = follows.get(context)
        return seen[token] / sum(seen.values()) if seen else otherwise

    nats = []
    for i in range(2, len(valid)):
        a, b, c = valid[i - 2 : i + 1]
        p2 = share((b,), c, p1[c])
        p3 = share((a, b), c, p2)
        nats.append(-np.log(np.dot(weights, [p1[c], p2, p3])))
    return float(np.mean(nats))


def bits_per_byte(nats_per_token, tokens, text_bytes):
    return nats_per_token * math.log2(math.e) * tokens / text_bytes


# %% right: the pairs' own counts as totals (the last pair of the text is followed by nothing)
def trigram_nats(train, valid, vocab_size, weights=(0.1, 0.4, 0.5)):
    c1, c2 = Counter(train), Counter(zip(train, train[1:]))
    c3 = Counter(zip(train, train[1:], train[2:]))
    total = 0
    for a, b, c in zip(valid, valid[1:], valid[2:]):
        p = [(c1[c] + 1) / (len(train) + vocab_size)]
        p.append(c2[b, c] / c1[b] if c1[b] else p[0])
        p.append(c3[a, b, c] / c2[a, b] if c2[a, b] else p[1])
        total += math.log(sum(w * q for w, q in zip(weights, p)))
    return -total / (len(valid) - 2)


# %% wrong: adds 1 without its share of the total | loses: the_unigram_adds_one_to_every_count, counting_scales | hint: unigram.no_vocabulary
def unigram_nats(train, valid, vocab_size):
    count = Counter(train)
    return -sum(math.log((count[c] + 1) / len(train)) for c in valid) / len(valid)


# %% wrong: takes the sum | loses: the_unigram_adds_one_to_every_count, counting_scales | hint: unigram.sum
def unigram_nats(train, valid, vocab_size):
    count = Counter(train)
    return -sum(math.log((count[c] + 1) / (len(train) + vocab_size)) for c in valid)


# %% wrong: in bits | loses: the_unigram_adds_one_to_every_count, counting_scales | hint: unigram.bits
def unigram_nats(train, valid, vocab_size):
    count = Counter(train)
    return -sum(math.log2((count[c] + 1) / (len(train) + vocab_size)) for c in valid) / len(valid)


# %% wrong: counts in the valid text | loses: the_unigram_adds_one_to_every_count, counting_scales | hint: unigram.own_counts
def unigram_nats(train, valid, vocab_size):
    count = Counter(valid)
    return -sum(math.log((count[c] + 1) / (len(valid) + vocab_size)) for c in valid) / len(valid)


# %% wrong: plain shares, so that an unseen token has probability 0 | loses: the_unigram_adds_one_to_every_count, counting_scales | hint: unigram.unsmoothed
def unigram_nats(train, valid, vocab_size):
    count = Counter(train)
    return -sum(math.log(count[c] / len(train)) for c in valid) / len(valid)


# %% wrong: adds 1 to what was seen, unseen tokens left out | loses: the_unigram_adds_one_to_every_count, counting_scales | hint: unigram.unsmoothed
def unigram_nats(train, valid, vocab_size):
    count = Counter(train)
    return -sum(
        math.log((count[c] + 1) / (len(train) + vocab_size)) for c in valid if count[c]
    ) / len(valid)


# %% wrong: the weights in the wrong order | loses: the_trigram_mixes_three_contexts, an_unseen_context_gives_its_share_away, counting_scales | hint: trigram.weights
def trigram_nats(train, valid, vocab_size, weights=(0.1, 0.4, 0.5)):
    one, total = Counter(train), len(train) + vocab_size
    two, three = Counter(zip(train, train[1:])), Counter(zip(train, train[1:], train[2:]))
    w3, w2, w1 = weights
    nats = 0.0
    for a, b, c in zip(valid, valid[1:], valid[2:]):
        p1 = (one[c] + 1) / total
        p2 = two[b, c] / one[b] if one[b] else p1
        p3 = three[a, b, c] / two[a, b] if two[a, b] else p2
        nats -= math.log(w1 * p1 + w2 * p2 + w3 * p3)
    return nats / (len(valid) - 2)


# %% wrong: an unseen context loses its share | loses: an_unseen_context_gives_its_share_away, counting_scales | hint: trigram.lost
def trigram_nats(train, valid, vocab_size, weights=(0.1, 0.4, 0.5)):
    one, total = Counter(train), len(train) + vocab_size
    two, three = Counter(zip(train, train[1:])), Counter(zip(train, train[1:], train[2:]))
    w1, w2, w3 = weights
    nats = 0.0
    for a, b, c in zip(valid, valid[1:], valid[2:]):
        p2 = two[b, c] / one[b] if one[b] else 0
        p3 = three[a, b, c] / two[a, b] if two[a, b] else 0
        nats -= math.log(w1 * (one[c] + 1) / total + w2 * p2 + w3 * p3)
    return nats / (len(valid) - 2)


# %% wrong: divides by all tokens of valid | loses: the_trigram_mixes_three_contexts, an_unseen_context_gives_its_share_away, counting_scales | hint: trigram.mean
def trigram_nats(train, valid, vocab_size, weights=(0.1, 0.4, 0.5)):
    one, total = Counter(train), len(train) + vocab_size
    two, three = Counter(zip(train, train[1:])), Counter(zip(train, train[1:], train[2:]))
    w1, w2, w3 = weights
    nats = 0.0
    for a, b, c in zip(valid, valid[1:], valid[2:]):
        p1 = (one[c] + 1) / total
        p2 = two[b, c] / one[b] if one[b] else p1
        p3 = three[a, b, c] / two[a, b] if two[a, b] else p2
        nats -= math.log(w1 * p1 + w2 * p2 + w3 * p3)
    return nats / len(valid)


# %% wrong: divides by an unseen context | loses: an_unseen_context_gives_its_share_away, counting_scales | says: stopped with ZeroDivisionError: division by zero (your line
def trigram_nats(train, valid, vocab_size, weights=(0.1, 0.4, 0.5)):
    one, total = Counter(train), len(train) + vocab_size
    two, three = Counter(zip(train, train[1:])), Counter(zip(train, train[1:], train[2:]))
    w1, w2, w3 = weights
    nats = 0.0
    for a, b, c in zip(valid, valid[1:], valid[2:]):
        p2, p3 = two[b, c] / one[b], three[a, b, c] / two[a, b]
        nats -= math.log(w1 * (one[c] + 1) / total + w2 * p2 + w3 * p3)
    return nats / (len(valid) - 2)


# %% wrong: forgets the logarithm of 2 | loses: nats_a_token_become_bits_a_byte, counting_scales | hint: bits.nats
def bits_per_byte(nats_per_token, tokens, text_bytes):
    return nats_per_token * tokens / text_bytes


# %% wrong: multiplies by the logarithm of 2 | loses: nats_a_token_become_bits_a_byte, counting_scales | hint: bits.times
def bits_per_byte(nats_per_token, tokens, text_bytes):
    return nats_per_token * math.log(2) * tokens / text_bytes


# %% wrong: tokens and bytes the wrong way round | loses: nats_a_token_become_bits_a_byte | hint: bits.upside_down
def bits_per_byte(nats_per_token, tokens, text_bytes):
    return nats_per_token / math.log(2) * text_bytes / tokens


# %% wrong: prints instead of returning | loses: nats_a_token_become_bits_a_byte, counting_scales | says: bits_per_byte is None; does your function end with `return`?
def bits_per_byte(nats_per_token, tokens, text_bytes):
    print(nats_per_token / math.log(2) * tokens / text_bytes)
