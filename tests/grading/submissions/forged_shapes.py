# Tries: tensors whose shape is negative, endless, no number, or does not fit their bytes.
# Deserves: total=0 smooth=0 scale=4 ratio=0
# With: forge
# Kind: total=protocol smooth=protocol ratio=protocol

# %% total
shapes = iter(([-1, -4], [2**40, 2**40, 0], [True, 4], [4.0], [2**63], [[4]], "4", [0] * 99))


def total(numbers):
    forge(["T", "uint8", next(shapes), 0, None], b"abcd")

# %% smooth
indices = iter((-1, 7, None, 0.0, [0]))


def smooth(x):
    forge(["T", "float32", [1], next(indices), 0], b"abcd")

# %% ratio
trees = iter((["T", "float32", [1], 0, 5], ["a", "bfloat16", [2], 0, False], ["g", 0], ["value", 1]))


def ratio(numbers):
    forge(next(trees), b"abcd")
