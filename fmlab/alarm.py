"""When a run has gone wrong: a loss that is no number, or that has jumped; and what it had read.

A jump is judged against the 50 steps before it: it lies above their median by 12 times their usual
distance from it (the median one), and by a nat at least. In two sound runs on books, of 1,700 and
1,200 steps, the largest was 0.46 nats, 5.2 such distances and 0.38 of the limit; a run that a
learning rate of 0.003 broke at step 304 jumped by 2.9 nats and 35 distances. Before there are 50
steps, a loss is wrong that is twice the first one, which is that of a model that knows nothing.

What to do then is known from practice alone. PaLM had some 20 spikes, went back about 100 steps
before each, and left 200 to 500 batches out; the same batches did no harm to other weights, so no
text is to blame by itself (Chowdhery et al. 2022, arXiv:2204.02311, section 5.1).
"""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from fmlab import sentence_order, sentence_pairs
from fmlab.batches import cut, pack
from fmlab.corpus import Document
from fmlab.records import Record
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

BEFORE = 50
DISTANCES = 12.0
LEAST = 1.0  # nats
EARLY = 2.0  # times the first loss
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
    if not before:
        return None
    losses = [record.loss for record in before[-BEFORE:]]
    middle = median(losses)
    usual = median(abs(value - middle) for value in losses)
    limit = middle + max(LEAST, DISTANCES * usual)
    if len(losses) < BEFORE:
        limit = EARLY * before[0].loss
    return f"the loss jumped from about {middle:.2f} to {loss:.2f}" if loss > limit else None


def documents_of(
    rows: Sequence[int], documents: Sequence[Document], tokenizer: Tokenizer, config: TrainConfig
) -> list[str]:
    """Return the titles of the documents that some rows come from, the most tokens first.

    Rows don't remember it. They are laid out once more with the documents' numbers in the place of
    tokens, which takes as long as preparing the text did, and happens only when a run went wrong.

    Args:
        rows: Numbers of rows.
        documents: Those of the split, in the order in which they were laid out.
        tokenizer: The one that the rows were made with.
        config: The run's sizes.
    """
    texts = [document.text for document in documents]
    if config.sentence_order or (config.next_sentence and len(texts) > 1):
        task = sentence_order if config.sentence_order else sentence_pairs
        pairs = task.origins(texts, tokenizer, config.seq_len, config.seed)
        numbers = np.array([pairs[row] for row in rows])
    else:
        marked = (
            [number] * len(piece)
            for number, text in enumerate(texts)
            for piece in cut([text], tokenizer, config.seq_len)
        )
        numbers = pack(marked, config.seq_len, pad_id=-1).input_ids[list(rows)]
    counted = Counter(int(number) for number in numbers.flatten() if number >= 0)
    return [documents[number].title for number, _ in counted.most_common()]


def last_words(wrong: str, step: int, titles: Sequence[str], good: Path | None) -> str:
    """Return the line that ends a run.

    Args:
        wrong: What is wrong.
        step: At which step, from 1.
        titles: Of the documents that its batch came from.
        good: The last point whose weights are not in doubt.
    """
    more = len(titles) - NAMED
    named = "; ".join(titles[:NAMED]) + (f" and {more} more" if more > 0 else "")
    mend = f"the last good point is {good}: --resume from it" if good else "start again"
    return (
        f"{wrong} at step {step}; its batch came from {named}; {mend} with a lower learning rate "
        "(--set learning_rate=..., --set matrix_learning_rate=...)"
    )
