# Tries: a dictionary and a set whose keys all have one hash: each meets all others, for hours.
# Deserves: total=0 smooth=0 scale=4 ratio=4
# With: forge
# Kind: total=protocol smooth=protocol

# %% total
def total(numbers):
    forge(["d", [[i * (2**61 - 1), 0] for i in range(100_000)]])

# %% smooth
def smooth(x):
    forge(["l", [["s", [i * (2**61 - 1) for i in range(5_000)]]] * 20])

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
