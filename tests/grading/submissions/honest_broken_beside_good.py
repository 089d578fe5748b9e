# Tries: nothing; the first cell is no Python, and the ratio does not need it.
# Deserves: total=0 smooth=4 scale=4 ratio=4
# Kind: total=syntax

# %% total
def total(numbers)
    return sum(n * n for n in numbers

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
