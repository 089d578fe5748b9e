# Tries: halves of characters, marks of direction and terminal commands, which no file can hold.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
def total(numbers):
    raise ValueError("\ud800\udfff \u202e \x1b[2J \x00 end")

# %% smooth
def smooth(x):
    return "\ud800\udc00\ud83d"

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self._parameters["\udcff\x1b]0;owned\x07"] = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        raise type("\udc80", (Exception,), {})("\udc81")

# %% ratio
def ratio(numbers):
    return {"\udc82": 1, "\udc83": 2}
