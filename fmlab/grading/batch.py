"""Marks a whole batch: a process a core, a result file a submission, and nothing marked twice.

Each submission's result is written as soon as it is there, whole or not at all, so a batch that
was killed goes on where it stopped and ends with the same table. A question is marked again only
where its key has changed: another answer, a mended check, another seed.
"""

import contextlib
import dataclasses
import hashlib
import os
import resource
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any

from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.grading.intake import Submission
from fmlab.grading.lab_cells import Question
from fmlab.grading.marking import imports_of, key_of, mark, unmarked
from fmlab.grading.results import PROBLEMS, QuestionResult, SubmissionResult, from_json, to_json
from fmlab.grading.sandbox.room import Gone, Room
from fmlab.grading.source import LabSource, read
from fmlab.grading.student import student_notebook
from fmlab.grading.submission import Answer, Answers, answers, broken

AHEAD = 2
"""Submissions a process has waiting: enough to keep it busy, few enough to keep memory flat."""
ATTEMPTS = 2
MOST_CRASHES = 3
MARKING_BYTES = 6 << 30
"""A marking process's own memory, so that no number from a student lets a check take it all."""
CRASHED = "the marking itself crashed over this notebook; mark it by hand"


@dataclass(frozen=True)
class Task:
    """One submission to mark, with all that a process on any machine needs for it."""

    lab_name: str
    lab_text: str
    seed: int
    submission: Submission
    before: str | None = None
    """The result of an earlier run as JSON; what has not changed is taken from it."""


def grade_one(task: Task) -> str:
    """Return the result of one submission as JSON.

    Raises:
        UserError: The sandbox does not work on this machine.
    """
    lab = _lab(task.lab_name, task.lab_text)
    one = task.submission
    if one.data is None:
        found = broken(lab, one.refusal or "there is no notebook")
    else:
        found = answers(one.data, lab, _handed_out(task.lab_name, task.lab_text))
    result = SubmissionResult(
        one.student,
        one.name,
        one.file,
        hashlib.sha256(one.data or b"").hexdigest(),
        _marked(lab, found, task),
        (*one.flags, *found.flags),
        one.email,
        one.platform_id,
    )
    return to_json(result)


def _marked(lab: LabSource, found: Answers, task: Task) -> tuple[QuestionResult, ...]:
    by_name = {answer.question: answer for answer in found.answers}
    known: dict[str, QuestionResult] = {}
    if task.before is not None:
        with contextlib.suppress(ValueError):
            known = {q.key: q for q in from_json(task.before).questions if q.kind != "checker"}
    marked = []
    for question in lab.questions:
        key = key_of(lab, question, by_name, task.seed)
        if key in known:
            marked.append(known[key])
        else:
            marked.append(_mark(lab, question, by_name, task.seed))
    marked += _opened(lab, found)
    order = list(lab.points)
    return tuple(sorted(marked, key=lambda result: order.index(result.name)))


def _opened(lab: LabSource, found: Answers) -> list[QuestionResult]:
    """Return the open questions, each waiting for an instructor where there is an answer."""
    by_name = {answer.question: answer for answer in found.open}
    opened = []
    for question in lab.open:
        answer = by_name[question.name]
        kind = answer.kind or "unmarked"
        opened.append(
            QuestionResult(
                question.name,
                question.points,
                (),
                answer.source,
                hashlib.sha256(answer.source.encode()).hexdigest(),
                answer.problem or PROBLEMS[kind],
                kind,
            )
        )
    return opened


def _mark(
    lab: LabSource, question: Question, by_name: dict[str, Answer], seed: int
) -> QuestionResult:
    """Return how a question goes. What fails on our side costs that question alone."""
    failed: Exception = Gone()
    for _ in range(ATTEMPTS):
        try:
            return mark(lab, question, by_name, lambda: room_for(lab), seed)
        except UserError:
            raise
        except Exception as error:
            failed = error
            close_rooms()
    return unmarked(lab, question, by_name, seed, failed)


@lru_cache(maxsize=4)
def _lab(name: str, text: str) -> LabSource:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.md"
        path.write_text(text, encoding="utf-8")
        return read(path)


@lru_cache(maxsize=4)
def _handed_out(name: str, text: str) -> Any:
    return student_notebook(_lab(name, text), "")


_here = threading.local()


def room_for(lab: LabSource) -> Room:
    """Return this thread's room for a lab, starting it where there is none or it is gone."""
    imports = imports_of(lab)
    rooms: dict[str, Room] = vars(_here).setdefault("rooms", {})
    room = rooms.get(imports)
    if room is None or not room.alive():
        close_rooms()
        room = rooms[imports] = Room(imports)
    return room


def close_rooms() -> None:
    """Close this thread's rooms."""
    rooms: dict[str, Room] = vars(_here).setdefault("rooms", {})
    for room in rooms.values():
        room.close()
    rooms.clear()


def grade(
    lab: LabSource,
    submissions: Iterable[Submission],
    out: Path,
    *,
    jobs: int | None = None,
    seed: int = 0,
    cluster: str | None = None,
    done: Callable[[SubmissionResult], None] = lambda result: None,
) -> list[SubmissionResult]:
    """Return the result of every submission, sorted by student, each written to `out/marks`.

    Args:
        lab: The lab's source, hidden tests included.
        submissions: They are taken as they are needed.
        out: The results' folder; what an earlier run left there is used.
        jobs: Processes on this machine; by default one a core.
        seed: The course's own; it moves the inputs of hidden tests.
        cluster: The address of a Dask scheduler that takes the work instead.
        done: Called with each result as it comes.

    Raises:
        UserError: The sandbox does not work, marking processes keep dying, or the cluster cannot
            be reached.
    """
    text = lab.path.read_text(encoding="utf-8")
    marks = out / "marks"
    tasks = (
        Task(lab.name, text, seed, one, _before(marks / _file_of(one.student)))
        for one in submissions
    )
    if cluster is not None:
        from fmlab.grading.cluster import grade_on

        finished = grade_on(cluster, tasks)
    else:
        finished = _grade_here(tasks, jobs or len(os.sched_getaffinity(0)))
    results = {}
    for json_text in finished:
        result = from_json(json_text)
        write_text(marks / _file_of(result.student), json_text)
        results[result.student] = result
        done(result)
    for path in marks.glob("*.json"):
        if path.name not in {_file_of(student) for student in results}:
            path.unlink()  # of a submission that is no longer there
    return [results[student] for student in sorted(results)]


def _file_of(student: str) -> str:
    return hashlib.sha256(student.encode()).hexdigest()[:24] + ".json"


def _before(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _grade_here(tasks: Iterator[Task], jobs: int) -> Iterator[str]:
    """Yield results as they come; a task over which a process dies is tried once more, alone."""
    failed: list[Task] = []
    while True:
        running: dict[Future[str], Task] = {}
        pool = _pool(jobs)
        try:
            for task in tasks:
                running[pool.submit(grade_one, task)] = task
                if len(running) >= jobs * AHEAD:
                    yield from _collected(running)
            while running:
                yield from _collected(running)
            break
        except BrokenProcessPool:
            failed += running.values()
        finally:
            pool.shutdown(cancel_futures=True)
    yield from _grade_alone(failed)


def _collected(running: dict[Future[str], Task]) -> Iterator[str]:
    ready, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in ready:
        try:
            text = future.result()
        except (UserError, BrokenProcessPool):
            raise
        except Exception:
            text = without_a_result(running[future])
        del running[future]
        yield text


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """Make a marking process end with the batch, and fail alone where it takes too much memory."""
    parent = parent_process()
    if parent is not None:
        watch = threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True)
        watch.start()
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    if most == resource.RLIM_INFINITY or most > MARKING_BYTES:
        resource.setrlimit(resource.RLIMIT_DATA, (MARKING_BYTES, most))


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _grade_alone(tasks: list[Task]) -> Iterator[str]:
    """Yield the results of tasks over which a process may have died, in a process of their own."""
    crashes, pool = 0, _pool(1)
    try:
        for task in tasks:
            text = None
            for _ in range(ATTEMPTS):
                try:
                    text = pool.submit(grade_one, task).result()
                    break
                except BrokenProcessPool:
                    pool.shutdown()
                    pool = _pool(1)
            crashes = 0 if text is not None else crashes + 1
            if crashes == MOST_CRASHES:
                raise UserError(
                    f"marking processes ended at once over {crashes} notebooks in a row; look at "
                    "this machine's memory and at `fmlab doctor`, then grade again (what is done "
                    "is kept)"
                )
            yield text if text is not None else without_a_result(task)
    finally:
        pool.shutdown()


def without_a_result(task: Task) -> str:
    """Return the result of a submission over which marking processes die: to be marked by hand."""
    refused = dataclasses.replace(task.submission, data=None, refusal=CRASHED)
    return grade_one(dataclasses.replace(task, submission=refused, before=None))
