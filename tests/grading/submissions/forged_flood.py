# Tries: a thread that fills the channel with replies, as fast as it can.
# Deserves: total=0 smooth=4 scale=4 ratio=4
# With: forge

# %% total
import threading


def flood(nonce):
    while True:
        forge(25.0, nonce=nonce)


def total(numbers):
    nonce = nonce_of_the_request()
    _channel.sendall(b"x")
    threading.Thread(target=flood, args=(nonce,), daemon=True).start()
    return 25.0

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
