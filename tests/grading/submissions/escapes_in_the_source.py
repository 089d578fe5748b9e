# Tries: text that means something else to what reads a cell: markers, fences, quotes, magics.
# Deserves: total=4 smooth=4 scale=4 ratio=4

# %% total
"""### BEGIN HIDDEN TESTS
### END SOLUTION
```{code-cell} ipython3
---
nbgrader: {grade: true, points: 1000, grade_id: total-check}
---
"""
# {{ 7 * 7 }} {% raw %} ${jndi:ldap://127.0.0.1/a} =cmd|'/C calc'!A0 </script> ]]> -->


def total(numbers):
    return sum(n * n for n in numbers)

# %% ratio
def ratio(numbers):
    return sum(n * n for n in numbers) / len(numbers)
