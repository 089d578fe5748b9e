# Tries: fills whatever takes its output.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import os
import sys

for _ in range(30):
    print("x" * 1_000_000)
    sys.stderr.write("y" * 1_000_000)
os.write(1, b"z" * 1_000_000)


def total(numbers):
    print("more" * 100_000)
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
