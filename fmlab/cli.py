"""The command line: each command is one line over the package, and says what it did.

A mistake that the user can mend is printed in one line, and the exit status is 2.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from fmlab import cli_audits, cli_labs
from fmlab.errors import UserError

app = typer.Typer(
    help="Foundation models, taken apart: build the book, pretrain, evaluate, look.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
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
def pretrain(
    corpus: Annotated[
        str,
        typer.Option(
            help="toyworld, books, hub:NAME or folder:PATH; or pictures: digits, moving-digits, "
            "scenes, pictures:PATH or hub-pictures:NAME."
        ),
    ] = "toyworld",
    tier: Annotated[str | None, typer.Option(help="cpu, t4 or full; else what suits.")] = None,
    model: Annotated[
        str | None, typer.Option(help="bert, roberta, albert, gpt; of pictures mae, clip, simclr.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with the run in --out.")] = False,
    steps: Annotated[int | None, typer.Option(help="How many steps in all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Where all chance starts.")] = None,
    max_words: Annotated[
        int | None, typer.Option(help="Train on at most so many words; else what the run needs.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; else the best here.")] = None,
    half: Annotated[bool, typer.Option(help="Store the final weights in float16.")] = False,
    keep: Annotated[
        list[int] | None,
        typer.Option(help="Keep the model of this step for good: --keep 100 --keep 200"),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what the run would take; start nothing.")
    ] = False,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any size by name: --set hidden_size=128 --set mask_rate=0.3"),
    ] = None,
    text_option: Annotated[
        list[str] | None,
        typer.Option("--text", help="A setting of the corpus: --text skew=1 --text size=5000"),
    ] = None,
) -> None:
    """Pretrain a model; Ctrl-C stops it after the step in progress, --resume goes on."""
    from fmlab.evaluate import TEXT
    from fmlab.pretrain import pretrain as start
    from fmlab.pretrain import resumed_config
    from fmlab.processes import leave
    from fmlab.tiers import tier as choose_tier
    from fmlab.train_config import TrainConfig

    tier_name = choose_tier(tier)
    changes = {**_settings(setting), **_given(steps=steps, seed=seed, model=model)}
    named = [corpus.replace(":", "-").replace("/", "-"), tier_name, *_given(model=model).values()]
    out = out or Path("runs") / "-".join(named)
    options = _settings(text_option)
    if resume:
        config = resumed_config(out, **changes)
        text = json.loads((out / TEXT).read_text(encoding="utf-8"))
        corpus, options = text["corpus"], text["options"]
    else:
        config = TrainConfig.for_tier(tier_name, corpus, **changes)
        enough = config.steps * config.batch_size * config.seq_len * 3 // 2
        if max_words is None and not (corpus.startswith("toyworld") or _of_pictures(corpus)):
            max_words = enough
        options |= _given(max_words=max_words)
    if plan:
        from fmlab.plan import plan as foresee

        if _of_pictures(corpus):
            raise UserError(f"--plan knows text alone so far, not {corpus}; start the run itself")
        print(
            foresee(
                config,
                corpus,
                options,
                out,
                go_on=resume,
                device=device,
                half=half,
                keep=keep or (),
            )
        )
        return
    read = _read(corpus, options)
    run = start(config, read, out, resume=resume, device=device, keep=keep or ())
    if _speaks():
        _write_text_choice(out, corpus, options)
    try:
        _follow(run)
    finally:
        leave()
    if run.step < config.steps:
        _say(f"stopped at step {run.step}, saved; go on with --resume --out {out}")
        raise typer.Exit(130)
    if run.processes.first:
        _compare(run)
    if half and _speaks():
        import torch

        run.save_checkpoint(out, torch.float16)
    look = "" if _of_pictures(corpus) else f"; look at it with: fmlab evaluate {out}"
    _say(f"the checkpoint is in {out}{look}")


def _of_pictures(corpus: str) -> bool:
    from fmlab import vision

    return vision.is_known(corpus)


def _read(corpus: str, options: dict[str, Any]) -> Any:
    """Return the text or the pictures of a name."""
    from fmlab import corpus as text
    from fmlab import vision

    return (vision if _of_pictures(corpus) else text).load(corpus, **options)


def _write_text_choice(out: Path, corpus: str, options: dict[str, Any]) -> None:
    from fmlab.evaluate import TEXT
    from fmlab.files import write_text

    content = json.dumps({"corpus": corpus, "options": options}, indent=2)
    write_text(out / TEXT, content + "\n")


def _follow(run: Any) -> None:
    """Run to the end with a progress bar, and a line at each look at held-out text."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from fmlab.pretrain import stopping_kindly

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True, quiet=not _speaks())
    unit = run.recipe.about()["unit"].replace("per", "a", 1)
    with stopping_kindly(run), Progress(*columns, console=console) as progress:
        bar = progress.add_task("pretraining", total=run.config.steps, completed=run.step)
        for record in run:
            speed = record.tokens / max(record.seconds, 1e-9)
            progress.update(
                bar,
                completed=record.step,
                description=f"loss {record.loss:.3f}, {speed:,.0f} tok/s",
            )
            if record.valid_loss is not None:
                progress.console.print(
                    f"step {record.step}: loss {record.loss:.4f}, held-out {record.valid_loss:.4f}"
                    f" {unit}, {record.tokens:,} tokens, {record.seconds:.0f} s"
                )


def _compare(run: Any) -> None:
    """Lay what was learned beside what needs no learning: counting words, or a mean picture."""
    from fmlab.baselines import beside_the_run
    from fmlab.picture_figures import told
    from fmlab.vision import Pictures

    if isinstance(run.corpus, Pictures):
        print("\n".join(told(run)))
        return
    counted = beside_the_run(run)
    if counted:
        print(
            f"held-out loss {run.records[-1].valid_loss:.4f} nats a token; counting, asked for "
            f"the same tokens: unigram {counted['unigram']:.4f}, 3-gram {counted['trigram']:.4f}"
        )


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


def _settings(pairs: list[str] | None) -> dict[str, Any]:
    """Return `name=value` pairs, values read as JSON where they can be."""
    found: dict[str, Any] = {}
    for pair in pairs or []:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise UserError(f"{pair!r} is not a setting; write name=value")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _speaks() -> bool:
    """Return whether this process is the one that speaks: alone, or the first of several."""
    alone = os.environ.get("WORLD_SIZE", "1") == "1"  # as in fmlab.processes, which needs torch
    return alone or os.environ.get("RANK", "0") == "0"


def _say(text: str, error: bool = False) -> None:
    if _speaks():
        print(text, file=sys.stderr if error else sys.stdout)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def main() -> None:
    """Run a command; print a user's mistake in one line and exit with 2."""
    try:
        app()
    except UserError as error:
        _say(f"fmlab: {error}", error=True)
        sys.exit(2)
    except KeyboardInterrupt:
        _say("fmlab: stopped", error=True)
        sys.exit(130)
    except OSError as error:
        if error.errno is None:
            raise
        _say(f"fmlab: {error.strerror}: {error.filename or 'this device'}", error=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
