# Tries: the right value with `requires_grad`, and no way back to the input.
# Deserves: total=4 smooth=2 scale=2 ratio=4

# %% smooth
def smooth(x):
    return torch.tensor(torch.nn.functional.softplus(x).tolist(), requires_grad=True)

# %% scale
class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        return (self.weight.detach() * x).requires_grad_()
