"""Let every page load what it needs from the site itself, and from nowhere else.

Libraries that notebooks' outputs ask other hosts for (require.js, jquery, d3, the widgets'
manager) are served from `_static/libs`, and only those that some page
uses. A page that would still load something from elsewhere is a warning.
"""

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from fmlab import book

logger = logging.getLogger(__name__)

# A library's name in _static/libs, and the files (or folders) of node_modules in it.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "require": ("requirejs/require.js",),
    "jquery": ("jquery/dist/jquery.min.js",),
    "d3": ("d3/dist/d3.min.js",),
    "widgets": ("@jupyter-widgets/html-manager/dist/embed-amd.js",),
}
# Addresses in outputs of notebooks, and the site's file in their place. Those of the second
# kind stand in require.config's paths, where the ending is left out.
ELSEWHERE: tuple[tuple[str, str], ...] = (
    (r"https?://cdnjs\.cloudflare\.com/ajax/libs/require\.js/[\w.]+/require(?:\.min)?\.js",
     "require/require.js"),
    (r"https?://cdnjs\.cloudflare\.com/ajax/libs/d3/[\w.]+/d3(?:\.min)?(?=['\"])", "d3/d3.min"),
    (r"https?://cdnjs\.cloudflare\.com/ajax/libs/jquery/[\w.]+/jquery(?:\.min)?(?=['\"])",
     "jquery/jquery.min"),
)  # fmt: skip
WIDGETS_JS: dict[str, dict[str, str]] = {
    "libs/require/require.js": {},
    # A widget of another package than ipywidgets is looked for here, and not at a CDN.
    "libs/widgets/embed-amd.js": {"data-jupyter-widgets-cdn": "./"},
}
USED = re.compile(r"_static/libs/([\w.-]+)/")
REMOTE = re.compile(r"^\s*(?:https?:)?//", re.I)
# Attributes that make a browser fetch, by tag. A link (`a href`) waits for a click.
FETCHING: dict[str, tuple[str, ...]] = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "audio": ("src",),
    "video": ("src", "poster"),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "input": ("src",),
}
FETCHING_RELATIONS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "modulepreload",
                      "manifest", "dns-prefetch", "apple-touch-icon"}  # fmt: skip
IN_TEXT = {
    "style": re.compile(
        r"url\(\s*['\"]?((?:https?:)?//[^'\")]+)|@import\s+['\"](//|https?:[^'\"]+)"
    ),
    "script": re.compile(
        r"(?:\.src\s*=|fetch\(|import\(|importScripts\(|\bfrom)\s*['\"`](https?://[^'\"`]+)"
    ),
}


class Fetches(HTMLParser):
    """Collects what a page would load from another host."""

    def __init__(self) -> None:
        """Start with nothing found."""
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes that make a browser fetch."""
        self.inside = tag if tag in IN_TEXT else ""
        values = {name: value or "" for name, value in attrs}
        names = FETCHING.get(tag, ())
        if tag == "link" and FETCHING_RELATIONS & set(values.get("rel", "").lower().split()):
            names = ("href",)
        self.found += [values[n] for n in names if n in values and REMOTE.match(values[n])]
        if match := IN_TEXT["style"].search(values.get("style", "")):
            self.found.append(match[match.lastindex or 0])

    def handle_endtag(self, tag: str) -> None:
        """Leave a style or a script."""
        self.inside = ""

    def handle_data(self, data: str) -> None:
        """Look inside styles and scripts."""
        if self.inside:
            matches = IN_TEXT[self.inside].finditer(data)
            self.found += [match[match.lastindex or 0] for match in matches]


def fetches_elsewhere(html: str) -> list[str]:
    """Return the addresses on other hosts that a page would load when it is opened."""
    parser = Fetches()
    parser.feed(html)
    parser.close()
    return parser.found


def from_the_site(html: str, libs: str) -> str:
    """Return `html` with known addresses on other hosts replaced by files under `libs`."""
    for address, file in ELSEWHERE:
        html = re.sub(address, f"{libs}/{file}", html)
    return html


def _configure(app: Sphinx, config: Config) -> None:
    config.nb_ipywidgets_js = WIDGETS_JS
    config.nb_execution_cache_path = str(book.executions(Path(app.srcdir)))


def _rewrite(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if "body" in context:
        libs = context["pathto"]("_static/libs", True)
        context["body"] = from_the_site(context["body"], libs)


def _pages(app: Sphinx) -> Iterator[Path]:
    """Yield the site's pages; delete those whose source is gone."""
    out = Path(app.outdir)
    known = {*app.env.found_docs, "search", "genindex", "index", "404"}
    for path in sorted(out.rglob("*.html")):
        name = path.relative_to(out).with_suffix("").as_posix()
        if name in known:
            yield path
        elif not name.startswith("_static/"):
            path.unlink()


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    used: set[str] = set()
    for path in _pages(app):
        html = path.read_text(encoding="utf-8")
        used |= set(USED.findall(html))
        for address in dict.fromkeys(fetches_elsewhere(html)):
            page = path.relative_to(app.outdir)
            logger.warning("%s loads %s; serve it from the site (LIBRARIES)", page, address)
    libs = Path(app.outdir) / "_static" / "libs"
    shutil.rmtree(libs, ignore_errors=True)
    for name in sorted(used):
        for file in LIBRARIES.get(name, ()):
            source = Path(app.srcdir) / "node_modules" / file
            (libs / name).mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, libs / name / source.name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _rewrite, priority=900)
    app.connect("build-finished", _finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
