"""Fetches chosen files of a pinned GitHub archive, each checked by its hash, none trusted.

GitHub promises the same files for a commit, but not the same bytes of the archive: so each file
is checked, not the archive. The archive is read as a stream: nothing is unpacked to disk, no path
in it is ever opened, and reading stops once every wanted file is there. GitHub makes the archive
on request and cannot resume it: a download is whole, or it is nothing.
"""

import http.client
import tarfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from fmlab.errors import UserError
from fmlab.files import sha256_bytes

MAX_FILE_BYTES = 16 * 2**20
MAX_ARCHIVE_BYTES = 8 * 2**30
MIN_BYTES_PER_SECOND = 1_000
MEND = "check the network and try again, or fetch it by hand and name its folder in FMLAB_DATA"

Report = Callable[[int, int, int], None]
"""Called with files found, files wanted, bytes received."""


class _Counted:
    """A stream that counts its bytes and gives up on a server that only drips."""

    def __init__(self, stream: http.client.HTTPResponse, url: str, timeout: float) -> None:
        self.stream, self.url, self.timeout = stream, url, timeout
        self.received = 0
        self.start = time.monotonic()

    def read(self, size: int) -> bytes:
        data = self.stream.read1(size)  # what is there now, to notice a slow server soon
        self.received += len(data)
        seconds = time.monotonic() - self.start
        if seconds > self.timeout and self.received < MIN_BYTES_PER_SECOND * seconds:
            rate = self.received / seconds
            raise UserError(f"{self.url} sends only {rate:.0f} bytes a second; {MEND}")
        return data


def fetch(
    url: str,
    wanted: Mapping[str, str | None],
    *,
    timeout: float = 30.0,
    report: Report | None = None,
) -> dict[str, bytes]:
    """Return the wanted files of the `.tar.gz` at `url`.

    Args:
        url: The archive. All its paths start with one folder, which is ignored.
        wanted: Path in the archive, without that folder, to SHA-256; None where the caller checks
            the content itself.
        timeout: Seconds without an answer after which it gives up.
        report: Called after each file; by default a progress bar on standard error.

    Raises:
        UserError: The address cannot be reached, or what arrived is not these files.
    """
    if report is None:
        with _bar() as report:
            return fetch(url, wanted, timeout=timeout, report=report)
    found: dict[str, bytes] = {}
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            counted = _Counted(response, url, timeout)
            for path, data in _members(counted, wanted):
                if wanted[path] not in (None, sha256_bytes(data)):
                    raise UserError(f"{path!r} arrived damaged from {url} (wrong hash); {MEND}")
                found[path] = data
                report(len(found), len(wanted), counted.received)
                if len(found) == len(wanted):
                    return found
    except urllib.error.HTTPError as error:
        error.close()
        raise UserError(f"{url} answered {error.code} ({error.reason}); {MEND}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise UserError(f"cannot reach {url} ({reason}); {MEND}") from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise UserError(
            f"the archive at {url} is cut short or damaged ({error}); {MEND}"
        ) from error
    missing = sorted(set(wanted) - set(found))
    raise UserError(
        f"{len(missing)} of {len(wanted)} files are not in {url} (the first: {missing[0]!r}): "
        f"it is cut short or another archive; {MEND}"
    )


def _members(stream: _Counted, wanted: Mapping[str, str | None]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=stream, mode="r|gz") as tar:  # type: ignore[call-overload]
        for member in tar:
            if member.offset_data > MAX_ARCHIVE_BYTES:
                raise UserError(f"{stream.url} is larger than any archive of these files; {MEND}")
            path = member.name.partition("/")[2]
            if path not in wanted or not member.isfile():
                continue
            if member.size > MAX_FILE_BYTES:
                raise UserError(f"{path!r} in {stream.url} is far too large; {MEND}")
            content = tar.extractfile(member)
            assert content is not None  # a regular file has content
            yield path, content.read()


@contextmanager
def _bar() -> Iterator[Report]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("fetching the archive", total=None)

        def report(done: int, total: int, received: int) -> None:
            text = f"fetching the archive, {received / 1e6:.0f} MB"
            progress.update(task, completed=done, total=total, description=text)

        yield report
