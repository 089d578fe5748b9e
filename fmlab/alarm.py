"""When a run has gone wrong: a loss that is no number, or that has jumped; and what it had read.

A jump is judged against the 50 steps before it: it lies above their median by 12 times their usual
distance from it, and by a nat at least. A hard batch does not reach that; a step that has thrown
the weights away does (PaLM went back about 100 steps at such spikes and left the batches out,
Chowdhery et al. 2022, arXiv:2204.02311).
"""

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from fmlab.batches import Packed
from fmlab.corpus import Document
from fmlab.records import Record
from fmlab.tokens import Tokenizer

BEFORE = 50
DISTANCES = 12.0
LEAST = 1.0  # nats
NAMED = 5  # documents in a message


def what_is_wrong(
    total: float, loss: float, gradient: float, before: Sequence[Record]
) -> str | None:
    """Return what is wrong with a step in words, or None.

    Args:
        total: What the step minimised, in nats.
        loss: The part of it that is on record.
        gradient: The length of its gradient before it was cut.
        before: The records of the steps before it.
    """
    if not math.isfinite(total):
        return f"the loss is {total}"
    if not math.isfinite(gradient):
        return f"the gradient is {gradient}"
    losses = [record.loss for record in before[-BEFORE:]]
    if len(losses) < BEFORE:
        return None
    middle = median(losses)
    usual = median(abs(value - middle) for value in losses)
    if loss > middle + max(LEAST, DISTANCES * usual):
        return f"the loss jumped from about {middle:.2f} to {loss:.2f}"
    return None


def documents_of(
    packed: Packed, rows: Sequence[int], documents: Sequence[Document], tokenizer: Tokenizer
) -> list[str]:
    """Return the titles of the documents that some rows come from.

    Rows don't remember it; they are looked for in the encoded documents, which takes a while and
    happens only when a run has gone wrong.

    Args:
        packed: All rows.
        rows: Which of them.
        documents: Those of the split, in any order.
        tokenizer: The one the rows were made with.
    """
    borders = (tokenizer.cls_id, tokenizer.sep_id, tokenizer.pad_id)
    runs = []
    for row in rows:
        tokens = packed.input_ids[row]
        starts = np.flatnonzero(np.isin(tokens, borders))
        runs += [part[1:] for part in np.split(tokens, starts) if len(part) > 1]
    wanted = {run.astype(np.int32).tobytes() for run in runs}
    found = []
    for document in documents:
        paragraphs = tokenizer.encode_batch(document.text.split("\n"))
        stream = np.array([i for ids in paragraphs for i in ids], dtype=np.int32).tobytes()
        if any(_aligned(stream, run) for run in wanted):
            found.append(document.title)
    return found


def _aligned(stream: bytes, run: bytes) -> bool:
    at = stream.find(run)
    while at >= 0 and at % 4:
        at = stream.find(run, at + 1)
    return at >= 0


def in_words(titles: Sequence[str]) -> str:
    """Return some titles as the end of a sentence."""
    more = len(titles) - NAMED
    named = "; ".join(titles[:NAMED])
    return f"{named} and {more} more" if more > 0 else named or "(not found)"
