# Tries: closes everything that it has open and goes on.
# Deserves: total=0 smooth=4 scale=4 ratio=4
# Kind: total=died

# %% total
import os
import time


def total(numbers):
    os.closerange(0, 64)
    time.sleep(100)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
