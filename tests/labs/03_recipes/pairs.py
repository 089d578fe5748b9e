# ruff: noqa
"""Answers to `next_pairs` and `order_pairs`: mistakes of learners, and right answers otherwise."""


# %% right: by places, and any piece of another document
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n in range(len(documents)):
        elsewhere = [p for m, d in enumerate(documents) if m != n for p in d]
        for i in range(len(documents[n]) - 1):
            label = drawn.randint(0, 1)
            b = drawn.choice(elsewhere) if label else documents[n][i + 1]
            made.append((documents[n][i], b, label))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for document in documents:
        for a, b in zip(document[:-1], document[1:]):
            label = drawn.choice([0, 1])
            made.append((b, a, label) if label else (a, b, label))
    return made


# %% right: lists and NumPy's coins
def next_pairs(documents, seed):
    import numpy as np

    rng, made = np.random.default_rng(seed), []
    for n, document in enumerate(documents):
        for a, b in pairwise(document):
            if rng.random() < 0.5:
                m = (n + 1 + int(rng.integers(len(documents) - 1))) % len(documents)
                made.append([a, documents[m][int(rng.integers(len(documents[m])))], 1])
            else:
                made.append([a, b, 0])
    return made


def order_pairs(documents, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    made = []
    for document in documents:
        for pair in pairwise(document):
            turn = int(rng.integers(2))
            made.append([*(pair[::-1] if turn else pair), turn])
    return made


# %% wrong: labels of next the wrong way round | loses: a_random_b_is_from_another_document, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: next.label
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.5:
                made.append((a, b, 1))
            else:
                made.append((a, drawn.choice(drawn.choice(others)), 0))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 1))
    return made


# %% wrong: labels of order the wrong way round | loses: exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: order.label
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.5:
                made.append((a, b, 0))
            else:
                made.append((a, drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 1) if drawn.random() < 0.5 else (b, a, 0))
    return made


# %% wrong: B from the same document | loses: a_random_b_is_from_another_document, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: next.same_document
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for document in documents:
        for a, b in pairwise(document):
            made.append((a, b, 0) if drawn.random() < 0.5 else (a, drawn.choice(document), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 1))
    return made


# %% wrong: next exchanges | loses: a_random_b_is_from_another_document, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: next.exchanged
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 1))
    return made


def order_pairs(documents, seed):
    return next_pairs(documents, seed)


# %% wrong: order draws from elsewhere | loses: exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: order.elsewhere
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.5:
                made.append((a, b, 0))
            else:
                made.append((a, drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    return next_pairs(documents, seed)


# %% wrong: nothing is random and nothing is exchanged | loses: a_random_b_is_from_another_document, exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, the_seed_decides_the_coins, both_hold_for_other_documents | hint: next.never
def next_pairs(documents, seed):
    return [(a, b, 0) for d in documents for a, b in pairwise(d)]


def order_pairs(documents, seed):
    return [(a, b, 0) for d in documents for a, b in pairwise(d)]


# %% wrong: nothing is exchanged | loses: exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: order.never
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.5:
                made.append((a, b, 0))
            else:
                made.append((a, drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    drawn = random.Random(seed)
    return [(a, b, drawn.randint(0, 1)) for d in documents for a, b in pairwise(d)]


# %% wrong: exchanged but not said | loses: exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: order.unlabelled
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.5:
                made.append((a, b, 0))
            else:
                made.append((a, drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 0))
    return made


# %% wrong: label and coin are two coins | loses: exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: order.value
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.5:
                made.append((a, b, 0))
            else:
                made.append((a, drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        label = drawn.randint(0, 1)
        made.append((a, b, label) if drawn.random() < 0.5 else (b, a, label))
    return made


# %% wrong: A is replaced too | loses: a_random_b_is_from_another_document, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: next.value
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.5:
                made.append((a, b, 0))
            else:
                made.append((drawn.choice(drawn.choice(others)), b, 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 1))
    return made


# %% wrong: every second pair | loses: a_random_b_is_from_another_document, exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: pairs.skipped
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for i in range(0, len(document) - 1, 2):
            if drawn.random() < 0.5:
                made.append((document[i], document[i + 1], 0))
            else:
                made.append((document[i], drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for document in documents:
        for i in range(0, len(document) - 1, 2):
            a, b = document[i : i + 2]
            made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 1))
    return made


# %% wrong: across the border of documents | loses: a_random_b_is_from_another_document, exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: pairs.crosses
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    everything = [p for d in documents for p in d]
    for a, b in pairwise(everything):
        made.append((a, b, 0) if drawn.random() < 0.5 else (a, drawn.choice(everything), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in pairwise([p for d in documents for p in d]):
        made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 1))
    return made


# %% wrong: all pairs of a document | loses: a_random_b_is_from_another_document, exchanged_pieces_are_neighbours, half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: pairs.count
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for i, a in enumerate(document):
            for b in document[i + 1 :]:
                right = drawn.random() < 0.5
                made.append((a, b, 0) if right else (a, drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for document in documents:
        for i, a in enumerate(document):
            for b in document[i + 1 :]:
                made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 1))
    return made


# %% wrong: one in ten | loses: half_of_the_pairs_have_each_label, both_hold_for_other_documents | hint: pairs.half
def next_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.9:
                made.append((a, b, 0))
            else:
                made.append((a, drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(seed), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 0) if drawn.random() < 0.9 else (b, a, 1))
    return made


# %% wrong: two values in place of three | loses: * | hint: pairs.form
def next_pairs(documents, seed):
    return [pair for d in documents for pair in pairwise(d)]


def order_pairs(documents, seed):
    return next_pairs(documents, seed)


# %% wrong: no seed | loses: the_seed_decides_the_coins | hint: pairs.seed
def next_pairs(documents, seed):
    made = []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if random.random() < 0.5:
                made.append((a, b, 0))
            else:
                made.append((a, random.choice(random.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    made = []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 0) if random.random() < 0.5 else (b, a, 1))
    return made


# %% wrong: always the same seed | loses: the_seed_decides_the_coins | hint: pairs.seed_fixed
def next_pairs(documents, seed):
    drawn, made = random.Random(0), []
    for n, document in enumerate(documents):
        others = documents[:n] + documents[n + 1 :]
        for a, b in pairwise(document):
            if drawn.random() < 0.5:
                made.append((a, b, 0))
            else:
                made.append((a, drawn.choice(drawn.choice(others)), 1))
    return made


def order_pairs(documents, seed):
    drawn, made = random.Random(0), []
    for a, b in (pair for d in documents for pair in pairwise(d)):
        made.append((a, b, 0) if drawn.random() < 0.5 else (b, a, 1))
    return made
