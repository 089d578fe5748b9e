"""What helps to read the site: its script, a button at a page's end, and the table of progress.

`page_scripts/page.js` and what it imports become one script, `_static/reading.js`, that every page
loads. A chapter or a lab keeps a place at its end for the button that marks it as read;
`:::{progress}` puts a table of all of them where it stands. What a reader has done is kept in the
reader's browser alone.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import get_translation
from sphinx.util.docutils import SphinxDirective

from fmlab.bundle import bundle

_ = get_translation("fmlab")

SCRIPTS = Path(__file__).parent / "page_scripts"
SCRIPT = "reading.js"
PROGRESS = "book/progress"
TO_READ = re.compile(r"(?P<folder>.*)/(?P<number>\d\d)_\w+")
# The theme asks for the browser's stores without looking whether it may. Where a reader forbids
# them, that would stop the page's scripts; so something that forgets stands in.
STAND_IN = (
    '<script>for (const store of ["localStorage", "sessionStorage"]) {'
    "try { window[store].length } catch { const kept = new Map();"
    "Object.defineProperty(window, store, { value: { forgets: true,"
    "getItem: name => kept.get(name) ?? null,"
    "setItem: (name, text) => { kept.set(name, String(text)) },"
    "removeItem: name => { kept.delete(name) } } }) } }</script>"
)


class ProgressTable(nodes.General, nodes.Element):
    """The table of chapters and labs; it is made when the page is written."""


class Progress(SphinxDirective):
    """Puts the table where it stands."""

    def run(self) -> list[nodes.Node]:
        """Return the table's place."""
        return [ProgressTable("")]


# -- pages to read ----------------------------------------------------------------------------


def in_order(env: BuildEnvironment) -> list[str]:
    """Return the chapters and labs, in the order of the table of contents."""
    listed: list[str] = []
    waiting = [env.config.root_doc]
    while waiting:
        docname = waiting.pop(0)
        listed.append(docname)
        waiting = [*env.toctree_includes.get(docname, []), *waiting]
    return [docname for docname in dict.fromkeys(listed) if TO_READ.fullmatch(docname)]


def name_of(docname: str, title: str) -> str:
    """Return what a page is called in the table."""
    match = TO_READ.fullmatch(docname)
    assert match is not None, docname
    words = _("Lab {n}: {title}") if match["folder"].startswith("labs") else _("{n}. {title}")
    return words.format(n=int(match["number"]), title=title)


def questions_of(root: Path, docname: str, language: str) -> int:
    """Return how many questions a page asks: those of the quiz of its name."""
    name = docname.rsplit("/", 1)[-1]
    path = root / "book" / "quizzes" / language / f"{name}.json"
    return len(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else 0


def table(rows: list[tuple[str, str, str, int]]) -> str:
    """Return the table of progress, which a script fills in.

    Args:
        rows: A page's name, its address, its title, and how many questions it asks.
    """
    body = "\n".join(
        f'<tr data-page="{html.escape(page)}" data-questions="{questions}">'
        f'<th scope="row"><a class="reference internal" href="{html.escape(address)}">'
        f"{html.escape(title)}</a></th>"
        "<td>&nbsp;</td><td>&nbsp;</td></tr>"
        for page, address, title, questions in rows
    )
    return (
        "<div data-progress-table>\n"
        f'<p class="progress-sums">{_("Without JavaScript nothing can be kept here.")}</p>\n'
        '<div class="pst-scrollable-table-container">'
        f'<table class="table progress-table"><caption>{_("Chapters and labs")}</caption>\n'
        f'<thead><tr><th scope="col">{_("Page")}</th><th scope="col">{_("Read")}</th>'
        f'<th scope="col">{_("Questions right")}</th></tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>\n"
        "</div>\n"
    )


def _visit_table(self: Any, node: ProgressTable) -> None:
    builder, env = self.builder, self.builder.env
    rows = []
    for docname in in_order(env):
        address = builder.get_relative_uri(self.docnames[0], docname)
        title = name_of(docname, env.titles[docname].astext())
        questions = questions_of(Path(env.srcdir), docname, env.config.language)
        rows.append((docname, address, title, questions))
    self.body.append(table(rows))
    raise nodes.SkipNode


def _leave_out(self: Any, node: ProgressTable) -> None:
    raise nodes.SkipNode


# -- every page -------------------------------------------------------------------------------


def place_at_end(docname: str, progress: str) -> str:
    """Return the place that a page keeps for the button that marks it as read."""
    return (
        f'<div class="reading-end" data-reading-end="{docname}" data-progress="{progress}"></div>\n'
    )


def _add(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if app.builder.name != "html":
        return
    context["metatags"] = f"\n{STAND_IN}{context.get('metatags', '')}"
    if TO_READ.fullmatch(pagename) and PROGRESS in app.env.found_docs and "body" in context:
        context["body"] += place_at_end(pagename, context["pathto"](PROGRESS))


def _write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the page with the table: it names all others."""
    return [PROGRESS] if PROGRESS in env.found_docs else []


def _bundle(app: Sphinx) -> None:
    if app.builder.name == "html":
        target = Path(app.outdir) / "_static" / SCRIPT
        bundle(Path(app.srcdir), target, str(SCRIPTS / "page.js"), "iife", {})


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_directive("progress", Progress)
    app.add_node(
        ProgressTable,
        html=(_visit_table, None),
        latex=(_leave_out, None),
        text=(_leave_out, None),
        gettext=(_leave_out, None),
    )
    app.connect("builder-inited", _bundle)
    app.connect("env-updated", _write_again)
    app.connect("html-page-context", _add)
    app.add_js_file(SCRIPT, loading_method="defer")
    app.add_css_file("reading.css")
    app.add_css_file("print.css", media="print")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
