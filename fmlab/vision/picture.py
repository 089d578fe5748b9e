"""A picture, a clip or a captioned picture, and collections of them: the same rules as for text."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmlab.corpus.document import SPLITS, Split
from fmlab.errors import UserError
from fmlab.files import sha256_bytes

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, or one clip.

    Attributes:
        title: What a reader would call it.
        pixels: From 0 (dark) to 255, `(H, W, C)`; of a clip `(F, H, W, C)`.
        caption: What it shows, in words; empty if nobody said.
        licence: The licence's name, or where to look it up.
        source: Where it is from: an address, a path, or the call that generated it.
        sha256: Hash of the source file, or of the pixels where there is no such file.
        split: "train", "valid" or "test".
        truth: What is known of it, by name; nothing where nobody knows.
    """

    title: str
    pixels: Pixels
    caption: str
    licence: str
    source: str
    sha256: str
    split: Split
    truth: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Pictures:
    """A named, ordered collection of pictures of one size.

    Attributes:
        name: How it was asked for.
        documents: The pictures; called so as in a corpus of text.
    """

    name: str
    documents: tuple[Picture, ...]

    def __post_init__(self) -> None:
        """Check that there are pictures, and that all are of one size.

        Raises:
            UserError: There are none, or they differ.
        """
        if not self.documents:
            raise UserError(f"{self.name} holds no picture; choose another source")
        shapes = {picture.pixels.shape for picture in self.documents}
        if len(shapes) > 1:
            named = ", ".join(map(str, sorted(shapes)[:3]))
            raise UserError(f"the pictures of {self.name} are of different sizes: {named}; resize")

    def split(self, name: str) -> tuple[Picture, ...]:
        """Return the pictures of one split, in order.

        Raises:
            UserError: The name is none of `train`, `valid`, `test`.
        """
        if name not in SPLITS:
            raise UserError(f"unknown split {name!r}; choose one of {', '.join(SPLITS)}")
        return tuple(picture for picture in self.documents if picture.split == name)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of each, `(H, W, C)` or `(F, H, W, C)`."""
        return self.documents[0].pixels.shape

    @property
    def captioned(self) -> bool:
        """Whether every picture has a caption."""
        return all(picture.caption for picture in self.documents)

    @cached_property
    def bytes(self) -> int:
        """The size of all pixels."""
        return sum(picture.pixels.nbytes for picture in self.documents)

    @cached_property
    def sha256(self) -> str:
        """One hash for the whole: of each picture's split, source, pixels and caption, in order."""
        digest = hashlib.sha256()
        for picture in self.documents:
            shown = hash_of(picture.pixels)
            said = sha256_bytes(picture.caption.encode())
            digest.update(f"{picture.split} {picture.sha256} {shown} {said}\n".encode())
        return digest.hexdigest()


def hash_of(pixels: Pixels) -> str:
    """Return the SHA-256 of a picture's shape and pixels in hexadecimal."""
    return sha256_bytes(str(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes())


def stack(pictures: Sequence[Picture]) -> Pixels:
    """Return the pixels of pictures of one size, `(N, H, W, C)` or `(N, F, H, W, C)`."""
    return np.stack([picture.pixels for picture in pictures])


def check_count(name: str, value: object, least: int = 1) -> None:
    """Check an option that counts something.

    Raises:
        UserError: It is not a whole number from `least` up.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UserError(f"{name} is {value!r}; give a whole number from {least} up")
