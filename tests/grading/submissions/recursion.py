# Tries: functions and objects without end.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
def total(numbers):
    return total(numbers)

# %% smooth
class Endless(list):
    def __iter__(self):
        while True:
            yield Endless([1])


def smooth(x):
    return Endless([1])

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.child = self
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        return self(x)

# %% ratio
def ratio(numbers):
    found = []
    found.append(found)
    return found
