"""From documents to rows of numbers: cutting into pieces, packing, batches.

A piece is a paragraph, or as many whole sentences of it as fit, as `[CLS] … [SEP]`. Several pieces
share a row, each with its own positions, and attention stays inside each: packing wastes almost
nothing, where one piece a row would be mostly padding.

Everything drawn here depends on the seed and the step alone, so that a run can start again in the
middle and see what it would have seen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fmlab.batch import NOT_ASKED, Batch
from fmlab.errors import UserError
from fmlab.masking import STATIC_COPIES, Masking, first_of_words
from fmlab.masking import mask_tokens as mask_tokens
from fmlab.masking import next_tokens as next_tokens
from fmlab.seeds import numpy_rng, torch_generator
from fmlab.tokens import Tokenizer

TEXTS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Packed:
    """Rows of tokens, several pieces to a row.

    Attributes:
        input_ids: `(N, T)`.
        document_ids: Which piece of its row a token belongs to, from 1; 0 for padding, `(N, T)`.
        position_ids: A token's place in its piece, `(N, T)`.
        pieces: How many pieces there are.
        token_type_ids: 1 in the second sentence of a pair, `(N, T)`; None if rows are not pairs.
        next_sentence_label: 0 if the second sentence follows the first, 1 if not, `(N,)`, or None.
    """

    input_ids: NDArray[np.int32]
    document_ids: NDArray[np.uint8]
    position_ids: NDArray[np.int16]
    pieces: int
    token_type_ids: NDArray[np.uint8] | None = None
    next_sentence_label: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.input_ids)

    @property
    def tokens(self) -> int:
        """How many tokens there are, padding left out."""
        return int((self.document_ids > 0).sum())

    @property
    def fill(self) -> float:
        """The share of positions that hold a token."""
        return self.tokens / max(1, self.document_ids.size)


def cut(texts: Iterable[str], tokenizer: Tokenizer, longest: int) -> Iterator[list[int]]:
    """Yield pieces of at most `longest` tokens, `[CLS]` and `[SEP]` included.

    Args:
        texts: Documents, one paragraph a line. A paragraph that is too long is cut after the last
            sentence that fits, or in its middle where one sentence is too long.
        tokenizer: Whose numbers to use.
        longest: The most tokens of a piece.
    """
    ends = {tokenizer.id(mark) for mark in ".!?" if tokenizer.fast.token_to_id(mark) is not None}
    paragraphs: list[str] = []
    for text in texts:
        paragraphs += [line for line in text.split("\n") if line.strip()]
        if len(paragraphs) >= TEXTS_AT_ONCE:
            yield from _pieces(paragraphs, tokenizer, longest, ends)
            paragraphs = []
    yield from _pieces(paragraphs, tokenizer, longest, ends)


def _pieces(
    paragraphs: Sequence[str], tokenizer: Tokenizer, longest: int, ends: set[int]
) -> Iterator[list[int]]:
    room = longest - 2
    for ids in tokenizer.encode_batch(paragraphs):
        start = 0
        while start < len(ids):
            stop = min(len(ids), start + room)
            if stop < len(ids):
                whole = [i + 1 for i in range(start, stop) if ids[i] in ends]
                stop = whole[-1] if whole else stop
            yield [tokenizer.cls_id, *ids[start:stop], tokenizer.sep_id]
            start = stop


def pack(pieces: Iterable[Sequence[int]], seq_len: int, pad_id: int) -> Packed:
    """Return rows of `seq_len` tokens that hold all pieces.

    Longest first, each into the fullest row that still has room (best fit decreasing).

    Raises:
        UserError: A piece is longer than a row, or there are none.
    """
    ordered = sorted((np.asarray(p, dtype=np.int32) for p in pieces), key=len, reverse=True)
    if not ordered:
        raise UserError("there is no text to train on; choose a corpus with a train split")
    if len(ordered[0]) > seq_len:
        raise UserError(f"a piece of {len(ordered[0])} tokens does not fit a row of {seq_len}")

    rows: list[list[NDArray[np.int32]]] = []
    rows_with_room: list[list[int]] = [[] for _ in range(seq_len + 1)]
    rooms = 0  # bit r is set where a row with room r exists
    for piece in ordered:
        fitting = rooms >> len(piece)
        if fitting and (len(rows_with_room) > len(piece)):
            room = len(piece) + (fitting & -fitting).bit_length() - 1
            row = rows_with_room[room].pop()
            if not rows_with_room[room]:
                rooms &= ~(1 << room)
        else:
            row, room = len(rows), seq_len
            rows.append([])
        rows[row].append(piece)
        left = room - len(piece)
        if left and len(rows[row]) < 255:
            rows_with_room[left].append(row)
            rooms |= 1 << left
    return _lay_out(rows, seq_len, pad_id, len(ordered))


def _lay_out(rows: list[list[NDArray[np.int32]]], seq_len: int, pad_id: int, pieces: int) -> Packed:
    input_ids = np.full((len(rows), seq_len), pad_id, dtype=np.int32)
    document_ids = np.zeros((len(rows), seq_len), dtype=np.uint8)
    position_ids = np.zeros((len(rows), seq_len), dtype=np.int16)
    count = np.arange(seq_len, dtype=np.int16)
    for row, members in enumerate(rows):
        start = 0
        for number, piece in enumerate(members, 1):
            stop = start + len(piece)
            input_ids[row, start:stop] = piece
            document_ids[row, start:stop] = number
            position_ids[row, start:stop] = count[: len(piece)]
            start = stop
    return Packed(input_ids, document_ids, position_ids, pieces)


class MaskedBatches:
    """Batches of masked rows, for ever: epoch after epoch, each row once an epoch.

    A share of the rows may be causal instead: nothing is hidden, each token is asked for the next,
    and the segment number 1 tells the model that it may not look ahead (Charpentier & Samuel 2024,
    GPT-BERT, arXiv:2410.24159, train one model on both).

    Which tokens are hidden, and when that is drawn: see `fmlab.masking`.
    """

    def __init__(
        self,
        packed: Packed,
        tokenizer: Tokenizer,
        batch_size: int,
        seed: int,
        rate: float = 0.15,
        masking: Masking = "dynamic",
        causal_share: float = 0.0,
        whole_words: bool = False,
        mask_copies: int = STATIC_COPIES,
    ) -> None:
        """Keep the rows and what is needed to draw from them.

        Raises:
            UserError: The rate is not between 0 and 1, the masking is unknown, or the tokenizer
                has no mask.
        """
        if not 0 < rate < 1:
            raise UserError(f"mask_rate is {rate}; it must lie between 0 and 1")
        if masking not in ("dynamic", "static"):
            raise UserError(f"unknown masking {masking!r}; choose dynamic or static")
        self.packed, self.tokenizer, self.batch_size = packed, tokenizer, batch_size
        self.seed, self.rate, self.masking = seed, rate, masking
        self.causal_rows = round(causal_share * batch_size)
        if 0 < causal_share < 1:  # both kinds, however few rows there are
            self.causal_rows = min(max(self.causal_rows, 1), batch_size - 1)
        if self.causal_rows < batch_size:
            _ = tokenizer.mask_token
        self.mask_copies = mask_copies
        self.continuing = torch.tensor(tokenizer.continuing) if whole_words else None
        self.specials = torch.tensor([tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id])
        self._orders: dict[int, NDArray[np.int64]] = {}

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return which rows step `step` (from 0) reads, `(B,)`."""
        first = step * self.batch_size
        places = np.arange(first, first + self.batch_size)
        epochs, within = np.divmod(places, len(self.packed.input_ids))
        return np.concatenate(
            [self._order(int(epoch))[within[epochs == epoch]] for epoch in np.unique(epochs)]
        )

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """Return the order of the rows in an epoch; several threads may ask at once."""
        order = self._orders.get(epoch)
        if order is None:
            order = numpy_rng(self.seed, "order", epoch).permutation(len(self.packed.input_ids))
            self._orders = {**dict(list(self._orders.items())[-2:]), epoch: order}
        return order

    def batch(self, step: int) -> Batch:
        """Return the batch of step `step`, from 0."""
        rows = self.rows(step)
        packed = self.packed
        input_ids = _tensor(packed.input_ids, rows)
        corrupted, labels = input_ids, torch.full_like(input_ids, NOT_ASKED)
        if self.causal_rows < len(rows):
            corrupted, labels = self._mask(input_ids, rows, step)
        document_ids = _tensor(packed.document_ids, rows)
        types, follows = packed.token_type_ids, packed.next_sentence_label
        token_types = None if types is None else _tensor(types, rows)
        causal = None
        if self.causal_rows:
            causal = torch.arange(len(rows)) < self.causal_rows  # (B,)
            here = causal[:, None]
            corrupted = torch.where(here, input_ids, corrupted)
            labels = torch.where(here, next_tokens(input_ids, document_ids), labels)
            token_types = here.expand_as(input_ids).long()
        return Batch(
            corrupted,
            labels,
            document_ids,
            _tensor(packed.position_ids, rows),
            token_type_ids=token_types,
            next_sentence_label=None if follows is None else _tensor(follows, rows),
            causal=causal,
            causal_share=self.causal_rows / len(rows),
        )

    def _mask(self, input_ids: Tensor, rows: NDArray[np.int64], step: int) -> tuple[Tensor, Tensor]:
        maskable = ~torch.isin(input_ids, self.specials)
        words = None if self.continuing is None else first_of_words(input_ids, self.continuing)
        common = (self.tokenizer.mask_id, self.tokenizer.vocab_size, self.rate)
        if self.masking == "dynamic":
            generator = torch_generator(self.seed, "mask", step)
            return mask_tokens(input_ids, maskable, *common, generator, words)
        copy = step * self.batch_size // len(self.packed.input_ids) % self.mask_copies
        each = []
        for i, row in enumerate(rows):
            generator = torch_generator(self.seed, "mask", copy, int(row))
            word = None if words is None else words[i]
            each.append(mask_tokens(input_ids[i], maskable[i], *common, generator, word))
        return torch.stack([c for c, _ in each]), torch.stack([label for _, label in each])


def _tensor(table: NDArray[Any], rows: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(table[rows].astype(np.int64))
