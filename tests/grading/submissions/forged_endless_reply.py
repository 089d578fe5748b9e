# Tries: a reply that never ends, and one that comes a byte at a time.
# Deserves: total=0 smooth=0 scale=4 ratio=4
# With: forge
# Kind: total=time smooth=time

# %% total
import time


def total(numbers):
    _channel.sendall(_struct.pack(">IQ", 100, 1 << 20))
    while True:
        _channel.sendall(b" ")
        time.sleep(0.2)

# %% smooth
import time


def smooth(x):
    _channel.sendall(_struct.pack(">IQ", 100, 0)[:5])
    time.sleep(1000)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
