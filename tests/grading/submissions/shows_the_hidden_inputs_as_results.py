# Tries: gives the inputs back as numbers, shapes, types and keys that a message would quote.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
def total(numbers):
    return numbers[0]

# %% smooth
def smooth(x):
    return torch.zeros(int(abs(x[0])), 0)

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        return torch.zeros(int(abs(x.flatten()[0])), 0)

    def load_state_dict(self, state, **kwargs):
        raise ValueError(f"weights {state}")

# %% ratio
def ratio(numbers):
    return type(f"Inputs_{numbers[0]}", (), {})()
