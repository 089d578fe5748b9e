# Tries: the right numbers as text, as truth, in another shape, as whole numbers.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
def total(numbers):
    return str(sum(n * n for n in numbers))

# %% smooth
def smooth(x):
    return torch.nn.functional.softplus(x).reshape(1, -1)

# %% scale
class Scale:
    def __init__(self, size):
        self.weight = torch.ones(size)

    def __call__(self, x):
        return self.weight * x

# %% ratio
def ratio(numbers):
    return True
