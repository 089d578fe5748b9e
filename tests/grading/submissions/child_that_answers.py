# Tries: a forked child answers in its parent's place.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import os


def total(numbers):
    if child := os.fork():
        os.waitpid(child, 0)
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
