# Tries: nothing; the same with NumPy, with magics, with helpers, imports and a gradient of its own.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
%matplotlib inline
import numpy as np


def squared(numbers):
    return np.asarray(numbers) ** 2


def total(numbers):
    print("adding", len(numbers))
    return squared(numbers).sum()


%time total([1.0])

# %% smooth
class Smooth(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * torch.sigmoid(x)


smooth = Smooth.apply

# %% scale
class Base(torch.nn.Module):
    def forward(self, x):
        return torch.einsum("bi,i->bi", x, self.weight)


class Scale(Base):
    def __init__(self, size):
        super().__init__()
        self.register_parameter("weight", torch.nn.Parameter(torch.full((size,), 1.0)))

# %% ratio
def ratio(numbers):
    values = squared(numbers)
    return float(np.mean(values))
