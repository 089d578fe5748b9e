"""Freed memory is kept by the process: the system hands out its pages once."""

import platform
import subprocess
import sys

TRY = """
import resource, sys
import numpy as np
if sys.argv[1] == "kept":
    from fmlab.memory import keep_freed_memory
    assert keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(24 * 2**20, dtype=np.uint8)
before = faults()
for _ in range(10):
    np.ones(24 * 2**20, dtype=np.uint8)
print(faults() - before)
"""


def test_a_second_table_costs_no_new_pages() -> None:
    """Ten tables of 24 MiB have 61,440 pages; where C keeps them, it asks for almost none."""
    assert platform.libc_ver()[0] == "glibc", "this test is for Linux with glibc"
    found = {}
    for way in ("kept", "plain"):
        done = subprocess.run(
            [sys.executable, "-c", TRY, way], capture_output=True, text=True, check=True
        )
        found[way] = int(done.stdout)
    assert found["kept"] < 1000
    assert found["plain"] > 20 * found["kept"]
