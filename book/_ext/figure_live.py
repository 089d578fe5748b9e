"""`{figure_live}`: a figure of mathematics that the reader moves, with no model behind it.

    :::{figure_live} softmax
    :words: garden street sea night
    :scores: 2 1 0 -1
    What happens to the bars if every score grows by one?
    :::

`softmax` takes `words`, `scores`, `temperature`; `descent` takes three `words`, their `counts`,
`start`, `rate`, `steps`; `average` takes `words`, `keys`, `values`, `query`. A point is `1,-0.5`.

Python draws the figure when the site is built (`fmlab/views/figures`). The scripts in
`fmlab/views/static/figures` take that drawing over; a page loads them only where it has such a
figure.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from live import LiveFigure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from fmlab.bundle import bundle
from fmlab.errors import UserError
from fmlab.views.figures import STATIC, figure_html
from fmlab.views.live import STATIC as LIVE

OPTIONS = ("words", "scores", "temperature", "counts", "start", "rate", "steps", "keys", "values",
           "query")  # fmt: skip


class FigureLive(SphinxDirective):
    """Puts such a figure where it stands."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = dict.fromkeys(OPTIONS, directives.unchanged_required)

    def run(self) -> list[nodes.Node]:
        """Return the figure, or an error where the author's words make none."""
        try:
            inside = figure_html(self.arguments[0], self.options, self.config.language)
        except UserError as error:
            raise self.error(f"figure_live: {error}") from error
        figure = LiveFigure("", inside=inside)
        self.set_source_info(figure)
        self.state.nested_parse(self.content, self.content_offset, figure)
        return [figure]


def _scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    body = context.get("body", "")
    if "data-figure=" in body:
        if "data-live=" not in body:  # else `live` has it on the page already
            app.add_css_file("live/live.css")
        app.add_css_file("figures/figures.css")
        app.add_js_file("figures/page.js", loading_method="defer")


def write_files(root: Path, folder: Path) -> None:
    """Write what pages with such figures load into the site's `_static`."""
    folder.joinpath("figures").mkdir(parents=True, exist_ok=True)
    bundle(root, folder / "figures" / "page.js", "../figures/page.js", "iife", {})
    for sheet in (STATIC / "figures.css", LIVE / "live.css"):
        target = folder / ("figures" if sheet.name == "figures.css" else "live") / sheet.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(sheet.read_text(encoding="utf-8"), encoding="utf-8")


def _write_files(app: Sphinx) -> None:
    if app.builder.name == "html":
        write_files(Path(app.srcdir), Path(app.outdir) / "_static")


def setup(app: Sphinx) -> Mapping[str, Any]:
    """Connect to the build."""
    app.setup_extension("live")
    app.add_directive("figure_live", FigureLive)
    app.connect("builder-inited", _write_files)
    app.connect("html-page-context", _scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
