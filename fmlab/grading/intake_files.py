"""The files of a folder or a zip, listed without opening one and read one at a time within limits.

What lies there was made by strangers. Nothing is unpacked to disk, no link is followed, no device
is opened, and what is announced (a size, a name) is not believed.
"""

import contextlib
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from fmlab.errors import UserError
from fmlab.grading.plain_text import line

MAX_NOTEBOOK_BYTES = 20_000_000
MAX_TOTAL_BYTES = 1_000_000_000
MAX_FILES = 200_000
MAX_DEPTH = 30
MAX_PATH = 1_000
_PIECE = 1 << 16
_LEFT_OUT = re.compile(r"__MACOSX|\..*|.*~")  # what systems and editors leave behind
_DRIVE = re.compile(r"[A-Za-z]:.*")


class Refused(Exception):
    """Why a file is not taken, in one line that a student may read."""


@dataclass(frozen=True)
class Listed:
    """A file that was seen and not opened. `refusal` says why it never will be."""

    path: tuple[str, ...]
    refusal: str | None = None
    member: zipfile.ZipInfo | None = None
    folder: bool = False
    """It stands where a student's folder could be: a link to one, or one that cannot be read."""
    astray: bool = False
    """Its name says nothing about whose it is: it leads elsewhere, or has no end."""


class Files(Protocol):
    """Where submissions lie."""

    @property
    def listed(self) -> list[Listed]:
        """All files, in order."""

    def read(self, listed: Listed, limit: int = MAX_NOTEBOOK_BYTES) -> bytes:
        """Return a file's bytes, or raise `Refused`."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Files]:
    """Give the files of a folder or a zip.

    Raises:
        UserError: There is nothing there, or neither a folder nor a zip.
    """
    if path.is_dir():
        yield _Folder(path)
        return
    if not path.is_file():
        raise UserError(
            f"there is no folder and no zip {path}; name the submissions' folder or zip"
        )
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UserError(
            f"{path} is neither a folder nor a zip ({line(str(error))}); name the folder, or the "
            "zip as the learning platform gave it"
        ) from None
    with archive:
        yield _Zip(path, archive)


def left_out(path: tuple[str, ...]) -> bool:
    """Return whether a path is an editor's or a system's own: checkpoints, hidden files."""
    return any(_LEFT_OUT.fullmatch(part) for part in path if part != "..")


def _taken(stream: IO[bytes], limit: int, budget: "_Budget") -> bytes:
    """Return all of a stream, read in pieces; it may be longer than it said."""
    pieces, size = [], 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        budget.spend(len(piece))
        if size > limit:
            raise Refused(_too_large(limit))
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(limit: int) -> str:
    return (
        f"the file is larger than {limit / 1e6:g} MB; clear the notebook's outputs and hand it in "
        "again"
    )


@dataclass
class _Budget:
    """Bytes that all files of a batch may have together."""

    left: int = field(default_factory=lambda: MAX_TOTAL_BYTES)

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Refused(
                f"the files before it hold {MAX_TOTAL_BYTES / 1e9:g} GB already; grade the "
                "submissions in parts"
            )


class _Folder:
    """The files below a folder. Links, devices and pipes are listed as refused."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.listed = sorted(self._walk(), key=lambda listed: listed.path)
        self._budget = _Budget()

    def _walk(self) -> Iterator[Listed]:
        waiting: list[tuple[str, ...]] = [()]
        count = 0
        while waiting:
            folder = waiting.pop()
            try:
                entries = list(os.scandir(self.root.joinpath(*folder)))
            except OSError as error:
                if not folder:
                    raise UserError(f"cannot read {self.root} ({error.strerror})") from None
                refusal = f"the folder cannot be read ({error.strerror})"
                yield Listed(folder, refusal, folder=True)
                continue
            for entry in entries:
                path = (*folder, entry.name)
                count += 1
                if count > MAX_FILES:
                    raise UserError(f"{self.root} holds more than {MAX_FILES:,} files; {_PARTS}")
                if left_out((entry.name,)):
                    continue
                if not entry.is_dir(follow_symlinks=False):
                    yield Listed(path, _irregular(entry), folder=os.path.isdir(entry.path))
                elif len(path) > MAX_DEPTH:
                    yield Listed(path, "its folders lie too deep", folder=True)
                else:
                    waiting.append(path)

    def read(self, listed: Listed, limit: int = MAX_NOTEBOOK_BYTES) -> bytes:
        """Return a file's bytes. What the name stands for is looked at again once it is open."""
        flags = os.O_RDONLY
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"):
            flags |= getattr(os, name, 0)
        try:
            handle = os.open(self.root.joinpath(*listed.path), flags)
            with os.fdopen(handle, "rb") as stream:
                found = os.fstat(handle)
                if not stat.S_ISREG(found.st_mode):
                    raise Refused("it is not a plain file")
                if found.st_size > limit:
                    raise Refused(_too_large(limit))
                return _taken(stream, limit, self._budget)
        except OSError as error:
            raise Refused(f"the file cannot be read ({error.strerror})") from None


_PARTS = "grade the submissions in parts"


def _irregular(entry: os.DirEntry[str]) -> str | None:
    """Return why an entry of a folder will not be opened; None for a plain file."""
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        return f"the file cannot be read ({error.strerror})"
    if stat.S_ISLNK(mode):
        return "it is a link; links are not followed"
    return None if stat.S_ISREG(mode) else "it is not a plain file"


class _Zip:
    """The members of a zip. What has a name that leads elsewhere is listed as refused."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._budget = _Budget()
        members = archive.infolist()
        if len(members) > MAX_FILES:
            raise UserError(f"{path} holds more than {MAX_FILES:,} files; {_PARTS}")
        # A member without a name is damage, and `is_dir` would fail over it.
        listed = [_member(info) for info in members if info.filename and not info.is_dir()]
        self.listed = sorted(
            (one for one in listed if not left_out(one.path)),
            key=lambda one: (one.path, one.member.header_offset if one.member else 0),
        )

    def read(self, listed: Listed, limit: int = MAX_NOTEBOOK_BYTES) -> bytes:
        """Return a member's bytes, unpacked in memory and never beyond the limit."""
        info = listed.member
        assert info is not None
        if info.file_size > limit:
            raise Refused(_too_large(limit))
        try:
            with self._archive.open(info) as stream:
                return _taken(stream, limit, self._budget)
        except Refused:
            raise
        except Exception as error:  # whatever a broken member makes the library raise
            raise Refused(
                f"it is broken in the zip ({line(str(error)) or type(error).__name__})"
            ) from None


def _member(info: zipfile.ZipInfo) -> Listed:
    """Return a member with its path in parts, as Windows or anybody else wrote it."""
    name = info.filename.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if len(name) > MAX_PATH or len(parts) > MAX_DEPTH:
        short = (*parts[:2], parts[-1][-100:])
        return Listed(short, "its name in the zip is too long", info, astray=True)
    if name.startswith("/") or ".." in parts or _DRIVE.fullmatch(name) or not parts:
        refusal = "its name in the zip leads out of the zip's folder"
        return Listed(parts or ("(no name)",), refusal, info, astray=True)
    return Listed(parts, _unreadable(info), info)


def _unreadable(info: zipfile.ZipInfo) -> str | None:
    """Return why a member will not be unpacked; None for a plain file."""
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "it is a link; links are not followed"
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        return "it is not a plain file"
    if info.flag_bits & 1:
        return "it is locked with a password in the zip"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "the zip packs it in a way that is not read here"
    return None
