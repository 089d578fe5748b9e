"""A small archive in the layout of GitHub's, its manifest, and ways to send it."""

import io
import tarfile
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler

from fmlab.corpus.books import COMMIT, Book, clean
from fmlab.corpus.document import Split
from fmlab.files import sha256_bytes

Answer = Callable[[BaseHTTPRequestHandler], None]
TOP = f"classic-books-markdown-{COMMIT}"


def markdown(title: str, author: str, words: int) -> str:
    """A book's file: `words` words of text, and everything that the cleaning drops."""
    story = "\n\n".join(f"It was_ _day  {day}\tof {title}." for day in range(words // 6))
    return (
        f"# Title: {title}\n\n## Author: {author}\n\n## Year: 1899\n\n-------\n"
        f"_Translated_ by nobody\n\n### I\n\n![a picture](x.png)\n> quoted\n<b>tag</b>\n[link]\n"
        f"| a | b |\n  \n* * *\n---\n   {story}\n-------\nThe  end\u00a0 is _near_.  \n"
    )


FILES = {
    "Anna Éluard/The Bee.md": markdown("The Bee", "Anna Éluard", 60),
    "Bo Chan/Il dit 'non'.md": markdown("Il dit 'non'", "Bo Chan", 120),
    "Cy Dow/Late.md": markdown("Late", "Cy Dow", 90),
    "Cy Dow/Later.md": markdown("Later", "Cy Dow", 300),
}
SPLITS: dict[str, Split] = dict(zip(FILES, ("valid", "train", "test", "train"), strict=True))
MANIFEST = [
    Book(
        path=path,
        title=path.partition("/")[2][:-3],
        author=path.partition("/")[0],
        year=1899,
        split=SPLITS[path],
        sha256=sha256_bytes(text.encode()),
        text_sha256=sha256_bytes(clean(text).encode()),
        words=len(clean(text).split()),
    )
    for path, text in FILES.items()
]


def packed(contents: Mapping[str, str], mode: str = "w:gz") -> bytes:
    """A `.tar.gz` with these files, and others that nobody asked for."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=tarfile.PAX_FORMAT) as tar:
        for path, text in {"README.md": "read me", "X Y/Z.md": "z" * 5000, **contents}.items():
            member = tarfile.TarInfo(f"{TOP}/{path}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def sends(body: bytes, announced: int | None = None) -> Answer:
    """Answer with `body`; `announced` is the length that the header claims."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) if announced is None else announced))
        handler.end_headers()
        handler.wfile.write(body)

    return answer
