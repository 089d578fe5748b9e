"""Notebooks that attack the kernel in the sandbox, and whoever listens to it from outside.

What they make up stops no batch, and all their processes together hold no more than one may.
"""

from textwrap import dedent

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from fmlab.grading.kernel import Advice, KernelLimits, run_through

pytestmark = pytest.mark.sandbox
LIMITS = KernelLimits(seconds=40, memory_mb=500, processes=60, file_mb=8)


def ran(*cells: str, limits: KernelLimits = LIMITS) -> Advice:
    sources = [new_code_cell(dedent(cell).strip()) for cell in cells]
    return run_through(new_notebook(cells=sources), limits)


def test_replies_that_no_kernel_gives_stop_nobody() -> None:
    advice = ran(
        """
        kernel = get_ipython().kernel
        real = kernel.session.send
        def send(stream, what, content=None, *args, **kwargs):
            if what == "execute_reply":
                content = {"status": "error", "ename": [1], "evalue": None, "traceback": [1, {}]}
            return real(stream, what, content, *args, **kwargs)
        kernel.session.send = send
        """,
        "a = 1",
    )
    assert not advice.ran
    assert "\n" not in str(advice)


def test_words_of_an_error_are_one_clean_line() -> None:
    advice = ran(
        """
        class Error(Exception): pass
        Error.__name__ = "\\x1b[2J<script>\\u202e\\n" * 100
        raise Error("\\ud800")
        """
    )
    assert (advice.ran, advice.stopped) == (False, 1)
    assert str(advice).isprintable()
    assert len(str(advice)) < 300


def test_many_processes_hold_no_more_than_one_may() -> None:
    advice = ran(
        """
        import os, time
        for _ in range(20):
            if os.fork() == 0:
                kept = bytearray(b"x" * 100_000_000)
                time.sleep(60)
        time.sleep(30)
        """
    )
    assert (advice.ran, advice.error) == (False, "died")
    assert advice.seconds < 30


def test_the_doors_of_the_kernel_are_shut_there_too() -> None:
    advice = ran(
        """
        import ctypes, socket
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(0x10000000) == -1
        assert libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == -1
        assert libc.ptrace(0, 0, 0, 0) == -1
        assert libc.memfd_create(b"x", 0) == -1
        for family in (socket.AF_INET6, socket.AF_PACKET, socket.AF_ALG, socket.AF_VSOCK):
            try:
                socket.socket(family, socket.SOCK_STREAM)
            except PermissionError:
                continue
            raise AssertionError(family)
        socket.socket(socket.AF_INET).connect_ex(("127.0.0.1", 80)) in (101, 111) or 1 / 0
        """
    )
    assert advice.ran, str(advice)
