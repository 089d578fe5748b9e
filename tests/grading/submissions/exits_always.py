# Tries: ends the process in every call.
# Deserves: total=0 smooth=0 scale=4 ratio=0
# Kind: total=died smooth=memory ratio=died

# %% total
import os


def total(numbers):
    os._exit(0)

# %% smooth
import sys


def smooth(x):
    sys.setrecursionlimit(10**9)
    return smooth(x)

# %% ratio
import os
import sys


def ratio(numbers):
    os.execv(sys.executable, [sys.executable, "-c", "pass"])
