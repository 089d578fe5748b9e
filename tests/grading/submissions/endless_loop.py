# Tries: never ends, in Python and with every signal blocked.
# Deserves: total=0 smooth=4 scale=4 ratio=0
# Kind: total=time ratio=time

# %% total
while True:
    try:
        while True:
            pass
    except BaseException:
        pass

# %% ratio
import signal


def ratio(numbers):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
