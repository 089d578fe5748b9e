"""A batch ends with the same table however it goes: killed, resumed, crashed over, on any jobs.

What has not changed is not marked again, and what dies takes nothing along.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import hostile
import leftovers
import pytest

from fmlab.errors import UserError
from fmlab.grading import batch, marking
from fmlab.grading.batch import CRASHED, Task, close_rooms, grade, grade_one
from fmlab.grading.intake import Submission
from fmlab.grading.lab_cells import meta
from fmlab.grading.results import SubmissionResult, from_json
from fmlab.grading.sandbox.room import Gone, Room
from fmlab.grading.source import LabSource, read
from fmlab.grading.student import student_notebook
from fmlab.grading.trial import solution

pytestmark = pytest.mark.sandbox
RIGHT, WRONG = "return 2 * number", "return number * number"


@pytest.fixture
def lab(labs_dir: Path) -> LabSource:
    return read(labs_dir / "07_small.md")


def handed_in(lab: LabSource, student: str, double: str = RIGHT, mean: str = "") -> Submission:
    """Return a submission; `double` is the last line of that answer."""
    made = student_notebook(lab, "")
    cells = {question.name: solution(lab, question) for question in lab.questions}
    cells["double"] = f"def double(number):\n    {double}"
    cells["mean"] = mean or cells["mean"]
    for cell in made.cells:
        cell.source = cells.get(meta(cell).get("grade_id", ""), cell.source)
    return Submission(student, student, f"{student}.ipynb", hostile.as_bytes(made))


def table(results: Iterable[SubmissionResult]) -> list[object]:
    """Return all but the seconds."""
    return [
        replace(r, questions=tuple(replace(q, seconds=0.0) for q in r.questions)) for r in results
    ]


def cells_run(out: Path) -> int:
    """Return how many cells the marking processes have made, by the log that `counting` keeps."""
    log = out / "cells.log"
    return len(log.read_text().split()) if log.exists() else 0


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Count cells: marking runs in this process, and each cell leaves a line."""
    log = tmp_path / "cells.log"
    cell = Room.cell

    def counted(room: Room, limits: object) -> object:
        with log.open("a") as file:
            file.write("cell\n")
        return cell(room, limits)  # type: ignore[arg-type]

    monkeypatch.setattr(Room, "cell", counted)
    monkeypatch.setattr(batch, "_grade_here", lambda tasks, jobs: map(grade_one, tasks))
    return tmp_path


@pytest.fixture(autouse=True)
def _no_rooms_left() -> object:
    yield
    close_rooms()


def test_only_changed_questions_are_marked_anew(lab: LabSource, counting: Path) -> None:
    ones = [handed_in(lab, f"s{number}") for number in range(3)]
    first = grade(lab, ones, counting / "out")
    assert cells_run(counting) == 6
    assert table(grade(lab, ones, counting / "out")) == table(first)
    assert cells_run(counting) == 6
    ones[1] = handed_in(lab, "s1", WRONG)
    assert [r.points for r in grade(lab, ones, counting / "out")] == [4, 1, 4]
    assert cells_run(counting) == 7
    grade(lab, ones, counting / "out", seed=3)  # only one question has hidden tests
    assert cells_run(counting) == 10
    text = lab.path.read_text().replace("double(41), 82", "double(43), 86")
    lab.path.write_text(text)
    grade(read(lab.path), ones, counting / "out", seed=3)
    assert cells_run(counting) == 13


def test_an_earlier_result_that_cannot_be_read_is_marked_anew(
    lab: LabSource, counting: Path
) -> None:
    first = grade(lab, [handed_in(lab, "s")], counting / "out")
    (path,) = (counting / "out" / "marks").iterdir()
    for text in ("", "{}", "[]", '{"questions": 3}', "\0", path.read_text()[:300]):
        path.write_text(text)
        assert table(grade(lab, [handed_in(lab, "s")], counting / "out")) == table(first)


def test_who_is_gone_from_the_submissions_is_gone_from_the_results(
    lab: LabSource, counting: Path
) -> None:
    grade(lab, [handed_in(lab, "a"), handed_in(lab, "b")], counting / "out")
    grade(lab, [handed_in(lab, "b")], counting / "out")
    assert [
        from_json(path.read_text()).student for path in (counting / "out" / "marks").iterdir()
    ] == ["b"]


def test_a_room_that_dies_once_costs_nothing(
    lab: LabSource, counting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = iter([True])
    real = batch.mark

    def mark(*args: object) -> object:
        if next(dying, False):
            batch.room_for(lab)._process.kill()
            raise Gone
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "mark", mark)
    (result,) = grade(lab, [handed_in(lab, "s")], counting / "out")
    assert result.points == 4


def test_a_marking_that_fails_costs_its_question_and_is_tried_again(
    lab: LabSource, counting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = batch.mark

    def mark(lab: LabSource, question: object, *args: object) -> object:
        if question.name == "double":  # type: ignore[attr-defined]
            raise RuntimeError("our own fault")
        return real(lab, question, *args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(batch, "mark", mark)
        (result,) = grade(lab, [handed_in(lab, "s")], counting / "out")
    assert [(q.kind, q.points) for q in result.questions] == [("checker", 0), (None, 1)]
    (again,) = grade(lab, [handed_in(lab, "s")], counting / "out")
    assert again.points == 4


def test_what_the_machine_cannot_do_ends_the_batch_with_a_mend(
    lab: LabSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="bubblewrap"):
        grade(lab, [handed_in(lab, "s")], tmp_path / "out", jobs=1)


def test_a_submission_that_is_refused_needs_no_sandbox(
    lab: LabSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    refused = Submission("s", "s", "s.ipynb", None, "it is a link; links are not followed")
    result = from_json(grade_one(Task(lab.name, lab.path.read_text(), 0, refused)))
    assert result.points == 0
    assert {q.problem for q in result.questions} == {"it is a link; links are not followed"}


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_batch import many
from fmlab.grading.batch import grade
from fmlab.grading.source import read
if __name__ == "__main__":
    lab = read(Path({lab!r}))
    done = lambda result: print(result.student, flush=True)
    grade(lab, many(lab), Path({out!r}), jobs={jobs}, done=done)
"""


def many(lab: LabSource) -> list[Submission]:
    """Return submissions of all sorts, some slow."""
    sleeps = "import time\n    time.sleep(0.3)\n    return 2 * number"
    kinds = [RIGHT, WRONG, sleeps, "import os\n    os._exit(0)", "return {1, 'b', None}", "1 /"]
    return [handed_in(lab, f"s{n:02}", kinds[n % len(kinds)]) for n in range(12)]


def started(lab: LabSource, out: Path, jobs: int) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent)
    script = out.parent / "run_batch.py"
    script.write_text(SCRIPT.format(here=here, lab=str(lab.path), out=str(out), jobs=jobs))
    return subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.mark.slow
def test_the_table_is_the_same_for_one_and_two_jobs_and_after_a_kill(
    lab: LabSource, tmp_path: Path
) -> None:
    whole = grade(lab, many(lab), tmp_path / "one", jobs=1)
    two = grade(lab, many(lab), tmp_path / "two", jobs=2)
    assert table(two) == table(whole)
    assert leftovers.orphans() == []

    with started(lab, tmp_path / "killed", 2) as running:
        assert running.stdout is not None
        told = [running.stdout.readline().strip() for _ in range(3)]
        workers = children_of(running.pid)
        os.kill(running.pid, signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
    assert workers
    assert all_end(workers)
    assert leftovers.orphans() == []
    marks = tmp_path / "killed" / "marks"
    kept = {from_json(path.read_text()).student: path for path in marks.glob("[!.]*.json")}
    assert set(told) <= set(kept)
    assert len(kept) < 12
    before = {student: path.stat().st_mtime_ns for student, path in kept.items()}
    seconds = {s: from_json(p.read_text()).questions[0].seconds for s, p in kept.items()}

    resumed = grade(lab, many(lab), tmp_path / "killed", jobs=2)
    assert table(resumed) == table(whole)
    assert len(before) == len(kept)
    for result in resumed:
        if result.student in seconds:  # taken over, not marked again
            assert result.questions[0].seconds == seconds[result.student]


def children_of(pid: int) -> set[int]:
    """Return all that runs below a process."""
    processes, found = leftovers.processes(), {pid}
    for _ in range(8):
        found |= {one.pid for one in processes.values() if one.parent in found}
    return found - {pid}


def all_end(pids: set[int], seconds: float = 15.0) -> bool:
    """Return whether all of these end within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        states = set()
        for pid in pids:
            try:
                states.add(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
            except OSError:
                continue
        if states <= {"Z"}:
            return True
        time.sleep(0.1)
    return False


def is_worker(pid: int) -> bool:
    """Return whether a process marks; one that has just ended does not."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.slow
def test_a_marking_process_that_dies_loses_nothing(lab: LabSource, tmp_path: Path) -> None:
    """One process is killed once in the middle; its submissions are marked by others."""
    with started(lab, tmp_path / "out", 2) as running:
        assert running.stdout is not None
        running.stdout.readline()
        workers = {pid for pid in children_of(running.pid) if is_worker(pid)}
        os.kill(min(workers), signal.SIGKILL)
        told = running.stdout.read().split()
        assert running.wait() == 0
    assert len(told) == 11
    marks = [from_json(p.read_text()) for p in (tmp_path / "out" / "marks").glob("*.json")]
    assert len(marks) == 12
    assert {m.student: m.points for m in marks} == {
        f"s{n:02}": [4, 1, 4, 1, 1, 1][n % 6] for n in range(12)
    }
    assert leftovers.orphans() == []


@pytest.mark.slow
def test_a_submission_over_which_marking_dies_is_left_to_a_person(
    lab: LabSource, tmp_path: Path
) -> None:
    """The crash is of our own making: no submission is known that brings one about."""
    killer = tmp_path / "sitecustomize.py"
    killer.write_text(
        "import os, fmlab.grading.batch as b\nreal = b.answers\n"
        "def answers(data, *rest):\n"
        "    if b'CRASH' in data:\n        os._exit(9)\n"
        "    return real(data, *rest)\nb.answers = answers\n"
    )
    crash = handed_in(lab, "crash", "return 'CRASH'")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)
        results = grade(
            lab, [handed_in(lab, "a"), crash, handed_in(lab, "b")], tmp_path / "out", jobs=2
        )
    assert {result.student: result.points for result in results} == {"a": 4, "b": 4, "crash": 0}
    assert {q.problem for q in results[2].questions} == {CRASHED}


def test_results_go_to_json_and_back_unchanged(lab: LabSource, counting: Path) -> None:
    results = grade(lab, many(lab)[:5], counting / "out")
    for result in results:
        text = json.dumps(json.loads(batch.to_json(result)))
        assert from_json(text) == result


def test_a_mended_marking_marks_all_anew(
    lab: LabSource, counting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade(lab, [handed_in(lab, "s")], counting / "out")
    monkeypatch.setattr(marking, "MARKING", marking.MARKING + 1)
    grade(lab, [handed_in(lab, "s")], counting / "out")
    assert cells_run(counting) == 4
