"""Memory that is freed stays with the process, so that a step need not ask the system for it again.

Each step makes and frees the same large tables of numbers. By default glibc gives them back to the
system each time, which then hands out the same pages anew, filled with zeros.
"""

import ctypes
import platform

# Names and numbers from glibc's malloc.h; see `man mallopt`.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
SETTINGS = {MMAP_MAX: 0, TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 64 * 2**20}


def keep_freed_memory() -> bool:
    """Tell glibc to keep freed memory for the next step; return whether it listened.

    Does nothing where the C library is another one (macOS, Windows, musl).
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return all(library.mallopt(name, value) == 1 for name, value in SETTINGS.items())
