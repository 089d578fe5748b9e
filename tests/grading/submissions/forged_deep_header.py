# Tries: lists in lists, a hundred thousand deep, as header and as value; headers of all sorts.
# Deserves: total=0 smooth=0 scale=4 ratio=0
# With: forge
# Kind: total=protocol smooth=protocol ratio=protocol

# %% total
def total(numbers):
    header = b"[" * 100_000 + b"]" * 100_000
    _channel.sendall(_struct.pack(">IQ", len(header), 0) + header)

# %% smooth
def smooth(x):
    value = []
    for _ in range(300):
        value = ["l", [value]]
    forge(value)

# %% ratio
sent = iter((b"[1, 2]", b'{"sizes": {}}', b'\xff\xfe{"sizes": []}', b"", b"null", b'"sizes"'))


def ratio(numbers):
    header = next(sent)
    _channel.sendall(_struct.pack(">IQ", len(header), 0) + header)
