"""A student's code behind two walls, and plain data through a hatch.

The outer wall is bubblewrap: one for each marking process, with the interpreter, its packages and
no network (`bubblewrap.py`). Inside it a warden imports what a lab needs, once, and forks a cell
for each question (`warden.py`). The cell builds the inner wall around itself: namespaces, limits,
no privileges (`walls.py`, `seccomp.py`). There the student's code runs (`worker.py`). The checks
stay outside and reach it through `remote.py` and `room.py`; what passes is data (`wire.py`).
"""
