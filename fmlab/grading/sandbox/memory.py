"""What a process and all below it hold in memory, as the kernel tells it in `/proc`."""

import os
from pathlib import Path


def family(pid: int) -> set[int]:
    """Return a process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    found = {pid}
    for child in sorted(parents):  # a child's number may be below its parent's: look again
        chain, at = [], child
        while at in parents and at not in found and at not in chain:
            chain.append(at)
            at = parents[at]
        if at in found:
            found.update(chain)
    return found


def resident(pid: int) -> int:
    """Return the bytes that a process holds: resident, swapped, and the tables of its pages.

    Tables count because reading a page here and there fills memory with them and with nothing else.
    """
    return _bytes(f"/proc/{pid}/status", "VmRSS:", "VmSwap:", "VmPTE:")


def proportional(pid: int) -> int:
    """Return the same with each shared page divided by the number of its holders."""
    return _bytes(f"/proc/{pid}/smaps_rollup", "Pss:", "SwapPss:") + _bytes(
        f"/proc/{pid}/status", "VmPTE:"
    )


def _bytes(path: str, *names: str) -> int:
    """Return the sum of some rows of a table of the kernel, 0 where the process is gone."""
    try:
        rows = [line.split() for line in Path(path).read_text().splitlines()]
    except OSError:
        return 0
    return sum(int(row[1]) << 10 for row in rows if row[0] in names)
