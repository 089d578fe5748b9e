"""Draw the formulas when the site is built, so that a page needs no MathJax to show them.

A formula becomes an SVG with MathML beside it for screen readers. A mistake in its TeX is a
warning, and so fails a strict build; in the reader's browser it would be red text that no
test sees. Pages are lighter too: a few kB of formulas in the place of 300 kB of script.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from fmlab.book import node_tools

HERE = Path(__file__).parent
GLYPH = re.compile(r'<path id="MJX-\d+-(?P<name>[^"]+)" d="(?P<path>[^"]*)"></path>')
USE = re.compile(r'xlink:href="#MJX-\d+-')

# The pen of each build, by its source folder.
PENS: dict[str, "Pen"] = {}

logger = logging.getLogger(__name__)


class Pen:
    """A node process that draws one formula after another; started when first asked."""

    def __init__(self, mathjax: Path) -> None:
        """Remember where MathJax's es5 files are."""
        self.mathjax = mathjax
        self.process: subprocess.Popen[str] | None = None
        self.drawn: dict[tuple[str, bool], tuple[str, str | None]] = {}

    def draw(self, tex: str, *, display: bool) -> tuple[str, str | None]:
        """Return the formula as HTML, and what is wrong with its TeX (None: nothing)."""
        if (tex, display) not in self.drawn:
            if self.process is None:
                node, _npm = node_tools()
                self.process = subprocess.Popen(
                    [*node, str(HERE / "render_math.cjs"), str(self.mathjax)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                )
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            self.drawn[tex, display] = (answer["html"], answer["error"])
        return self.drawn[tex, display]

    def put_down(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.communicate()
            self.process = None


def share_glyphs(body: str) -> str:
    """Return a page's body with each glyph's outline once, at its start, instead of in each use."""
    outlines = {match["name"]: match["path"] for match in GLYPH.finditer(body)}
    if not outlines:
        return body
    paths = "".join(f'<path id="MJX-{name}" d="{d}"></path>' for name, d in outlines.items())
    body = USE.sub('xlink:href="#MJX-', GLYPH.sub("", body)).replace("<defs></defs>", "")
    return (
        '<svg style="display: none" aria-hidden="true" focusable="false">'
        f"<defs>{paths}</defs></svg>{body}"
    )


def _draw(self: HTML5Translator, node: nodes.Element, tex: str, *, display: bool) -> str:
    html, error = PENS[str(self.builder.srcdir)].draw(tex, display=display)
    if error:
        logger.warning("%s in the formula %r", error, tex, location=node, type="math")
    return html


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_draw(self, node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number where it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append(_draw(self, node, as_one(node), display=True) + "</div>\n")
    raise nodes.SkipNode


def as_one(node: nodes.math_block) -> str:
    r"""Return the TeX of a block, parts between empty lines stacked, `\\` inside aligned."""
    if node["nowrap"]:
        return str(node.astext())
    parts = [part for part in node.astext().split("\n\n") if part.strip()]
    parts = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in parts]
    if len(parts) < 2:
        return "".join(parts)
    return r"\begin{aligned}" + r"\\".join(parts) + r"\end{aligned}"


def _share(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if "body" in context:
        context["body"] = share_glyphs(context["body"])


def _start(app: Sphinx) -> None:
    PENS[str(app.srcdir)] = Pen(Path(app.srcdir) / "node_modules" / "mathjax" / "es5")


def _stop(app: Sphinx, exception: Exception | None) -> None:
    if pen := PENS.pop(str(app.srcdir), None):
        pen.put_down()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer; `html_math_renderer: svg` chooses it."""
    app.add_html_math_renderer("svg", (visit_inline, None), (visit_block, None))
    app.connect("builder-inited", _start)
    app.connect("html-page-context", _share)
    app.connect("build-finished", _stop)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
