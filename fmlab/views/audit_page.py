"""The page of an audit: one HTML file with tables, bars, limits and provenance.

It loads nothing and runs no script. Everything it is given is escaped. A bar stands beside its
number in a table, so it says nothing that a screen reader would miss.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fmlab.audits.provenance import Provenance
from fmlab.files import write_text

TEMPLATES = Path(__file__).resolve().parents[1] / "assets" / "templates"
TEMPLATE, STYLE = "audit.html.jinja", "audit.css"


@dataclass(frozen=True)
class Bar:
    """One row of a chart: a number with its interval.

    Attributes:
        label: What was measured.
        value: The number; None where there is none.
        interval: Its 95 % interval, if it has one.
        note: Of how many items, or why there is no number.
    """

    label: str
    value: float | None
    interval: tuple[float, float] | None = None
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """Bars on one scale.

    Attributes:
        caption: What the chart says.
        bars: One a row.
        scale: The numbers at the left and the right end.
        zero: The number that means nothing was found; a line is drawn there.
        unit: What is written after each number.
        decimals: Places after the point.
    """

    caption: str
    bars: Sequence[Bar]
    scale: tuple[float, float]
    zero: float
    unit: str = ""
    decimals: int = 1

    def at(self, value: float) -> float:
        """Return where a number lies on the scale, 0 to 100; what is outside is put at the end."""
        low, high = self.scale
        return round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2)

    def text(self, value: float) -> str:
        """Return a number as the page writes it, with a true minus sign."""
        shown = f"{value:.{self.decimals}f}"
        return shown.replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True)
class Words:
    """Rows of plain text under headings.

    Attributes:
        caption: What the table says.
        columns: One heading a column.
        rows: Cells; the first one names the row.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Part:
    """A question, what was found, and what that does not show."""

    heading: str
    text: Sequence[str]
    charts: Sequence[Chart] = ()
    tables: Sequence[Words] = ()
    limits: Sequence[str] = ()


@dataclass(frozen=True)
class AuditPage:
    """All that a page says.

    Attributes:
        title: What the audit asks of which model.
        lead: What was found, in a few sentences.
        parts: In the order in which they are read.
        limits: What no part of this audit shows.
        provenance: Names and values: model, hashes, seed, command, versions, date.
        sources: What was read and cited.
    """

    title: str
    lead: Sequence[str]
    parts: Sequence[Part]
    limits: Sequence[str]
    provenance: Sequence[tuple[str, str]]
    sources: Sequence[str] = field(default=())


def render_page(page: AuditPage) -> str:
    """Return the page as HTML."""
    css = (TEMPLATES / STYLE).read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    values: dict[str, Any] = {"page": page, "css": Markup(css), "policy": _policy(css)}
    return environment.get_template(TEMPLATE).render(values).rstrip("\n") + "\n"


def write_page(page: AuditPage, path: Path) -> Path:
    """Write the page, whole or not at all, and return its path."""
    write_text(path, render_page(page))
    return path


def _policy(css: str) -> str:
    """Return the page's rule for its browser: no script, no other host, this one style."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def provenance_rows(found: Provenance) -> list[tuple[str, str]]:
    """Return names and values of an audit's provenance, in the order of the page."""
    return [
        ("model", found.model),
        ("SHA-256 of its weights", found.weights_sha256 or "not known"),
        ("command", " ".join(found.command) or "not known"),
        ("seed", str(found.seed)),
        ("date (UTC)", found.date),
        *((f"version of {name}", value) for name, value in found.versions.items()),
        *((f"SHA-256 of {name}", value) for name, value in found.data.items()),
    ]
