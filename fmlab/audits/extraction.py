"""Extraction: what a model puts into the slots of a canary when it is asked to.

Papers: Carlini et al. 2019, "The Secret Sharer", arXiv:1802.08232, search for the
likeliest sentence of a format; Carlini et al. 2021, arXiv:2012.07805, extract training text from
GPT-2.
Idea: give the model the sentence with its slots empty, and take what it finds likeliest.
Intuition: exposure says how many guesses an attacker needs; extraction makes the first few.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fmlab.audits.canaries import CanaryFormat, TokenFormat, in_tokens
from fmlab.audits.slots import exactly, word_log_probs
from fmlab.errors import UserError
from fmlab.models.bert import BertForPreTraining
from fmlab.probes.pseudo_likelihood import scoring
from fmlab.tokens import Tokenizer


@dataclass(frozen=True)
class Guess:
    """One filling of the slots.

    Attributes:
        text: The sentence.
        bits: -log2 of what the model gave the filling, slot after slot; small is likely.
    """

    text: str
    bits: float


@dataclass(frozen=True)
class Extraction:
    """What a model put into the slots.

    Attributes:
        greedy: The likeliest word of each slot, all slots empty at once; from left to right for a
            causal model.
        beam: The likeliest sentences of a search that fills one slot after the other, best first.
        right: How many slots of the greedy guess hold the canary's word.
        slots: How many slots there are.
        place: Where the canary stands in the beam, 1 for the first; None if it is not in it.
        causal: Whether the model was asked from left to right.
    """

    greedy: Guess
    beam: tuple[Guess, ...]
    right: int
    slots: int
    place: int | None
    causal: bool


def extract(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    canary_format: CanaryFormat,
    canary: str,
    *,
    causal: bool = False,
    width: int = 10,
) -> Extraction:
    """Return what a model puts into the slots, and whether the canary is among it.

    The attacker knows the sentence and the words that may stand in the slots, not which do.

    Args:
        model: A masked model, or with `causal` one that reads from left to right.
        tokenizer: The one it was trained with.
        canary_format: The sentence and the words of its slots.
        canary: What the guesses are compared with; the search does not look at it.
        causal: Whether to ask from left to right.
        width: How many sentences the search keeps, and returns.

    Raises:
        UserError: The canary is not of the format, a slot word is not a single token, or the width
            is below 1.

    Does not show: that a secret is safe where it was not found. A wider search, another format or
    more of the sentence given may find it; the exposure says how far down it stands. And a hit in
    a small format may be luck: compare with `width` out of |R|.

    Source: Carlini et al. 2019, arXiv:1802.08232. They search by the shortest path; a beam is its
    cheap approximation.
    """
    if width < 1:
        raise UserError(f"width is {width}; keep at least one sentence")
    tokens = in_tokens(canary_format, tokenizer)
    own = canary_format.values(canary)
    with scoring(model, exactly(model)) as where:
        beam = _search(model, tokenizer, tokens, causal, width, where)
        greedy = (
            _search(model, tokenizer, tokens, causal, 1, where)[0]
            if causal
            else _all_at_once(model, tokenizer, tokens, where)
        )
    found = [values for values, _ in beam]
    return Extraction(
        _guess(canary_format, *greedy),
        tuple(_guess(canary_format, *one) for one in beam),
        sum(a == b for a, b in zip(greedy[0], own, strict=True)),
        len(own),
        found.index(own) + 1 if own in found else None,
        causal,
    )


Filling = tuple[tuple[int, ...], float]
"""Which word is in each slot so far, and the log probability of that, in nats."""


def _search(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    tokens: TokenFormat,
    causal: bool,
    width: int,
    where: torch.device,
) -> list[Filling]:
    """Return the best fillings of a beam search; slots to come are `[MASK]`, or not read."""
    beam: list[Filling] = [((), 0.0)]
    for slot, place in enumerate(tokens.places):
        rows = _rows(tokenizer, tokens, [values for values, _ in beam], where)
        said = word_log_probs(model, rows, place + 1, causal)[:, tokens.choices[slot]]
        longer = [
            ((*values, word), total + float(nats))
            for (values, total), row in zip(beam, said.cpu(), strict=True)
            for word, nats in enumerate(row)
        ]
        beam = sorted(longer, key=lambda one: -one[1])[:width]
    return beam


def _all_at_once(
    model: BertForPreTraining, tokenizer: Tokenizer, tokens: TokenFormat, where: torch.device
) -> Filling:
    """Return each slot's likeliest word while all slots are covered, as fill-mask gives it."""
    rows = _rows(tokenizer, tokens, [()], where)
    values, total = [], 0.0
    for slot, place in enumerate(tokens.places):
        said = word_log_probs(model, rows, place + 1, False)[0, tokens.choices[slot]]
        values.append(int(said.argmax()))
        total += float(said.max())
    return tuple(values), total


def _rows(
    tokenizer: Tokenizer,
    tokens: TokenFormat,
    fillings: Sequence[tuple[int, ...]],
    where: torch.device,
) -> torch.Tensor:
    """Return `[CLS] sentence [SEP]` with the first slots filled and the others covered."""
    rows = np.tile(tokens.ids, (len(fillings), 1))
    rows[:, list(tokens.places)] = tokenizer.mask_id
    for row, values in zip(rows, fillings, strict=True):
        for slot, value in enumerate(values):
            row[tokens.places[slot]] = tokens.choices[slot][value]
    framed = np.pad(rows, ((0, 0), (1, 1)), constant_values=tokenizer.sep_id)
    framed[:, 0] = tokenizer.cls_id
    return torch.from_numpy(framed).to(where)


def _guess(canary_format: CanaryFormat, values: tuple[int, ...], nats: float) -> Guess:
    return Guess(canary_format.text(values), -nats / math.log(2))
