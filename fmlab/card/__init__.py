"""A model card and a data statement, filled from what the run itself wrote down.

`run.json`, `eval.json` and the audits are read; what they do not say is printed as *not known* and
counted, never guessed. Nothing here asks the network.

Sources: Mitchell et al. 2019, "Model Cards for Model Reporting", arXiv:1810.03993; Gebru et al.
2018, "Datasheets for Datasets", arXiv:1803.09010.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import ModelCard
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fmlab.card.audits import BIAS, PRIVACY, audit_facts
from fmlab.card.curves import draw_curves
from fmlab.card.data import NOT_KNOWN, book_facts
from fmlab.card.model import (
    co2e,
    corpus_line,
    earlier_settings,
    evaluation,
    metadata,
    objective,
    origin,
    run_facts,
    safetensors_header,
    size,
)
from fmlab.checkpoint import CONFIG, RUN, WEIGHTS, read_json
from fmlab.errors import UserError
from fmlab.evaluate import EVALUATION
from fmlab.files import sha256_file, write_text
from fmlab.records import BEFORE, LOG

CARD, DATA = "README.md", "DATA.md"
TEMPLATES = Path(__file__).resolve().parents[1] / "assets" / "templates"


@dataclass(frozen=True)
class Card:
    """What was written.

    Attributes:
        card: The model card.
        data: The data statement.
        not_known: What the run did not say, in the order of the card.
    """

    card: Path
    data: Path
    not_known: tuple[str, ...]


def write_card(
    folder: Path | str,
    *,
    name: str | None = None,
    maker: str | None = None,
    licence: str = "mit",
    repository: str | None = None,
) -> Card:
    """Write `README.md`, `DATA.md` and `curves.svg` into a checkpoint's folder.

    Args:
        folder: A checkpoint; with `run.json`, `eval.json`, `bias.json` and `privacy.json` the card
            says more.
        name: The model's name; the folder's if not given.
        maker: Who answers for the model.
        licence: Of the weights, as the Hugging Face hub spells it.
        repository: Where to complain; this project's if not given, for a model of its own corpora.

    Does not show: whether the model is fit for a use. A card says what was measured.

    Raises:
        UserError: The folder holds no checkpoint, or a file in it is damaged.
    """
    folder = Path(folder)
    config = read_json(folder / CONFIG)
    header = safetensors_header(folder / WEIGHTS)
    run = read_json(folder / RUN) if (folder / RUN).exists() else {}
    figures = read_json(folder / EVALUATION) if (folder / EVALUATION).exists() else {}
    weights_sha256 = sha256_file(folder / WEIGHTS)
    if figures and figures.get("weights_sha256") != weights_sha256:
        raise UserError(
            f"{folder / EVALUATION} is about other weights; run fmlab evaluate {folder} again"
        )
    known = run_facts(run)
    known["maker"] = maker
    silent: list[str] = []

    def fact(key: str) -> str:
        """Return a fact, or note that it is missing."""
        value = known.get(key)
        if value in (None, ""):
            silent.append(key)
            return NOT_KNOWN
        return str(value)

    corpus = str(run.get("corpus", {}).get("name", ""))
    about_books = book_facts(run) if corpus == "books" else None
    name = name or folder.resolve().name
    trained = objective(run, config)
    page = {
        "name": name,
        "folder": folder.name,
        "fact": fact,
        "licence": licence,
        "repository": repository or repository_url(),
        "metadata": metadata(name, licence, corpus, figures, trained).to_yaml(),
        "objective": trained,
        "origin": origin(run),
        "earlier": earlier_settings(run),
        "corpus_line": corpus_line(known),
        "weights_sha256": weights_sha256,
        **size(config, header, folder),
        "settings": run.get("config"),
        "co2e": co2e(run.get("energy", {}).get("kwh")),
        **evaluation(figures),
        **audit_facts(folder, weights_sha256),
        "books": about_books,
        "generated": corpus == "toyworld",
        "curves": draw_curves(folder, figures),
    }
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # Markdown, not HTML
    )
    content = environment.get_template("model_card.md.jinja").render(page)
    statement = environment.get_template("data_statement.md.jinja").render(page)
    write_text(folder / CARD, _tidy(str(ModelCard(content))))
    write_text(folder / DATA, _tidy(statement))
    return Card(folder / CARD, folder / DATA, tuple(dict.fromkeys(silent)))


def card_text(folder: Path, name: str) -> str:
    """Return a checkpoint's model card; where it has none, the one that `write_card` would write.

    The folder is left as it is.

    Raises:
        UserError: As in `write_card`.
    """
    if (folder / CARD).is_file():
        return (folder / CARD).read_text(encoding="utf-8")
    with TemporaryDirectory(prefix="fmlab-") as above:
        copy = Path(above) / "model"
        copy.mkdir()
        audits = (f"{BIAS}.json", f"{PRIVACY}.json")
        for file in (CONFIG, WEIGHTS, RUN, EVALUATION, LOG, BEFORE, *audits):
            if (folder / file).is_file():
                shutil.copyfile(folder / file, copy / file)
        return write_card(copy, name=name).card.read_text(encoding="utf-8")


def repository_url() -> str | None:
    """Return the repository's address from `_config.yml`, the one place that has it."""
    settings = Path(__file__).resolve().parents[2] / "_config.yml"
    if not settings.is_file():
        return None
    found = re.search(r"^repository:\s*\n\s+url:\s*(\S+)", settings.read_text(), re.MULTILINE)
    return found[1] if found else None


def _tidy(text: str) -> str:
    """Return text with single blank lines and one line's end at its end."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
