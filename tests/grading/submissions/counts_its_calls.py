# Tries: right the first time and wrong later, as if checks came in one run.
# Deserves: total=1 smooth=4 scale=1 ratio=4

# %% total
calls = []


def total(numbers):
    calls.append(1)
    return sum(n * n for n in numbers) * len(calls)

# %% scale
calls = []


class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        calls.append(1)
        return self.weight * x * len(calls)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
