# ruff: noqa
"""Answers to `resident`: mistakes that learners make, and right answers written otherwise."""


# %% right: the table of remainders, and weights as they are printed
def check_sign(first):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(w * int(d) for w, d in zip(weights, first)) % 11]


# %% right: tries all signs
def check_sign(first):
    for value, sign in enumerate("0123456789X"):
        digits = [int(d) for d in first] + [value]
        if sum(d * 2 ** (18 - place) for place, d in enumerate(digits, 1)) % 11 == 1:
            return sign


# %% wrong: the weights run the wrong way | loses: * | hint: resident.reversed
def check_sign(first):
    missing = (1 - sum(int(d) * 2 ** (i + 1) for i, d in enumerate(first))) % 11
    return "X" if missing == 10 else str(missing)


# %% wrong: the weights are shifted | loses: * | hint: resident.shifted
def check_sign(first):
    missing = (1 - sum(int(d) * 2 ** (16 - i) for i, d in enumerate(first))) % 11
    return "X" if missing == 10 else str(missing)


# %% wrong: the remainder itself | loses: * | hint: resident.remainder
def check_sign(first):
    rest = sum(int(d) * 2 ** (17 - i) for i, d in enumerate(first)) % 11
    return "X" if rest == 10 else str(rest)


# %% wrong: the sum leaves 0 | loses: * | hint: resident.leaves_zero
def check_sign(first):
    missing = -sum(int(d) * 2 ** (17 - i) for i, d in enumerate(first)) % 11
    return "X" if missing == 10 else str(missing)


# %% wrong: ten stays ten | loses: ten_is_an_x, it_holds_for_any_number | hint: resident.ten
def check_sign(first):
    return str((1 - sum(int(d) * 2 ** (17 - i) for i, d in enumerate(first))) % 11)


# %% wrong: a small x | loses: ten_is_an_x, it_holds_for_any_number | hint: resident.lower
def check_sign(first):
    missing = (1 - sum(int(d) * 2 ** (17 - i) for i, d in enumerate(first))) % 11
    return "x" if missing == 10 else str(missing)


# %% wrong: a number | loses: * | hint: resident.text
def check_sign(first):
    return (1 - sum(int(d) * 2 ** (17 - i) for i, d in enumerate(first))) % 11


# %% wrong: codes of the digits | loses: * | hint: resident.digits
def check_sign(first):
    missing = (1 - sum(ord(d) * 2 ** (17 - i) for i, d in enumerate(first))) % 11
    return "X" if missing == 10 else str(missing)


# %% wrong: without weights | loses: * | hint: resident.sign
def check_sign(first):
    missing = (1 - sum(int(d) for d in first)) % 11
    return "X" if missing == 10 else str(missing)


# %% wrong: multiplies text | loses: * | says: TypeError
def check_sign(first):
    return str((1 - sum(d * 2 ** (17 - i) for i, d in enumerate(first))) % 11)
