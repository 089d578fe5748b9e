# Tries: defines `total` again in another cell: each question has its own names.
# Deserves: total=0 smooth=4 scale=4 ratio=4

# %% total
def total(numbers):
    return None

# %% ratio
def total(numbers):
    return sum(n * n for n in numbers)


def ratio(numbers):
    return total(numbers) / len(numbers)
