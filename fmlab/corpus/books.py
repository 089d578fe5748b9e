"""Real text: 289 English books, first published from 1700 to 1925, in the public domain.

The collection is github.com/mlschmitt/classic-books-markdown at one pinned commit. The manifest
in `fmlab/assets/books_manifest.jsonl` names each book with its split, the hash of its file and
the hash of its cleaned text: whatever place the text is read from, it is the same text.
"""

import io
import json
import lzma
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fmlab import files
from fmlab.corpus import archive
from fmlab.corpus.document import Corpus, Document, Split, check_max_words, limit_train
from fmlab.errors import UserError

COMMIT = "944882722e9a96fa6cf2739dc2ea757e101f412f"
URL = f"https://github.com/mlschmitt/classic-books-markdown/archive/{COMMIT}.tar.gz"
MANIFEST = Path(__file__).resolve().parents[1] / "assets" / "books_manifest.jsonl"
PACKED = "books.jsonl.xz"
LICENCE = "public domain, as the collection's README states"
HEADER_END = "-------"
DROPPED = ("#", "|", "!", ">", "<", "[", "---", "* * *")
PATH_FIELD = re.compile(rb'\{"path": ("(?:[^"\\]|\\.)*")')
MEND = "name a folder that holds the books with path=..., or get the archive again"


@dataclass(frozen=True)
class Book:
    """One line of the manifest: what a book is and what its file and its text must hash to."""

    path: str
    title: str
    author: str
    year: int
    split: Split
    sha256: str
    text_sha256: str
    words: int


def read_manifest(path: Path = MANIFEST) -> tuple[Book, ...]:
    """Return the books of a manifest: valid, test, then train, each by the hash of its path.

    This is the order of the corpus. By hash, because by name the first million words would come
    from two or three authors.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(Book(**json.loads(line)) for line in lines)


def reading_order(books: Iterable[Book]) -> list[Book]:
    """Return the books in the order of the corpus: see `read_manifest`."""
    rank = {"valid": 0, "test": 1, "train": 2}
    return sorted(books, key=lambda b: (rank[b.split], files.sha256_bytes(b.path.encode())))


def clean(raw: str) -> str:
    """Return the text of a book's Markdown file, one paragraph a line.

    The header ends at the first `-------`. Underscores (emphasis) go, white space is folded,
    and headings, tables, pictures, quotations, tags, links and rules are dropped.
    """
    body = raw.partition(HEADER_END)[2].replace("_", "")
    lines = (re.sub(r"\s+", " ", line).strip() for line in body.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith(DROPPED))


def load(
    *,
    path: str | Path | None = None,
    max_words: int | None = None,
    manifest: Sequence[Book] | None = None,
    url: str = URL,
    timeout: float = 30.0,
) -> Corpus:
    """Return the books, from the nearest place that has them.

    The places, in order: `path`; the cache of an earlier load; the folder of local data
    (`FMLAB_DATA`, or `shared/data` beside the repository); the pinned archive, fetched once.

    Args:
        path: A folder in the archive's layout, a folder with `books.jsonl.xz`, or that file.
        max_words: Limits the train split; valid and test stay whole.
        manifest: The books; by default all 289.
        url: The archive, a `.tar.gz`.
        timeout: Seconds without an answer after which the download gives up.

    Raises:
        UserError: No place has the books, or what is there is not these books.
    """
    check_max_words(max_words)
    books = read_manifest() if manifest is None else manifest
    needed = _needed(books, max_words)
    if path is not None:
        texts = _from_place(needed, _place(Path(path).expanduser(), needed))
    else:
        texts = _from_anywhere(books, needed, url, timeout)
    documents = [
        Document(
            title=f"{book.title}, by {book.author} ({book.year})",
            text=texts[book.path],
            licence=LICENCE,
            source=f"classic-books-markdown@{COMMIT[:12]}/{book.path}",
            sha256=book.sha256,
            split=book.split,
        )
        for book in needed
    ]
    return Corpus("books", limit_train(documents, max_words))


def _needed(books: Sequence[Book], max_words: int | None) -> list[Book]:
    """The books to read, known from the manifest's word counts before any text is."""
    kept, words = [], 0
    for book in books:
        if book.split != "train" or max_words is None or words < max_words:
            kept.append(book)
            words += book.words if book.split == "train" else 0
    return kept


def _from_anywhere(
    books: Sequence[Book], needed: Sequence[Book], url: str, timeout: float
) -> dict[str, str]:
    # The cache may come before the local data: every text is checked, so it is the same text.
    cache = files.cache_dir() / f"books-{COMMIT[:12]}.jsonl"
    try:
        return _from_lines(needed, cache)
    except UserError:  # not there yet, or holds fewer books, or damaged: it is written anew below
        pass
    local = files.data_dir()
    try:
        place = None if local is None else _place(local, needed)
    except UserError:  # a folder for other data
        place = None
    if place is not None:
        texts = _from_place(needed, place)
    else:
        raw = archive.fetch(url, {book.path: book.sha256 for book in books}, timeout=timeout)
        texts = {book.path: _checked(book, clean(raw[book.path].decode())) for book in books}
    _keep(cache, texts)
    return texts


def _place(path: Path, books: Sequence[Book]) -> Path:
    """The packed file or the archive's top folder that `path` names or holds."""
    if path.is_file() or (path / PACKED).is_file():
        return path if path.is_file() else path / PACKED
    if not path.is_dir():
        raise UserError(f"there is no folder {path}; {MEND}")
    for folder in (path, *sorted(child for child in path.iterdir() if child.is_dir())):
        if any((folder / book.path).is_file() for book in books):
            return folder
    raise UserError(f"{path} holds neither {PACKED} nor the folders of the archive; {MEND}")


def _from_place(books: Sequence[Book], place: Path) -> dict[str, str]:
    return (_from_lines if place.is_file() else _from_folder)(books, place)


def _from_folder(books: Sequence[Book], folder: Path) -> dict[str, str]:
    texts = {}
    for book in books:
        file = folder / book.path
        if not file.is_file():
            raise UserError(f"{folder} lacks {book.path!r}; {MEND}")
        raw = file.read_bytes()
        if files.sha256_bytes(raw) != book.sha256:
            raise UserError(f"{file} is not the file of the pinned commit (wrong hash); {MEND}")
        texts[book.path] = _checked(book, clean(raw.decode()))
    return texts


def _from_lines(books: Sequence[Book], file: Path) -> dict[str, str]:
    """Read JSON lines, packed or not, until the last wanted book; parse only wanted ones."""
    wanted = {book.path: book for book in books}
    texts: dict[str, str] = {}
    try:
        with _opened(file) as lines:
            for line in lines:
                path = json.loads(PATH_FIELD.match(line)[1])  # type: ignore[index]
                if path in wanted:
                    texts[path] = _checked(wanted[path], json.loads(line)["text"])
                if len(texts) == len(wanted):
                    return texts
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"cannot read {file} ({error.strerror}); {MEND}") from error
    except (EOFError, lzma.LZMAError, TypeError, ValueError, KeyError) as error:
        raise UserError(f"{file} is cut short, damaged or no list of books; {MEND}") from error
    missing = next(path for path in wanted if path not in texts)
    raise UserError(f"{file} lacks {missing!r}; {MEND}")


def _opened(file: Path) -> IO[bytes]:
    if file.suffix != ".xz":
        return file.open("rb")
    # A large buffer: lines are books, and the default of 8 kB makes reading a third slower.
    return io.BufferedReader(lzma.open(file), 2**20)


def _checked(book: Book, text: str) -> str:
    if files.sha256_bytes(text.encode()) != book.text_sha256:
        raise UserError(f"the text of {book.path!r} is not the one in the manifest; {MEND}")
    return text


def _keep(cache: Path, texts: dict[str, str]) -> None:
    try:
        with files.write_whole(cache) as temporary, temporary.open("w", encoding="utf-8") as out:
            for path, text in texts.items():
                out.write(json.dumps({"path": path, "text": text}, ensure_ascii=False) + "\n")
    except (UserError, OSError):  # no room for a cache: the books are loaded all the same
        pass
