"""The reader's own text: every .txt and .md file below a folder."""

from itertools import pairwise
from pathlib import Path

from fmlab.corpus.document import (
    SPLITS,
    Corpus,
    Document,
    check_max_words,
    limit_train,
    paragraphs,
    split_all,
)
from fmlab.errors import UserError
from fmlab.files import sha256_file

SUFFIXES = (".txt", ".md")


def load(folder: str, *, licence: str = "the user's own", max_words: int | None = None) -> Corpus:
    """Return the text files below `folder`, a document each, split by the hash of their path.

    Hidden files and folders are left out. A single file gives its own first paragraphs to
    train, and its last ones to valid and test.

    Args:
        folder: The folder; files in folders below it count too.
        licence: What to note as the licence of these texts.
        max_words: Limits the train split.

    Raises:
        UserError: There is no such folder, or no text in it that can be read.
    """
    check_max_words(max_words)
    root = Path(folder).expanduser()
    texts = {path: _read(path) for path in _text_files(root)}
    names = {path: path.relative_to(root).as_posix() for path in texts if texts[path]}
    if not names:
        raise UserError(f"the text files in {root} are empty; put some text into them")
    splits = split_all(list(names.values()))
    documents = [
        Document(name, texts[path], licence, str(path), sha256_file(path), splits[name])
        for path, name in names.items()
    ]
    if len(documents) == 1:
        documents = _split_one(documents[0])
    return Corpus(f"folder:{folder}", limit_train(documents, max_words))


def _text_files(root: Path) -> list[Path]:
    if not root.exists():
        raise UserError(f"there is no folder {root}; check the path")
    if not root.is_dir():
        raise UserError(f"{root} is a file; name the folder that holds it")
    found = [path for path in root.rglob("*") if path.is_file() and not _hidden(path, root)]
    if not found:
        raise UserError(f"the folder {root} is empty; put .txt or .md files into it")
    texts = sorted(path for path in found if path.suffix.lower() in SUFFIXES)
    if not texts:
        kinds = ", ".join(sorted({path.suffix or "no suffix" for path in found})[:5])
        raise UserError(f"no .txt or .md file in {root}, only {kinds}; save the text as UTF-8 .txt")
    return texts


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8, or take it out"
        ) from error
    except OSError as error:
        raise UserError(f"cannot read {path} ({error.strerror}); check its permissions") from error
    if "\0" in text:
        raise UserError(f"{path} is binary, not text; save it as UTF-8 text, or take it out")
    return paragraphs(text)


def _split_one(document: Document) -> list[Document]:
    lines = document.text.splitlines()
    if len(lines) < 2:
        raise UserError(
            f"{document.source} is one paragraph, too little for train and valid; add text, "
            "with a blank line between paragraphs"
        )
    tenth = max(1, len(lines) // 10)
    tests = tenth if len(lines) > 2 else 0
    ends = [0, len(lines) - tests - tenth, len(lines) - tests, len(lines)]
    return [
        Document(
            title=f"{document.title} ({split})",
            text="\n".join(lines[start:end]),
            licence=document.licence,
            source=document.source,
            sha256=document.sha256,
            split=split,
        )
        for split, (start, end) in zip(SPLITS, pairwise(ends), strict=True)
        if end > start
    ]
