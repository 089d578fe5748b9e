# Tries: leaves threads, timers and processes behind that go on when the answer is given.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import os
import signal
import threading
import time


def total(numbers):
    threading.Thread(target=time.sleep, args=(1000,)).start()
    threading.Timer(1000, print).start()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1000)
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
