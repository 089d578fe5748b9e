"""Pictures with licence, source, hash and split, from five places behind one function.

load("digits")                               handwritten digits; they come with scikit-learn
load("moving-digits", frames=8)              clips of them; the truth is known
load("scenes", skew=0.5)                     generated scenes with captions; the truth is known
load("pictures:path/to/folder")              the reader's own, with or without captions
load("hub-pictures:OWNER/NAME,CONFIG")       any pictures of the Hugging Face Hub
"""

import inspect
from collections.abc import Callable
from typing import Any

from fmlab.errors import UserError
from fmlab.vision import digits, folder, hub, moving_digits, scenes
from fmlab.vision.picture import Picture, Pictures

__all__ = ["SOURCES", "Picture", "Pictures", "is_known", "load"]

SOURCES: dict[str, Callable[..., Pictures]] = {
    "digits": digits.load,
    "moving-digits": moving_digits.load,
    "scenes": scenes.load,
    "pictures": folder.load,
    "hub-pictures": hub.load,
}
NAMED = ("pictures", "hub-pictures")
KNOWN = "digits, moving-digits, scenes, pictures:PATH, hub-pictures:NAME[,CONFIG]"


def is_known(name: str) -> bool:
    """Return whether a name is one of pictures, and not of text."""
    return name.partition(":")[0] in SOURCES


def load(name: str, **options: Any) -> Pictures:
    """Return the pictures called `name`.

    Args:
        name: One of `KNOWN`.
        options: What the source takes: see its `load`. An option that is None counts as not given.

    Raises:
        UserError: There is no such source or option, or the pictures cannot be had.
    """
    source, colon, what = name.partition(":")
    takes_name = source in NAMED
    if source not in SOURCES or (colon and not takes_name):
        raise UserError(f"unknown pictures {name!r}; there are {KNOWN}")
    if takes_name and not what:
        raise UserError(f"{source!r} needs to know which: choose one of {KNOWN}")
    function = SOURCES[source]
    given = {key: value for key, value in options.items() if value is not None}
    parameters = inspect.signature(function).parameters.values()
    allowed = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    if unknown := [key for key in given if key not in allowed]:
        raise UserError(f"{source} has no option {unknown[0]!r}; it has {', '.join(allowed)}")
    return function(what, **given) if takes_name else function(**given)
