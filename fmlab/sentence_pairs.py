r"""Rows of two sentences, for BERT's second task: does B follow A, or is it from elsewhere?

    L = -log p(y | A, B), with y = 0 if B follows A, and y = 1 if B is from another document

Source: Devlin et al. 2019, section 3.1 and appendix A.2. Liu et al. 2019 (RoBERTa) found that
the task does not help; it is here to be tried.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fmlab.batches import Packed, cut
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng
from fmlab.tokens import Tokenizer

Piece = TypeVar("Piece")


def sentence_pairs(texts: Sequence[str], tokenizer: Tokenizer, seq_len: int, seed: int) -> Packed:
    """Return rows `[CLS] A [SEP] B [SEP]`; in half of them B comes from another document.

    A is a piece of at most half a row, B the one that follows it in its document, or a random
    piece of another document.

    Raises:
        UserError: Fewer than two documents, or none with two pieces.
    """
    documents = [pieces for pieces in half_rows(texts, tokenizer, seq_len) if pieces]
    if len(documents) < 2 or all(len(pieces) < 2 for pieces in documents):
        raise UserError(
            "next-sentence prediction needs two documents or more, of two sentences or more; "
            "choose another corpus or next_sentence=False"
        )
    pairs = list(_choose(documents, numpy_rng(seed, "pairs")))
    return lay_out(pairs, tokenizer, seq_len)


def origins(
    texts: Sequence[str], tokenizer: Tokenizer, seq_len: int, seed: int
) -> list[tuple[int, int]]:
    """Return for each row of `sentence_pairs` the numbers of the texts that A and B are from."""
    marked = [[n] * len(pieces) for n, pieces in enumerate(half_rows(texts, tokenizer, seq_len))]
    chosen = _choose([marks for marks in marked if marks], numpy_rng(seed, "pairs"))
    return [(first, second) for first, second, _ in chosen]


def half_rows(texts: Sequence[str], tokenizer: Tokenizer, seq_len: int) -> list[list[list[int]]]:
    """Return each text's pieces of at most half a row."""
    half = (seq_len - 3) // 2
    return [[piece[1:-1] for piece in cut([text], tokenizer, half + 2)] for text in texts]


def _choose(
    documents: list[list[Piece]], rng: np.random.Generator
) -> Iterator[tuple[Piece, Piece, int]]:
    """Yield A, B and whether B is random."""
    for number, pieces in enumerate(documents):
        for first, second in pairwise(pieces):
            if rng.random() < 0.5:
                yield first, second, 0
                continue
            other = int(rng.integers(len(documents) - 1))
            elsewhere = documents[other + (other >= number)]
            yield first, elsewhere[int(rng.integers(len(elsewhere)))], 1


def lay_out(
    pairs: list[tuple[list[int], list[int], int]], tokenizer: Tokenizer, seq_len: int
) -> Packed:
    """Return rows `[CLS] A [SEP] B [SEP]`, the label of each, and which side a token is on."""
    shape = (len(pairs), seq_len)
    input_ids = np.full(shape, tokenizer.pad_id, dtype=np.int32)
    document_ids = np.zeros(shape, dtype=np.uint8)
    token_type_ids = np.zeros(shape, dtype=np.uint8)
    position_ids: NDArray[np.int16] = np.broadcast_to(
        np.arange(seq_len, dtype=np.int16), shape
    ).copy()
    for row, (first, second, _) in enumerate(pairs):
        tokens = [tokenizer.cls_id, *first, tokenizer.sep_id, *second, tokenizer.sep_id]
        input_ids[row, : len(tokens)] = tokens
        document_ids[row, : len(tokens)] = 1
        token_type_ids[row, len(first) + 2 : len(tokens)] = 1
    labels = np.array([label for *_, label in pairs], dtype=np.uint8)
    return Packed(input_ids, document_ids, position_ids, len(pairs), token_type_ids, labels)
