"""From a corpus to rows: train the tokenizer, cut, pack; kept in the cache where it took long."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fmlab.batches import Packed, cut, pack
from fmlab.corpus import Corpus, Document
from fmlab.files import cache_dir, sha256_bytes, write_whole
from fmlab.sentence_order import ordered_pairs
from fmlab.sentence_pairs import sentence_pairs
from fmlab.tokens import Tokenizer

TOKENIZER_BYTES = 20_000_000  # more text hardly changes which pieces are frequent
WORTH_KEEPING = 5_000_000  # bytes of text
FORMAT = 1  # raise it when cutting or packing changes, so that old caches are left alone


@dataclass(frozen=True)
class Rows:
    """What training reads.

    Attributes:
        tokenizer: Trained on the train split, or the one given.
        train: Rows of the train split.
        valid: Rows of the valid split; None if the corpus has none.
    """

    tokenizer: Tokenizer
    train: Packed
    valid: Packed | None


def prepare(
    corpus: Corpus,
    vocab_size: int,
    seq_len: int,
    tokenizer: Tokenizer | None = None,
    next_sentence: bool = False,
    seed: int = 0,
    sentence_order: bool = False,
) -> Rows:
    """Return the rows of a corpus, from the cache if the same were made before.

    Args:
        corpus: The text.
        vocab_size: How many tokens the tokenizer may have, where it is trained here.
        seq_len: Tokens a row.
        tokenizer: One that exists already, or None to train one.
        next_sentence: Rows are pairs of sentences, of which the second may be from elsewhere.
        seed: Which second sentences are random, or exchanged with the first.
        sentence_order: Rows are pairs of sentences, in their order or exchanged.
    """
    train, valid = corpus.split("train"), corpus.split("valid")
    tokenizer = tokenizer or Tokenizer.train(_sample(train), vocab_size)

    def rows(documents: tuple[Document, ...]) -> Packed:
        texts = [document.text for document in documents]
        if sentence_order:
            return ordered_pairs(texts, tokenizer, seq_len, seed)
        if next_sentence and len(documents) > 1:
            return sentence_pairs(texts, tokenizer, seq_len, seed)
        return pack(cut(texts, tokenizer, seq_len), seq_len, tokenizer.pad_id)

    if next_sentence or sentence_order or corpus.bytes < WORTH_KEEPING:
        return Rows(tokenizer, rows(train), rows(valid) if valid else None)

    about = [FORMAT, corpus.sha256, tokenizer.fast.to_str(), seq_len]
    path = cache_dir() / "rows" / f"{sha256_bytes(json.dumps(about).encode())[:16]}.npz"
    if not path.exists():
        _keep(path, {"train": rows(train), "valid": rows(valid) if valid else None})
    kept = _kept(path)
    return Rows(tokenizer, kept["train"], kept.get("valid"))


def _sample(documents: tuple[Document, ...]) -> Iterator[str]:
    """Yield the beginnings of all documents, as much of each as its share allows."""
    whole = sum(len(document.text) for document in documents)
    share = min(1.0, TOKENIZER_BYTES / max(1, whole))
    for document in documents:
        yield from document.text[: int(len(document.text) * share) + 1].split("\n")


def _keep(path: Path, rows: dict[str, Packed | None]) -> None:
    arrays = {}
    for split, packed in rows.items():
        if packed is not None:
            arrays[f"{split}.input_ids"] = packed.input_ids.astype(
                np.min_scalar_type(int(packed.input_ids.max()))
            )
            arrays[f"{split}.document_ids"] = packed.document_ids
            arrays[f"{split}.position_ids"] = packed.position_ids
            arrays[f"{split}.pieces"] = np.array(packed.pieces)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    with write_whole(path) as temporary:
        temporary.write_bytes(content.getvalue())


def _kept(path: Path) -> dict[str, Packed]:
    with np.load(path, allow_pickle=False) as arrays:
        return {
            split: Packed(
                arrays[f"{split}.input_ids"].astype(np.int32),
                arrays[f"{split}.document_ids"],
                arrays[f"{split}.position_ids"],
                int(arrays[f"{split}.pieces"]),
            )
            for split in ("train", "valid")
            if f"{split}.pieces" in arrays
        }
