# Tries: says that its cell raised an error whose text is a tensor, and gives names not asked for.
# Deserves: total=0 smooth=4 scale=4 ratio=0
# With: forge
# Kind: total=protocol ratio=protocol

# %% total
told = ["d", [["type", "E"], ["message", ["T", "float32", [2], 0, None]], ["code", ["l", []]]]]
forge(["t", [["d", [["total", ["h", "function", 0, "t"]]]], told]], b"\0" * 8)

# %% ratio
forge(["t", [["d", [["lab", 1], ["question", 2], ["__builtins__", ["d", []]]]], None]])
