# Tries: nothing; every cell is the lab's own solution.
# Deserves: total=4 smooth=4 scale=4 ratio=4
