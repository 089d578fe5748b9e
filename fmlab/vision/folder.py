"""The reader's own pictures, with or without captions: every picture below a folder.

A caption stands in `NAME.txt` beside `NAME.png`, or in one `metadata.jsonl` or `metadata.csv` at
the top, with the columns `file_name` and `text`, as data sets of the hub have it.
"""

import csv
import json
from pathlib import Path
from typing import Any

from fmlab.corpus.document import split_all
from fmlab.errors import UserError
from fmlab.files import sha256_file
from fmlab.vision.open_file import SUFFIXES, open_picture
from fmlab.vision.picture import Picture, Pictures, check_count

TABLES = ("metadata.jsonl", "metadata.csv")
FILE, TEXT = "file_name", "text"


def load(
    folder: str, *, side: int = 32, grey: bool = False, licence: str = "the user's own"
) -> Pictures:
    """Return the pictures below `folder`, cut to squares, split by the hash of their files.

    The same file under two names is in one split. Hidden files and folders are left out.

    Args:
        folder: The folder; files in folders below it count too.
        side: Of each picture, in pixels.
        grey: Whether to leave the colours out.
        licence: What to note as the licence of these pictures.

    Raises:
        UserError: There is no such folder, no picture in it, one that cannot be read, or captions
            that don't fit.
    """
    check_count("side", side)
    root = Path(folder).expanduser()
    files = _picture_files(root)
    names = {path: path.relative_to(root).as_posix() for path in files}
    captions = _captions(root, names)
    hashes = {path: sha256_file(path) for path in files}
    splits = split_all(list(dict.fromkeys(hashes.values())))
    return Pictures(
        f"pictures:{folder}",
        tuple(
            Picture(
                title=name,
                pixels=open_picture(path, side, grey),
                caption=captions.get(name, ""),
                licence=licence,
                source=str(path),
                sha256=hashes[path],
                split=splits[hashes[path]],
            )
            for path, name in names.items()
        ),
    )


def _picture_files(root: Path) -> list[Path]:
    if not root.is_dir():
        raise UserError(f"there is no folder {root}; check the path")
    found = [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(root).parts)
    ]
    pictures = [path for path in found if path.suffix.lower() in SUFFIXES]
    if not pictures:
        kinds = ", ".join(sorted({path.suffix or "no suffix" for path in found})[:5]) or "nothing"
        raise UserError(f"no picture in {root}, only {kinds}; use {', '.join(SUFFIXES)}")
    return pictures


def _captions(root: Path, names: dict[Path, str]) -> dict[str, str]:
    """Return the caption of each picture that has one, by the picture's name.

    Raises:
        UserError: Some have one and others not, or the table names a file that is not there.
    """
    table = next((root / name for name in TABLES if (root / name).is_file()), None)
    if table is not None:
        captions = _table(table)
        if lost := set(captions) - set(names.values()):
            raise UserError(f"{table} names {sorted(lost)[0]}, which is no picture in {root}")
    else:
        beside = {name: path.with_suffix(".txt") for path, name in names.items()}
        captions = {
            name: " ".join(_read(path).split()) for name, path in beside.items() if path.is_file()
        }
    captions = {name: text for name, text in captions.items() if text}
    if captions and (silent := [name for name in names.values() if name not in captions]):
        raise UserError(
            f"{len(captions)} of {len(names)} pictures have a caption, {silent[0]} has none; give "
            "each one, or none"
        )
    return captions


def _table(path: Path) -> dict[str, str]:
    text = _read(path)
    try:
        rows: list[Any] = (
            [json.loads(line) for line in text.splitlines() if line.strip()]
            if path.suffix == ".jsonl"
            else list(csv.DictReader(text.splitlines()))
        )
        return {str(row[FILE]): " ".join(str(row[TEXT]).split()) for row in rows}
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise UserError(
            f"{path} cannot be read ({error}); it needs {FILE} and {TEXT} in each row"
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path} ({error}); save it as UTF-8 text") from error
