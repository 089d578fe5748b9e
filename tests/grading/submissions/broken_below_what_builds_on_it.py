# Tries: nothing; the ratio calls a total that is wrong, so both are lost and nothing else.
# Deserves: total=0 smooth=4 scale=4 ratio=0

# %% total
def total(numbers):
    return 1 / 0
