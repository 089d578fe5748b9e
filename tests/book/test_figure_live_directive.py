"""The `{figure_live}` directive puts a figure and its scripts on a page, and names mistakes."""

import re
from pathlib import Path
from typing import Any

import figure_live
import live
import pytest
from sphinx_pages import build_pages

FIGURE = """# A page

:::{figure_live} softmax
:words: garden sea
:scores: 2 1
What *will* happen?
:::
"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that builds pages, and gives their folder and what Sphinx warned of."""
    for extension in (live, figure_live):
        monkeypatch.setattr(extension, "_write_files", lambda app: None)  # tested with the browser

    def run(builder: str = "html", **pages: str) -> tuple[Path, str]:
        settings = 'extensions = ["myst_parser", "figure_live"]\nlanguage = "en"\n'
        settings += 'myst_enable_extensions = ["colon_fence"]\n'
        return build_pages(tmp_path, settings, builder, pages)

    return run


def test_the_figure_stands_on_its_page_with_its_question(build: Any) -> None:
    out, warnings = build(page=FIGURE)
    assert warnings == ""
    page = (out / "page.html").read_text()
    assert re.search(
        r'<figure class="fmlab-live"><figcaption><p>What <em>will</em> happen\?</p>\s*</figcaption>'
        r'<div class="live-root" data-figure="softmax"',
        page,
    )


def test_scripts_are_loaded_where_there_is_a_figure_and_nowhere_else(build: Any) -> None:
    out, _ = build(page=FIGURE, plain="# Plain\n\nThe word data-figure is none.\n")
    page = (out / "page.html").read_text()
    for file in ("figures/page.js", "figures/figures.css", "live/live.css"):
        assert page.count(file) == 1
    assert "figures/" not in (out / "plain.html").read_text()
    assert "live/page.js" not in page  # no model is needed


def test_a_caption_can_be_translated(build: Any) -> None:
    out, _ = build("gettext", page=FIGURE)
    assert 'msgid "What *will* happen?"' in (out / "page.pot").read_text()


def test_a_mistake_is_a_warning_that_names_it(build: Any) -> None:
    out, warnings = build(page=FIGURE.replace(":scores: 2 1", ":scores: 2"))
    assert "figure_live: the figure has 2 words, 1 scores" in warnings
    assert "page.md:3" in warnings
    assert "data-figure" not in (out / "page.html").read_text()
