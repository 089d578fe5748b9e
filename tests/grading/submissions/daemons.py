# Tries: processes in sessions of their own, twice forked, which nobody waits for.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import os
import signal
import time

for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 32):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            os.closerange(0, 64)
            time.sleep(1000)
        os._exit(0)


def total(numbers):
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
