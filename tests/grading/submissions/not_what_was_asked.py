# Tries: a number, a module, a function and a class where something else was asked.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
total = 25.0

# %% smooth
smooth = torch.nn

# %% scale
def Scale(size):
    return torch.ones(size)

# %% ratio
class ratio:
    def __init__(self, numbers):
        pass
