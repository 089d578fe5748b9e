"""Text from strangers, made safe to print, to show and to name a file by.

A name or a line of code may hold what changes how the text around it is read: control characters,
marks that turn the direction of writing, halves of characters that no file can hold.
"""

import hashlib
import re
import unicodedata

MAX_LINE = 160
# Marks that reorder or hide text: bidirectional controls, zero-width characters, separators.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and newline
_HALF = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """Return a text that a UTF-8 file can hold: halves of characters become U+FFFD."""
    return _HALF.sub("\ufffd", text)


def visible(text: str) -> str:
    """Return a text in which every character is seen: `U+202E` in brackets instead of its effect.

    Tabs and newlines stay.
    """
    return _UNSEEN.sub(_named, _CONTROL.sub(_named, whole(text)))


def _named(match: re.Match[str]) -> str:
    code = ord(match.group(0))
    # The pictures of the first 32 control characters stand in one row from U+2400 on.
    return chr(0x2400 + code) if code < 0x20 else f"[U+{code:04X}]"


def line(text: str, limit: int = MAX_LINE) -> str:
    """Return a text as one clean line of at most `limit` characters."""
    # Cut first: a name of a megabyte is not worth normalising.
    cut = unicodedata.normalize("NFC", whole(text[: 4 * limit]))
    kept = _UNSEEN.sub("", _CONTROL.sub(" ", cut))
    flat = " ".join(kept.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def file_stem(text: str) -> str:
    """Return a file's name for any text: a readable part and a hash, equal only for equal texts."""
    ascii_part = unicodedata.normalize("NFKD", whole(text[:200])).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_part.lower()).strip("-")[:40].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug or 'student'}-{digest}"
