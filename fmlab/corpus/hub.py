"""Any data set of the Hugging Face Hub that has a column of text, through `datasets`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from fmlab.corpus.document import (
    Corpus,
    Document,
    check_max_words,
    limit_train,
    paragraphs,
    split_all,
)
from fmlab.corpus.hub_access import Kind, licence_of, open_set, reaching, split_name
from fmlab.errors import UserError
from fmlab.files import sha256_bytes

TEXT = Kind(
    "hub", "corpora that need no network are toyworld, folder:PATH, and books with a local copy"
)


def load(
    dataset: str,
    *,
    text_column: str = "text",
    licence: str | None = None,
    max_words: int | None = None,
    timeout: float = 10.0,
) -> Corpus:
    """Return a data set of the hub, a document a row, in its own splits.

    A data set without a split for validation is split by the hash of its rows. With `max_words`
    the rows are streamed, so that a huge data set is not downloaded whole; then valid and test
    are limited to as many words as train.

    Args:
        dataset: `NAME` or `NAME,CONFIG`, as in
            `Salesforce/wikitext,wikitext-2-raw-v1`; or a local
            folder in the layout of a data set.
        text_column: The column that holds the text.
        licence: The licence to note; by default what the data set's card says.
        max_words: Limits each split.
        timeout: Seconds to wait for the hub before only its local cache is tried.

    Raises:
        UserError: `datasets` is missing, the data set cannot be reached, or it has no such
            configuration or column.
    """
    check_max_words(max_words)
    name, _, config = dataset.partition(",")
    with reaching(TEXT, name, timeout):
        found = open_set(TEXT, name, config or None, streaming=max_words is not None)
        licence = licence or licence_of(name)
        documents: list[Document] = []
        for own, rows in found.items():
            documents += _documents(name, own, rows, text_column, licence, max_words)
    if not any(document.split == "train" for document in documents):
        raise UserError(
            f"{name} has no text to train on, only the splits {', '.join(found)}; "
            "choose another data set or configuration (hub:NAME,CONFIG)"
        )
    if not any(document.split == "valid" for document in documents):
        documents = _split_by_hash(documents)
    return Corpus(f"hub:{dataset}", limit_train(documents, max_words))


def _documents(
    name: str,
    own: str,
    rows: Iterable[dict[str, Any]],
    text_column: str,
    licence: str,
    max_words: int | None,
) -> Iterator[Document]:
    words = 0
    for number, row in enumerate(rows):
        if not isinstance(row.get(text_column), str):
            columns = ", ".join(key for key, value in row.items() if isinstance(value, str))
            raise UserError(
                f"{name} has no text in a column {text_column!r}; set text_column to one of: "
                f"{columns or 'none, it holds no text'}"
            )
        text = paragraphs(row[text_column])
        if not text:
            continue
        title = row["title"] if isinstance(row.get("title"), str) else f"{name} {own} {number}"
        source, sha256 = f"hub:{name} {own}/{number}", sha256_bytes(text.encode())
        document = Document(title, text, licence, source, sha256, split_name(own))
        yield document
        words += document.words
        if max_words is not None and words >= max_words:
            return


def _split_by_hash(documents: list[Document]) -> list[Document]:
    """Give a data set without validation some: by the hash of the text, copies together.

    An own test split stays as it is.
    """
    train = [document for document in documents if document.split == "train"]
    own_test = [document for document in documents if document.split == "test"]
    splits = split_all([document.sha256 for document in train])
    if own_test:
        splits = {key: "train" if split == "test" else split for key, split in splits.items()}
    return [replace(document, split=splits[document.sha256]) for document in train] + own_test
