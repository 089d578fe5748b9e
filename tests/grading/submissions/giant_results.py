# Tries: a tensor of 200 MB, a list of a million numbers, a number of 20 000 digits, a deep list.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
def total(numbers):
    return 10**20_000

# %% smooth
def smooth(x):
    return torch.zeros(50_000_000)

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        return [0.5] * 2_000_000

# %% ratio
def ratio(numbers):
    found = []
    for _ in range(5000):
        found = [found]
    return found
