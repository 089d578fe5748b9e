"""The `{trip}` directive shows tokens and ids before anything is loaded, and names a mistake."""

import html
import json
from pathlib import Path
from typing import Any

import live
import pytest
from bs4 import BeautifulSoup
from sphinx_pages import build_pages

from fmlab import zoo

TRIP = """# A page

:::{trip}
:text: The lighthouse <keeper> looked out.
Try *your own*.
:::
"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that builds pages, and gives their folder and what Sphinx warned of."""
    monkeypatch.setattr(live, "_write_files", lambda app: None)  # tested with the browser

    def run(**pages: str) -> tuple[Path, str]:
        settings = 'extensions = ["myst_parser", "trip"]\nlanguage = "en"\n'
        settings += 'myst_enable_extensions = ["colon_fence"]\n'
        return build_pages(tmp_path, settings, "html", pages)

    return run


def test_the_table_has_the_tokens_and_ids_of_the_sentence(build: Any) -> None:
    out, warnings = build(page=TRIP)
    assert warnings == ""
    figure = BeautifulSoup((out / "page.html").read_text(), "html.parser").select_one("figure")
    assert figure is not None
    rows = [[cell.get_text() for cell in row.select("td, th")] for row in figure.select("tbody tr")]
    tokenizer = zoo.load("books-small").tokenizer
    ids = tokenizer.encode("The lighthouse <keeper> looked out.")
    assert [row[2] for row in rows] == [str(n) for n in (tokenizer.cls_id, *ids, tokenizer.sep_id)]
    assert [row[1] for row in rows][1:-1] == tokenizer.tokens(ids)
    assert [row[0] for row in rows] == [str(place) for place in range(1, len(rows) + 1)]
    assert rows[0][1] == "[CLS]"
    caption = figure.select_one("figcaption em")
    assert caption is not None
    assert caption.get_text() == "your own"


def test_what_the_script_needs_survives_marks_of_html(build: Any) -> None:
    out, _ = build(page=TRIP)
    page = (out / "page.html").read_text()
    told = json.loads(html.unescape(page.split('data-trip="')[1].split('"')[0]))
    assert told["text"] == "The lighthouse <keeper> looked out."
    assert told["hidden"] == zoo.load("books-small").model.config.hidden_size


def test_scripts_are_loaded_where_there_is_a_figure_and_nowhere_else(build: Any) -> None:
    out, _ = build(page=TRIP, plain="# Plain\n\nA trip is none.\n")
    page = (out / "page.html").read_text()
    for file in ("trip.js", "live/page.js", "live/live.css"):
        assert page.count(file) == 1
    assert "trip.js" not in (out / "plain.html").read_text()


def test_a_figure_without_a_sentence_is_a_warning_that_names_it(build: Any) -> None:
    out, warnings = build(page=TRIP.replace(":text: The lighthouse <keeper> looked out.\n", ""))
    assert "trip: there is no text; give the sentence it starts with" in warnings
    assert "data-trip" not in (out / "page.html").read_text()
