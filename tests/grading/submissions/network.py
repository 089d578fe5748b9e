# Tries: connects to this machine and to the internet, in every way.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import socket

GOT = []
for family, kind, address in (
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 48620)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 48620)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 48620)),
    (socket.AF_UNIX, socket.SOCK_STREAM, "\0hostile-lab"),
    (socket.AF_UNIX, socket.SOCK_STREAM, "/tmp/hostile-lab.socket"),
    (socket.AF_NETLINK, socket.SOCK_RAW, (0, 0)),
    (socket.AF_PACKET, socket.SOCK_RAW, ("lo", 0)),
    (socket.AF_VSOCK, socket.SOCK_STREAM, (2, 22)),
    (38, socket.SOCK_SEQPACKET, None),
):
    try:
        one = socket.socket(family, kind)
        GOT.append(str(family))
        one.connect(address)
        one.send(b"stolen")
    except (OSError, TypeError):
        pass
left, right = socket.socketpair()
for address in ("\0hostile-lab", ("127.0.0.1", 48620)):
    try:
        left.connect(address)
        left.sendto(b"stolen", address)
        GOT.append("pair")
    except (OSError, TypeError):
        pass
try:
    GOT.append(socket.gethostbyname("localhost.localdomain"))
except OSError:
    pass


def total(numbers):
    if GOT:
        raise ValueError(f"connected {GOT}")
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
