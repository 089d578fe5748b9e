"""How much the checks of a lab notice: mutants of each solution, and the share that is caught.

Every mutant is tried with all checks of its question, in a process of its own that is stopped when
it takes too long. One that keeps all its points has survived: either nothing that can be observed
has changed, and then a file says so with the reason, or a check is missing.

A lab's list of equivalent mutants lies in `tests/labs/NN_name/equivalent_mutants.yaml`:

    question:
      - was: the changed lines as they were
        becomes: the same as they are in the mutant
        because: why nobody can tell the difference
"""

import ast
import contextlib
import io
import multiprocessing
import os
import resource
import sys
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import yaml

from fmlab.errors import UserError
from fmlab.grading.lab_cells import Question
from fmlab.grading.marking import imports_of
from fmlab.grading.mutation import Mutant, mutants
from fmlab.grading.source import LabSource, lab_files, read
from fmlab.grading.trial import solution, trial

FLOOR = 0.9
"""The share of a lab's mutants that its checks must catch."""
LIST = "equivalent_mutants.yaml"
_FROM = multiprocessing.get_context("forkserver")
_SECONDS, _TIMES, _MEMORY = 20.0, 20.0, 4 << 30


@dataclass(frozen=True)
class Fate:
    """How an answer went in a process of its own.

    Attributes:
        lost: The checks that failed.
        ended: `time`, `died` or `raised` where the checks could not be run to their end.
        seconds: How long it took.
    """

    lost: tuple[str, ...] = ()
    ended: str | None = None
    seconds: float = 0.0

    @property
    def caught(self) -> bool:
        """Whether the answer has lost points."""
        return bool(self.lost) or self.ended is not None


@dataclass(frozen=True)
class Tally:
    """The mutants of one question, and how they went."""

    question: Question
    fates: tuple[tuple[Mutant, Fate], ...]
    equivalent: tuple[Mutant, ...] = ()

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """The mutants that keep all their points and should not."""
        return tuple(m for m, fate in self.fates if not fate.caught and m not in self.equivalent)

    @property
    def caught(self) -> int:
        """How many lose points."""
        return sum(fate.caught for _, fate in self.fates)

    @property
    def caught_in_sight(self) -> int:
        """How many lose points that the learner can see."""
        visible = {name for name, _, hidden in self.question.check_points if not hidden}
        return sum(fate.ended is not None or bool(visible & {*fate.lost}) for _, fate in self.fates)

    @property
    def meant(self) -> int:
        """How many should lose points."""
        return len(self.fates) - len(self.equivalent)


def share(tallies: Sequence[Tally]) -> float:
    """Return the share of mutants that lose points, of those that should; 1 where none should."""
    meant = sum(tally.meant for tally in tallies)
    return sum(tally.caught for tally in tallies) / meant if meant else 1.0


def tally(lab: LabSource, listed: Path | None = None, workers: int | None = None) -> list[Tally]:
    """Return how the mutants of each question of a lab go.

    Args:
        lab: The lab.
        listed: The file with its equivalent mutants, if there is one.
        workers: How many mutants to try at a time; else as many as there are processors.

    Raises:
        UserError: A solution does not pass its own checks, or the list is broken or stale.
    """
    named = _listed(listed) if listed is not None and listed.exists() else {}
    beside = [read(path) for path in lab_files(lab.path.parent)]  # one server serves all labs
    modules = [name for other in beside for name in _modules(imports_of(other))]
    _FROM.set_forkserver_preload([__name__, *modules])
    found = []
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        for question in lab.questions:
            limit = _limit(lab, question)
            made = mutants(lab.notebook.cells[question.answer].source)

            def fate(mutant: Mutant, q: Question = question, limit: float = limit) -> Fate:
                return tried(lab, q, mutant.code, limit)

            fates = tuple(zip(made, pool.map(fate, made), strict=True))
            same = _equivalent(fates, named.pop(question.name, []), f"{listed}: {question.name}")
            found.append(Tally(question, fates, same))
    if named:
        raise UserError(f"{listed}: the lab has no question `{next(iter(named))}`; take it out")
    return found


def _limit(lab: LabSource, question: Question) -> float:
    """Return the seconds that a mutant may take: many times what the solution took."""
    fate = tried(lab, question, solution(lab, question), limit=600)
    if fate.caught:
        what = ", ".join(fate.lost) or fate.ended
        raise UserError(
            f"{lab.path}: the solution of `{question.name}` fails its own checks ({what}); "
            "mend it first"
        )
    return max(_SECONDS, _TIMES * fate.seconds)


def tried(lab: LabSource, question: Question, answer: str, limit: float) -> Fate:
    """Return how an answer goes in a process of its own that may take `limit` seconds."""
    here, there = _FROM.Pipe(duplex=False)
    process = _FROM.Process(target=_try, args=(there, lab, question, answer), daemon=True)
    begun = time.perf_counter()
    process.start()
    there.close()
    try:
        if not here.poll(limit):
            return Fate(ended="time", seconds=limit)
        lost, ended = here.recv()
        return Fate(lost, ended, time.perf_counter() - begun)
    except EOFError:
        return Fate(ended="died", seconds=time.perf_counter() - begun)
    finally:
        process.kill()
        process.join()
        process.close()
        here.close()


def _try(answers: Connection, lab: LabSource, question: Question, answer: str) -> None:
    """Try an answer and send what became of it; the main function of such a process."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
    lost: tuple[str, ...] = ()
    ended = None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            outcomes, _ = trial(lab, question, answer, imports_of(lab))
            lost = tuple(outcome.name for outcome in outcomes if not outcome.passed)
        except BaseException:
            ended = "raised"
    answers.send((lost, ended))
    answers.close()


def _modules(imports: str) -> list[str]:
    """Return the modules that some imports name."""
    found: list[str] = []
    for node in ast.walk(ast.parse(imports)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return found


def _listed(path: Path) -> dict[str, list[dict[str, str]]]:
    """Return the list of equivalent mutants, by question."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for entries in found.values():
            for entry in entries:
                if {*entry} != {"was", "becomes", "because"} or not all(entry.values()):
                    raise UserError(f"{path}: give each mutant `was`, `becomes` and `because`")
    except (yaml.YAMLError, AttributeError, TypeError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"{path} is not a list of mutants by question ({said})") from None
    return dict(found)


def _equivalent(
    fates: Sequence[tuple[Mutant, Fate]], entries: list[dict[str, str]], where: str
) -> tuple[Mutant, ...]:
    """Return the mutants that a list calls equivalent; each of them must be there and survive."""
    found: list[Mutant] = []
    for entry in entries:
        change = (entry["was"], entry["becomes"])
        meant = [(m, fate) for m, fate in fates if (m.was, m.becomes) == change]
        shown = f"`{change[0]}` -> `{change[1]}`"
        if not meant:
            raise UserError(f"{where}: no mutant {shown} is made any more; take it out")
        if any(fate.caught for _, fate in meant):
            raise UserError(f"{where}: a check catches {shown}; take it out")
        found += [mutant for mutant, _ in meant]
    return tuple(found)


def table(lab: LabSource, tallies: Sequence[Tally]) -> str:
    """Return the figures by question, and each survivor in a line."""
    heads = ("mutants", "equivalent", "caught", "in sight", "survived")
    rows = [
        (len(t.fates), len(t.equivalent), t.caught, t.caught_in_sight, len(t.survivors))
        for t in tallies
    ]
    named = [(t.question.name, row, share([t])) for t, row in zip(tallies, rows, strict=True)]
    totals = tuple(sum(column) for column in zip(*rows, strict=True))
    lines = [f"{lab.name:<16}" + "".join(f"{head:>12}" for head in (*heads, "share"))]
    for name, row, caught in [*named, ("together", totals, share(tallies))]:
        lines.append(f"{name:<16}" + "".join(f"{cell:>12}" for cell in row) + f"{caught:>12.1%}")
    for t in tallies:
        lines += [f"survived, {t.question.name}, {mutant}" for mutant in t.survivors]
    return "\n".join(lines)
