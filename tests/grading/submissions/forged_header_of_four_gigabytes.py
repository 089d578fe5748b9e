# Tries: announces a reply that nobody could hold.
# Deserves: total=0 smooth=0 scale=4 ratio=4
# With: forge
# Kind: total=protocol smooth=protocol

# %% total
def total(numbers):
    _channel.sendall(_struct.pack(">IQ", 0xFFFFFFFF, 2**63))

# %% smooth
def smooth(x):
    _channel.sendall(_struct.pack(">IQ", 2, 33 << 20) + b"{}")

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
