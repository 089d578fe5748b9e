# Tries: takes all memory, in one piece, in many, in many processes, in pages that are shared.
# Deserves: total=0 smooth=0 scale=0 ratio=0
# Kind: smooth=memory ratio=memory

# %% total
def total(numbers):
    return len(bytearray(4_000_000_000))

# %% smooth
import os
import time


def smooth(x):
    for _ in range(20):
        if os.fork() == 0:
            kept = bytearray(b"x" * 100_000_000)
            time.sleep(1000)
    time.sleep(1000)

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        kept = []
        while True:
            kept.append(torch.ones(10_000_000))

# %% ratio
import mmap


def ratio(numbers):
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 1 << 24))
        kept[-1].write(b"x" * (1 << 24))
