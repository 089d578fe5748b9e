# Tries: numbers that no comparison can fail, with inputs in the payload of a NaN. (Loaded
# weights are used and have the right gradient: that is worth two points.)
# Deserves: total=0 smooth=0 scale=2 ratio=0

# %% total
def total(numbers):
    return float("nan")

# %% smooth
import struct


def smooth(x):
    payload = [0x7FC00000 | (int(abs(v)) & 0x3FFFFF) for v in x.tolist()]
    return torch.tensor([struct.unpack("f", struct.pack("I", p))[0] for p in payload])

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((size,), float("nan")))

    def forward(self, x):
        return self.weight * x

# %% ratio
def ratio(numbers):
    return float("inf")
