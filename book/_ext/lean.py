"""Take off the pages what no reader uses: 170 kB go over the wire for a page, where 700 did.

The theme brings all 2,000 icons of Font Awesome as a script of 1.5 MB that draws the ten a page
has; here those ten are put into the page. Thebe (running cells on a distant server) is never
used, and its scripts go. Source maps are for the theme's authors. The index of all words, which
grows with each page, is loaded where one searches and nowhere else.
"""

import html
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

logger = logging.getLogger(__name__)

ICONS_SCRIPT = "scripts/fontawesome.js"
ICONS_STYLE = "icons.css"
# In the script: name: [width, height, [other names], "code point", "path"].
ICON_DATA = re.compile(
    r'[,{]"?(?P<name>[a-z0-9-]+)"?:\[(?P<width>\d+),(?P<height>\d+),\[(?P<others>[^\]]*)\],'
    r'"[0-9a-f]+","(?P<path>[^"]+)"\]'
)
ICON_TAG = re.compile(
    r'<(?P<tag>i|span)\s+class="(?P<classes>[^"]*\bfa-[^"]*)"(?P<rest>[^>]*)>\s*</(?P=tag)>'
)
TITLE = re.compile(r'\s*\btitle="[^"]*"')  # on a drawing that is not read out
ICON_SCRIPT_TAG = re.compile(r'<script[^>]*src="[^"]*scripts/fontawesome\.js[^"]*"[^>]*></script>')
# What finds words; every page has it for the theme's search as one types, which is off here.
SEARCH_SCRIPT_TAG = re.compile(
    r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
SEARCH_PAGE = "search.html"
# An `aria-label` that says something else than the button's own text.
HIDDEN_NAME = re.compile(
    r'(<button class="btn search-button-field[^>]*?|<summary) aria-label="[^"]*"'
)
STYLES = {"fas": "solid", "fa-solid": "solid", "far": "regular", "fa-regular": "regular",
          "fab": "brands", "fa-brands": "brands"}  # fmt: skip
NOT_ICONS = {"fa-lg", "fa-sm", "fa-xs", "fa-fw", "fa-2x", *STYLES}
# Icons that the theme's style sheet writes as characters of a font: selector, icon.
DRAWN_BY_STYLE = {
    ".admonition > .admonition-title::after": "bell",
    ".admonition:is(.note) > .admonition-title::after": "circle-info",
    ".admonition:is(.important, .attention) > .admonition-title::after": "circle-exclamation",
    ".admonition:is(.warning, .caution, .danger) > .admonition-title::after":
        "triangle-exclamation",
    ".admonition:is(.error) > .admonition-title::after": "circle-xmark",
    ".admonition:is(.tip, .hint) > .admonition-title::after": "lightbulb",
    ".admonition:is(.seealso) > .admonition-title::after": "share",
    ".admonition:is(.admonition-todo) > .admonition-title::after": "pencil",
    "nav.bd-links li > a.reference.external::after": "up-right-from-square",
    "a.reference.download::before": "download",
}  # fmt: skip
UNUSED = ("**/*.map", "**/*.ttf", "scripts/fontawesome.js*", "sphinx-thebe.*", "locales",
          "images/logo_*", "webpack-macros.html", "sbt-webpack-macros.html")  # fmt: skip


@dataclass(frozen=True)
class Icon:
    """One icon: its box and its outline."""

    width: int
    height: int
    path: str

    def svg(self, classes: str, attributes: str = "") -> str:
        """Return the icon as an element that takes the text's colour and size."""
        return (
            f'<svg class="{html.escape(classes)}"{attributes} aria-hidden="true" focusable="false" '
            f'viewBox="0 0 {self.width} {self.height}">'
            f'<path fill="currentColor" d="{self.path}"></path></svg>'
        )

    def mask(self) -> str:
        """Return the icon as the address of a picture, for a style sheet's mask."""
        box = f"0 0 {self.width} {self.height}"
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><path d="{self.path}"/></svg>'
        )
        return f'url("data:image/svg+xml,{quote(svg)}")'


class Icons:
    """The icons of the theme's script, by style and name."""

    def __init__(self, script: str) -> None:
        """Read the script; a name that two styles have is first the regular, then the solid."""
        self.all: dict[str, list[Icon]] = {}
        for match in ICON_DATA.finditer(script):
            icon = Icon(int(match["width"]), int(match["height"]), match["path"])
            for name in (match["name"], *re.findall(r'"([a-z0-9-]+)"', match["others"])):
                self.all.setdefault(name, []).append(icon)

    def get(self, name: str, style: str = "solid") -> Icon | None:
        """Return an icon, or None where there is none of that name."""
        found = self.all.get(name)
        return found[-1 if style == "solid" else 0] if found else None


def draw_icons(page: str, icons: Icons) -> str:
    """Return a page with its icons drawn in place, and without the script that would do it."""

    def drawn(match: re.Match[str]) -> str:
        classes = match["classes"].split()
        style = next((STYLES[name] for name in classes if name in STYLES), "solid")
        names = [name for name in classes if name.startswith("fa-") and name not in NOT_ICONS]
        icon = icons.get(names[0].removeprefix("fa-"), style) if names else None
        if icon is None:
            logger.warning("no icon for %r", match[0])
            return match[0]
        others = [name for name in classes if name not in STYLES]
        return icon.svg(" ".join(["svg-inline--fa", *others]), TITLE.sub("", match["rest"]))

    return ICON_SCRIPT_TAG.sub("", ICON_TAG.sub(drawn, page))


def let_text_name(page: str) -> str:
    """Return a page whose buttons are called what is written on them, also when read out."""
    return HIDDEN_NAME.sub(r"\1", page)


def list_sources(page: str) -> str:
    """Return a page whose bibliography is a list of items, as its own role says.

    An entry's role of docutils is deprecated, and screen readers need not know it in a list.
    """
    return page.replace('role="doc-biblioentry"', 'role="listitem"')


def search_elsewhere(page: str) -> str:
    """Return a page without the scripts that only the page of search results needs."""
    return SEARCH_SCRIPT_TAG.sub("", page)


def icon_style(icons: Icons) -> str:
    """Return the style sheet for the icons that no element stands for."""
    rules = [
        ".svg-inline--fa { display: inline-block; height: 1em; overflow: visible; "
        "vertical-align: -0.125em; }",
        ".svg-inline--fa.fa-lg { font-size: 1.25em; line-height: 0.05em; "
        "vertical-align: -0.075em; }",
        ",\n".join(f"html {selector}" for selector in DRAWN_BY_STYLE)
        + " { content: ''; font-family: inherit; display: inline-block; width: 1em; height: 1em; "
        "background: currentColor; -webkit-mask: var(--icon) center / contain no-repeat; "
        "mask: var(--icon) center / contain no-repeat; }",
    ]
    for selector, name in DRAWN_BY_STYLE.items():
        icon = icons.get(name)
        assert icon is not None, f"the theme has no icon {name!r}"
        rules.append(f"{selector} {{ --icon: {icon.mask()}; }}")
    return "\n".join([*rules, ""])


def _leave_out_thebe(app: Sphinx, config: Config) -> None:
    # Jupyter Book loads it whatever the configuration says; so its handlers are taken out.
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if one.handler.__module__ != "sphinx_thebe"]
    styles = app.registry.css_files
    styles[:] = [style for style in styles if style[0] != "sphinx-thebe.css"]


def _finish(app: Sphinx, exception: Exception | None) -> None:
    static = Path(app.outdir) / "_static"
    script = static / ICONS_SCRIPT
    if exception is not None or app.builder.name != "html" or not script.is_file():
        return
    icons = Icons(script.read_text(encoding="utf-8"))
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        lean = list_sources(let_text_name(draw_icons(page, icons)))
        if path.name != SEARCH_PAGE:
            lean = search_elsewhere(lean)
        if lean != page:
            path.write_text(lean, encoding="utf-8")
    (static / ICONS_STYLE).write_text(icon_style(icons), encoding="utf-8")
    for pattern in UNUSED:
        for path in sorted(static.glob(pattern), reverse=True):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_css_file(ICONS_STYLE)
    app.connect("config-inited", _leave_out_thebe)
    app.connect("build-finished", _finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
