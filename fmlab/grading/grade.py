"""From a batch of submissions to a folder of results: marks, tables, pages.

RESULTS/
  overview.html      for the instructor: how the batch went
  feedback/          a page a student, to send back
  open/              for the instructor: answers to open questions, and a sheet to mark them
  grades.csv         points by question; canvas.csv, moodle.csv, gradescope/: for platforms
  results.json       everything, for programs
  marks/             what was found, a file a submission; a second run builds on it
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fmlab.errors import UserError
from fmlab.grading import exports, feedback, open_marks, overview
from fmlab.grading.advice import advised
from fmlab.grading.batch import grade
from fmlab.grading.intake import stream, submissions_count
from fmlab.grading.results import SubmissionResult
from fmlab.grading.sandbox import bubblewrap
from fmlab.grading.source import LabSource, read


@dataclass(frozen=True)
class Graded:
    """A finished batch."""

    results: list[SubmissionResult]
    overview: Path
    files: list[Path]


def find_lab(name: str, labs_dir: Path | None) -> LabSource:
    """Return a lab by the path of its source, by its name, or by its number.

    Args:
        name: `labs/02_pretrain.md`, `02_pretrain` or `02`.
        labs_dir: Where the labs are; None if this is no clone of the repository.

    Raises:
        UserError: There is no such lab, its number fits several, or its source is broken.
    """
    path = Path(name)
    if path.suffix == ".md":
        if not path.is_file():
            raise UserError(f"there is no lab {path}; name its source, labs/NN_name.md")
        return read(path)
    known = sorted(labs_dir.glob("*.md")) if labs_dir is not None else []
    fits = [one for one in known if one.stem == name or one.stem.partition("_")[0] == name]
    if len(fits) != 1:
        listed = ", ".join(one.stem for one in known) or "none: this is no clone of the repository"
        raise UserError(f"no lab is called {name!r}; there are {listed}")
    return read(fits[0])


def grade_batch(
    lab: LabSource,
    submissions: Path,
    out: Path,
    *,
    jobs: int | None = None,
    seed: int = 0,
    cluster: str | None = None,
    assignment: str | None = None,
    run: bool = False,
    begun: Callable[[int], None] = lambda count: None,
    done: Callable[[SubmissionResult], None] = lambda result: None,
) -> Graded:
    """Mark a batch, write its tables and pages, and return what was written.

    Args:
        lab: The lab's source, hidden tests included.
        submissions: A folder or a zip of notebooks, as a platform exports them.
        out: The results' folder. What an earlier run left there is used.
        jobs: Processes on this machine; by default one a core.
        seed: The course's own; it moves the inputs of hidden tests.
        cluster: The address of a Dask scheduler that takes the work instead.
        assignment: What the assignment is called on Canvas.
        run: Also say of each notebook whether it runs from top to bottom; slow, and only advice.
        begun: Called with the number of submissions.
        done: Called with each result as it comes.

    Raises:
        UserError: No bubblewrap, no submissions, or `out` lies among them.
    """
    if cluster is None:
        bubblewrap.available()
    if out.resolve().is_relative_to(submissions.resolve()):
        raise UserError(f"{out} lies among the submissions; choose a folder outside {submissions}")
    sheets = open_marks.read(lab, out)
    begun(submissions_count(submissions, lab=lab.name))
    results = grade(
        lab,
        stream(submissions, lab=lab.name),
        out,
        jobs=jobs,
        seed=seed,
        cluster=cluster,
        done=done,
    )
    if run:
        results = advised(results, stream(submissions, lab=lab.name), out / "marks" / "runs")
    results = open_marks.applied(results, lab, sheets)
    files = open_marks.write(results, lab, out, sheets)
    files += exports.write(results, lab, out, assignment=assignment)
    files += feedback.write(results, lab, out / "feedback")
    page = overview.write(results, lab, out / "overview.html")
    return Graded(results, page, files)
