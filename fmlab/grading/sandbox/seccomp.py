"""System calls that a student's code may not make, as a filter of the kernel.

The namespaces of `walls.py` already keep the code in. The filter takes away the parts of the
kernel that nobody who solves an exercise needs and that most escapes begin with: mounts, new
namespaces, tracing, kernel modules, BPF, io_uring, keys, sockets. A refused call fails with EPERM.

The same goes for memory that no process holds (System V segments and queues, files that live in
memory only), which no limit would count, for the kernel's log, and for calls that are newer than
this list.

Source: the kernel's Documentation/userspace-api/seccomp_filter.rst; numbers from the tables
syscall_64.tbl and unistd.h (generic).
"""

import ctypes
import errno
import platform
import struct

X86_64 = {
    "shmget": 29, "shmat": 30, "shmctl": 31, "socket": 41, "semget": 64, "msgget": 68,
    "ptrace": 101, "syslog": 103, "personality": 135, "vhangup": 153, "modify_ldt": 154,
    "pivot_root": 155, "chroot": 161, "acct": 163, "mount": 165, "umount2": 166, "swapon": 167,
    "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172,
    "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
    "lookup_dcookie": 212, "mq_open": 240, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298,
    "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
    "memfd_create": 319, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
}  # fmt: skip
AARCH64 = {
    "lookup_dcookie": 18, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51,
    "vhangup": 58, "quotactl": 60, "acct": 89, "personality": 92, "unshare": 97,
    "kexec_load": 104, "init_module": 105, "delete_module": 106, "syslog": 116, "ptrace": 117,
    "reboot": 142, "sethostname": 161, "setdomainname": 162, "mq_open": 180, "msgget": 186,
    "semget": 190, "shmget": 194, "shmctl": 195, "shmat": 196, "socket": 198, "add_key": 217,
    "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225, "perf_event_open": 241,
    "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268,
    "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273,
    "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip
EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_getfd": 438, "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip
CLONE3 = 435
NEWEST = 456
"""The newest call that was looked at; later ones are said not to exist."""
ARCHITECTURES = {"x86_64": (0xC000003E, X86_64, 56), "aarch64": (0xC00000B7, AARCH64, 220)}
"""Machine: its audit number, its refused calls, the number of `clone`."""

NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW... flag that clone takes
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2


def program(machine: str, *, sockets: tuple[int, ...] = ()) -> bytes:
    """Return the filter for a machine, as the kernel reads it.

    Args:
        machine: What `platform.machine` says.
        sockets: The families of sockets that may be made; none without them.

    Raises:
        OSError: The machine's system calls are not known here.
    """
    if machine not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no filter of system calls for {machine}")
    audit, refused, clone = ARCHITECTURES[machine]
    lines = [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL)]
    lines += [(_LOAD, 0, 0, 0)]
    if machine == "x86_64":  # the x32 twins of the calls
        lines += [(_JUMP_ABOVE, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]
    lines += [(_JUMP_ABOVE, 0, 1, NEWEST + 1), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    for family in sockets:
        lines += [(_JUMP_EQUAL, 0, 4, refused["socket"]), (_LOAD, 0, 0, 16)]
        lines += [(_JUMP_EQUAL, 0, 1, family), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, 0)]
    for number in sorted({**refused, **EVERYWHERE}.values()):
        lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    # The C library falls back to clone, whose flags can be looked at; clone3's cannot.
    lines += [(_JUMP_EQUAL, 0, 1, CLONE3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    lines += [(_JUMP_EQUAL, 0, 3, clone), (_LOAD, 0, 0, 16)]
    lines += [(_JUMP_ANY, 0, 1, NEW_NAMESPACES), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    lines += [(_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def install(*, sockets: tuple[int, ...] = ()) -> None:
    """Put the filter on this process and all that it will start. It cannot be taken off.

    Args:
        sockets: See `program`.

    Raises:
        OSError: The kernel refused it.
    """
    code = program(platform.machine(), sockets=sockets)
    buffer = ctypes.create_string_buffer(code, len(code))
    library = ctypes.CDLL(None, use_errno=True)
    described = struct.pack("=HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    _call(library, _PR_SET_NO_NEW_PRIVS, 1, 0)
    _call(library, _PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(described, 16))


def _call(library: ctypes.CDLL, what: int, first: int, second: object) -> None:
    if library.prctl(what, first, second, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"the kernel refused the filter (prctl {what})")
