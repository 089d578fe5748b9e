"""Any data set of the Hugging Face Hub that has a column of pictures, through `datasets`."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fmlab.corpus.document import split_all
from fmlab.corpus.hub_access import Kind, licence_of, open_set, reaching, split_name
from fmlab.errors import UserError
from fmlab.vision.open_file import squared
from fmlab.vision.picture import Picture, Pictures, check_count, hash_of

PICTURES = Kind(
    "hub-pictures",
    "pictures that need no network are digits, moving-digits, scenes and pictures:PATH",
)


def load(
    dataset: str,
    *,
    side: int = 32,
    grey: bool = False,
    image_column: str = "image",
    text_column: str | None = None,
    licence: str | None = None,
    max_pictures: int | None = None,
    timeout: float = 10.0,
) -> Pictures:
    """Return a data set of the hub, a picture a row, in its own splits.

    A data set without a split for validation is split by the hash of its pictures. With
    `max_pictures` the rows are streamed, so that a huge data set is not downloaded whole.

    Args:
        dataset: `NAME` or `NAME,CONFIG`; or a local folder in the layout of a data set.
        side: Of each picture, in pixels; it is cut to a square first.
        grey: Whether to leave the colours out.
        image_column: The column that holds the pictures.
        text_column: The column that holds captions, or classes, whose names are then taken; of
            several captions a picture has, the first. None for no captions.
        licence: The licence to note; by default what the data set's card says.
        max_pictures: Limits each split.
        timeout: Seconds to wait for the hub before only its local cache is tried.

    Raises:
        UserError: `datasets` is missing, the data set cannot be reached, or it has no such
            configuration or column.
    """
    check_count("side", side)
    if max_pictures is not None:
        check_count("max_pictures", max_pictures)
    name, _, config = dataset.partition(",")
    with reaching(PICTURES, name, timeout):
        found = open_set(PICTURES, name, config or None, streaming=max_pictures is not None)
        licence = licence or licence_of(name)
        pictures: list[Picture] = []
        for own, rows in found.items():
            columns = (image_column, text_column)
            made = _pictures(name, own, rows, columns, _class_names(rows, text_column))
            for number, (caption, image) in enumerate(made):
                if number == max_pictures:
                    break
                pixels = squared(image, side, grey)
                title, source = f"{name} {own} {number}", f"hub:{name} {own}/{number}"
                hashed, split = hash_of(pixels), split_name(own)
                pictures.append(Picture(title, pixels, caption, licence, source, hashed, split))
    if not any(picture.split == "train" for picture in pictures):
        raise UserError(
            f"{name} has no picture to train on, only the splits {', '.join(found)}; choose "
            "another data set or configuration (hub-pictures:NAME,CONFIG)"
        )
    if not any(picture.split == "valid" for picture in pictures):
        pictures = _split_by_hash(pictures)
    return Pictures(f"hub-pictures:{dataset}", tuple(pictures))


def _class_names(rows: Any, column: str | None) -> list[str] | None:
    """Return the names of a column of classes; None where it holds text."""
    features = getattr(rows, "features", None) or {}
    names = getattr(features.get(column), "names", None)
    return list(names) if names else None


def _pictures(
    name: str,
    own: str,
    rows: Iterable[Mapping[str, Any]],
    columns: tuple[str, str | None],
    classes: list[str] | None,
) -> Iterator[tuple[str, Any]]:
    """Yield the caption and the opened picture of each row."""
    image_column, text_column = columns
    for row in rows:
        image = _opened(row.get(image_column))
        if image is None:
            held = ", ".join(key for key, value in row.items() if _opened(value) is not None)
            raise UserError(
                f"{name} has no picture in a column {image_column!r} of {own}; set image_column to "
                f"one of: {held or 'none, it holds no pictures'}"
            )
        if text_column is None:
            yield "", image
            continue
        said = row.get(text_column)
        said = classes[said] if classes and isinstance(said, int) else said
        said = said[0] if isinstance(said, list) and said else said
        if not isinstance(said, str) or not said.strip():
            texts = ", ".join(key for key, value in row.items() if isinstance(value, str | list))
            raise UserError(
                f"{name} has no text in a column {text_column!r} of {own}; set text_column to one "
                f"of: {texts or 'none, it holds no text'}"
            )
        yield " ".join(said.split()), image


def _opened(value: Any) -> Any:
    """Return what a cell holds as an opened picture; None if it is none."""
    from PIL import Image

    if isinstance(value, Image.Image):
        return value
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return Image.open(io.BytesIO(value["bytes"]))
    return None


def _split_by_hash(pictures: list[Picture]) -> list[Picture]:
    """Give a data set without validation some: by the hash of the pixels, copies together.

    An own test split stays as it is.
    """
    train = [picture for picture in pictures if picture.split == "train"]
    own_test = [picture for picture in pictures if picture.split == "test"]
    splits = split_all(list(dict.fromkeys(picture.sha256 for picture in train)))
    if own_test:
        splits = {key: "train" if split == "test" else split for key, split in splits.items()}
    return [replace(picture, split=splits[picture.sha256]) for picture in train] + own_test
