# Tries: nothing; adds without squaring, forgets the gradient, leaves the module and the ratio.
# Deserves: total=0 smooth=2 scale=0 ratio=0

# %% total
def total(numbers):
    return sum(numbers)

# %% smooth
def smooth(x):
    with torch.no_grad():
        return torch.nn.functional.softplus(x)

# %% scale
raise NotImplementedError()

# %% ratio
def ratio(numbers):
    return total(numbers) / len(numbers)
