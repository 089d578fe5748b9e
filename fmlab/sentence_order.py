r"""Rows of two sentences, for ALBERT's second task: do they stand in their order, or exchanged?

    L = -log p(y | A, B), with y = 0 if B follows A, and y = 1 if A follows B

Both sentences always come from one document. BERT's second task draws B from elsewhere, and then
the topic alone tells the two apart; here only their order does.

Source: Lan et al. 2019, arXiv:1909.11942, section 3.1.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from fmlab.batches import Packed
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng
from fmlab.sentence_pairs import half_rows, lay_out
from fmlab.tokens import Tokenizer

Pair = tuple[list[int], list[int], int]


def ordered_pairs(texts: Sequence[str], tokenizer: Tokenizer, seq_len: int, seed: int) -> Packed:
    """Return rows `[CLS] A [SEP] B [SEP]`; in half of them the two sentences are exchanged.

    A sentence is a piece of at most half a row, as in `sentence_pairs`.

    Raises:
        UserError: No document has two pieces.
    """
    pairs = [pair for pair, _ in _choose(texts, tokenizer, seq_len, seed)]
    if not pairs:
        raise UserError(
            "the order of sentences needs a document of two sentences or more; choose another "
            "corpus or sentence_order=False"
        )
    return lay_out(pairs, tokenizer, seq_len)


def origins(
    texts: Sequence[str], tokenizer: Tokenizer, seq_len: int, seed: int
) -> list[tuple[int, int]]:
    """Return for each row of `ordered_pairs` the number of the text that A and B are from."""
    return [(number, number) for _, number in _choose(texts, tokenizer, seq_len, seed)]


def _choose(
    texts: Sequence[str], tokenizer: Tokenizer, seq_len: int, seed: int
) -> Iterator[tuple[Pair, int]]:
    """Yield A, B and whether they are exchanged, with the number of their text."""
    rng = numpy_rng(seed, "order of sentences")
    for number, pieces in enumerate(half_rows(texts, tokenizer, seq_len)):
        for first, second in pairwise(pieces):
            exchanged = int(rng.random() < 0.5)
            yield (second, first, 1) if exchanged else (first, second, 0), number
