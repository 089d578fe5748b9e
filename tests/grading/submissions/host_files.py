# Tries: writes, links and renames outside its own folder.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
import os
import sys

GOT = []
for folder in {"/", "/etc", "/usr/lib", "/root", "/home", "/var", "/dev", "/proc/sys", *sys.path}:
    path = os.path.join(folder or ".", "hostile-was-here")
    try:
        if os.path.realpath(folder or ".").startswith(("/tmp", "/dev/shm")):
            continue
        with open(path, "w") as file:
            file.write("written")
        GOT.append(path)
    except OSError:
        pass
for target in ("/etc/shadow", "/root", "/proc/1/root", "/dev/mem", "/dev/kmsg", "/work"):
    try:
        os.symlink(target, "/tmp/link")
        with open("/tmp/link/hostile-was-here" if os.path.isdir(target) else "/tmp/link", "w") as file:
            file.write("written")
        GOT.append(target)
    except OSError:
        pass
    finally:
        if os.path.islink("/tmp/link"):
            os.unlink("/tmp/link")
for device in ((1, 1), (8, 0), (10, 200)):
    try:
        os.mknod("/tmp/device", 0o60666, os.makedev(*device))
        GOT.append("device")
    except OSError:
        pass


def total(numbers):
    if GOT:
        raise ValueError(f"wrote {GOT}")
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
