"""Inside the sandbox: take on the limits, give up root's rights, become the kernel.

Started by `kernel.SandboxProvisioner` as `python -m fmlab.grading.kernel_inside LIMITS FILE`.
"""

import json
import os
import resource
import socket
import sys

from fmlab.grading.sandbox import seccomp

SOCKETS = (socket.AF_UNIX, socket.AF_INET, socket.AF_NETLINK)
"""What ZeroMQ cannot do without: it looks for the network, of which there is none."""


def main(said: str, connection_file: str) -> None:
    """Replace this process by an IPython kernel that keeps to the limits.

    Args:
        said: JSON: `memory_mb`, `processes`, `file_mb`, `seconds`, and the `user` to become, null
            where there are no rights to give up.
        connection_file: Where the kernel finds its sockets.
    """
    limits = json.loads(said)
    if (user := limits["user"]) is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    for what, value in (
        (resource.RLIMIT_DATA, limits["memory_mb"] << 20),
        (resource.RLIMIT_FSIZE, limits["file_mb"] << 20),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_CPU, limits["seconds"] * (os.cpu_count() or 1)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    seccomp.install(sockets=SOCKETS)
    kernel = ["-m", "ipykernel_launcher", "-f", connection_file, "--HistoryManager.enabled=False"]
    os.chdir(os.environ["HOME"])
    os.execv(sys.executable, [sys.executable, *kernel])


if __name__ == "__main__":
    main(*sys.argv[1:])
