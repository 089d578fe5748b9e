# Tries: answers before it is asked, with a nonce that it has to guess.
# Deserves: total=0 smooth=4 scale=4 ratio=4
# With: forge
# Kind: total=protocol

# %% total
begin(["total"])
for guess in ("", "none", None, 0, "0" * 32):
    forge(25.0, nonce=guess)


def total(numbers):
    return 25.0

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
