# Tries: C code that looks at no signal, on several threads and in several processes.
# Deserves: total=0 smooth=0 scale=4 ratio=4
# Kind: total=time

# %% total
def total(numbers):
    return pow(3, 10**8) % 7

# %% smooth
import os
import re


def smooth(x):
    for _ in range(6):
        os.fork()
    re.match(r"(a+)+$", "a" * 40 + "b")

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
