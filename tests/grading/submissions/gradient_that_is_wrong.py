# Tries: the right value and a gradient that is another function's, of another type and shape.
# Deserves: total=4 smooth=2 scale=2 ratio=4

# %% smooth
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.nn.functional.softplus(x)

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


smooth = Wrong.apply

# %% scale
class Lost(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, x):
        return weight * x

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError("no way back")


class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        return Lost.apply(self.weight, x)
