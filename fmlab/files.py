"""Files that are written whole or not at all, hashed, cached and downloaded."""

import hashlib
import http.client
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fmlab.errors import UserError

MEND = "check the network, or put the data into a folder and name it in FMLAB_DATA"


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it into place if the block succeeds.

    After a crash, a full disk or Ctrl-C the old file is as it was.

    Raises:
        UserError: The disk refused the write (full, or read-only).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror or error}; free some space or choose another "
            "folder (the previous file is unharmed)"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def cache_dir() -> Path:
    """Return the folder for downloads and tokenised text: `FMLAB_CACHE` or `~/.cache/fmlab`."""
    return Path(os.environ.get("FMLAB_CACHE", Path.home() / ".cache" / "fmlab"))


def data_dir() -> Path | None:
    """Return the folder of local data, if there is one.

    That is `FMLAB_DATA`, or `shared/data` beside the repository.
    """
    if named := os.environ.get("FMLAB_DATA"):
        return Path(named)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return beside if beside.is_dir() else None


def download(url: str, path: Path, *, sha256: str | None = None, timeout: float = 30.0) -> Path:
    """Fetch `url` to `path` unless it is there already, and check its hash after arrival.

    Args:
        url: A pinned address (a commit, not a branch).
        path: Where it goes, whole or not at all.
        sha256: What it must hash to; None where the caller checks the content itself.
        timeout: Seconds without an answer after which it gives up.

    Raises:
        UserError: The address cannot be reached, or something else arrived.
    """
    if path.exists() and (sha256 is None or sha256_file(path) == sha256):
        return path
    with write_whole(path) as temporary:
        try:
            with (
                urllib.request.urlopen(url, timeout=timeout) as response,
                temporary.open("wb") as out,
            ):
                shutil.copyfileobj(response, out)
                # Bytes that were announced and never came: the reader itself does not mind.
                if missing := getattr(response, "length", None):
                    raise http.client.IncompleteRead(b"", missing)
        except urllib.error.HTTPError as error:
            error.close()
            raise UserError(f"{url} answered {error.code} ({error.reason}); {MEND}") from error
        except (
            urllib.error.URLError,
            TimeoutError,
            ConnectionError,
            http.client.HTTPException,
        ) as error:
            reason = getattr(error, "reason", error)
            raise UserError(f"cannot reach {url} ({reason}); {MEND}") from error
        found = sha256_file(temporary)
        if sha256 is not None and found != sha256:
            raise UserError(
                f"{url} arrived with SHA-256 {found[:12]}…, expected {sha256[:12]}…; "
                "try again, or get the file by hand and name its folder in FMLAB_DATA"
            )
    return path
