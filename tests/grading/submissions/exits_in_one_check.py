# Tries: ends the process over one of the inputs; the other checks go on.
# Deserves: total=3 smooth=3 scale=3 ratio=3
# Kind: total=died smooth=died ratio=died

# %% total
import os


def total(numbers):
    if len(numbers) == 3:
        os._exit(7)
    return sum(n * n for n in numbers)

# %% smooth
import os


def smooth(x):
    if len(x) == 3:
        os.abort()
    return torch.nn.functional.softplus(x)

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        if x.shape == (2, 3):
            raise SystemExit(0)
        return self.weight * x

# %% ratio
import signal


def ratio(numbers):
    if len(numbers) == 1:
        signal.pthread_kill(__import__("threading").get_ident(), signal.SIGKILL)
        __import__("os").kill(1, signal.SIGKILL)
        __import__("os")._exit(1)
    return sum(n * n for n in numbers) / len(numbers)
