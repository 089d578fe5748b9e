"""The marking process's side of the walls: a room with a warden, and cells in it.

A `Room` lasts as long as its marking process and is never touched by a student's code. A `Cell`
is one question's process; requests to it are answered, in time and by the rules, or it is dead.
"""

import contextlib
import json
import os
import secrets
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from fmlab.errors import UserError
from fmlab.grading.plain_text import visible
from fmlab.grading.sandbox import bubblewrap, wire
from fmlab.grading.sandbox.walls import Limits

START_SECONDS = 120.0
ENDS_SECONDS = 2.0
SLOTS = 1000
_WARDEN = "fmlab.grading.sandbox.warden"


class Ended(Exception):
    """A cell is dead; `kind` says why, as in `results.PROBLEMS`."""

    def __init__(self, kind: str) -> None:
        """Keep the kind."""
        super().__init__(kind)
        self.kind = kind


class Gone(Exception):
    """The room itself is dead, with every cell in it: a fresh one has to be made."""


class Raised(Exception):
    """The student's code raised an error over a request; `told` is what it said of it."""

    def __init__(self, told: dict[str, Any]) -> None:
        """Keep the error's type, message, line and code, cut to short strings."""
        super().__init__("raised")
        self.type = _text(told.get("type"), 100)
        self.message = _text(told.get("message"), 300)
        line = told.get("line")
        self.line = line if type(line) is int and 0 < line < 1_000_000 else None
        self.code = _text(told.get("code"), 300)


def _text(said: Any, longest: int) -> str:
    """Return what a student's process said, which may be anything, as a short text."""
    return visible(said[:longest]) if type(said) is str else ""


class Room:
    """A warden behind the outer wall, with a lab's imports made."""

    def __init__(self, imports: str = "") -> None:
        """Start the warden and let it import.

        Args:
            imports: The source of the lab's cells that import.

        Raises:
            UserError: No bubblewrap, or it does not work here, or the imports fail.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        slot = str(os.getpid() % SLOTS)
        program = ["-P", "-s", "-m", _WARDEN, str(theirs.fileno()), slot]
        line = bubblewrap.command(program, rights=bubblewrap.WARDENS_RIGHTS)
        with theirs:
            self._process = subprocess.Popen(
                line,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={},
            )
        self._channel, self._runs = ours, 0
        self._causes: dict[int, str] = {}
        try:
            self._channel.send(json.dumps({"imports": imports}).encode())
            self._channel.settimeout(START_SECONDS)
            said = json.loads(self._channel.recv(1 << 16) or b"{}")
        except (OSError, TimeoutError):
            said = {}
        if "ready" not in said:
            self._fail(said)

    def _fail(self, said: dict[str, Any]) -> None:
        failed = " ".join(str(said.get("failed", "")).split())
        self._process.kill()
        _, printed = self._process.communicate()
        self._channel.close()
        if failed:
            raise UserError(f"the lab's imports fail in the sandbox: {failed[:300]}")
        reason = " ".join(printed.decode(errors="replace").split())[-300:]
        raise UserError(
            f"bubblewrap does not work on this machine ({reason or 'it ended at once'}); "
            "unprivileged user namespaces may be switched off: see the page for instructors"
        )

    def alive(self) -> bool:
        """Return whether the warden still lives."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the warden and all that lives behind its wall."""
        self._channel.close()
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> "Room":
        """Return the room."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @contextlib.contextmanager
    def cell(self, limits: Limits) -> Iterator["Cell"]:
        """Give a fresh cell; it is gone afterwards, with every process in it.

        Raises:
            Gone: The warden is dead.
        """
        ours, theirs = socket.socketpair()
        self._runs += 1
        number = self._runs
        with theirs:
            order = json.dumps({"run": number, "limits": vars(limits)}).encode()
            try:
                socket.send_fds(self._channel, [order], [theirs.fileno()])
            except OSError:
                ours.close()
                raise Gone from None
        cell = Cell(self, number, ours, limits)
        try:
            yield cell
        finally:
            ours.close()
            # A warden that is gone took its cells along; the next one who asks will hear of it.
            with contextlib.suppress(Gone, OSError):
                if self.cause(number, wait=0) is None:
                    self._channel.send(json.dumps({"kill": number}).encode())

    def cause(self, number: int, wait: float) -> str | None:
        """Return why a cell ended, None where it has not said so within `wait` seconds.

        Raises:
            Gone: The warden is dead.
            UserError: The kernel refused a part of the inner wall.
        """
        until = time.monotonic() + wait
        while number not in self._causes:
            ready, _, _ = select.select([self._channel], [], [], max(0, until - time.monotonic()))
            if not ready:
                return None
            try:
                raw = self._channel.recv(1 << 16)
            except OSError:
                raw = b""
            if not raw:
                raise Gone
            said = json.loads(raw)
            self._causes[said["ended"]] = said["cause"]
        if self._causes[number] == "walls":
            raise UserError(
                "the kernel of this machine refuses what the sandbox needs (namespaces, mounts or "
                "the filter of system calls); see the page for instructors"
            )
        return self._causes[number]


class Cell:
    """One question's process, reached by requests.

    Attributes:
        left: The seconds that it may still take to answer, all requests together. What the checks
            themselves take in between is not the student's.
        dead: Why it is dead; None while it lives.
    """

    def __init__(self, room: Room, number: int, channel: socket.socket, limits: Limits) -> None:
        """Hold the channel."""
        self._room, self._number, self._channel = room, number, channel
        self.left = limits.seconds
        self.dead: str | None = None

    def request(self, do: str, buffers: list[bytes], **fields: Any) -> tuple[Any, list[bytes], int]:
        """Send a request and return the reply's tree, its buffers, and the number of the call.

        Raises:
            Raised: The student's code raised an error.
            Ended: The cell is dead, by its own doing or by its limits.
            Gone: The warden is dead.
        """
        if self.dead is not None:
            raise Ended(self.dead)
        begun = time.monotonic()
        try:
            return self._request(do, buffers, begun + self.left, fields)
        finally:
            self.left -= time.monotonic() - begun

    def _request(
        self, do: str, buffers: list[bytes], until: float, fields: dict[str, Any]
    ) -> tuple[Any, list[bytes], int]:
        nonce = secrets.token_hex(16)
        try:
            wire.send(self._channel, {"nonce": nonce, "do": do, **fields}, buffers, until)
            reply, raw = wire.receive(self._channel, until)
            if reply.get("nonce") != nonce:
                raise wire.Violation("a reply to another request")
        except wire.Late:
            raise self._end("time") from None
        except wire.Violation:
            raise self._end("protocol") from None
        except wire.Closed:
            cause = self._room.cause(self._number, wait=ENDS_SECONDS)
            known = cause if cause in ("time", "memory") else "died"
            raise self._end(known) from None
        if isinstance(reply.get("raised"), dict):
            raise Raised(reply["raised"])
        if "value" not in reply or type(reply.get("call")) is not int:
            raise self._end("protocol")
        return reply["value"], raw, reply["call"]

    def breach(self) -> Ended:
        """Return the end of a cell that sent what the rules do not allow."""
        return self._end("protocol")

    def _end(self, kind: str) -> Ended:
        self.dead = kind
        self._channel.close()
        return Ended(kind)
