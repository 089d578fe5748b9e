# Tries: ends the process while the cell runs.
# Deserves: total=0 smooth=4 scale=0 ratio=4
# Kind: total=died scale=died

# %% total
import os

os._exit(0)

# %% scale
import ctypes

ctypes.string_at(0)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
