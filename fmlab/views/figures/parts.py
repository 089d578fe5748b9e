"""What the figures of mathematics have in common: words, numbers as text, their frame."""

import functools
import html
import importlib
import importlib.resources
import json
from collections.abc import Mapping
from typing import Any

from fmlab.errors import UserError
from fmlab.views.figures.numbers import Point

STATIC = importlib.resources.files("fmlab.views") / "static" / "figures"
# A figure's module in this package: it reads an author's options and draws the first state.
FIGURES = ("softmax", "descent", "average")


@functools.cache
def words(language: str) -> dict[str, str]:
    """Return what figures say, by key; what a language lacks is English."""
    english: dict[str, str] = json.loads((STATIC / "en.json").read_text(encoding="utf-8"))
    own = STATIC / f"{language.replace('-', '_')}.json"
    return english | json.loads(own.read_text(encoding="utf-8")) if own.is_file() else english


def figure_html(name: str, options: Mapping[str, str], language: str = "en") -> str:
    """Return the inside of a figure: its first state, and what its script needs.

    Args:
        name: One of `FIGURES`.
        options: What the author says, as text.
        language: Which words the figure speaks.

    Raises:
        UserError: No such figure, or options that make none.
    """
    if name not in FIGURES:
        raise UserError(f"no figure {name!r}; choose one of {', '.join(FIGURES)}")
    drawn = importlib.import_module(f"fmlab.views.figures.{name}")
    told, inside = drawn.draw(options, words(language))
    data = html.escape(json.dumps(told | {"language": language}, ensure_ascii=False), quote=True)
    return f'<div class="live-root" data-figure="{name}" data-options="{data}">{inside}</div>'


# -- an author's options ------------------------------------------------------------------------


def given(options: Mapping[str, str], name: str) -> list[str]:
    """Return an option's parts, which spaces separate."""
    parts = options.get(name, "").split()
    if not parts:
        raise UserError(f"the figure has no {name}")
    return parts


def numbers(options: Mapping[str, str], name: str) -> list[float]:
    """Return an option that is a row of numbers."""
    try:
        return [float(part) for part in given(options, name)]
    except ValueError as error:
        raise UserError(f"{name} is {options[name]!r}; give numbers, as in 2 0.5 -1") from error


def one(options: Mapping[str, str], name: str, default: float) -> float:
    """Return an option that is one number, or what it is without."""
    return numbers(options, name)[0] if name in options else default


def points(options: Mapping[str, str], name: str) -> list[Point]:
    """Return an option that is a row of points in the plane."""
    try:
        pairs = [tuple(map(float, part.split(","))) for part in given(options, name)]
        return [(x, y) for x, y in pairs]
    except ValueError as error:
        raise UserError(f"{name} is {options[name]!r}; give points, as in 1,0 -2,1.5") from error


def same_length(**rows: list[Any]) -> None:
    """Refuse rows that do not belong together."""
    if len({len(row) for row in rows.values()}) > 1:
        found = ", ".join(f"{len(row)} {name}" for name, row in rows.items())
        raise UserError(f"the figure has {found}; give as many of each")


# -- text and drawing ---------------------------------------------------------------------------


def percent(share: float) -> str:
    """Return a share as the scripts write it."""
    return f"{100 * share:.1f} %"


def number(value: float, places: int = 2) -> str:
    """Return a number as the scripts write it: with a real minus, and no minus before zero."""
    text = f"{value:.{places}f}"
    return text.replace("-", "" if float(text) == 0 else "−")  # noqa: RUF001


def text(value: str) -> str:
    """Return text for HTML."""
    return html.escape(value)


def bar(share: float) -> str:
    """Return a bar; its length says what the number beside it says."""
    width = f"{100 * share:.1f}%"
    return (
        '<span class="live-track" aria-hidden="true">'
        f'<span class="live-bar" data-part="bar" style="width:{width}"></span></span>'
    )


def table(caption: str, columns: list[str], rows: str) -> str:
    """Return a table with bars in its last column."""
    heads = "".join(f'<th scope="col">{text(name)}</th>' for name in columns)
    return (
        f'<table class="figure-table"><caption>{text(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def row(word: str, score: float, share: float) -> str:
    """Return a row of such a table."""
    return (
        f'<tr><th scope="row">{text(word)}</th><td data-part="score">{number(score)}</td>'
        f'<td>{bar(share)}<span class="live-number" data-part="share">{percent(share)}</span></td>'
        "</tr>"
    )


def said(line: str) -> str:
    """Return the line that says what is drawn; a screen reader reads it out when it changes."""
    return f'<p class="live-status" role="status" data-part="said">{text(line)}</p>'
