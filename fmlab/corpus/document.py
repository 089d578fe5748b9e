"""Documents and corpora: text that says where it is from, under which licence, in which split."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

from fmlab.errors import UserError
from fmlab.files import sha256_bytes

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class Document:
    """One text of a corpus.

    Attributes:
        title: What a reader would call it.
        text: The cleaned text, one paragraph a line.
        licence: The licence's name, or where to look it up.
        source: Where the text is from: an address, a path, or the call that generated it.
        sha256: Hash of the source file as fetched, or of `text` where there is no such file.
        split: "train", "valid" or "test".
    """

    title: str
    text: str
    licence: str
    source: str
    sha256: str
    split: Split

    @cached_property
    def words(self) -> int:
        """The number of words, separated by white space."""
        return len(self.text.split())


@dataclass(frozen=True)
class Corpus:
    """A named, ordered collection of documents."""

    name: str
    documents: tuple[Document, ...]

    def split(self, name: str) -> tuple[Document, ...]:
        """Return the documents of one split, in order.

        Raises:
            UserError: The name is none of `train`, `valid`, `test`.
        """
        if name not in SPLITS:
            raise UserError(f"unknown split {name!r}; choose one of {', '.join(SPLITS)}")
        return tuple(document for document in self.documents if document.split == name)

    @cached_property
    def words(self) -> int:
        """The number of words in all documents."""
        return sum(document.words for document in self.documents)

    @cached_property
    def bytes(self) -> int:
        """The size of all texts in UTF-8."""
        return sum(len(document.text.encode()) for document in self.documents)

    @cached_property
    def sha256(self) -> str:
        """One hash for the whole corpus: of each document's split, source and text, in order.

        The text is hashed beside the source, because a limit on the words may cut a text short.
        """
        digest = hashlib.sha256()
        for document in self.documents:
            text = sha256_bytes(document.text.encode())
            digest.update(f"{document.split} {document.sha256} {text}\n".encode())
        return digest.hexdigest()


def paragraphs(text: str) -> str:
    """Return `text` with one paragraph a line and single spaces.

    A blank line ends a paragraph, so that hard-wrapped lines are joined. In a text without any
    blank line every line is a paragraph.
    """
    text = text.strip()
    blank_line = re.compile(r"\n\s*\n")
    blocks = blank_line.split(text) if blank_line.search(text) else text.splitlines()
    lines = (" ".join(block.split()) for block in blocks)
    return "\n".join(line for line in lines if line)


def _hash(key: str) -> int:
    return int(sha256_bytes(f"split:{key}".encode()), 16)


def split_of(key: str, held_out: int = 2) -> Split:
    """Return the split that the hash of `key` gives: 2 % valid, 2 % test, the rest train.

    A document stays in its split whatever is added beside it.

    Args:
        key: What is hashed.
        held_out: Per cent of the keys that go to valid, and as many to test.
    """
    percent = _hash(key) % 100
    return "valid" if percent < held_out else "test" if percent < 2 * held_out else "train"


def split_all(keys: Sequence[str], held_out: int = 2) -> dict[str, Split]:
    """Return a split for each key, with no split left empty where there are keys enough.

    Two keys are enough for train and valid, three for test as well. Where `split_of` leaves one
    of these empty, the key of lowest hash is valid, the next one test, and the rest train.
    """
    splits: dict[str, Split] = {key: split_of(key, held_out) for key in keys}
    wanted = {1: {"train"}, 2: {"train", "valid"}}.get(len(splits), set(SPLITS))
    if set(splits.values()) != wanted:
        ranked = sorted(splits, key=_hash)
        splits = dict.fromkeys(splits, "train")
        if len(ranked) >= 2:
            splits[ranked[0]] = "valid"
        if len(ranked) >= 3:
            splits[ranked[1]] = "test"
    return splits


def check_max_words(max_words: int | None) -> None:
    """Check the option `max_words`.

    Raises:
        UserError: It is not a positive whole number.
    """
    if max_words is not None and (not isinstance(max_words, int) or max_words < 1):
        raise UserError(f"max_words is {max_words!r}; give a whole number from 1 up, or leave it")


def limit_train(documents: Iterable[Document], max_words: int | None) -> tuple[Document, ...]:
    """Return the documents, with the train split cut after `max_words` words.

    Whole documents are taken in order; of the last one, the paragraphs that still fit. The other
    splits stay whole.
    """
    kept: list[Document] = []
    left = max_words
    for document in documents:
        if document.split != "train" or left is None:
            kept.append(document)
        elif left > 0:
            if document.words > left:
                text = _first_words(document.text, left, may_be_empty=left != max_words)
                document, left = replace(document, text=text), 0
            else:
                left -= document.words
            if document.text:
                kept.append(document)
    return tuple(kept)


def _first_words(text: str, count: int, may_be_empty: bool) -> str:
    lines, total = [], 0
    for line in text.splitlines():
        total += len(line.split())
        if total > count:
            break
        lines.append(line)
    if not lines and not may_be_empty:
        return " ".join(text.split()[:count])
    return "\n".join(lines)
