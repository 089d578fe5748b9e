"""The warden: inside bubblewrap, it imports what a lab needs once and forks a cell a question.

    python -m fmlab.grading.sandbox.warden CHANNEL SLOT

`CHANNEL` is an open socket to the marking process. The first message holds the lab's imports;
each further one comes with a socket of its own, and asks for a cell at whose end it lies. The
warden runs no student's code and reads nothing that a student wrote. When a cell ends, it says
why: `done`, `died`, `time`, `memory` or `walls` (the kernel refused a part of the inner wall).
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from fmlab.grading.sandbox import memory, walls, worker

CAUSES = ("done", "died", "time", "memory", "walls")
LOOK_EVERY = 0.02
PUT_OFF = {"numpy": "numpy.random", "torch": "torch.fx.experimental.symbolic_shapes"}
"""What packages import at first use: the first seed; the first gradient, with all of sympy. That is
seconds, which no answer is to pay for."""
USERS = 4
"""Users that a marking process's cells take in turn."""


def main() -> None:
    """Serve the marking process until it closes the channel."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    slot = int(sys.argv[2])
    names: dict[str, Any] = {"__name__": "__main__"}
    request = json.loads(channel.recv(1 << 20))
    try:
        with _silence():
            exec(compile(request["imports"], "<imports>", "exec"), names)
    except Exception:
        _say(channel, {"failed": traceback.format_exc(limit=0)})
        return
    _settle()
    _say(channel, {"ready": True})
    cells: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([channel], [], [], LOOK_EVERY if cells else None)
        if readable:
            raw, fds, _, _ = socket.recv_fds(channel, 1 << 16, 1)
            if not raw:
                return
            message = json.loads(raw)
            if "kill" in message:
                pid = {number: pid for pid, number in cells.items()}.get(message["kill"])
                if pid is not None:
                    os.kill(pid, signal.SIGTERM)
                continue
            limits = walls.Limits(**message["limits"])
            pid = os.fork()
            if pid == 0:
                channel.close()
                # A user of its own: what the last cell has left to die counts for another.
                _guard(fds[0], limits, slot * USERS + message["run"] % USERS, names)
            for fd in fds:
                os.close(fd)
            cells[pid] = message["run"]
        _report(channel, cells)


def _settle() -> None:
    """Keep torch from threads of its own, which a fork would lose, and from imports put off."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
    for package, part in PUT_OFF.items():
        if package in sys.modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(part)


@contextlib.contextmanager
def _silence() -> Any:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def _say(channel: socket.socket, message: dict[str, Any]) -> None:
    channel.send(json.dumps(message).encode())


def _report(channel: socket.socket, cells: dict[int, int]) -> None:
    for pid in list(cells):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            cause = CAUSES[code] if 0 <= code < len(CAUSES) else "died"
            _say(channel, {"ended": cells.pop(pid), "cause": cause})


def _guard(fd: int, limits: walls.Limits, slot: int, names: dict[str, Any]) -> None:
    """Fork the cell's first process and watch over it. Never returns."""
    cause = "walls"
    try:
        data = _status("self", "VmData") << 10
        walls.unshare(walls.NEW_PROCESSES)
        ready, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ready)
            _cell(fd, limits, data, slot, names, told)
        os.close(fd)
        os.close(told)

        def end(number: int, frame: FrameType | None) -> None:
            os.kill(pid, signal.SIGKILL)

        signal.signal(signal.SIGTERM, end)
        with os.fdopen(ready, "rb") as pipe:
            stands = pipe.read(1) == b"+"  # nothing comes where the walls do not stand
        cause = _watch(pid, limits)
        cause = cause if stands else "walls"
    finally:
        os._exit(CAUSES.index(cause))


def _watch(pid: int, limits: walls.Limits) -> str:
    """Wait for the cell's end, and bring it about where it goes beyond its limits.

    Pages that forked processes share count once. As that is slow to ask for, it is asked for only
    where it could matter.
    """
    until = time.monotonic() + limits.seconds
    most, cause = limits.memory_mb << 20, None
    resident, proportional = memory.resident(pid), memory.proportional(pid)
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return cause or ("done" if code == 0 else "died")
        if time.monotonic() > until:
            cause = "time"
        else:
            family = memory.family(pid)
            if sum(map(memory.resident, family)) - resident > most:
                if sum(map(memory.proportional, family)) - proportional > most:
                    cause = "memory"
        if cause is not None:
            os.kill(pid, signal.SIGKILL)
        time.sleep(LOOK_EVERY)


def _cell(
    fd: int, limits: walls.Limits, data: int, slot: int, names: dict[str, Any], told: int
) -> None:
    """Shut this process in and serve the checks with what the student wrote. Never returns."""
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.dup2(fd, 3)
        os.dup2(told, 4)
        os.closerange(5, 4096)
        for handled in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(handled, signal.SIG_DFL)
        walls.shut_in(limits, data, slot)
        os.write(4, b"+")
        os.close(4)
        worker.serve(socket.socket(fileno=3), names)
        code = 0
    finally:
        os._exit(code)


def _status(pid: str, name: str) -> int:
    """Return a line of a process's status in KiB, 0 where it is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    main()
