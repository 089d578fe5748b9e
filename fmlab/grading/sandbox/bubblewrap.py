"""The outer wall: the command line of bubblewrap.

Inside there are the interpreter, its packages, fmlab and the system's libraries, all read-only; an
empty home; no network, no other process, no file of the machine's users.
"""

import os
import shutil
import sys
from pathlib import Path

import fmlab
from fmlab.errors import UserError

NOT_HERE = (
    "grading runs strangers' code and needs bubblewrap, which is not on this machine; install it "
    "(Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap) on Linux, or grade "
    "in a Linux container or virtual machine"
)
# Rights that the warden needs to build each question's inner wall; the question keeps none.
WARDENS_RIGHTS = ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", "KILL", "SYS_PTRACE")


def available() -> str:
    """Return the path of bubblewrap.

    Raises:
        UserError: It is not on this machine.
    """
    found = shutil.which("bwrap") if sys.platform == "linux" else None
    if found is None:
        raise UserError(NOT_HERE)
    return found


def command(
    program: list[str],
    *,
    rights: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    mounts: tuple[str, ...] = (),
) -> list[str]:
    """Return the command line that runs `program` behind the outer wall.

    Args:
        program: What to run: the interpreter's arguments come after `python`.
        rights: Capabilities that it keeps inside, without `CAP_`.
        environment: Its environment variables, beside the few that every program gets.
        mounts: Arguments of bubblewrap for further mounts, made after all others.

    Raises:
        UserError: bubblewrap is not on this machine.
    """
    line = [available(), "--die-with-parent", "--new-session", "--clearenv"]
    line += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--hostname", "grading"]
    if os.geteuid() != 0:
        line += ["--unshare-user"]
    line += ["--cap-drop", "ALL"]
    for right in rights:
        line += ["--cap-add", f"CAP_{right}"]
    for variable, value in {**_environment(), **(environment or {})}.items():
        line += ["--setenv", variable, value]
    line += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/dev/shm"]
    bound = read_only()
    for folder in _parents(bound):  # else they would be root's alone
        line += ["--perms", "0755", "--dir", str(folder)]
    for path in bound:
        line += ["--ro-bind", str(path), str(path)]
    for path in map(Path, ("/lib", "/lib64", "/lib32")):
        if path.is_symlink():
            line += ["--symlink", os.readlink(path), str(path)]
    for place in ("/", "/dev"):  # without root, whoever runs inside owns them
        line += ["--remount-ro", place]
    return [*line, *mounts, "--chdir", "/tmp", "--", sys.executable, *program]


def _environment() -> dict[str, str]:
    """Return the variables that every program gets; the same everywhere, so that marks are too."""
    package = _package()
    where = {} if package is None else {"PYTHONPATH": str(package.parent)}
    return {
        **where,
        "PATH": "/usr/bin",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
    }


def _parents(paths: list[Path]) -> list[Path]:
    """Return the folders above some paths, from the top down."""
    return sorted({parent for path in paths for parent in path.parents} - {Path("/")})


def read_only() -> list[Path]:
    """Return what the code inside may read: the interpreter, its packages, libraries, fmlab."""
    base, own = Path(sys.base_prefix), Path(sys.prefix)
    found = [Path("/usr/lib"), Path("/etc/ld.so.cache")]
    found += [path for path in map(Path, ("/usr/lib64", "/lib", "/lib64")) if not path.is_symlink()]
    if base == Path("/usr"):
        found += [Path("/usr/local/lib"), Path(os.path.realpath(sys.executable))]
    else:
        found.append(base)
    if own != base:
        found.append(own)
    package = _package()
    if package is not None:
        found.append(package)
    return [path for path in found if path.exists()]


def _package() -> Path | None:
    """Return where fmlab lies, if it is not among the interpreter's packages."""
    package = Path(fmlab.__file__).resolve().parent
    return None if package.is_relative_to(Path(sys.prefix)) else package
