"""Any data set of the Hugging Face Hub that has a column of text, through `datasets`."""

import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetCard, constants
from huggingface_hub.errors import OfflineModeIsEnabled

from fmlab.corpus.document import (
    Corpus,
    Document,
    Split,
    check_max_words,
    limit_train,
    paragraphs,
    split_all,
)
from fmlab.errors import UserError
from fmlab.files import sha256_bytes

UNKNOWN_LICENCE = "unknown - check the data set's page"
LOCAL = "corpora that need no network are toyworld, folder:PATH, and books with a local copy"


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
    with _offline_if_no_answer(Path(name).is_dir(), timeout), _one_line_errors(name):
        found = _load(name, config or None, streaming=max_words is not None)
        licence = licence or _licence(name)
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


def _load(name: str, config: str | None, streaming: bool) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise UserError(
            f"hub:{name} needs the package datasets: pip install 'fmlab[hub]'; {LOCAL}"
        ) from error
    try:
        return datasets.load_dataset(name, config, streaming=streaming)
    except datasets.exceptions.DatasetNotFoundError as error:
        raise UserError(
            f"the hub has no open data set {name!r}; check its name (OWNER/NAME), or log in with "
            "`hf auth login` if it is a gated one"
        ) from error


@contextmanager
def _one_line_errors(name: str) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except (ConnectionError, TimeoutError, OfflineModeIsEnabled) as error:
        raise UserError(f"cannot reach the hub for {name!r}; {LOCAL}") from error
    except Exception as error:  # a data set can fail in as many ways as there are data sets
        what = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"cannot load {name!r}: {what}; name it as hub:NAME or hub:NAME,CONFIG"
        ) from error


def _split_name(own: str) -> Split:
    """Ours for the data set's: `validation`, `dev_clean`, `test`; whatever else is train."""
    if own.startswith(("valid", "dev")):
        return "valid"
    return "test" if own.startswith("test") else "train"


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
        document = Document(title, text, licence, source, sha256, _split_name(own))
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


def _licence(name: str) -> str:
    readme = Path(name) / "README.md"
    try:
        card = DatasetCard.load(readme if readme.is_file() else name, ignore_metadata_errors=True)
        found = card.data.license
    except Exception:  # a card is a courtesy: whatever is wrong with it, the text is still there
        found = None
    return ", ".join(found) if isinstance(found, list) else found or UNKNOWN_LICENCE


@contextmanager
def _offline_if_no_answer(local: bool, timeout: float) -> Iterator[None]:
    """Look whether the hub answers; if not, switch its clients to offline mode for this load.

    They would retry for half a minute and print each try. What is in their cache still loads.
    """
    try:
        import datasets
    except ImportError:  # _load says so
        yield
        return
    if local or datasets.config.HF_HUB_OFFLINE or _answers(constants.ENDPOINT, timeout):
        yield
        return
    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def _answers(url: str, timeout: float) -> bool:
    try:
        request = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(request, timeout=timeout):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
