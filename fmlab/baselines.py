"""Counting models of the text that a run reads: what its loss must be laid beside.

A loss of 5 nats says little alone. The unigram guesses every token by how often it came, the
3-gram by the two before it; a model that does not pass the unigram has learned nothing of context.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmlab.batch import NOT_ASKED
from fmlab.batches import MaskedBatches, Packed
from fmlab.corpus import Corpus
from fmlab.prepare import prepare
from fmlab.pretrain import Pretraining
from fmlab.probes.ngram import CountingModel, Ids, Trigram, Unigram
from fmlab.tokens import Tokenizer

Bools = NDArray[np.bool_]


def counting_models(
    text: Corpus, tokenizer: Tokenizer, longest: int
) -> Mapping[str, CountingModel]:
    """Return the counting models of a corpus's train split; none if it has no such split.

    Args:
        text: The corpus.
        tokenizer: Cuts it into tokens.
        longest: The most tokens of a piece, as the masked model has positions.
    """
    if not text.split("train"):
        return {}
    return _counted(prepare(text, tokenizer.vocab_size, longest, tokenizer).train, tokenizer)


def beside_the_run(run: Pretraining) -> dict[str, float]:
    """Return what the counting models lose where the run's own look at held-out text asks.

    They are counted in the train rows that the run draws from, all of them, also those that a
    short run never comes to. They are asked for the very tokens that `run.valid_loss()` asks for,
    and averaged as it averages: the mean of each batch, then the mean of these. Only the ends of
    pieces, `[SEP]`, for which a causal model is asked too, are left out.

    Returns:
        `unigram` and `trigram`, in nats a token; nothing where the corpus has no held-out text.

    Does not show: that a masked model which loses less is better at language. It sees both sides
    of a hidden token, but some of what stands there is hidden too; the 3-gram sees the true two
    before it.
    """
    if run.valid is None:
        return {}
    size, rows = run.valid.batch_size, len(run.valid.packed.input_ids)
    looks = range(max(1, min(run.config.valid_rows, rows) // size))  # as in run.valid_loss
    batches = [_asked(run.valid, step) for step in looks]
    return {
        name: float(np.mean([_loss(model, *batch) for batch in batches]))
        for name, model in _counted(run.rows.train, run.tokenizer).items()
    }


def bare_pieces(
    rows: Packed, tokenizer: Tokenizer, values: NDArray[Any] | None = None
) -> list[NDArray[Any]]:
    """Return the pieces that were packed into `rows`, without `[CLS]`, `[SEP]` and padding.

    Args:
        rows: N rows of T tokens.
        tokenizer: Knows the special tokens.
        values: What to return of each place, `(N, T)`; its token if None.
    """
    values = rows.input_ids.astype(np.int64) if values is None else values
    real = rows.document_ids > 0
    piece = np.cumsum(real & (rows.position_ids == 0))  # of each place, its piece's number
    kept = (real & ~np.isin(rows.input_ids, (tokenizer.cls_id, tokenizer.sep_id))).ravel()
    return np.split(values.ravel()[kept], np.flatnonzero(np.diff(piece[kept])) + 1)


def _counted(rows: Packed, tokenizer: Tokenizer) -> Mapping[str, CountingModel]:
    sequences, size = bare_pieces(rows, tokenizer), tokenizer.vocab_size
    return {"unigram": Unigram(sequences, size), "trigram": Trigram(sequences, size)}


def _asked(batches: MaskedBatches, step: int) -> tuple[list[Ids], Bools]:
    """Return the true pieces of a step's rows, and which of their tokens the step asks for, `(M,)`.

    A causal model is asked at each place for the token of the next one.
    """
    packed, at = batches.packed, batches.rows(step)
    rows = Packed(packed.input_ids[at], packed.document_ids[at], packed.position_ids[at], len(at))
    batch = batches.batch(step)
    asked: Bools = (batch.labels != NOT_ASKED).numpy()
    if batch.causal is not None:
        asked = np.roll(asked, 1, axis=1)  # the last place of a row asks for nothing
    return bare_pieces(rows, batches.tokenizer), np.concatenate(
        bare_pieces(rows, batches.tokenizer, asked)
    )


def _loss(model: CountingModel, pieces: list[Ids], asked: Bools) -> float:
    return -float(model.log_probs_of_all(pieces)[asked].mean())
