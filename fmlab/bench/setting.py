"""What is measured, on which text and in which rows: the same for all who take part."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fmlab.batches import Packed
from fmlab.checkpoint import shipped
from fmlab.corpus import Corpus, load
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

Rows = Literal["grouped", "sentences", "paragraphs"]

# BERT-Mini, with the mask rate that BERT and the Trainer's collator both have.
SIZES = TrainConfig(
    vocab_size=8192,
    hidden_size=256,
    num_hidden_layers=4,
    num_attention_heads=4,
    intermediate_size=1024,
    seq_len=128,
    batch_size=32,
    mask_rate=0.15,
)
MAX_WORDS = 300_000
MALLOC = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}
"""Keeps freed memory for the next step, which `fmlab` asks for by itself (`fmlab.memory`)."""
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Contender:
    """One way to pretrain the model.

    Attributes:
        name: As it stands in the table.
        what: What it is, in words.
        engine: Whose loop runs; `products` is none, but what any loop must compute.
        rows: How text becomes the Trainer's rows; `fmlab` packs its own.
        best: Whether the Trainer runs at its best here, or as it comes.
    """

    name: str
    what: str
    engine: Literal["trainer", "fmlab", "products"]
    rows: Rows = "grouped"
    best: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """What its process finds in the environment beside what is there anyway."""
        return MALLOC if self.best else {}


CONTENDERS = (
    Contender("trainer", "Trainer as run_mlm starts it", "trainer"),
    Contender("trainer-best", "Trainer at its best", "trainer", best=True),
    Contender("trainer-paragraphs", "Trainer, a paragraph a row", "trainer", "paragraphs"),
    Contender("trainer-sentences", "Trainer, a sentence a row", "trainer", "sentences"),
    Contender("fmlab", "fmlab as it starts", "fmlab"),
    Contender("products", "the matrix products alone", "products"),
)


def contender(name: str) -> Contender:
    """Return the contender called `name`."""
    return next(each for each in CONTENDERS if each.name == name)


def train_text(max_words: int = MAX_WORDS) -> Corpus:
    """Return the first `max_words` of the books' train split; nothing is held out."""
    return Corpus("books", load("books", max_words=max_words).split("train"))


def tokenizer() -> Tokenizer:
    """Return the tokenizer of the model that comes with `fmlab`: 8192 tokens, of the same books."""
    return Tokenizer.load(shipped())


def pieces(texts: list[str], split: Rows, tokens: Tokenizer) -> list[list[int]]:
    """Return each line, or each sentence of it, as `[CLS] … [SEP]`."""
    lines = [line for text in texts for line in text.split("\n") if line]
    if split == "sentences":
        lines = [part for line in lines for part in SENTENCE_END.split(line) if part]
    return [[tokens.cls_id, *ids, tokens.sep_id] for ids in tokens.encode_batch(lines)]


def grouped(found: list[list[int]], seq_len: int) -> NDArray[np.int32]:
    """Return all pieces in one long line, cut into rows: `(N, T)`, as run_mlm does.

    The rest that does not fill a row is dropped.
    """
    line = np.fromiter((number for piece in found for number in piece), dtype=np.int32)
    count = len(line) // seq_len
    return line[: count * seq_len].reshape(count, seq_len)


def padded(found: list[list[int]], seq_len: int, pad_id: int) -> NDArray[np.int32]:
    """Return a piece a row, cut at the row's end or padded to it: `(N, T)`.

    What run_mlm does with `--line_by_line --pad_to_max_length`.
    """
    rows = np.full((len(found), seq_len), pad_id, dtype=np.int32)
    for row, piece in zip(rows, found, strict=True):
        cut = piece if len(piece) <= seq_len else [*piece[: seq_len - 1], piece[-1]]
        row[: len(cut)] = cut
    return rows


def trainer_rows(kind: Rows, corpus: Corpus, tokens: Tokenizer, seq_len: int) -> NDArray[np.int32]:
    """Return the rows that the Trainer reads, `(N, T)`."""
    found = pieces([document.text for document in corpus.documents], kind, tokens)
    if kind == "grouped":
        return grouped(found, seq_len)
    return padded(found, seq_len, tokens.pad_id)


def as_packed(rows: NDArray[np.int32]) -> Packed:
    """Return grouped rows in the form in which `fmlab` reads: each row one document."""
    places = np.broadcast_to(np.arange(rows.shape[1], dtype=np.int16), rows.shape)
    return Packed(rows, np.ones(rows.shape, dtype=np.uint8), places.copy(), len(rows))
