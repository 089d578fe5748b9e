# Tries: a truth value whose byte is 2, which is neither true nor false.
# Deserves: total=0 smooth=0 scale=4 ratio=4
# With: forge

# %% total
def total(numbers):
    forge(["T", "bool", [], 0, None], b"\2")

# %% smooth
def smooth(x):
    forge(["T", "bool", list(x.shape), 0, 0], bytes([2] * len(x)))

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
