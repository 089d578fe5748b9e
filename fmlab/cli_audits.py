"""The audits: each writes its figures as JSON and one page that says what they mean."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

audit_app = typer.Typer(
    help="Ask a model an ethical question; get figures and a page.", no_args_is_help=True
)


@audit_app.command("bias")
def audit_bias(
    checkpoint: Annotated[
        str, typer.Argument(help="A masked model: a folder, books-small, or OWNER/NAME.")
    ],
    out: Annotated[Path, typer.Option(help="The folder for bias.json and bias.html.")],
    seed: Annotated[int, typer.Option(help="Where the intervals' draws start.")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; else the best here.")] = None,
) -> None:
    """Measure what a masked model has learned about groups of people (minutes on a CPU)."""
    from fmlab.audits.bias import audit_bias as measure
    from fmlab.files import write_text
    from fmlab.views.audit_page import write_page
    from fmlab.views.bias_page import bias_page

    command = ["fmlab", *sys.argv[1:]]
    found = measure(
        checkpoint, seed=seed, device=device, command=command, progress=sys.stderr.isatty()
    )
    write_text(out / "bias.json", json.dumps(found.as_json(), indent=1, ensure_ascii=False) + "\n")
    page = write_page(bias_page(found), out / "bias.html")
    print(f"the figures are in {out / 'bias.json'}; read them in {page}")


@audit_app.command("privacy")
def audit_privacy(
    checkpoint: Annotated[str, typer.Argument(help="A run's folder, or books-small.")],
    out: Annotated[Path, typer.Option(help="The folder for privacy.json and privacy.html.")],
    pieces: Annotated[
        int, typer.Option(help="So many pieces of training text, and of held-out text.")
    ] = 500,
    reference: Annotated[
        str | None, typer.Option(help="A model that has read neither, for the ratio attack.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which pieces, and where the draws start.")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; else the best here.")] = None,
) -> None:
    """Try to tell what a model was trained on, and to get planted secrets out of it."""
    from fmlab.audits.privacy import audit_privacy as measure
    from fmlab.files import write_text
    from fmlab.views.audit_page import write_page
    from fmlab.views.privacy_page import privacy_page

    found = measure(
        checkpoint,
        pieces=pieces,
        reference=reference,
        seed=seed,
        device=device,
        command=["fmlab", *sys.argv[1:]],
        progress=sys.stderr.isatty(),
    )
    figures = out / "privacy.json"
    write_text(figures, json.dumps(found.as_json(), indent=1, ensure_ascii=False) + "\n")
    page = write_page(privacy_page(found), out / "privacy.html")
    print(f"the figures are in {figures}; read them in {page}")
