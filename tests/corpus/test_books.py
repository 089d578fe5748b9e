"""The books: the same text from every place, cleaned as the data's own README says."""

import io
import json
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from book_archive import FILES, MANIFEST, Answer, packed, sends

from fmlab import files
from fmlab.corpus import books, load
from fmlab.corpus.books import MANIFEST as MANIFEST_FILE
from fmlab.corpus.books import clean, read_manifest, reading_order
from fmlab.corpus.make_manifest import manifest_of, write_manifest
from fmlab.errors import UserError

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not BESIDE.is_dir(), reason="needs shared/data beside the repository"
)
NOBODY = "http://127.0.0.1:1/"


def as_packed(path: Path, texts: dict[str, str]) -> Path:
    """Write a `books.jsonl.xz` with these texts, in the order of their paths."""
    lines = [
        json.dumps(
            {
                "path": book.path,
                "title": book.title,
                "author": book.author,
                "year": book.year,
                "split": book.split,
                "sha256": book.sha256,
                "text": texts[book.path],
            }
        )
        for book in sorted(MANIFEST, key=lambda book: book.path)
        if book.path in texts
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(lzma.compress("".join(line + "\n" for line in lines).encode()))
    return path


TEXTS = {path: clean(text) for path, text in FILES.items()}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """The books in every form that `path` takes."""
    with tarfile.open(fileobj=io.BytesIO(packed(FILES))) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    top = next((tmp_path / "unpacked").iterdir())
    file = as_packed(tmp_path / "data" / "books.jsonl.xz", TEXTS)
    return {"file": file, "its folder": file.parent, "layout": top, "its parent": top.parent}


def test_cleaning_keeps_paragraphs_and_drops_the_rest() -> None:
    raw = (
        "# Title: A\n-------\n_One_  two\tthree \n\n### II\n| cell |\n![p](q)\n> quote\n<br>\n[1]\n"
        "--- \n* * *\n  # no\n*not dropped*\n -- nor this\n\u00a0\n-------\nfo_ur\u2003five\r\n"
    )
    assert clean(raw) == "One two three\n*not dropped*\n-- nor this\nfour five"


@needs_data
def test_cleaning_gives_the_text_of_the_packed_books() -> None:
    """Five real books as they stand in the archive; the manifest has the hash of the packed text.

    That the packed books have these hashes is proved below, and at every load.
    """
    expected = {book.path: (book.sha256, book.text_sha256) for book in read_manifest()}
    with tarfile.open(BESIDE / "books-raw-sample.tar.xz") as tar:
        members = tar.getmembers()
        assert len(members) == 5
        for member in members:
            content = tar.extractfile(member)
            assert content is not None
            raw = content.read()
            cleaned = clean(raw.decode()).encode()
            hashes = files.sha256_bytes(raw), files.sha256_bytes(cleaned)
            assert hashes == expected[member.name.partition("/")[2]]


@needs_data
@pytest.mark.slow
def test_the_manifest_is_the_one_that_the_packed_books_give(tmp_path: Path) -> None:
    write_manifest(manifest_of(BESIDE / "books.jsonl.xz"), tmp_path / "manifest.jsonl")
    assert (tmp_path / "manifest.jsonl").read_bytes() == MANIFEST_FILE.read_bytes()


def test_the_manifest_names_289_books_in_reading_order() -> None:
    manifest = read_manifest()
    splits = [book.split for book in manifest]
    assert [splits.count(split) for split in ("train", "valid", "test")] == [281, 5, 3]
    assert list(manifest) == reading_order(manifest)
    assert len({book.path for book in manifest}) == 289
    assert sum(book.words for book in manifest) == 23_487_714
    assert all(1700 <= book.year <= 1925 for book in manifest)


@needs_data
def test_the_real_books_load_with_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMLAB_DATA", str(BESIDE))
    corpus = load("books", max_words=200_000)
    words = [sum(d.words for d in corpus.split(name)) for name in ("train", "valid", "test")]
    assert words == [199_901, 370_474, 249_110]
    again = load("books", max_words=200_000)
    assert again.sha256 == corpus.sha256


@pytest.mark.parametrize("place", ["file", "its folder", "layout", "its parent"])
def test_each_place_gives_the_same_documents(
    places: dict[str, Path], place: str, cache: Path
) -> None:
    corpus = load("books", path=str(places[place]), manifest=MANIFEST)
    assert [d.text for d in corpus.documents] == [TEXTS[book.path] for book in MANIFEST]
    assert [d.split for d in corpus.documents] == [book.split for book in MANIFEST]
    assert [d.sha256 for d in corpus.documents] == [book.sha256 for book in MANIFEST]
    assert corpus.documents[0].title == "The Bee, by Anna Éluard (1899)"
    assert corpus.documents[0].licence.startswith("public domain")
    assert not cache.exists()


@pytest.mark.parametrize("place", ["its folder", "layout", "its parent"])
def test_the_folder_of_local_data_comes_before_the_network(
    places: dict[str, Path], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FMLAB_DATA", str(places[place]))
    assert (
        books.load(manifest=MANIFEST, url=NOBODY)
        .documents[0]
        .text.startswith("Translated by nobody\nIt was day 0 of The Bee.")
    )


def test_a_download_is_cleaned_and_cached(serve: Callable[[Answer], str], cache: Path) -> None:
    fetched = books.load(manifest=MANIFEST, url=serve(sends(packed(FILES))), max_words=100)
    assert [file.suffix for file in cache.iterdir()] == [".jsonl"]
    limited = books.load(manifest=MANIFEST, url=NOBODY, max_words=100)
    assert limited.documents == fetched.documents
    whole = books.load(manifest=MANIFEST, url=NOBODY)
    assert [d.text for d in whole.documents] == [TEXTS[book.path] for book in MANIFEST]


def test_a_damaged_cache_is_made_anew(
    places: dict[str, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FMLAB_DATA", str(places["file"].parent))
    whole = books.load(manifest=MANIFEST)
    (file,) = cache.iterdir()
    for damage in (file.read_bytes()[:-50], b"no json", file.read_bytes().replace(b"day", b"dey")):
        file.write_bytes(damage)
        assert books.load(manifest=MANIFEST).documents == whole.documents
        assert file.read_bytes() != damage


def test_a_cache_that_cannot_be_written_does_not_matter(
    places: dict[str, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FMLAB_DATA", str(places["file"].parent))
    cache.write_text("a file where the folder should be")
    assert len(books.load(manifest=MANIFEST).documents) == 4


def test_max_words_reads_only_the_books_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second train book is not even in the file."""
    texts = {path: text for path, text in TEXTS.items() if path != "Cy Dow/Later.md"}
    file = as_packed(tmp_path / "few" / "books.jsonl.xz", texts)
    corpus = books.load(manifest=MANIFEST, path=file, max_words=101)
    (train,) = corpus.split("train")
    assert train.words <= 101
    assert TEXTS["Bo Chan/Il dit 'non'.md"].startswith(train.text)
    assert len(corpus.split("valid")) == len(corpus.split("test")) == 1


def test_bad_places_get_one_line_each(places: dict[str, Path], tmp_path: Path) -> None:
    def message(path: Path) -> str:
        with pytest.raises(UserError) as caught:
            books.load(manifest=MANIFEST, path=path)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    file, layout = places["file"], places["layout"]
    assert message(tmp_path / "nowhere").startswith(f"there is no folder {tmp_path / 'nowhere'};")
    (tmp_path / "other").mkdir()
    assert message(tmp_path / "other").startswith(
        f"{tmp_path / 'other'} holds neither books.jsonl.xz nor the folders of the archive;"
    )
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert message(file).startswith(f"{file} is cut short, damaged or no list of books;")
    file.write_bytes(b"not xz")
    assert message(file).startswith(f"{file} is cut short, damaged or no list of books;")
    file.write_bytes(lzma.compress(b'{"title": "no path"}\n'))
    assert message(file).startswith(f"{file} is cut short, damaged or no list of books;")
    as_packed(file, {path: text for path, text in TEXTS.items() if "Later" not in path})
    assert message(file).startswith(f"{file} lacks 'Cy Dow/Later.md';")
    as_packed(file, {**TEXTS, "Cy Dow/Late.md": "other words"})
    assert message(file).startswith("the text of 'Cy Dow/Late.md' is not the one in the manifest;")
    (layout / "Cy Dow" / "Late.md").write_text("other words")
    assert message(layout).startswith(
        f"{layout / 'Cy Dow' / 'Late.md'} is not the file of the pinned commit (wrong hash);"
    )
    (layout / "Cy Dow" / "Late.md").unlink()
    assert message(layout).startswith(f"{layout} lacks 'Cy Dow/Late.md';")


def test_the_address_is_the_pinned_commit() -> None:
    assert books.COMMIT in books.URL
    assert files.sha256_bytes(b"") not in {book.sha256 for book in read_manifest()}
