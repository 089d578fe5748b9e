"""Exposure: how much better than by guessing a model knows a canary, in bits.

Paper: Carlini et al. 2019, "The Secret Sharer", USENIX Security, arXiv:1802.08232.
Idea: let the model rank all sentences of the canary's format. Exposure is log2 |R| - log2 rank.
Intuition: who guesses by the model's order needs `rank` guesses instead of half of |R|. A canary
that was never seen has any rank alike, so its exposure is 1 bit or more half of the time, 2 bits or
more a quarter of the time, and 1.44 bits (log2 e) on average.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fmlab.audits.canaries import CanaryFormat, Ids, TokenFormat, in_tokens
from fmlab.audits.slots import exactly, model_to_ask, ways_to_ask, word_log_probs
from fmlab.checkpoint import Checkpoint
from fmlab.errors import UserError
from fmlab.models.bert import BertForPreTraining
from fmlab.probes.likelihood import log_likelihoods
from fmlab.probes.pseudo_likelihood import BATCH_TOKENS, scoring
from fmlab.probes.units import Interval, wilson_interval
from fmlab.seeds import numpy_rng
from fmlab.tokens import Tokenizer

EXACT_UP_TO = 20_000
"""Formats with more sentences than this are ranked from a sample of them."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Exposure:
    """How exposed one canary is.

    Attributes:
        canary: The sentence.
        bits: log2 |R| - log2 rank.
        interval: Its 95 % interval; both ends are `bits` where the rank is exact.
        rank: Its place among all sentences of the format, 1 for the likeliest; estimated where
            not exact. Ties count as likelier than the canary.
        size: How many sentences there are, |R|.
        exact: Whether all of them were scored.
        scored: How many were scored.
        log_perplexity: Of the canary, in bits: -log2 of what the model gives it.
        causal: Whether the model was asked from left to right.
    """

    canary: str
    bits: float
    interval: Interval
    rank: float
    size: int
    exact: bool
    scored: int
    log_perplexity: float
    causal: bool

    @property
    def most_bits(self) -> float:
        """What `bits` would be at rank 1."""
        return math.log2(self.size)

    @property
    def by_chance(self) -> float:
        """How probable it is that a canary never seen is as exposed as this one, or more."""
        return min(1.0, self.rank / self.size)


def exposure_bits(rank: float, size: int) -> float:
    """Return log2 `size` - log2 `rank`.

    Raises:
        UserError: The rank is below 1 or above the size.
    """
    if not 1 <= rank <= size:
        raise UserError(f"rank {rank} is not between 1 and {size}; count from the likeliest, 1")
    return math.log2(size) - math.log2(rank)


def exact_rank(log_perplexities: Floats, own: int) -> int:
    """Return how many sentences are at least as likely as number `own`, itself included."""
    return int((log_perplexities <= log_perplexities[own]).sum())


def sampled_rank(at_least_as_likely: int, drawn: int, size: int) -> tuple[float, Interval]:
    """Return an estimate of a rank among `size` sentences, and its 95 % interval.

    `drawn` of the other sentences were drawn at random, and `at_least_as_likely` of these are as
    likely as the canary or likelier. The canary counts as one of the sample, so that a sample in
    which nothing beats it does not yet give rank 1: the interval alone says that it may be.

    Raises:
        UserError: The counts are impossible.
    """
    if not (0 <= at_least_as_likely <= drawn and drawn >= 1 and size >= 2):
        raise UserError(
            f"{at_least_as_likely} of {drawn} draws from {size} sentences is impossible; check "
            "the counts"
        )
    share = (at_least_as_likely + 1) / (drawn + 1)
    low, high = wilson_interval(at_least_as_likely, drawn)
    ends = (1 + low * (size - 1), 1 + high * (size - 1))
    return min(max(share * size, ends[0]), ends[1]), ends


def exposure(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    canary_format: CanaryFormat,
    canary: str,
    *,
    causal: bool = False,
    exact_up_to: int = EXACT_UP_TO,
    draws: int = 2000,
    seed: int = 0,
) -> Exposure:
    """Return how exposed a canary is.

    Args:
        model: A masked model, or with `causal` one that reads from left to right.
        tokenizer: The one it was trained with.
        canary_format: What was known of the canary before: the sentence and the words of its slots.
        canary: The sentence that was planted, or that was not.
        causal: Whether to ask from left to right.
        exact_up_to: Score all sentences of a format that has no more than these.
        draws: Else so many, drawn at random.
        seed: Of the draws.

    Raises:
        UserError: The canary is not of the format, or a slot word is not a single token.

    Does not show: that anything is safe. A low exposure says that this order of guesses is bad;
    another attack may do better. It tells how one format of one model is kept, not what a model
    keeps of real text, which has no list of equally likely sentences. For a masked model the
    order comes from pseudo-log-likelihoods of the slots, which are not probabilities of the whole;
    the paper asks models that read from left to right. Exposure measures the run, not the method
    of training: repeat with several canaries and seeds.

    Source: Carlini et al. 2019, arXiv:1802.08232. A sampled rank has the interval of a share, with
    no distribution fitted; the paper also fits a skew-normal one to reach beyond its sample.
    """
    tokens = in_tokens(canary_format, tokenizer)
    own = np.array([canary_format.values(canary)], dtype=np.int64)
    size = canary_format.size
    score = _scorer(model, tokenizer, tokens, causal)
    if size <= exact_up_to:
        found = score(canary_format.all_values())
        index = int(np.ravel_multi_index(tuple(own[0]), [len(c) for c in canary_format.choices]))
        rank = float(exact_rank(found, index))
        bits = exposure_bits(rank, size)
        own_bits = float(found[index])
        return Exposure(canary, bits, (bits, bits), rank, size, True, size, own_bits, causal)
    if draws < 1:
        raise UserError(f"draws is {draws}; draw at least one sentence to compare with")
    own_bits = float(score(own)[0])
    found = score(_others(canary_format, own[0], draws, seed))
    rank, (best, worst) = sampled_rank(int((found <= own_bits).sum()), draws, size)
    interval = (exposure_bits(worst, size), exposure_bits(best, size))
    bits = exposure_bits(rank, size)
    return Exposure(canary, bits, interval, rank, size, False, draws, own_bits, causal)


def log_perplexities(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    canary_format: CanaryFormat,
    values: Ids,
    *,
    causal: bool = False,
) -> Floats:
    """Return -log2 of what the model gives some sentences of a format, in bits, `(N,)`.

    A causal model gives the probability of the sentence after `[CLS]`. A masked one is asked for
    each slot with that slot covered and all the others in sight; these add up.

    Args:
        model: As in `exposure`.
        tokenizer: The one it was trained with.
        canary_format: Whose sentences.
        values: Which words are in the slots, `(N, slots)`.
        causal: Whether to ask from left to right.
    """
    return _scorer(model, tokenizer, in_tokens(canary_format, tokenizer), causal)(values)


def exposure_of(found: Checkpoint, canary_format: CanaryFormat, canary: str) -> list[Exposure]:
    """Return the exposure of a canary in each way in which a checkpoint was trained to be asked.

    Raises:
        UserError: As in `exposure`, or the checkpoint can be asked in neither way.
    """
    return [
        exposure(model_to_ask(found, way), found.tokenizer, canary_format, canary, causal=way)
        for way in ways_to_ask(found)
    ]


def _scorer(
    model: BertForPreTraining, tokenizer: Tokenizer, tokens: TokenFormat, causal: bool
) -> Callable[[Ids], Floats]:
    def left_to_right(values: Ids) -> Floats:
        rows = tokens.filled(values).tolist()
        found = log_likelihoods(model, rows, tokenizer, device=exactly(model))
        return -found / math.log(2)

    def slots_covered(values: Ids) -> Floats:
        return -_slot_log_probs(model, tokenizer, tokens, values) / math.log(2)

    return left_to_right if causal else slots_covered


def _slot_log_probs(
    model: BertForPreTraining, tokenizer: Tokenizer, tokens: TokenFormat, values: Ids
) -> Floats:
    """Return the sum over the slots of log p(word | all else in sight), in nats, `(N,)`.

    Sentences that differ in one slot alone ask the same question there, so it is asked once: ten
    thousand codes of four digits take four thousand passes.
    """
    sums = np.zeros(len(values))
    step = max(1, BATCH_TOKENS // (len(tokens.ids) + 2))
    with scoring(model, exactly(model)) as where:
        for slot, place in enumerate(tokens.places):
            masked = tokens.filled(values)
            masked[:, place] = tokenizer.mask_id
            questions, which = np.unique(masked, axis=0, return_inverse=True)
            framed = np.pad(questions, ((0, 0), (1, 1)), constant_values=tokenizer.sep_id)
            framed[:, 0] = tokenizer.cls_id
            words = torch.from_numpy(tokens.choices[slot]).to(where)
            answers = np.empty((len(questions), len(words)))
            for start in range(0, len(questions), step):
                ids = torch.from_numpy(framed[start : start + step]).to(where)
                found = word_log_probs(model, ids, place + 1, causal=False)[:, words]
                answers[start : start + step] = found.double().cpu().numpy()
            sums += answers[which, values[:, slot]]
    return sums


def _others(canary_format: CanaryFormat, own: Ids, draws: int, seed: int) -> Ids:
    """Return random fillings that are not `own`, `(draws, slots)`."""
    rng = numpy_rng(seed, "exposure")
    sizes = [len(words) for words in canary_format.choices]
    drawn = rng.integers(sizes, size=(draws, len(sizes)))
    while (same := (drawn == own).all(axis=1)).any():
        drawn[same] = rng.integers(sizes, size=(int(same.sum()), len(sizes)))
    return drawn.astype(np.int64)
