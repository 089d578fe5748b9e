# Tries: numbers and objects that claim to equal whatever they are compared with.
# Deserves: total=0 smooth=0 scale=0 ratio=0

# %% total
class Same(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __rsub__ = __truediv__ = __sub__
    __hash__ = float.__hash__

    def __abs__(self):
        return 0.0

    def __le__(self, other):
        return True

    def __float__(self):
        return Same(1.0)


def total(numbers):
    return Same(1.0)

# %% smooth
class Lies(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True


def smooth(x):
    return torch.zeros(3, 2).as_subclass(Lies)

# %% scale
class Scale(torch.nn.Module):
    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self

    def __call__(self, *args):
        return Same

    __hash__ = None


class Same:
    shape = dtype = property(lambda self: self)

    def __eq__(self, other):
        return True

# %% ratio
class Number:
    def __float__(self):
        return 25.0

    def __array__(self, *args, **kwargs):
        return [25.0]

    def __index__(self):
        return 25


def ratio(numbers):
    return Number()
