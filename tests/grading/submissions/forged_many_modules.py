# Tries: a result of five thousand modules, each of which would send 28 MB of weights.
# Deserves: total=0 smooth=4 scale=0 ratio=4

# %% total
class Large(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(7_000_000))


large = Large()


def total(numbers):
    return [large] * 5000

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        for number in range(20_000):
            self.register_parameter(f"p{number}", torch.nn.Parameter(torch.zeros(0)))

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
