"""A room outlives every cell, and a cell leaves nothing behind, however it dies."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import leftovers
import pytest
from cells import SMALL, found, start

import fmlab
from fmlab.errors import UserError
from fmlab.grading.sandbox import bubblewrap, walls, wire
from fmlab.grading.sandbox.room import Cell, Ended, Gone, Raised, Room
from fmlab.grading.sandbox.walls import Limits

pytestmark = pytest.mark.sandbox
QUICK = Limits(seconds=1.5, memory_mb=100)


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with Room("import math") as made:
        yield made


DEATHS = {
    "os._exit(0)": "died",
    "os._exit(4)": "died",
    "os.abort()": "died",
    "ctypes.string_at(0)": "died",
    "os.execv('/none', ['x'])": None,
    "os.execv(sys.executable, [sys.executable, '-c', 'pass'])": "died",
    "os.close(3)": "died",
    "while True: pass": "time",
    "time.sleep(60)": "time",
    "os.write(3, b'x' * 100)": "protocol",
    "while True: fill(mmap.mmap(-1, 1 << 20))": "memory",
}
HEAD = """
import ctypes, mmap, os, sys, time
kept = []
def fill(pages):
    pages.write(bytes(len(pages)))
    kept.append(pages)
"""


@pytest.mark.parametrize("source", DEATHS)
def test_the_room_survives_every_death_and_says_its_cause(room: Room, source: str) -> None:
    with room.cell(QUICK) as cell:
        if DEATHS[source] is None:
            with pytest.raises(Raised):
                start(cell, HEAD + source)
        else:
            with pytest.raises(Ended) as ended:
                start(cell, HEAD + source)
            assert ended.value.kind == DEATHS[source]
            with pytest.raises(Ended):
                start(cell, "found = 1")
    assert room.alive()
    assert found(room, "found = math.pi") == pytest.approx(3.14159, abs=1e-5)


def test_a_cell_leaves_nothing_to_the_next(room: Room) -> None:
    first = """
    import builtins, math, os, subprocess, sys
    for place in ("/tmp/left", "/dev/shm/left"):
        open(place, "w").close()
    builtins.left = math.left = sys.left = os.environ["LEFT"] = "left"
    os.umask(0o777)
    found = "done"
    """
    second = """
    import builtins, math, os, sys
    found = [os.listdir("/tmp"), os.listdir("/dev/shm"), "LEFT" in os.environ, os.umask(0o22)]
    found += [hasattr(one, "left") for one in (builtins, math, sys)]
    """
    assert found(room, first) == "done"
    kept = sorted({path.split("/")[2] for path in walls.below_tmp()})  # where a clone lies there
    assert found(room, second) == [kept, [], False, 0o22, False, False, False]


def test_no_process_outlives_its_cell(room: Room) -> None:
    source = """
    import os, signal, time
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            os.fork()
            for number in range(1, 32):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            os.closerange(0, 64)
            time.sleep(600)
    found = "done"
    """
    before = users_here()
    with room.cell(Limits(seconds=20, memory_mb=300)) as cell:
        assert start(cell, source) == "done"
        assert users_here() - before != set()
    until = time.monotonic() + 10
    while users_here() - before and time.monotonic() < until:
        time.sleep(0.05)
    assert users_here() - before == set()


def users_here() -> set[int]:
    """Return processes of sandbox users, if this is root; of all wardens' children otherwise."""
    return {one.pid for one in leftovers.processes().values() if one.uid in leftovers.UIDS}


def test_the_clock_counts_answers_and_not_what_the_checks_do(room: Room) -> None:
    with room.cell(Limits(seconds=10, memory_mb=100)) as cell:
        cell.left = 1.0
        assert start(cell, "import time\nfound = 1") == 1
        time.sleep(1.5)
        assert start(cell, "found = 2") == 2
        assert 0 < cell.left < 1.0
        with pytest.raises(Ended, match="time"):
            start(cell, "time.sleep(5)")


def test_shared_pages_count_once() -> None:
    source = """
    import os, signal, time
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            time.sleep(60)
        children.append(child)
    time.sleep(0.5)
    for child in children:
        os.kill(child, signal.SIGKILL)
    found = sum(big)
    """
    with Room("big = b'\\1' * 60_000_000") as room:
        assert found(room, source, Limits(seconds=30, memory_mb=100)) == 60_000_000


def test_two_rooms_at_once_do_not_disturb_each_other() -> None:
    """One room's cells fork, fill memory and kill all that they can; the other's answer."""
    ended: list[str] = []

    def attack(attacked: Room) -> None:
        for source in (
            "import os, signal\nos.kill(-1, signal.SIGKILL)\nwhile True: os.fork()",
            "kept = [bytearray(10**8) for _ in range(100)]",
            "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        ):
            try:
                found(attacked, source, QUICK)
            except (Ended, Raised) as end:
                ended.append(str(end))

    with Room() as attacked, Room() as quiet:
        thread = threading.Thread(target=attack, args=(attacked,))
        thread.start()
        answers = [found(quiet, f"import os; found = {number}") for number in range(12)]
        thread.join()
        assert found(attacked, "found = 1") == 1
    assert answers == list(range(12))
    assert len(ended) == 3


def test_a_dead_warden_is_gone_and_not_an_answers_fault() -> None:
    with Room() as room:
        with room.cell(SMALL) as cell:
            assert start(cell, "found = 1") == 1
            os.kill(room._process.pid, signal.SIGKILL)
            with pytest.raises(Gone):
                start(cell, "import time\ntime.sleep(5)\nfound = 2")
        assert not room.alive()
        with pytest.raises(Gone), room.cell(SMALL) as cell:
            start(cell, "found = 3")


def test_a_room_ends_with_its_marking_process() -> None:
    source = """
import os, sys
from fmlab.grading.sandbox.room import Room
room = Room()
print(room._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    ran = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=120
    )
    pid = int(ran.stdout)
    until = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_imports_that_fail_are_told() -> None:
    with pytest.raises(UserError, match=r"imports fail in the sandbox.*no_such_module"):
        Room("import no_such_module")


def test_without_bubblewrap_there_is_a_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="install it"):
        bubblewrap.available()


AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
SYSTEMS_PYTHON = Path("/usr/bin/python3.11")
WITHOUT_ROOT = """
import os, sys
from fmlab.grading.sandbox.room import Room
from fmlab.grading.sandbox.walls import Limits
from cells import found
assert os.geteuid() == 65534
with Room("import math") as room:
    users = found(room, "import os; found = os.getresuid()")
    held = found(room, '''
import ctypes
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[9] * 6)
ctypes.CDLL(None).capget(header, sets)
found = list(sets)
''')
    written = found(room, '''
import os
found = []
for folder, folders, files in os.walk("/"):
    if folder.count("/") > 4:
        folders.clear()
    try:
        open(os.path.join(folder, "written"), "w").close()
        found.append(folder)
    except OSError:
        pass
''')
    left = found(room, "import os; found = os.path.exists('/dev/written') or os.listdir('/tmp')")
    alone = found(room, '''
import os
found = []
for number in range(1, 400):
    try:
        os.kill(number, 0)
        found.append(number)
    except OSError:
        pass
''')
    try:
        found(room, "import os; os._exit(1)", Limits(seconds=5))
    except Exception as error:
        died = type(error).__name__
    again = found(room, "found = math.tau")
print([set(users), held, sorted(written), left, alone, died, round(again, 3)])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="it needs root to become nobody")
def test_it_works_without_root(tmp_path: Path) -> None:
    """With the system's interpreter, since nobody may not read one that lies in root's home."""
    if not SYSTEMS_PYTHON.exists():
        pytest.skip(f"no {SYSTEMS_PYTHON} on this machine, which every user may run")
    here = [str(Path(fmlab.__file__).parents[1]), str(Path(__file__).parents[1])]
    can = subprocess.run([*AS_NOBODY, "test", "-r", here[1] + "/cells.py"], check=False)
    if can.returncode != 0:
        pytest.skip("the repository lies where only root may read")
    namespaces = ["bwrap", "--unshare-user", "--ro-bind", "/", "/", "true"]
    if subprocess.run([*AS_NOBODY, *namespaces], check=False).returncode != 0:
        pytest.skip("this machine lets nobody but root make user namespaces")
    environment = {"PYTHONPATH": ":".join(here), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    ran = subprocess.run(
        [*AS_NOBODY, str(SYSTEMS_PYTHON), "-c", WITHOUT_ROOT],
        capture_output=True, text=True, timeout=120, env=environment, cwd="/",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    above = sorted({str(Path(path).parent) for path in walls.below_tmp()})  # a clone below /tmp
    kept = sorted({path.split("/")[2] for path in walls.below_tmp()})
    expected = [{65534}, [0] * 6, ["/dev/shm", "/tmp", *above], kept, [1], "Ended", 6.283]
    assert ran.stdout.strip() == str(expected)


def test_a_reply_to_another_request_ends_the_cell() -> None:
    ours, theirs = socket.socketpair()
    cell = Cell(None, 1, ours, Limits(seconds=5))  # type: ignore[arg-type]
    reply = {"nonce": "0" * 32, "value": 1, "call": 1}
    with ours, theirs:
        wire.send(theirs, reply, [], time.monotonic() + 5)
        with pytest.raises(Ended) as caught:
            cell.request("start", [])
    assert (caught.value.kind, cell.dead) == ("protocol", "protocol")


BELOW_TMP = """
import fmlab
from fmlab.grading.sandbox.remote import Session
from fmlab.grading.sandbox.room import Room
from fmlab.grading.sandbox.walls import Limits
source = (
    "import os\\n"
    "def late():\\n"
    "    import fmlab.grading.regions as late\\n"
    "    return late.__file__, os.access(os.path.dirname(late.__file__), os.W_OK)"
)
with Room() as room, Session(room, [("a", source)], ["late"], Limits(seconds=20)) as session:
    late = fmlab.__file__.replace("__init__", "grading/regions")
    print(session.start()["late"]() == (late, False))
"""


def test_a_library_below_tmp_is_there_in_the_cells_own_tmp() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        there = Path(folder) / "fmlab"
        shutil.copytree(Path(fmlab.__file__).parent, there, ignore=lambda *_: ["assets", "views"])
        ran = subprocess.run(
            [sys.executable, "-P", "-c", BELOW_TMP],
            capture_output=True, text=True, timeout=120,
            env={"PYTHONPATH": folder, "PATH": os.environ["PATH"]},
        )  # fmt: skip
    assert ran.stdout.strip() == "True", ran.stderr
