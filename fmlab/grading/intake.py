"""Take in a folder or a zip of submissions: one record a student, with a notebook or a refusal.

One bad entry never stops a batch: it becomes a record that says why it was refused.
"""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fmlab.errors import UserError
from fmlab.grading import gradescope
from fmlab.grading.intake_files import Files, Listed, Refused, opened
from fmlab.grading.intake_names import FOLDER, GRADESCOPE, Owner, exported, owners, same_file
from fmlab.grading.plain_text import line

NOTEBOOK, ZIP = ".ipynb", ".zip"


@dataclass(frozen=True)
class Submission:
    """One student's notebook as bytes, or why there is none."""

    student: str
    """Unique in the batch, one clean line."""
    name: str
    file: str
    """Where it lay, relative to the submissions, as one clean line."""
    data: bytes | None = None
    refusal: str | None = None
    flags: tuple[str, ...] = ()
    """Lines for the instructor: late, other files that were left, ..."""
    email: str | None = None
    platform_id: str | None = None


@dataclass(frozen=True)
class _File:
    """A file and whose it is."""

    listed: Listed
    owner: Owner

    @property
    def name(self) -> str:
        return line(self.listed.path[-1], 60)

    @property
    def is_notebook(self) -> bool:
        return self.listed.path[-1].lower().endswith(NOTEBOOK)


@dataclass(frozen=True)
class _Choice:
    """The file that stands for a student; `twins` are members of a zip with the same name."""

    file: _File
    refusal: str | None = None
    flags: tuple[str, ...] = ()
    twins: tuple[_File, ...] = ()


def submissions(path: Path, *, lab: str = "") -> list[Submission]:
    """Return the submissions of a batch, sorted by student; see `stream`.

    Raises:
        UserError: There is nothing at `path`, no zip, or no notebook in it.
    """
    return list(stream(path, lab=lab))


def stream(path: Path, *, lab: str = "") -> Iterator[Submission]:
    """Yield the submissions of a batch, sorted by student, each read when it is asked for.

    Args:
        path: A folder or a zip, as Canvas, Moodle or Gradescope gives it, or plain folders.
        lab: The lab's name. Of a student's several notebooks the one with this name counts.

    Raises:
        UserError: There is nothing at `path`, no zip, or no notebook in it.
    """
    with opened(path) as files:
        for one, choice in _listed(files, path, lab):
            data, refusal = (None, choice.refusal) if choice.refusal else _data(files, choice)
            yield dataclasses.replace(one, data=data, refusal=refusal)


def submissions_count(path: Path, *, lab: str = "") -> int:
    """Return how many submissions `stream` will yield, reading none of them.

    Raises:
        UserError: There is nothing at `path`, no zip, or no notebook in it.
    """
    with opened(path) as files:
        return len(_listed(files, path, lab))


def _listed(files: Files, path: Path, lab: str) -> list[tuple[Submission, _Choice]]:
    """Return whose submissions there are, none of them read, and the file of each."""
    wanted = [one for one in files.listed if _counts(one)]
    if not any(one.path[-1].lower().endswith(NOTEBOOK) for one in wanted):
        raise UserError(f"there is no notebook in {path}{_hint(wanted)}")
    whose = owners(one.path for one in wanted if not one.astray)
    groups: dict[tuple[str, str], list[_File]] = defaultdict(list)
    for one in wanted:
        stray = Owner(FOLDER, f"astray/{'/'.join(one.path)}", line(one.path[-1]))
        owner = stray if one.astray else whose[one.path]
        groups[owner.platform, owner.key].append(_File(one, owner))
    people, flags = _people(files)
    chosen = [_choose(group, lab) for group in groups.values()]
    pairs = [(one, choice) for choice in chosen for one in _signed(choice, people, flags)]
    unique = _unique(_numbers([one for one, _ in pairs]))
    with_files = [(one, choice) for one, (_, choice) in zip(unique, pairs, strict=True)]
    return sorted(with_files, key=lambda pair: pair[0].student)


def _counts(one: Listed) -> bool:
    """Return whether a file stands for a student: a notebook, a zip, or whatever a platform names.

    In plain folders all else is nobody's.
    """
    name = one.path[-1].lower()
    if name.endswith((NOTEBOOK, ZIP)) or one.folder:
        return True
    return name != gradescope.METADATA and exported(one.path)


def _hint(wanted: list[Listed]) -> str:
    zips = [line(one.path[-1], 60) for one in wanted if one.path[-1].lower().endswith(ZIP)]
    if not zips:
        return "; name the folder or the zip that holds the students' .ipynb files"
    return f", but a zip, {zips[0]}; name that zip itself"


def _choose(group: list[_File], lab: str) -> _Choice:
    """Return which of a student's files is graded: the newest, where the platform says which."""
    notebooks = [file for file in group if file.is_notebook]
    if not notebooks:
        return _Choice(group[0], group[0].listed.refusal or _no_notebook(group))
    named = [file for file in notebooks if same_file(file.owner).lower() == f"{lab}{NOTEBOOK}"]
    usable = [file for file in named or notebooks if file.listed.refusal is None]
    usable = usable or named or notebooks
    newest = max(file.owner.newest for file in usable)
    last = [file for file in usable if file.owner.newest == newest]
    names = {same_file(file.owner) for file in usable}
    if len(names) > 1 or len({file.listed.path for file in last}) > 1:
        listed = ", ".join(sorted(file.name for file in usable)[:5])
        return _Choice(
            last[0], f"there are {len(usable)} notebooks ({listed}); keep one and grade again"
        )
    left = sorted(file.name for file in notebooks if file.listed.path != last[0].listed.path)
    flags = (f"other notebooks were left: {', '.join(left[:5])}",) if left else ()
    return _Choice(last[0], last[0].listed.refusal, flags, tuple(last[1:]))


def _no_notebook(group: list[_File]) -> str:
    names = ", ".join(sorted(file.name for file in group)[:5])
    if any(file.listed.path[-1].lower().endswith(ZIP) for file in group):
        return f"there is a zip ({names}) and no notebook; a zip inside is not opened"
    return f"there is no notebook among the files ({names}); hand in the .ipynb"


def _signed(
    choice: _Choice,
    people: dict[str, tuple[gradescope.Submitter, ...]],
    flags: tuple[str, ...],
) -> Iterator[Submission]:
    """Yield a choice as a submission, one for each who handed it in together."""
    owner, listed = choice.file.owner, choice.file.listed
    late = ("late",) if owner.late else ()
    whole = Submission(
        student=line(owner.key),
        name=owner.name,
        file=line("/".join(listed.path)),
        flags=late + choice.flags,
        platform_id=owner.platform_id,
    )
    if owner.platform != GRADESCOPE:
        yield whole
        return
    group = people.get(owner.name, ())
    if not group:
        missing = flags or (f"{gradescope.METADATA} does not say whose this is",)
        yield dataclasses.replace(whole, flags=whole.flags + missing)
    for one in group:
        others = ", ".join(other.name for other in group if other is not one)
        together = (f"handed in together with {line(others)}",) if others else ()
        yield dataclasses.replace(
            whole,
            student=one.sid or one.email or whole.student,
            name=one.name,
            email=one.email,
            platform_id=one.sid,
            flags=whole.flags + together,
        )


def _data(files: Files, choice: _Choice) -> tuple[bytes | None, str | None]:
    """Return a file's bytes, or why there are none."""
    try:
        data = files.read(choice.file.listed)
        if any(files.read(twin.listed) != data for twin in choice.twins):
            return None, f"{choice.file.name} is in the zip more than once, with other content"
    except Refused as refused:
        return None, str(refused)
    return data, None


def _people(
    files: Files,
) -> tuple[dict[str, tuple[gradescope.Submitter, ...]], tuple[str, ...]]:
    """Return who handed in what on Gradescope, and the flag where that cannot be read."""
    for one in files.listed:
        if one.path[-1] == gradescope.METADATA and len(one.path) <= 2:
            try:
                data = files.read(one, gradescope.MAX_BYTES)
                return gradescope.submitters(data), ()
            except (Refused, gradescope.Unreadable) as error:
                return {}, (f"{gradescope.METADATA} cannot be used: {error}",)
    return {}, ()


def _numbers(found: list[Submission]) -> list[Submission]:
    """Flag who has another's number: the marks of both would go to one."""
    counts = Counter(one.platform_id for one in found if one.platform_id)
    return [
        dataclasses.replace(
            one,
            flags=(
                *one.flags,
                f"the number {one.platform_id} stands on {counts[one.platform_id]} submissions; "
                "see whose it is before you import marks",
            ),
        )
        if one.platform_id and counts[one.platform_id] > 1
        else one
        for one in found
    ]


def _unique(found: list[Submission]) -> list[Submission]:
    """Give those of the same identifier a number; the order stays."""
    taken = {one.student for one in found}
    seen: set[str] = set()
    unique = list(found)
    for place in sorted(range(len(found)), key=lambda i: (found[i].student, found[i].file)):
        student, number = found[place].student, 1
        while student in seen or (number > 1 and student in taken):
            number += 1
            student = f"{found[place].student}-{number}"
        seen.add(student)
        unique[place] = dataclasses.replace(found[place], student=student)
    return unique
