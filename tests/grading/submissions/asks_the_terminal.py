# Tries: waits for input, starts a debugger, a shell, an editor and a browser.
# Deserves: total=0 smooth=0 scale=4 ratio=0

# %% total
def total(numbers):
    return float(input("what is the total? "))

# %% smooth
def smooth(x):
    breakpoint()
    return x

# %% ratio
import subprocess


def ratio(numbers):
    return float(subprocess.check_output(["/bin/sh", "-c", "echo 25"]))
