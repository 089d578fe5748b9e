"""The command that pretrains: reads text or pictures, follows the run, says what it came to."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from fmlab.errors import UserError


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
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Start from this model: a folder, books-small, or one of the hub."
        ),
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
    from fmlab.pretrain import pretrain as begin
    from fmlab.pretrain import resumed_config
    from fmlab.processes import leave
    from fmlab.start import start_from
    from fmlab.tiers import tier as choose_tier
    from fmlab.train_config import TrainConfig

    tier_name = choose_tier(tier)
    changes = {**_settings(setting), **_given(steps=steps, seed=seed, model=model)}
    named = [corpus.replace(":", "-").replace("/", "-"), tier_name, *_given(model=model).values()]
    out = out or Path("runs") / "-".join(named)
    options = _settings(text_option)
    known = None
    if resume:
        if start is not None:
            raise UserError(f"the run in {out} knows what it started from; leave --from out")
        config = resumed_config(out, **changes)
        text = json.loads((out / TEXT).read_text(encoding="utf-8"))
        corpus, options = text["corpus"], text["options"]
    else:
        if start is not None:
            _refuse_pictures("--from", corpus)
            known = start_from(start)
            changes = {**known.settings, **changes}
        config = TrainConfig.for_tier(tier_name, corpus, **changes)
        enough = config.steps * config.batch_size * config.seq_len * 3 // 2
        if max_words is None and not (corpus.startswith("toyworld") or _of_pictures(corpus)):
            max_words = enough
        options |= _given(max_words=max_words)
    if plan:
        from fmlab.plan import plan as foresee

        _refuse_pictures("--plan", corpus)
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
    run = begin(config, read, out, resume=resume, device=device, keep=keep or (), start=known)
    if _speaks():
        _write_text_choice(out, corpus, options)
    try:
        _follow(run)
    finally:
        leave()
    if run.step < config.steps:
        say(f"stopped at step {run.step}, saved; go on with --resume --out {out}")
        raise typer.Exit(130)
    if run.processes.first:
        _compare(run)
    if half and _speaks():
        import torch

        run.save_checkpoint(out, torch.float16)
    look = "" if _of_pictures(corpus) else f"; look at it with: fmlab evaluate {out}"
    say(f"the checkpoint is in {out}{look}")


def _refuse_pictures(option: str, corpus: str) -> None:
    if _of_pictures(corpus):
        raise UserError(f"{option} knows text alone so far, not {corpus}; leave {option} out")


def _of_pictures(corpus: str) -> bool:
    from fmlab import vision

    return vision.is_known(corpus)


def _read(corpus: str, options: dict[str, Any]) -> Any:
    """Return the text or the pictures of a name."""
    from fmlab import corpus as text
    from fmlab import vision

    if _of_pictures(corpus):
        return vision.load(corpus, **options)
    if corpus.partition(":")[0] not in text.SOURCES:
        raise UserError(
            f"unknown corpus {corpus!r}; there are {text.KNOWN}; and of pictures {vision.KNOWN}"
        )
    return text.load(corpus, **options)


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


def say(text: str, error: bool = False) -> None:
    """Print a line, in one process only; `error`: where errors go."""
    if _speaks():
        print(text, file=sys.stderr if error else sys.stdout)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
