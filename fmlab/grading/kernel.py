"""Does a submission run from top to bottom? Said as advice, from a kernel in a sandbox.

`SandboxProvisioner` starts an IPython kernel inside bubblewrap: no network, an empty home, nothing
to read but the interpreter, its packages and fmlab, and limits. The two sides talk over sockets in
a folder that is removed as soon as they are connected: from then on, nothing can be written into
it or put in its place.

`run_through` never decides marks: what a kernel says, the student's code in it can make up.

pytest-notebook's `execute_notebook` takes no kernel manager, and loses the notebook (and so the
place) when a kernel dies; so nbclient runs the cells here.
"""

import asyncio
import atexit
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import traitlets
import zmq
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbformat.v4 import new_code_cell, new_notebook

from fmlab.errors import UserError
from fmlab.grading.plain_text import line
from fmlab.grading.sandbox import bubblewrap, memory

PROVISIONER = "fmlab-sandbox"
"""The provisioner's name, an entry point of `jupyter_client.kernel_provisioners`."""
START_SECONDS = 120.0
LOOK_EVERY = 0.1
_INSIDE, _HOME = "/tmp/kernel", "/tmp/home"
_USERS = range(65_000, 65_500)
"""As root, a kernel gets a user of its own from here: nobody's, with no files; none of the cells',
whose users begin at `walls.LOWEST_UID`."""
_LONGEST_MESSAGE = 16 << 20
_QUIET = {"env": {}, "cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
_CHANNELS = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")


@dataclass(frozen=True)
class KernelLimits:
    """What a kernel may use.

    Attributes:
        seconds: Wall-clock time of the whole notebook.
        memory_mb: Memory of its processes together, and of all its files together.
        processes: Processes and threads at a time.
        file_mb: The longest file.
    """

    seconds: int = 600
    memory_mb: int = 4096
    processes: int = 128
    file_mb: int = 64


class SandboxProvisioner(LocalProvisioner):
    """Starts a kernel inside bubblewrap, over sockets in a folder of its own."""

    seconds = traitlets.Int(KernelLimits.seconds)
    memory_mb = traitlets.Int(KernelLimits.memory_mb)
    processes = traitlets.Int(KernelLimits.processes)
    file_mb = traitlets.Int(KernelLimits.file_mb)
    folder: Path | None = None
    _ends: asyncio.TimerHandle | None = None
    _looks: asyncio.TimerHandle | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Return the command that starts the kernel; its connection file is written.

        Raises:
            UserError: bubblewrap is not on this machine.
        """
        bubblewrap.available()
        kwargs.pop("extra_arguments", None)
        manager: Any = self.parent
        folder = self.folder = Path(tempfile.mkdtemp(prefix="fmlab-kernel-"))
        manager.transport, manager.ip = "ipc", str(folder / "k")
        manager.connection_file = str(folder / "outside.json")
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        told = json.loads((folder / "outside.json").read_text()) | {"ip": f"{_INSIDE}/k"}
        (folder / "inside.json").write_text(json.dumps(told))
        cmd = self._command(folder)
        return await KernelProvisionerBase.pre_launch(self, cmd=cmd, **kwargs)

    def _command(self, folder: Path) -> list[str]:
        user = None
        if os.geteuid() == 0:
            user = secrets.choice(_USERS)
            for path in (folder, folder / "inside.json"):
                os.chown(path, user, user)
        limits = {name: getattr(self, name) for name in asdict(KernelLimits())} | {"user": user}
        size = str(self.memory_mb << 20)
        own = ("--size", size, "--perms", "1777", "--tmpfs")
        return bubblewrap.command(
            ["-m", "fmlab.grading.kernel_inside", json.dumps(limits), f"{_INSIDE}/inside.json"],
            rights=() if user is None else ("SETUID", "SETGID"),
            environment={"HOME": _HOME, "TMPDIR": _HOME, "USER": "nobody", "FMLAB_TIER": "cpu"},
            mounts=(
                *("--bind", str(folder), _INSIDE),
                *(*own, _HOME, *own, "/dev/shm", "--remount-ro", "/tmp"),
            ),
        )

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel, and return how to reach it once its sockets are there.

        Raises:
            UserError: It has ended, or not begun in time.
        """
        found = await super().launch_kernel(cmd, **{**kwargs, **_QUIET})
        assert self.folder is not None
        sockets = [self.folder / f"k-{self.connection_info[port]}" for port in _CHANNELS]  # type: ignore[literal-required]
        begun = time.monotonic()
        while not all(path.exists() for path in sockets):
            ended = await self.poll()
            if ended is not None or time.monotonic() - begun > START_SECONDS:
                why = f"it ended with {ended}" if ended is not None else "it took too long"
                raise UserError(
                    f"the kernel does not start in the sandbox ({why}); unprivileged user "
                    "namespaces may be switched off: see the page for instructors"
                )
            await asyncio.sleep(0.05)
        loop = asyncio.get_running_loop()
        self._ends = loop.call_later(self.seconds + START_SECONDS, self._end)
        self._look()
        return found

    def _look(self) -> None:
        """End the kernel where its processes hold too much together; look again soon."""
        if self.process is None or self.process.poll() is not None:
            return
        family = memory.family(self.process.pid)
        if sum(map(memory.proportional, family)) > self.memory_mb << 20:
            self._end()
        else:
            self._looks = asyncio.get_running_loop().call_later(LOOK_EVERY, self._look)

    def _end(self) -> None:
        """End the kernel whose time is up, whoever was to watch it."""
        if self.process is not None:
            self.process.kill()

    def seal(self) -> None:
        """Remove the sockets' folder: all are connected, and it was the one place to write to."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove what is left of the kernel."""
        for timer in (self._ends, self._looks):
            if timer is not None:
                timer.cancel()
        self.seal()
        await super().cleanup(restart)


class _Specs(KernelSpecManager):
    """Knows one kernel: ours. Nothing is installed and nothing is looked up on the disk."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel in the sandbox, whatever the name."""
        return KernelSpec(
            argv=["python"],
            display_name="Python 3 in a sandbox",
            language="python",
            interrupt_mode="message",  # a signal would end the sandbox
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )


def _context() -> zmq.asyncio.Context:
    """Return sockets' settings: never connect a second time, never take a huge message."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.RECONNECT_IVL, -1)
    context.setsockopt(zmq.MAXMSGSIZE, _LONGEST_MESSAGE)
    context.setsockopt(zmq.LINGER, 0)
    return context


@contextlib.asynccontextmanager
async def _manager(limits: KernelLimits) -> AsyncIterator[AsyncKernelManager]:
    """Give a manager of one sandboxed kernel; whatever happens, the kernel is gone afterwards."""
    context = _context()
    manager = AsyncKernelManager(
        kernel_name=PROVISIONER,
        kernel_spec_manager=_Specs(),
        context=context,
        autorestart=False,
    )
    manager.provisioner = SandboxProvisioner(
        kernel_spec=manager.kernel_spec, parent=manager, **asdict(limits)
    )
    try:
        yield manager
    finally:
        if manager.has_kernel:
            await manager.shutdown_kernel(now=True)
        await manager.cleanup_resources()
        context.destroy(linger=0)


@dataclass(frozen=True)
class Advice:
    """Whether a submission runs from top to bottom.

    Attributes:
        ran: It did.
        cells: How many code cells it has.
        stopped: Which of them stopped it, from 1; None where it ran, or where none did.
        source: That cell's first line.
        error: `time`, `died`, `nonsense` where the kernel answered what none does, or the type of
            the error that the kernel said.
        seconds: How long it took, the kernel's start included.
    """

    ran: bool
    cells: int
    stopped: int | None
    source: str
    error: str | None
    seconds: float

    def __str__(self) -> str:
        """Return the advice in one line."""
        if self.ran:
            return f"runs from top to bottom: {self.cells} code cells in {self.seconds:.0f} s"
        why = {
            "time": "took too long",
            "died": "ended the kernel",
            "nonsense": "changed the kernel, which then answered what no kernel answers",
        }.get(self.error or "", f"stopped with {self.error}")
        return f"code cell {self.stopped} of {self.cells} {why}: {self.source}"


class _Client(NotebookClient):
    """Runs cells and keeps nothing of what they show."""

    ready = 0.0
    """When the kernel had started: the notebook's time begins then."""

    def output(self, *args: Any, **kwargs: Any) -> None:
        """Keep no output: it may be endless, and nobody reads it."""

    async def _async_poll_kernel_alive(self) -> None:
        """Watch the kernel; nbclient forgets this watch where a reply makes no sense."""
        with contextlib.suppress(AssertionError):  # the client is closed by then
            await super()._async_poll_kernel_alive()

    def handle_comm_msg(self, *args: Any, **kwargs: Any) -> None:
        """Answer no widget."""

    async def async_start_new_kernel_client(self) -> Any:
        """Return the client, connected; then nothing leads into the sandbox any more."""
        client = await super().async_start_new_kernel_client()
        assert self.km is not None
        provisioner = self.km.provisioner
        assert isinstance(provisioner, SandboxProvisioner)
        provisioner.seal()
        self.ready = time.monotonic()
        return client


def run_through(notebook: Any, limits: KernelLimits | None = None) -> Advice:
    """Return whether a notebook runs from top to bottom in a sandbox.

    Only the source of its code cells is taken: no metadata can hide an error.

    Args:
        notebook: The notebook, in nbformat 4.
        limits: What it may use; None for the usual.

    Raises:
        UserError: bubblewrap is not on this machine, or does not work here.
    """
    bubblewrap.available()
    sources = [str(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    advice: Advice = run_sync(_run_through)(sources, limits or KernelLimits())
    return advice


async def _run_through(sources: list[str], limits: KernelLimits) -> Advice:
    cells = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    begun, at = time.monotonic(), 0

    def left(_: Any) -> int:
        return max(1, round(limits.seconds - (time.monotonic() - client.ready)))

    def entered(cell: Any, cell_index: int) -> None:
        nonlocal at
        at = cell_index

    async with _manager(limits) as manager:
        client = _Client(
            new_notebook(cells=cells),  # type: ignore[no-untyped-call]
            km=manager,
            timeout_func=left,
            startup_timeout=int(START_SECONDS),
            shutdown_kernel="immediate",
            store_widget_state=False,
            record_timing=False,
            on_cell_execute=entered,
        )
        error = await _error(client, limits)
    seconds = round(time.monotonic() - begun, 2)
    if error is None:
        return Advice(True, len(sources), None, "", None, seconds)
    first = next((text for text in sources[at].split("\n") if text.strip()), "")
    return Advice(False, len(sources), at + 1, line(first), error, seconds)


async def _error(client: _Client, limits: KernelLimits) -> str | None:
    """Run the cells; return None where all ran, else what ended them."""
    try:
        await asyncio.wait_for(
            client.async_execute(cleanup_kc=True), limits.seconds + START_SECONDS
        )
    except CellExecutionError as error:
        return line(str(error.ename), 60)
    except (CellTimeoutError, TimeoutError):
        return "time"
    except DeadKernelError:
        return "died"
    except UserError:
        raise
    except Exception:  # what the student's side made up, and nbclient took for a kernel's answer
        return "nonsense"
    finally:
        atexit.unregister(client._cleanup_kernel)  # which it leaves there when it cannot start
    return None
