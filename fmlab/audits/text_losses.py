"""The loss of each of many texts under a model: what membership inference works with.

A causal model gives the loss of a text in one pass. A masked one does not; Mireshghallah et al.
2022, arXiv:2203.03929, hide random tokens several times and take the mean. Here the hidden sets of
one text are drawn so that together they cover it: each token is asked for once, and no text is
judged by other places than another.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fmlab.audits.slots import exactly, model_to_ask
from fmlab.checkpoint import Checkpoint
from fmlab.errors import UserError
from fmlab.models.bert import BertForPreTraining
from fmlab.probes.likelihood import log_likelihoods
from fmlab.probes.pseudo_likelihood import BATCH_TOKENS, Tick, hidden_log_probs, scoring
from fmlab.seeds import numpy_rng
from fmlab.tokens import Tokenizer

Floats = NDArray[np.float64]


def text_losses(
    found: Checkpoint,
    sequences: Sequence[Sequence[int]],
    *,
    causal: bool,
    mask_rate: float = 0.15,
    seed: int = 0,
    tick: Tick | None = None,
) -> Floats:
    """Return the mean loss of each text under a checkpoint, in nats a token, `(S,)`.

    Args:
        found: The model and its tokenizer.
        sequences: Token numbers without special tokens.
        causal: Ask from left to right, else fill gaps.
        mask_rate: The share of a text that is hidden at once, where gaps are filled.
        seed: Which tokens are hidden together.
        tick: Told how many texts were finished.

    Raises:
        UserError: The checkpoint was not trained to be asked so, or a text has no tokens.
    """
    model = model_to_ask(found, causal)
    if not causal:
        return gap_losses(
            model, found.tokenizer, sequences, mask_rate=mask_rate, seed=seed, tick=tick
        )
    sums = log_likelihoods(model, sequences, found.tokenizer, device=exactly(model), tick=tick)
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.float64)
    means: Floats = -sums / lengths
    return means


def gap_losses(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    sequences: Sequence[Sequence[int]],
    *,
    mask_rate: float = 0.15,
    seed: int = 0,
    tick: Tick | None = None,
) -> Floats:
    """Return the mean loss of each text under a masked model, each token hidden once, `(S,)`.

    Arguments as in `text_losses`.

    Raises:
        UserError: A text has no tokens, or the rate is not between 0 and 1.
    """
    if not 0 < mask_rate < 1:
        raise UserError(f"mask_rate is {mask_rate}; it must lie between 0 and 1")
    if not all(len(sequence) for sequence in sequences):
        raise UserError("a text has no tokens; leave empty ones out")
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    sums, parts = np.zeros(len(sequences)), math.ceil(1 / mask_rate)
    with scoring(model, exactly(model)) as where:
        for length in np.unique(lengths):
            members = np.flatnonzero(lengths == length)
            step = max(1, BATCH_TOKENS // (int(length) + 2))
            for start in range(0, len(members), step):
                some = members[start : start + step]
                rows = [[tokenizer.cls_id, *sequences[int(i)], tokenizer.sep_id] for i in some]
                truth = torch.tensor(rows, device=where)
                part = np.stack([_parts(int(length), parts, seed, int(i)) for i in some])
                for number in range(min(parts, int(length))):
                    at = np.nonzero(part == number)
                    row, column = (torch.from_numpy(index).to(where) for index in at)
                    hidden = truth.clone()
                    hidden[row, column + 1] = tokenizer.mask_id
                    asked = truth[row, column + 1]
                    said = hidden_log_probs(model, hidden, row, column + 1, asked)
                    np.add.at(sums, some[at[0]], -said.double().cpu().numpy())
                if tick is not None:
                    tick(len(some))
    return sums / lengths


def _parts(length: int, parts: int, seed: int, text: int) -> NDArray[np.int64]:
    """Return with which others each token is hidden, `(length,)`: even parts, drawn at random."""
    even = np.arange(length) % parts
    return numpy_rng(seed, "hidden together", text).permutation(even)
