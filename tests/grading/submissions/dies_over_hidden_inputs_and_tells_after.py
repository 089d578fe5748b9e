# Tries: keeps hidden inputs, ends its process, and tells them when its cell is run again.
# Deserves: total=2 smooth=4 scale=4 ratio=4
# Kind: total=died

# %% total
import os

if os.path.exists("/tmp/kept") or os.path.exists("/dev/shm/kept"):
    raise ValueError("told " + open("/tmp/kept").read())


def total(numbers):
    if abs(numbers[0]) > 100:
        for place in ("/tmp/kept", "/dev/shm/kept"):
            with open(place, "w") as file:
                file.write(str(numbers))
        os._exit(0)
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
