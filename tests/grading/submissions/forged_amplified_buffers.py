# Tries: names one buffer of 30 MB two thousand times, which would be 60 GB outside.
# Deserves: total=0 smooth=0 scale=4 ratio=4
# With: forge
# Kind: total=protocol smooth=protocol

# %% total
def total(numbers):
    forge(["l", [["T", "uint8", [30_000_000], 0, None]] * 2000], bytes(30_000_000))

# %% smooth
def smooth(x):
    forge(["l", [["a", "bool", [30_000_000], 0, False]] * 2000], bytes(30_000_000))

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
