"""Pages with one live figure, and the very files that the build serves, without running Sphinx."""

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pydata_sphinx_theme
import pytest
import sphinx_book_theme
from playwright.sync_api import Page
from site_files import REPOSITORY

from fmlab import zoo
from fmlab.live import canaries_for, first_readings, stages_of
from fmlab.probes.reading import Reading
from fmlab.views.live import LiveOptions
from fmlab.views.live_still import live_html

sys.path.insert(0, str(REPOSITORY / "book" / "_ext"))
import live

STATIC = "_static"
THEMES = (
    (pydata_sphinx_theme, "theme/pydata_sphinx_theme/static/styles", "theme.css"),
    (pydata_sphinx_theme, "theme/pydata_sphinx_theme/static/styles", "pydata-sphinx-theme.css"),
    (sphinx_book_theme, "theme/sphinx_book_theme/static/styles", "sphinx-book-theme.css"),
)
SHELL = """<!doctype html><html lang="en" data-theme="{theme}" data-mode="{theme}"><head>
<meta charset="utf-8"><title>A live figure</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
{styles}<script defer src="_static/live/page.js"></script></head>
<body><div class="bd-container"><div class="bd-container__inner bd-page-width">
<main class="bd-main"><div class="bd-content"><div class="bd-article-container">
<article class="bd-article"><h1>A page</h1>
{figures}
<p>Text after it, with <a href="#end" id="end">a link</a>.</p></article>
</div></div></main></div></div></body></html>
"""


@dataclass(frozen=True)
class LiveSite:
    """A folder as a build leaves it, and the pages that tests write into it.

    Attributes:
        folder: Serve this one, or open a page in it from its file.
    """

    folder: Path

    def page(
        self, *figures: LiveOptions, name: str = "page", theme: str = "light", load: str = "click"
    ) -> Path:
        """Write a page with live figures, as the directive does; return its file.

        Args:
            figures: What an author says of each figure.
            name: The file's name, without its ending.
            theme: `light` or `dark`.
            load: `click` or `scroll`: when a figure starts.
        """
        inside = "".join(
            f'<figure class="fmlab-live">{self._figure(one, load)}</figure>\n' for one in figures
        )
        sheets = [*(f"styles/{name}" for _, _, name in THEMES), "live/live.css", "site.css"]
        styles = "".join(f'<link rel="stylesheet" href="{STATIC}/{sheet}">\n' for sheet in sheets)
        file = self.folder / f"{name}.html"
        file.write_text(SHELL.format(theme=theme, styles=styles, figures=inside), encoding="utf-8")
        return file

    def _figure(self, options: LiveOptions, load: str) -> str:
        stages = [asdict(stage) for stage in stages_of(options.model)]
        canaries = canaries_for(options, zoo.load(options.model))
        return live_html(options, readings(options), load=load, stages=stages, canaries=canaries)


def readings(options: LiveOptions) -> Sequence[Reading]:
    """Return what Python makes of a figure's sentences."""
    return first_readings(zoo.load(options.model), options)


@pytest.fixture(scope="session")
def live_site(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> LiveSite:
    """Return a folder with all that live figures load, made by the steps of the build.

    The exported model is kept from one test run to the next, under a key of what it is made of.
    """
    folder = tmp_path_factory.mktemp("live")
    assert pytestconfig.cache is not None
    app: Any = SimpleNamespace(
        builder=SimpleNamespace(name="html"),
        outdir=folder,
        srcdir=REPOSITORY,
        doctreedir=pytestconfig.cache.mkdir("live"),
    )
    live._write_files(app)
    for package, path, name in THEMES:
        assert package.__file__ is not None
        live._copy(Path(package.__file__).parent / path / name, folder / STATIC / "styles" / name)
    (folder / STATIC / "basic.css").touch()  # what Sphinx would write of its own
    live._copy(REPOSITORY / "book" / "_static" / "site.css", folder / STATIC / "site.css")
    return LiveSite(folder)


def start(page: Page, number: int = 0) -> None:
    """Press a figure's button as a reader does, and wait until it has drawn."""
    root = page.locator("[data-live]").nth(number)
    root.locator(".live-start").click()
    root.locator(".live-status").filter(has_text=re.compile(r"\S")).wait_for(timeout=60_000)
    drawn(page, number)


def start_all(page: Page) -> None:
    """Press the button of every live figure on a page, and wait until each has drawn."""
    for number in range(page.locator("[data-live]").count()):
        start(page, number)


def drawn(page: Page, number: int = 0) -> None:
    """Wait until a figure has drawn what was last asked of it."""
    page.wait_for_timeout(300)  # a typed sentence is read after a short pause
    page.wait_for_function(
        "n => !document.querySelectorAll('[data-live]')[n].hasAttribute('aria-busy')", arg=number
    )


def show_theme(page: Page, theme: str) -> None:
    """Show a page in `light` or `dark`, as the site's button does."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    page.wait_for_timeout(250)
