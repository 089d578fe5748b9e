"""For maintainers: `python -m fmlab.corpus.make_manifest books.jsonl.xz` writes the manifest.

Needed only when the collection, its pinned commit or the cleaning changes.
"""

import json
import lzma
import sys
from dataclasses import asdict
from pathlib import Path

from fmlab.corpus.books import MANIFEST, Book, reading_order
from fmlab.files import sha256_bytes, write_text


def manifest_of(packed: Path) -> list[Book]:
    """Return the manifest's lines for a `books.jsonl.xz`, in the order of the corpus."""
    books = []
    with lzma.open(packed, "rt", encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            text = fields.pop("text")
            hashed = sha256_bytes(text.encode())
            books.append(Book(**fields, text_sha256=hashed, words=len(text.split())))
    return reading_order(books)


def write_manifest(books: list[Book], path: Path = MANIFEST) -> None:
    """Write the manifest, one JSON object a line."""
    lines = (json.dumps(asdict(book), ensure_ascii=False) + "\n" for book in books)
    write_text(path, "".join(lines))


if __name__ == "__main__":
    write_manifest(manifest_of(Path(sys.argv[1])))
