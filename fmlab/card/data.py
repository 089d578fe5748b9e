"""What a data statement says of the books of a run, from the manifest alone."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fmlab.corpus import books

NOT_KNOWN = "*not known*"
PERIODS = ((1700, 1799), (1800, 1849), (1850, 1899), (1900, 1925))


def book_facts(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is in the books of a run, from the manifest: by whom, of which years."""
    counts = run.get("corpus", {}).get("documents", {})
    taken: list[books.Book] = []
    for split in ("train", "valid", "test"):
        of_split = [book for book in books.read_manifest() if book.split == split]
        taken += of_split[: counts.get(split, 0)]
    train = [book for book in taken if book.split == "train"]
    words = sum(book.words for book in train)
    by_author = Counter[str]()
    for book in train:
        by_author[book.author] += book.words
    top = by_author.most_common(5)
    periods = [
        (first, last, [book for book in train if first <= book.year <= last])
        for first, last in PERIODS
    ]
    share = _share_of(words)
    main = max(periods, key=lambda period: sum(book.words for book in period[2]))
    return {
        "count": len(train),
        "authors": len(by_author),
        "cut": words > run.get("corpus", {}).get("train_words", words),
        "first_year": min((book.year for book in taken), default=NOT_KNOWN),
        "last_year": max((book.year for book in taken), default=NOT_KNOWN),
        "periods": [
            {"years": f"{first}-{last}", "books": len(some), "share": share(some)}
            for first, last, some in periods
        ],
        "main_period": f"{main[0]} to {main[1]}",
        "top_authors": [author for author, _ in top],
        "top_share": f"{100 * sum(count for _, count in top) / max(1, words):.0f}",
        "commit": books.COMMIT,
        "list": [
            {**vars(book), "author": cell(book.author), "title": cell(book.title)} for book in taken
        ],
    }


def _share_of(words: int) -> Callable[[Sequence[books.Book]], str]:
    return lambda some: f"{100 * sum(book.words for book in some) / max(1, words):.0f}"


def cell(text: str) -> str:
    """Return text that does not break out of a table's cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
