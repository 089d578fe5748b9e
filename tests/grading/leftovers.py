"""What a sandbox must not leave behind: processes of its users, files of theirs, connections."""

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fmlab.grading.sandbox.room import SLOTS
from fmlab.grading.sandbox.walls import LOWEST_UID
from fmlab.grading.sandbox.warden import USERS

PORT = 48620
UIDS = range(LOWEST_UID, LOWEST_UID + SLOTS * USERS)
PLACES = ("/", "/tmp", "/var/tmp", "/dev/shm", "/dev", "/etc", "/root", "/home", "/run", "/var")


@dataclass(frozen=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    uid: int
    name: str


def processes() -> dict[int, Process]:
    """Return all processes."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{entry}/status").read_text().splitlines()
                rows = {line.split(":")[0]: line.split(":", 1)[1].split() for line in lines}
                one = Process(
                    int(entry), int(rows["PPid"][0]), int(rows["Uid"][0]), rows["Name"][0]
                )
                found[one.pid] = one
    return found


def orphans(seconds: float = 10.0) -> list[Process]:
    """Return sandbox processes whose marking process is gone, or is this one; wait for their end.

    Those of other batches on this machine have a living marking process above them.
    """
    until = time.monotonic() + seconds
    while True:
        table = processes()
        left = [
            p for p in table.values() if (p.uid in UIDS or p.name == "bwrap") and _lost(p, table)
        ]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.1)


def _lost(process: Process, table: dict[int, Process]) -> bool:
    above = process
    while above.parent in table and above.parent > 1:
        above = table[above.parent]
        if above.pid == os.getpid():
            return True
        if above.name.startswith(("python", "pytest", "fmlab", "dask")) and above.uid not in UIDS:
            if not _is_warden(above.pid):
                return False
    return True


def _is_warden(pid: int) -> bool:
    try:
        return b"fmlab.grading.sandbox.warden" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def files() -> set[str]:
    """Return what stands directly in places that an escape would write to, and looks like it."""
    found = set()
    for place in PLACES:
        with contextlib.suppress(OSError):
            for entry in os.scandir(place):
                with contextlib.suppress(OSError):
                    uid = entry.stat(follow_symlinks=False).st_uid
                    if "hostile-was-here" in entry.name or entry.name == "kept" or uid in UIDS:
                        found.add(entry.path)
    return found


@dataclass
class Ears:
    """Sockets that nobody may reach."""

    sockets: list[socket.socket] = field(default_factory=list)

    def heard(self) -> list[str]:
        """Return what has come in on them."""
        found = []
        for one in self.sockets:
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                if one.type == socket.SOCK_DGRAM:
                    found.append(repr(one.recv(100)))
                else:
                    one.accept()[0].close()
                    found.append(f"connected to {one.getsockname()!r}")
        return found


@contextlib.contextmanager
def ears() -> Iterator[Ears]:
    """Listen on this machine's addresses, on an abstract name and on a path."""
    path = Path("/tmp/hostile-lab.socket")
    path.unlink(missing_ok=True)
    heard = Ears()
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", PORT)),
        (socket.AF_INET6, socket.SOCK_STREAM, ("::1", PORT)),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0hostile-lab"),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(path)),
    ):
        try:
            one = socket.socket(family, kind)
        except OSError:
            continue  # no IPv6 on this machine
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(address)
        except OSError:
            one.close()
            if family == socket.AF_INET6:
                continue
            raise
        if kind == socket.SOCK_STREAM:
            one.listen(16)
        heard.sockets.append(one)
    try:
        yield heard
    finally:
        for one in heard.sockets:
            one.close()
        path.unlink(missing_ok=True)
