"""What a student's code sees and may do behind the walls: nothing that it does not need."""

import errno
import resource
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cells import found

from fmlab.grading.sandbox import bubblewrap, seccomp, walls
from fmlab.grading.sandbox.room import SLOTS, Room
from fmlab.grading.sandbox.walls import Limits
from fmlab.grading.sandbox.warden import USERS

sandbox = pytest.mark.sandbox
CALL = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    return libc.syscall(number, *arguments), errno.errorcode.get(ctypes.get_errno(), "")
"""


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with Room() as made:
        yield made


@sandbox
def test_it_is_nobody_and_may_nothing(room: Room) -> None:
    source = """
    import ctypes, os
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)(*[9] * 6)
    assert ctypes.CDLL(None).capget(header, sets) == 0
    no_new = ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)
    bounding = [ctypes.CDLL(None).prctl(23, one, 0, 0, 0) for one in range(64)]
    found = os.getresuid(), os.getresgid(), os.getgroups(), list(sets), no_new, max(bounding)
    """
    users, groups, more, capabilities, no_new, bounding = found(room, source)
    assert set(users) == set(groups)
    assert users[0] in range(walls.LOWEST_UID, walls.LOWEST_UID + SLOTS * USERS)
    assert more == []
    assert capabilities == [0] * 6
    assert (no_new, bounding) == (1, 0)


@sandbox
def test_it_leads_a_session_and_a_group_of_its_own(room: Room) -> None:
    source = "import os\nfound = [os.getpid(), os.getsid(0), os.getpgrp()]"
    assert found(room, source) == [1, 1, 1]


@sandbox
def test_it_sees_no_files_but_the_interpreter_and_libraries(room: Room) -> None:
    source = """
    import os
    found = {place: sorted(os.listdir(place)) for place in
             ("/", "/etc", "/tmp", "/proc", "/dev", "/dev/shm", "/dev/pts")}
    """
    seen = found(room, source)
    allowed = {str(path).split("/")[1] for path in bubblewrap.read_only()}
    assert set(seen["/"]) <= allowed | {"dev", "etc", "proc", "tmp", "lib", "lib64", "lib32"}
    assert seen["/etc"] == ["ld.so.cache"]
    kept = {path.split("/")[2] for path in walls.below_tmp()}  # where a clone lies there
    assert set(seen["/tmp"]) == kept
    assert seen["/proc"] == seen["/dev/shm"] == seen["/dev/pts"] == []
    assert not {"mem", "kmsg", "sda", "vda", "kvm", "net"} & set(seen["/dev"])


@sandbox
def test_it_sees_no_lab_and_no_submission(room: Room) -> None:
    here = Path(__file__).resolve()
    places = [str(here.parents[depth]) for depth in range(3)]
    places += [str(here.parents[3] / name) for name in ("labs", ".git", "runs")]
    assert found(room, f"import os; found = [os.path.exists(p) for p in {places!r}]") == [False] * 6


@sandbox
def test_it_has_no_variables_of_the_instructor(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_INSTRUCTOR", "1")
    with Room() as fresh:
        variables = found(fresh, "import os; found = dict(os.environ)")
    assert "SECRET_OF_THE_INSTRUCTOR" not in variables
    assert set(variables) <= {*bubblewrap._environment(), "PWD", "LC_CTYPE"}


@sandbox
def test_it_is_alone_among_processes(room: Room) -> None:
    source = """
    import os
    alive = []
    for number in range(1, 400):
        try:
            os.kill(number, 0)
            alive.append(number)
        except OSError:
            pass
    found = os.getpid(), os.getppid(), alive
    """
    assert found(room, source) == (1, 0, [1])


@sandbox
def test_nothing_is_open_but_its_own_channel(room: Room) -> None:
    source = """
    import os
    found = []
    for number in range(4096):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    """
    assert found(room, source) == [0, 1, 2, 3]


@sandbox
def test_no_memory_is_shared_with_the_warden(room: Room) -> None:
    """Else what one question writes there, another could read."""
    pages = room_maps(room)
    assert any(" r-xp " in line for line in pages)
    assert [
        line for line in pages if line.split()[1][:2] == "rw" and line.split()[1][3] == "s"
    ] == []


def room_maps(room: Room) -> list[str]:
    """Return the memory of the warden, the lowest process with its command line."""
    wardens = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
                parents = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                above = (Path("/proc") / parents / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if b"sandbox.warden" in line and str(room._process.pid) in (parents, above):
                wardens.append(entry)
    return [line for one in wardens for line in (one / "maps").read_text().splitlines()]


@sandbox
def test_only_its_own_temporary_folders_can_be_written(room: Room) -> None:
    source = """
    import os, sys
    found = []
    for folder, folders, files in os.walk("/"):
        if folder.count("/") > 5:
            folders.clear()
        try:
            with open(os.path.join(folder, "written"), "w"):
                found.append(folder)
        except OSError:
            pass
    """
    assert sorted(found(room, source)) == ["/dev/shm", "/tmp"]


@sandbox
@pytest.mark.parametrize(
    "family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"]
)
def test_no_socket_can_be_made(room: Room, family: str) -> None:
    source = f"""
    import socket
    try:
        socket.socket(socket.{family}, socket.SOCK_STREAM)
        found = "made"
    except OSError as error:
        found = error.errno
    """
    assert found(room, source) == errno.EPERM


@sandbox
@pytest.mark.skipif("__import__('platform').machine() != 'x86_64'", reason="numbers of x86-64")
def test_every_call_on_the_list_is_refused(room: Room) -> None:
    numbers = {**seccomp.X86_64, **seccomp.EVERYWHERE}
    zeros = "0, 0, 0, 0, 0, 0"
    source = f"{CALL}\nfound = {{n: call(n, {zeros}) for n in {sorted(numbers.values())!r}}}"
    assert found(room, source) == {number: (-1, "EPERM") for number in numbers.values()}


@sandbox
@pytest.mark.skipif("__import__('platform').machine() != 'x86_64'", reason="numbers of x86-64")
def test_new_namespaces_and_unknown_calls_are_refused(room: Room) -> None:
    source = f"""{CALL}
found = [call(56, flag | 17, 0, 0, 0, 0) for flag in
         (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)]
found += [call(435, 0, 0), call({seccomp.NEWEST + 1}), call(1000), call(39)]
"""
    *refused, clone3, new, unknown, own = found(room, source)
    assert refused == [(-1, "EPERM")] * 7
    assert clone3 == new == unknown == (-1, "ENOSYS")
    assert own == (1, "")


@sandbox
@pytest.mark.skipif("__import__('platform').machine() != 'x86_64'", reason="numbers of x86-64")
def test_calls_of_another_kind_of_machine_end_the_process(room: Room) -> None:
    """The x32 twin of a call has another number, which the list of refused ones does not hold."""
    source = f"""{CALL}
import os
child = os.fork()
if child == 0:
    call(0x40000000 + 41, 1, 1, 0)
    os._exit(0)
found = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""
    assert found(room, source) < 0


@sandbox
def test_memory_has_a_limit_that_raises(room: Room) -> None:
    source = """
    try:
        kept = bytearray(150_000_000)
        more = bytearray(200_000_000)
        found = "got it"
    except MemoryError:
        found = len(kept)
    """
    assert found(room, source) == 150_000_000


@sandbox
def test_processes_have_a_limit(room: Room) -> None:
    source = """
    import os, signal, time
    children = []
    try:
        while len(children) < 100:
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
    except BlockingIOError:
        pass
    found = len(children)
    for child in children:
        os.kill(child, signal.SIGKILL)
    """
    assert 5 <= found(room, source, Limits(seconds=30, memory_mb=300, processes=10)) <= 10


@sandbox
def test_files_have_a_limit_each_and_together(room: Room) -> None:
    source = """
    import os
    sizes = []
    for place in ("/tmp/a", "/tmp/b", "/dev/shm/a", "/dev/shm/b"):
        size = 0
        try:
            with open(place, "wb", buffering=0) as file:
                while size < 50_000_000:
                    size += file.write(bytes(1_000_000))
        except OSError as error:
            pass
        sizes.append(size)
    count = 0
    try:
        for count in range(100_000):
            open(f"/tmp/{count}", "w").close()
    except OSError:
        pass
    found = sizes, count
    """
    sizes, count = found(room, source, Limits(seconds=30, memory_mb=100, file_mb=4))
    assert max(sizes) <= 4 << 20
    assert sum(sizes) <= 2 * (4 << 20)
    assert count < 5000


@sandbox
def test_limits_cannot_be_raised(room: Room) -> None:
    kinds = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    source = f"""
    import resource
    found = []
    for kind in {kinds!r}:
        soft, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            try:
                resource.setrlimit(kind, (hard, hard + 1))
                found.append(kind)
            except (OSError, ValueError):
                pass
    """
    assert found(room, source) == []


@pytest.mark.parametrize("machine", sorted(seccomp.ARCHITECTURES))
def test_the_filter_decides_as_its_list_says(machine: str) -> None:
    """The kernel's own steps, on paper: also for the machine that this is not."""
    audit, refused, clone = seccomp.ARCHITECTURES[machine]
    permission, unknown = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
    for number in {**refused, **seccomp.EVERYWHERE}.values():
        assert decided(machine, audit, number) == permission
    assert decided(machine, audit, seccomp.CLONE3) == unknown
    assert decided(machine, audit, seccomp.NEWEST + 1) == unknown
    assert decided(machine, audit, clone, 0x10000000 | 17) == permission
    assert decided(machine, audit, clone, 0x003D0F00) == 0x7FFF0000  # a thread
    assert decided(machine, audit, 63) == 0x7FFF0000
    assert decided(machine, 0x40000003, 63) == 0x80000000


def decided(machine: str, audit: int, number: int, argument: int = 0, **options: Any) -> Any:
    """Return what the filter's program says of one call."""
    code = seccomp.program(machine, **options)
    lines = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    loaded, at = 0, 0
    while True:
        what, yes, no, value = lines[at]
        at += 1
        if what == 0x20:
            loaded = {0: number, 4: audit, 16: argument}[value]
        elif what == 0x06:
            return value
        else:
            holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}
            at += yes if holds[what] else no


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(OSError, match="sparc"):
        seccomp.program("sparc")


@sandbox
def test_the_order_of_sets_is_the_same_in_every_room(room: Room) -> None:
    """Else an answer that depends on it would get other marks in another run."""
    source = "found = [hash(text) for text in ('a', 'bc', 'def')]"
    with Room() as another:
        assert found(another, source) == found(room, source)


@pytest.mark.parametrize("machine", sorted(seccomp.ARCHITECTURES))
def test_the_filter_can_let_some_families_of_sockets_through(machine: str) -> None:
    audit, refused, _ = seccomp.ARCHITECTURES[machine]
    permission = 0x50000 | errno.EPERM
    for family, said in ((1, 0x7FFF0000), (2, 0x7FFF0000), (16, permission), (40, permission)):
        assert decided(machine, audit, refused["socket"], family, sockets=(1, 2)) == said
    for name, number in refused.items():
        if name != "socket":
            assert decided(machine, audit, number, 1, sockets=(1, 2)) == permission
