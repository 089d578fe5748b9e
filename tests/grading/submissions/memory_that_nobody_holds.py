# Tries: fills memory that is no process's own: page tables, sockets, pipes, segments, queues.
# Deserves: total=0 smooth=4 scale=4 ratio=4
# Kind: total=memory

# %% total
import mmap


def total(numbers):
    pages = mmap.mmap(-1, 1 << 45, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE | 0x4000)
    for place in range(0, 1 << 45, 1 << 21):
        pages[place]

# %% ratio
import ctypes
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)
GOT = []
for name, arguments in {
    "memfd_create": (b"x", 0),
    "shmget": (0, 1 << 30, 0o1600),
    "msgget": (0, 0o1600),
    "mq_open": (b"/x", 0o102, 0o600, None),
}.items():
    if getattr(libc, name)(*arguments) >= 0:
        GOT.append(name)
pairs = []
try:
    while len(pairs) < 1000:
        pairs.append(socket.socketpair())
        for end in pairs[-1]:
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
            try:
                while True:
                    end.send(b"x" * 65536)
            except BlockingIOError:
                pass
except OSError:
    pass
held = len(pairs)
pairs.clear()


def ratio(numbers):
    if GOT or held > 60:
        raise ValueError(f"got {GOT} {held}")
    return sum(n * n for n in numbers) / len(numbers)
