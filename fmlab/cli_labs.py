"""The commands around a lab: its notebooks, how good its checks are, and grading."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fmlab.errors import UserError

labs_app = typer.Typer(help="Student notebooks, made from labs/NN_name.md.", no_args_is_help=True)


@labs_app.command("build")
def labs_build() -> None:
    """Write labs/student/NN_name.ipynb for each lab."""
    from fmlab.book import find_root
    from fmlab.grading import student

    labs = find_root() / "labs"
    for path in student.build(labs, labs / "student"):
        print(path)


@labs_app.command("check")
def labs_check() -> None:
    """Fail if a student notebook is not what its lab gives."""
    from fmlab.book import find_root
    from fmlab.grading import student

    labs = find_root() / "labs"
    lines = student.check(labs, labs / "student")
    for line in lines:
        print(f"fmlab: {line}", file=sys.stderr)
    if lines:
        raise typer.Exit(2)
    print("labs: all student notebooks are up to date")


@labs_app.command("mutants")
def labs_mutants(
    lab: Annotated[str | None, typer.Argument(help="A lab, as in 02_pretrain; else all.")] = None,
) -> None:
    """Try the checks of labs on solutions with one mistake each; fail where they miss many."""
    from fmlab.book import find_root
    from fmlab.grading import mutants, source

    root = find_root()
    labs = [source.read(path) for path in source.lab_files(root / "labs")]
    if lab is not None and lab not in (names := [found.name for found in labs]):
        raise UserError(f"there is no lab {lab}; name one of {', '.join(names)}")
    weak = []
    for found in labs:
        if lab in (None, found.name):
            listed = root / "tests" / "labs" / found.name / mutants.LIST
            tallies = mutants.tally(found, listed)
            print(mutants.table(found, tallies))
            weak += [found.name] if mutants.share(tallies) < mutants.FLOOR else []
    if weak:
        raise UserError(
            f"the checks of {', '.join(weak)} catch less than {mutants.FLOOR:.0%}; add what is "
            f"missing, or list equivalent mutants in tests/labs/NN_name/{mutants.LIST}"
        )


@labs_app.command("reference")
def labs_reference(
    name: Annotated[
        str | None, typer.Argument(help="A lab or a chapter, as in 02_pretrain; else all stale.")
    ] = None,
) -> None:
    """Run labs and chapters for a few minutes and keep what they print, for the tests."""
    from fmlab.book import find_root
    from fmlab.grading import reference

    places = reference.places(find_root())
    if name is not None and name not in (names := [path.stem for path in places]):
        raise UserError(f"there is no lab or chapter {name}; name one of {', '.join(names)}")
    for path, stored in places.items():
        if path.stem == name or (name is None and reference.is_stale(path, stored)):
            reference.make(path, stored)
            print(f"{stored} is written; look at what has changed: git diff")


def grade(
    lab: Annotated[str, typer.Argument(help="A lab: 02, 02_pretrain or the path of its source.")],
    submissions: Annotated[Path, typer.Argument(help="A folder or a zip of notebooks.")],
    out: Annotated[Path, typer.Option(help="Where the results go.")],
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one a core.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Your course's own number: it moves hidden tests' inputs.")
    ] = 0,
    cluster: Annotated[
        str | None, typer.Option(help="A Dask scheduler's address, where one machine is too small.")
    ] = None,
    assignment: Annotated[
        str | None, typer.Option(help="What Canvas calls it: 'Pretrain a BERT (4711)'.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Also say whether each runs from top to bottom: slow.")
    ] = False,
) -> None:
    """Grade notebooks from strangers in a sandbox; a second run does only what is new."""
    from rich.console import Console
    from rich.progress import Progress

    from fmlab.book import find_root
    from fmlab.grading.grade import find_lab, grade_batch
    from fmlab.grading.open_marks import FOLDER, waiting

    labs = None if lab.endswith(".md") else find_root() / "labs"
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("grading", total=None)
        graded = grade_batch(
            find_lab(lab, labs),
            submissions,
            out,
            jobs=jobs,
            seed=seed,
            cluster=cluster,
            assignment=assignment,
            run=run,
            begun=lambda count: progress.update(bar, total=count),
            done=lambda result: progress.advance(bar),
        )
    flagged = sum(bool(result.flags) for result in graded.results)
    print(f"{len(graded.results)} submissions graded, {flagged} of them with something to look at")
    if waits := waiting(graded.results):
        print(f"answers to open questions that wait for you: {waits}, in {out / FOLDER}")
    print(f"begin with {graded.overview}; a page for each student is in {out / 'feedback'}")
