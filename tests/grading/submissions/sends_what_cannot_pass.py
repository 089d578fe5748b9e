# Tries: iterators, files, modules, classes, coroutines, locks and types as results.
# Deserves: total=0 smooth=0 scale=4 ratio=0

# %% total
things = iter((iter([25.0]), (n for n in [9.0]), open("/dev/null"), object()))


def total(numbers):
    return next(things)

# %% smooth
async def smooth(x):
    return x

# %% ratio
ratio = lambda numbers: {print: 1, (torch.zeros(1).requires_grad_(),): 2}
