# ruff: noqa
"""Answers to `exposure`: mistakes that learners make, and right answers written otherwise."""


# %% right: plain Python, one logarithm
def rank(losses, own):
    values = losses.tolist()
    return len([v for v in values if not v > values[own]])


def exposure(losses, own):
    return math.log2(len(losses) / rank(losses, own))


# %% right: tensors all the way
def rank(losses, own):
    return losses.le(losses[own]).sum()


def exposure(losses, own):
    return torch.tensor(len(losses)).log2() - rank(losses, own).log2()


# %% wrong: counts from the wrong end | loses: * | hint: exposure.reversed
def rank(losses, own):
    return int((losses >= losses[own]).sum())


def exposure(losses, own):
    return math.log2(len(losses)) - math.log2(rank(losses, own))


# %% wrong: ranks from 0 | loses: * | hint: exposure.from_zero
def rank(losses, own):
    return int((losses < losses[own]).sum())


def exposure(losses, own):
    return math.log2(len(losses)) - math.log2(rank(losses, own))


# %% wrong: ties speak for the secret | loses: ties_come_before_the_secret, a_model_that_cannot_tell_gives_no_exposure, it_holds_for_many_sentences | hint: exposure.ties
def rank(losses, own):
    return int((losses < losses[own]).sum()) + 1


def exposure(losses, own):
    return math.log2(len(losses)) - math.log2(rank(losses, own))


# %% wrong: takes argsort for the rank | loses: * | hint: exposure.argsort
def rank(losses, own):
    return int(losses.argsort()[own]) + 1


def exposure(losses, own):
    return math.log2(len(losses)) - math.log2(rank(losses, own))


# %% wrong: a rank of its own kind | loses: the_rank_counts_from_the_likeliest, ties_come_before_the_secret, it_holds_for_many_sentences | hint: exposure.rank
def rank(losses, own):
    return int((losses <= losses[own]).sum()) + 2


def exposure(losses, own):
    return math.log2(len(losses)) - math.log2(int((losses <= losses[own]).sum()))


# %% wrong: natural logarithms | loses: exposure_is_in_bits, a_model_that_cannot_tell_gives_no_exposure, it_holds_for_many_sentences | hint: exposure.nats
def rank(losses, own):
    return int((losses <= losses[own]).sum())


def exposure(losses, own):
    return math.log(len(losses)) - math.log(rank(losses, own))


# %% wrong: logarithms to base 10 | loses: exposure_is_in_bits, a_model_that_cannot_tell_gives_no_exposure, it_holds_for_many_sentences | hint: exposure.log10
def rank(losses, own):
    return int((losses <= losses[own]).sum())


def exposure(losses, own):
    return math.log10(len(losses) / rank(losses, own))


# %% wrong: the sign is turned | loses: exposure_is_in_bits, a_model_that_cannot_tell_gives_no_exposure, it_holds_for_many_sentences | hint: exposure.sign
def rank(losses, own):
    return int((losses <= losses[own]).sum())


def exposure(losses, own):
    return math.log2(rank(losses, own)) - math.log2(len(losses))


# %% wrong: leaves out how many there are | loses: exposure_is_in_bits, a_model_that_cannot_tell_gives_no_exposure, it_holds_for_many_sentences | hint: exposure.no_size
def rank(losses, own):
    return int((losses <= losses[own]).sum())


def exposure(losses, own):
    return -math.log2(rank(losses, own))


# %% wrong: gives the loss | loses: exposure_is_in_bits, a_model_that_cannot_tell_gives_no_exposure, it_holds_for_many_sentences | hint: exposure.loss
def rank(losses, own):
    return int((losses <= losses[own]).sum())


def exposure(losses, own):
    return float(losses[own])


# %% wrong: a share instead of bits | loses: exposure_is_in_bits, a_model_that_cannot_tell_gives_no_exposure, it_holds_for_many_sentences | hint: exposure.bits
def rank(losses, own):
    return int((losses <= losses[own]).sum())


def exposure(losses, own):
    return 1 - rank(losses, own) / len(losses)


# %% wrong: returns nothing | loses: the_rank_counts_from_the_likeliest, ties_come_before_the_secret, it_holds_for_many_sentences | says: is None
def rank(losses, own):
    place = int((losses <= losses[own]).sum())


def exposure(losses, own):
    return math.log2(len(losses)) - math.log2(int((losses <= losses[own]).sum()))
