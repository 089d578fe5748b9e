"""How pages on results are made: templates that escape all they are given, and carry no script.

Every value goes through `visible` and is then escaped: what a stranger wrote is text, and a mark
that would turn the direction of a line is shown by its name.
"""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from jinja2.loaders import FunctionLoader
from markupsafe import Markup, escape

from fmlab.grading.exports import points_text
from fmlab.grading.page_words import language, page_word
from fmlab.grading.plain_text import line, visible
from fmlab.grading.source import LabSource

MAX_SHOWN = 100_000
_FOLDER = resources.files("fmlab.grading") / "templates"


def render(template: str, **values: Any) -> str:
    """Return a page: one file, no script, nothing from elsewhere."""
    css = _text("page.css")
    page: str = (
        _environment()
        .get_template(template)
        .render(css=Markup(css), policy=_policy(css), language=language(), **values)
    )
    return page.rstrip("\n") + "\n"


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(css: str) -> str:
    """Return the page's rule for its browser: no script, no other host, this one style."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["w"] = page_word
    environment.filters.update(ticks=ticks, points=points_text, cut=cut, share=share)
    return environment


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def ticks(text: str) -> Markup:
    """Return text whose parts in backticks are set as code."""
    parts = visible(cut(text, 2_000)).split("`")
    if len(parts) % 2 == 0:  # one backtick too many: none of them means anything
        return escape("`".join(parts))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def cut(text: str, limit: int = MAX_SHOWN) -> str:
    """Return at most the first `limit` characters."""
    return text if len(text) <= limit else text[:limit] + "…"


def share(part: float) -> str:
    """Return a share from 0 to 1 in per cent."""
    return page_word("per_cent", share=f"{100 * part:.0f}")


def lab_title(lab: LabSource) -> str:
    """Return the first heading of a lab, its name where it has none."""
    for cell in lab.notebook.cells:
        if cell.cell_type == "markdown":
            for text in cell.source.split("\n"):
                if text.startswith("# "):
                    return line(text[2:])
    return lab.name
