"""Whose a file is, from the names that learning platforms give to the files they export.

* Canvas: `doejane_LATE_12345_678910_02_pretrain-1.ipynb`: name, perhaps LATE, the student's
  number, the file's number, the file as the student called it. Canvas adds `-1` when the same
  name is handed in again. Without names: `anon_x7k2q_678910_02_pretrain.ipynb`.
* Moodle: `Jane Doe_12345_assignsubmission_file_/02_pretrain.ipynb`, or without folders
  `Jane Doe_12345_assignsubmission_file_02_pretrain.ipynb`.
* Gradescope: `submission_123456/02_pretrain.ipynb`, and one `submission_metadata.yml` that says
  who that is.
* Folders: `jane.ipynb`, `jane/02_pretrain.ipynb`, and groups of such folders.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from fmlab.grading.plain_text import line

CANVAS, MOODLE, GRADESCOPE, FOLDER = "Canvas", "Moodle", "Gradescope", "folder"

# The name comes first and the file's own name last; only that one is the student's to choose, so
# the shortest name wins and nobody reaches another's number by the name of a file.
_CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?P<late>LATE_)?(?P<id>[0-9]+|anon_[0-9A-Za-z]+)_(?P<upload>[0-9]+)_(?P<file>.+)"
)
_MOODLE_FOLDER = re.compile(r"(?P<name>.+)_(?P<id>[0-9]+)_assignsubmission_[a-z]+_?")
_MOODLE_FILE = re.compile(r"(?P<name>.+?)_(?P<id>[0-9]+)_assignsubmission_file_(?P<file>.+)")
_GRADESCOPE = re.compile(r"submission_(?P<id>[0-9]+)")
_AGAIN = re.compile(r"(?P<stem>.+?)-(?P<times>[0-9]{1,4})(?P<ending>\.[A-Za-z0-9]+)")


@dataclass(frozen=True)
class Owner:
    """Whose a file is. Files with the same `key` are one student's."""

    platform: str
    key: str
    name: str
    platform_id: str | None = None
    late: bool = False
    handed_in: str = ""
    """The file's name as the student called it."""
    newest: tuple[int, int] = (0, 0)
    """The larger, the later it was handed in; equal where the platform does not say."""


def owners(paths: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], Owner]:
    """Return whose each file is, from its path: folders and file name, relative to the export."""
    found: dict[tuple[str, ...], Owner] = {}
    left: list[tuple[str, ...]] = []
    for path in paths:
        owner = _by_platform(path)
        if owner is None:
            left.append(path)
        else:
            found[path] = owner
    for path, whose in _folders(left).items():
        # Canvas exports lie flat: in a student's own folder the student chose the name.
        canvas = _canvas(path) if len(whose) == len(path) else None
        found[path] = canvas or Owner(FOLDER, "/".join(whose), line(whose[-1]), handed_in=path[-1])
    return found


def _by_platform(path: tuple[str, ...]) -> Owner | None:
    """Return the owner that a folder's name gives away, or Moodle's own file name."""
    for depth, folder in enumerate(path[:-1]):
        if match := _MOODLE_FOLDER.fullmatch(folder):
            return _owner(MOODLE, match, path[-1])
        if _GRADESCOPE.fullmatch(folder):
            key = "/".join(path[: depth + 1])
            return Owner(GRADESCOPE, key, folder, handed_in=path[-1])
    if match := _MOODLE_FILE.fullmatch(path[-1]):
        return _owner(MOODLE, match, match["file"])
    return None


def exported(path: tuple[str, ...]) -> bool:
    """Return whether a platform gave this path its name, whatever kind of file it is."""
    return (_by_platform(path) or _canvas(path)) is not None


def _canvas(path: tuple[str, ...]) -> Owner | None:
    match = _CANVAS.fullmatch(path[-1])
    if match is None:
        return None
    again = _AGAIN.fullmatch(match["file"])
    times = int(again["times"]) if again else 0
    return _owner(CANVAS, match, match["file"], (times, int(match["upload"][:30])))


def _owner(
    platform: str, match: re.Match[str], handed_in: str, newest: tuple[int, int] = (0, 0)
) -> Owner:
    number, name = match["id"], line(match["name"] or "")
    late = bool(match.groupdict().get("late"))
    # Name and number together: who calls himself by another's number is another student still.
    key = f"{match['name']}_{number}" if match["name"] else number
    return Owner(platform, key, name or number, number, late, handed_in, newest)


def _folders(paths: list[tuple[str, ...]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return each path's student: a folder, or the file without its ending.

    A folder with a file in it is a student's, and so is all below it. One that holds only
    folders, several of them, is a group of students. One that holds everything is the export's.
    """
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    waiting: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = [((), paths)]
    while waiting:
        here, below = waiting.pop()
        depth = len(here)
        inside: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for path in below:
            if len(path) == depth + 1:
                found[path] = (*here, path[-1].rsplit(".", 1)[0])
            else:
                inside[path[depth]].append(path)
        for name, files in inside.items():
            direct = [path for path in files if len(path) == depth + 2]
            several = len({path[depth + 1] for path in files}) > 1
            everything = len(files) == len(paths) and (several or any(map(_canvas, direct)))
            if everything or (several and not direct):
                waiting.append(((*here, name), files))
            else:
                found.update(dict.fromkeys(files, (*here, name)))
    return found


def same_file(owner: Owner) -> str:
    """Return the file's name without what Canvas adds when it is handed in again."""
    again = _AGAIN.fullmatch(owner.handed_in)
    return again["stem"] + again["ending"] if again else owner.handed_in
