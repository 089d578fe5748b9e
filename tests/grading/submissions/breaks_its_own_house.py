# Tries: breaks what its own process lives on, and gives right answers if it still can.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import gc
import os
import sys
import tempfile

gc.disable()
gc.set_threshold(1)
os.umask(0o777)
os.environ.clear()
sys.stdout.close()
sys.stderr = None
sys.path.clear()
sys.excepthook = sys.unraisablehook = None
sys.setswitchinterval(100)
os.chdir(tempfile.gettempdir())
for name in [name for name in sys.modules if name.startswith("fmlab.grading.checks")]:
    del sys.modules[name]


def total(numbers):
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
