# Tries: answers each request twice, so that the second answer serves the next request.
# Deserves: total=2 smooth=4 scale=4 ratio=4
# With: forge
# Kind: total=protocol

# %% total
def total(numbers):
    forge(float(sum(n * n for n in numbers)))
    return float(sum(n * n for n in numbers))

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
