"""The inner wall: a process shuts itself in, with what a question may use.

Called in a process that the warden has forked for one question and that still holds the warden's
rights inside bubblewrap. Afterwards it has its own processes, files, network (none) and memory
limits, no rights at all, and sees nothing of the warden or of other questions.
"""

import ctypes
import os
import resource
import signal
from dataclasses import dataclass

from fmlab.grading.sandbox import bubblewrap, seccomp

NEW_PROCESSES = 0x20000000  # CLONE_NEWPID
NEW_REST = 0x00020000 | 0x08000000 | 0x04000000 | 0x40000000  # mounts, IPC, host name, network
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REC, _PRIVATE = 1, 2, 4, 8, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_DUMPABLE = 1, 24, 4
_LAST_CAPABILITY = 63
_OPEN_TREE, _MOVE_MOUNT = 428, 429  # the numbers are the same on every architecture
_OPEN_TREE_CLONE, _AT_RECURSIVE, _AT_FDCWD = 1, 0x8000, -100
LOWEST_UID = 61_000
"""As root, a cell gets a user of its own from here on: nobody's, with no files."""


@dataclass(frozen=True)
class Limits:
    """What one question may use.

    Attributes:
        seconds: Wall-clock time for the whole question, all calls together.
        memory_mb: Memory beyond what the warden's imports take, all its processes together.
        processes: Processes and threads at a time.
        file_mb: The longest file, and all files together.
    """

    seconds: float = 30.0
    memory_mb: int = 1024
    processes: int = 32
    file_mb: int = 64


_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags`.

    Raises:
        OSError: The kernel refused.
    """
    if _libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "the kernel refused new namespaces")


def _mount(target: str, kind: str, flags: int, data: str = "") -> None:
    done = _libc.mount(
        b"none", target.encode(), kind.encode() if kind else None, flags, data.encode() or None
    )
    if done != 0:
        raise OSError(ctypes.get_errno(), f"cannot mount {kind or 'nothing'} on {target}")


def shut_in(limits: Limits, data_bytes: int, slot: int) -> None:
    """Shut this process in. It must be the first of its own process namespace.

    Args:
        limits: What the question may use.
        data_bytes: The memory that the process holds already (`VmData`).
        slot: A small number, another for each marking process and its latest cells.

    Raises:
        OSError: The kernel refused a part of it; the process must end then.
    """
    os.setsid()  # else kill(0, ...) would reach the warden's process group
    unshare(NEW_REST)
    _mount("/", "", _REC | _PRIVATE)
    size = f"size={limits.file_mb}m,mode=1777,nr_inodes=4096"
    covered = [(path, _taken(path)) for path in below_tmp()]
    for place in ("/tmp", "/dev/shm"):
        _mount(place, "tmpfs", _NOSUID | _NODEV, size)
    for path, tree in covered:
        _put_back(path, tree)
    for place in ("/proc", "/dev/pts"):
        _mount(place, "tmpfs", _NOSUID | _NODEV | _NOEXEC | _RDONLY, "size=4k")
    os.chdir("/tmp")
    _limit(limits, data_bytes)
    _drop_rights(slot)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    seccomp.install()


def below_tmp() -> list[str]:
    """Return what the interpreter needs and a fresh /tmp would cover: a clone may lie there."""
    return sorted(str(path) for path in bubblewrap.read_only() if path.is_relative_to("/tmp"))


def _taken(path: str) -> int:
    """Return a handle to what is mounted at `path`."""
    flags = _OPEN_TREE_CLONE | _AT_RECURSIVE | os.O_CLOEXEC
    tree: int = _libc.syscall(_OPEN_TREE, _AT_FDCWD, path.encode(), flags)
    if tree < 0:
        raise OSError(ctypes.get_errno(), f"cannot keep {path}")
    return tree


def _put_back(path: str, tree: int) -> None:
    os.makedirs(path, mode=0o755)
    empty_path = 4  # MOVE_MOUNT_F_EMPTY_PATH
    if _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, path.encode(), empty_path) != 0:
        raise OSError(ctypes.get_errno(), f"cannot put {path} back")
    os.close(tree)


def _limit(limits: Limits, data_bytes: int) -> None:
    def both(what: int, value: int) -> None:
        resource.setrlimit(what, (value, value))

    both(resource.RLIMIT_DATA, data_bytes + (limits.memory_mb << 20))
    both(resource.RLIMIT_CPU, int(limits.seconds) + 1)
    both(resource.RLIMIT_FSIZE, limits.file_mb << 20)
    both(resource.RLIMIT_NPROC, limits.processes)
    both(resource.RLIMIT_NOFILE, 64)  # what sockets and pipes hold counts as nobody's memory
    both(resource.RLIMIT_CORE, 0)
    both(resource.RLIMIT_MEMLOCK, 0)
    both(resource.RLIMIT_MSGQUEUE, 0)


def _drop_rights(slot: int) -> None:
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # those that do not exist are refused
    if os.geteuid() == 0:
        os.setgroups([])
        user = LOWEST_UID + slot
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this process
    nothing = (ctypes.c_uint32 * 6)()
    if _libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "the kernel kept the rights of the process")
