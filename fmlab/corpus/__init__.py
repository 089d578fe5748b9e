"""Text with title, licence, source, hash and split, from four places behind one function.

load("toyworld", size=20_000, skew=0.5)      generated; the truth is known
load("books", max_words=1_000_000)           real books in the public domain
load("hub:OWNER/NAME,CONFIG")                any text of the Hugging Face Hub
load("folder:path/to/texts")                 the reader's own .txt and .md files
"""

import inspect
from collections.abc import Callable
from typing import Any

from fmlab.corpus import books, folder, hub, toyworld
from fmlab.corpus.document import Corpus, Document, Split
from fmlab.errors import UserError

__all__ = ["SOURCES", "Corpus", "Document", "Split", "load"]

SOURCES: dict[str, Callable[..., Corpus]] = {
    "toyworld": toyworld.load,
    "books": books.load,
    "hub": hub.load,
    "folder": folder.load,
}
KNOWN = "toyworld, books, hub:NAME[,CONFIG], folder:PATH"


def load(name: str, **options: Any) -> Corpus:
    """Return the corpus called `name`.

    Args:
        name: `toyworld`, `books`, `hub:NAME[,CONFIG]` or `folder:PATH`.
        options: What the source takes: see `toyworld.load`, `books.load`, `hub.load` and
            `folder.load`. An option that is None counts as not given.

    Raises:
        UserError: There is no such corpus or option, or the text cannot be had.
    """
    source, colon, what = name.partition(":")
    takes_name = source in ("hub", "folder")
    if source not in SOURCES or (colon and not takes_name):
        raise UserError(f"unknown corpus {name!r}; there are {KNOWN}")
    if takes_name and not what:
        raise UserError(f"{source!r} needs to know which: choose one of {KNOWN}")
    function = SOURCES[source]
    given = {key: value for key, value in options.items() if value is not None}
    parameters = inspect.signature(function).parameters.values()
    allowed = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    if unknown := [key for key in given if key not in allowed]:
        raise UserError(f"{source} has no option {unknown[0]!r}; it has {', '.join(allowed)}")
    return function(what, **given) if takes_name else function(**given)
