# Tries: a forged error whose line of code is a tensor, whose line is a number of 4000 digits.
# Deserves: total=0 smooth=0 scale=4 ratio=4
# With: forge

# %% total
tensor = ["T", "float32", [2], 0, None]
told = ["d", [["type", tensor], ["message", ["l", []]], ["code", ["d", []]], ["line", 10**4000]]]
forge(["t", [["d", []], told]], b"\0" * 8)

# %% smooth
def smooth(x):
    forge(None, raised={"type": [1], "message": {"a": 1}, "line": 10**4000, "code": [[]]})

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
