"""A submission is run from top to bottom in a sandbox, and what stops it is named.

Inside there is no network, nothing of this machine to read or to write, and not more time, memory,
files and processes than the limits allow; afterwards no process and no folder is left.
"""

import os
import socket
import tempfile
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent
from typing import Any

import nbformat
import psutil
import pytest

from fmlab.errors import UserError
from fmlab.grading import kernel
from fmlab.grading.kernel import Advice, KernelLimits, run_through

ROOT = Path(__file__).resolve().parents[2]
LIMITS = KernelLimits(seconds=40, memory_mb=600, processes=40, file_mb=8)


def notebook(*cells: str) -> Any:
    """Return a notebook with prose above its code cells."""
    code = [nbformat.v4.new_code_cell(dedent(cell).strip()) for cell in cells]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Mine"), *code])


def mine() -> set[int]:
    """Return the processes that this one has started and that still live."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


@pytest.mark.sandbox
def test_the_cell_that_stops_it_is_named() -> None:
    failing = notebook("a = 1", "\n# divide\na / 0", "print('never')")
    failing.cells[2].metadata["tags"] = ["raises-exception"]  # nbclient would go on then
    advice = run_through(failing, LIMITS)
    assert (advice.ran, advice.stopped, advice.error) == (False, 2, "ZeroDivisionError")
    assert str(advice) == "code cell 2 of 3 stopped with ZeroDivisionError: # divide"


@pytest.mark.sandbox
def test_an_endless_cell_ends_at_its_limit() -> None:
    advice = run_through(notebook("a = 1", "while True: pass"), KernelLimits(seconds=3))
    assert (advice.stopped, advice.error) == (2, "time")
    assert str(advice) == "code cell 2 of 2 took too long: while True: pass"


@pytest.mark.sandbox
def test_a_cell_that_ends_the_kernel_is_named() -> None:
    advice = run_through(notebook("import os", "os._exit(0)"), LIMITS)
    assert (advice.stopped, advice.error) == (2, "died")


REFUSED = """
import contextlib, os, pathlib, socket, subprocess, sys

def refused(kind, act, *given):
    try:
        act(*given)
    except kind:
        return
    raise AssertionError(f"{act} {given} was allowed")
"""


@pytest.mark.sandbox
def test_nothing_of_this_machine_is_reached(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the answers")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        advice = run_through(
            notebook(
                REFUSED,
                f"""
                for path in ({str(secret)!r}, "/etc/shadow", "/etc/passwd",
                             {str(ROOT / "labs")!r}, {str(Path.home() / ".bashrc")!r}):
                    refused(OSError, os.stat, path)
                """,
                f"""
                for path in ({str(tmp_path / "mine")!r}, {str(ROOT / "mine")!r},
                             os.path.dirname(sys.executable) + "/mine", "/mine", "/tmp/mine",
                             "/tmp/kernel/mine", "/usr/lib/mine"):
                    refused(OSError, pathlib.Path(path).write_text, "mine")
                """,
                f"""
                refused(OSError, socket.create_connection, ("127.0.0.1", {port}), 2)
                refused(OSError, socket.create_connection, ("192.0.2.1", 80), 2)
                refused(OSError, socket.getaddrinfo, "example.org", 80)
                """,
                """
                assert os.getuid() != 0
                assert set(os.listdir(os.environ["HOME"])) <= {".ipython", ".cache"}
                assert {p for p in os.listdir("/proc") if p.isdigit()} <= set("123456789")
                """,
            ),
            LIMITS,
        )
    assert advice.ran, str(advice)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.txt"]


@pytest.mark.slow
@pytest.mark.sandbox
def test_memory_files_and_processes_are_limited_and_no_output_is_kept() -> None:
    advice = run_through(
        notebook(
            REFUSED,
            "refused(MemoryError, bytearray, 1 << 30)",
            "refused(OSError, pathlib.Path('long').write_bytes, bytes(16 << 20))",
            """
            def fill():
                for number in range(200):
                    pathlib.Path(f"file{number}").write_bytes(bytes(7 << 20))

            refused(OSError, fill)
            """,
            """
            children = []

            def spread():
                while len(children) < 100:
                    child = os.fork()
                    if child == 0:
                        __import__("time").sleep(60)
                    children.append(child)

            refused(OSError, spread)
            for child in children:  # else the kernel cannot start a thread to send what is printed
                os.kill(child, 9)
                os.waitpid(child, 0)
            """,
            "for _ in range(30): print('x' * 1_000_000)",
        ),
        LIMITS,
    )
    assert advice.ran, str(advice)


@pytest.mark.sandbox
def test_a_right_notebook_runs_to_its_end_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = mine()
    marker = f"fmlab-left-{os.getpid()}"
    advice = run_through(
        notebook(
            f"""
            import subprocess, sys
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)", {marker!r}],
                             start_new_session=True)
            """,
            "import fmlab.tiers",
        ),
        LIMITS,
    )
    assert advice == Advice(True, 2, None, "", None, advice.seconds)
    assert str(advice).startswith("runs from top to bottom: 2 code cells in ")
    assert mine() == before
    left = [p.pid for p in psutil.process_iter(["cmdline"]) if marker in (p.info["cmdline"] or [])]
    assert left == []
    assert list(tmp_path.iterdir()) == []


def test_without_bubblewrap_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="apt install bubblewrap"):
        run_through(notebook("a = 1"))


def test_jupyter_is_told_of_the_provisioner() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = project["entry-points"]["jupyter_client.kernel_provisioners"]
    (name, value) = next(iter(told.items()))
    assert name == kernel.PROVISIONER
    assert EntryPoint(name, value, "").load() is kernel.SandboxProvisioner
