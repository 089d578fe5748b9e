# Tries: a module whose parameters have other names than are asked, and one too many.
# Deserves: total=4 smooth=4 scale=1 ratio=4

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))
        for name in ("self", "__class__", "weight.data", ""):
            self._parameters[name] = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.weight * x
