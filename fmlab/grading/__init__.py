"""Labs from one source: the student notebook, the site's page, instant checks.

Imports none of the model code, so that a check never depends on what it checks.
"""
