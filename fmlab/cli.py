"""The command line: each command is one line over the package, and says what it did.

A mistake that the user can mend is printed in one line, and the exit status is 2.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from fmlab import cli_audits, cli_labs
from fmlab.cli_pretrain import pretrain, say
from fmlab.errors import UserError

app = typer.Typer(
    help="Foundation models, taken apart: build the book, pretrain, evaluate, look.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(pretrain)
app.add_typer(cli_labs.labs_app, name="labs")
app.command()(cli_labs.grade)
app.add_typer(cli_audits.audit_app, name="audit")

Folder = Annotated[Path, typer.Argument(help="A checkpoint's folder.")]


@app.command()
def book(serve: Annotated[bool, typer.Option(help="Show the site afterwards.")] = False) -> None:
    """Build the site into _build/html."""
    from fmlab import book as site

    site.build()
    if serve:
        site.serve()


@app.command()
def evaluate(
    model: Annotated[
        str, typer.Argument(help="A checkpoint's folder, or a name: books-small, OWNER/NAME.")
    ],
    corpus: Annotated[str, typer.Option(help="Whose held-out text to read.")] = "books",
    other: Annotated[
        list[str] | None, typer.Option(help="Text of another kind too: --other folder:PATH")
    ] = None,
    blimp: Annotated[bool, typer.Option(help="Measure BLiMP too (minutes on a CPU).")] = False,
    pairs_per_set: Annotated[
        int | None, typer.Option(help="Only so many pairs of each BLiMP set.")
    ] = None,
    causal_pairs_per_set: Annotated[
        int | None, typer.Option(help="The same where a model reads from left to right: quicker.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="About so many held-out tokens of each split; else all.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; else the best here.")] = None,
) -> None:
    """Measure a model on held-out text, beside baselines; write the eval.json of a folder."""
    from fmlab import zoo
    from fmlab.evaluate import evaluate as measure

    with zoo.lent(model) as folder:
        found = measure(
            folder,
            corpus,
            other=other or (),
            blimp=blimp,
            pairs_per_set=pairs_per_set,
            causal_pairs_per_set=causal_pairs_per_set,
            max_tokens=max_tokens,
            device=device,
            progress=sys.stderr.isatty(),
        )
    shown = ("splits", "other", "blimp", "blimp_causal")
    print(json.dumps({name: found[name] for name in shown if name in found}, indent=1))
    if folder != Path(model).expanduser():
        print(f"nothing was written, for {model} is a name and no folder")
        return
    print(
        f"the figures are in {folder / 'eval.json'}; write them into its card: fmlab card {folder}"
    )


@app.command()
def card(
    folder: Folder,
    maker: Annotated[str | None, typer.Option(help="Who answers for the model.")] = None,
) -> None:
    """Write a checkpoint's model card and data statement from its run.json and eval.json."""
    from fmlab.card import write_card

    written = write_card(folder, maker=maker)
    print(f"{written.card} and {written.data} are written")
    for gap in written.not_known:
        print(f"not known: {gap}")


@app.command()
def ship(
    run: Annotated[Path, typer.Argument(help="A finished run's folder, made with --half.")],
    name: Annotated[str, typer.Argument(help="The model's name in fmlab/assets.")],
) -> None:
    """Make a finished run the model that comes with the workbook, with its stages."""
    from fmlab.card import repository_url
    from fmlab.ship import ship as take

    repository = repository_url()
    if repository is None:
        raise UserError("shipping needs the repository's files; run it in a clone of it")
    folder = take(run, name, repository)
    print(f"{folder} is written; measure it there: fmlab evaluate {folder} --blimp")


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="A run's folder, or a model by name.")],
    out: Annotated[
        Path | None, typer.Option(help="The file; NAME.fmlab in this folder if not given.")
    ] = None,
) -> None:
    """Write a model as one file that the pages' live figures show: drop it on one of them."""
    from fmlab import zoo
    from fmlab.card import card_text
    from fmlab.export import export as write

    found = zoo.load(model)
    name = Path(model).resolve().name if Path(model).is_dir() else model
    print(write(found, out or Path(name.replace("/", "--")), name, card_text(found.path, name)))


@app.command()
def doctor() -> None:
    """Say what this machine can do, and what is missing."""
    from fmlab import doctor as examination

    raise typer.Exit(examination.main())


def main() -> None:
    """Run a command; print a user's mistake in one line and exit with 2."""
    try:
        app()
    except UserError as error:
        say(f"fmlab: {error}", error=True)
        sys.exit(2)
    except KeyboardInterrupt:
        say("fmlab: stopped", error=True)
        sys.exit(130)
    except OSError as error:
        if error.errno is None:
            raise
        say(f"fmlab: {error.strerror}: {error.filename or 'this device'}", error=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
