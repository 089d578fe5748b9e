"""How the site is announced elsewhere: previews of links, the map for search engines, the 404 page.

All of it needs the site's public address, which is `html: baseurl:` in `_config.yml`. Where that
is empty, what must hold an absolute address (og:url, og:image, the canonical link, sitemap.xml) is
left out: a copy of the site never announces the address of another.
"""

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from card import draw_card, name_of_card
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import get_translation
from sphinx.util import logging

_ = get_translation("fmlab")
logger = logging.getLogger(__name__)

PREVIEW = "social.png"  # of pages that have no picture of their own
CARDS = "cards"
DESCRIPTION_CHARACTERS = 200
WRITTEN = re.compile(r'<meta [^>]*name="description"[^>]*>')
CONTENT = re.compile(r'content="([^"]*)"')
# Set apart from the site's style sheets: this page is shown at any address, also a wrong folder's.
LOST_STYLE = """
:root { color-scheme: light dark; }
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem;
  color: light-dark(#14181f, #e6e9ee); background: light-dark(#ffffff, #14181f); }
a { color: light-dark(#0b5cad, #8cc0f9); }
input, button { font: inherit; padding: 0.3rem 0.6rem; max-width: 100%; }
:is(a, input, button):focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
"""
# What the reader has chosen on the other pages, else what the system says.
LOST_SCRIPT = """
let chosen;
try { chosen = localStorage.getItem("mode"); } catch {}
const dark = matchMedia("(prefers-color-scheme: dark)");
function show() {
  const asked = dark.matches ? "dark" : "light";
  document.documentElement.dataset.theme = ["light", "dark"].includes(chosen) ? chosen : asked;
}
dark.addEventListener("change", show);
show();
"""


# -- the address ------------------------------------------------------------------------------


def address_fault(baseurl: str, repository: str) -> str | None:
    """Return what is wrong with the site's public address, or None.

    Args:
        baseurl: `html: baseurl:` of `_config.yml`; empty is right.
        repository: The repository's address.
    """
    if not baseurl:
        return None
    parts = urlsplit(baseurl)
    if parts.scheme not in {"http", "https"} or not parts.netloc or not baseurl.endswith("/"):
        return f"html.baseurl {baseurl!r} is no address that begins with https:// and ends with /"
    owner, name = urlsplit(repository).path.strip("/").split("/")[:2]
    pages = f"https://{owner.lower()}.github.io/{name}/"
    if parts.netloc.endswith(".github.io") and baseurl != pages:
        return (
            f"html.baseurl is {baseurl}, but the repository's pages are served at {pages}; "
            "write that into _config.yml, or leave it empty"
        )
    return None


def _check_address(app: Sphinx, config: Config) -> None:
    config.html_baseurl = config.html_baseurl or ""  # "baseurl:" with nothing behind it
    repository = str(config.html_theme_options["repository_url"]).rstrip("/")
    if fault := address_fault(config.html_baseurl, repository):
        logger.warning("%s", fault)


# -- a page -----------------------------------------------------------------------------------


def description(doctree: nodes.document) -> str:
    """Return the first paragraph that stands by itself, cut at a word; no box's and no list's."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if not text or not isinstance(paragraph.parent, nodes.section | nodes.document):
            continue
        if len(text) > DESCRIPTION_CHARACTERS:
            text = text[:DESCRIPTION_CHARACTERS].rsplit(" ", 1)[0] + " …"
        return text
    return ""


def announcement(
    *, title: str, site: str, text: str, front: bool, address: str, picture: str
) -> dict[str, str]:
    """Return a page's Open Graph properties.

    Args:
        title: The page's title.
        site: The site's.
        text: What the page is about.
        front: Whether it is the site's front page.
        address: The page's public address; empty where the site has none.
        picture: The preview's public address; likewise.
    """
    properties = {
        "og:type": "website" if front else "article",
        "og:title": title,
        "og:site_name": site,
        "og:description": text,
        "og:url": address,
    }
    if picture:
        properties |= {
            "og:image": picture,
            "og:image:width": "1200",
            "og:image:height": "630",
            "og:image:alt": title,
        }
    return {name: value for name, value in properties.items() if value}


def _announce(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if doctree is None or app.builder.name != "html":
        return
    base, site = app.config.html_baseurl, str(app.config.html_title)
    front = pagename == app.config.root_doc
    written = WRITTEN.search(context["metatags"])
    content = CONTENT.search(written[0]) if written else None
    text = html.unescape(content[1]) if content else description(doctree)
    properties = announcement(
        title=site if front else app.env.titles[pagename].astext(),
        site=site,
        text=" ".join(text.split()),
        front=front,
        address=f"{base}{pagename}.html" if base else "",
        picture=f"{base}_static/{_picture(app, pagename)}" if base else "",
    )
    tags = [f'<meta property="{n}" content="{html.escape(v)}" />' for n, v in properties.items()]
    tags.append('<meta name="twitter:card" content="summary_large_image" />')
    if not written and text:
        tags.append(f'<meta name="description" content="{html.escape(text)}" />')
    context["metatags"] += "\n" + "\n".join(tags)


def _card(app: Sphinx, pagename: str) -> tuple[str, str, str]:
    """Return what a page's card says: above the title, the title, below it."""
    number = re.fullmatch(r".*/(\d\d)_\w+", pagename)
    above = ""
    if number:
        lab = pagename.startswith("labs/")
        above = (_("Lab {n}") if lab else _("Chapter {n}")).format(n=int(number[1]))
    return above, app.env.titles[pagename].astext(), str(app.config.html_title)


def _picture(app: Sphinx, pagename: str) -> str:
    """Return the path of a page's preview in `_static`."""
    if pagename == app.config.root_doc:
        return PREVIEW
    name = name_of_card(pagename, *_card(app, pagename))
    return f"{CARDS}/{name}" if name else PREVIEW


def _draw_cards(app: Sphinx, exception: Exception | None) -> None:
    """Draw the cards that are not there yet, and delete those of titles that are gone."""
    if exception is not None or app.builder.name != "html" or not app.config.html_baseurl:
        return
    static = Path(app.outdir) / "_static"
    wanted = {}
    for pagename in sorted(app.env.found_docs):
        if (picture := _picture(app, pagename)) != PREVIEW:
            wanted[static / picture] = _card(app, pagename)
    for old in set((static / CARDS).glob("*.png")) - set(wanted):
        old.unlink()
    for target, words in wanted.items():
        if not target.is_file():
            draw_card(target, *words)


# -- the site ---------------------------------------------------------------------------------


def sitemap(base: str, pagenames: list[str]) -> str:
    """Return sitemap.xml: where each page is."""
    places = "".join(
        f"  <url><loc>{html.escape(base + quote(name))}.html</loc></url>\n" for name in pagenames
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'{head}<urlset xmlns="{space}">\n{places}</urlset>\n'


def lost_page(language: str, site: str, base: str, front: str) -> str:
    """Return 404.html, which a host shows in place of every page that it does not have.

    Its address can be any, so links are those of the public address. Where the site has none, they
    lead from the site's own folder.
    """
    search, home, base = _("Search the workbook"), html.escape(base + front), html.escape(base)
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{_("Page not found")} — {html.escape(site)}</title>
<link rel="icon" href="data:,">
<style>{LOST_STYLE}</style>
<script>{LOST_SCRIPT}</script>
</head>
<body><main>
<h1>{_("Page not found")}</h1>
<p>{_("There is no page at this address. It may have another name now.")}</p>
<p><a href="{home}">{html.escape(site)}</a></p>
<form action="{base}search.html" role="search">
<p><label for="q">{search}</label><br><input id="q" name="q" type="search">
<button>{_("Search")}</button></p>
</form>
</main></body>
</html>
"""


def front_door(language: str, site: str, base: str, front: str, icon: str) -> str:
    """Return the site's `index.html`, which leads to the landing page."""
    title = html.escape(site)
    absolute = (
        f'<link rel="canonical" href="{base}{front}">\n'
        f'<meta property="og:image" content="{base}_static/{PREVIEW}">\n'
    )
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={front}">
<link rel="icon" href="{icon}">
<meta property="og:title" content="{title}">
{absolute if base else ""}</head>
<body><main><h1>{title}</h1><p><a href="{front}">{_("Open the workbook")}</a></p></main></body>
</html>
"""


def _write_files(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    out, config = Path(app.outdir), app.config
    base, front, site = config.html_baseurl, f"{config.root_doc}.html", str(config.html_title)
    icon = f"_static/{Path(config.html_favicon).name}"  # else the browser asks the host's root
    pages = {
        "index.html": front_door(config.language, site, base, front, icon),
        "404.html": lost_page(config.language, site, base, front),
    }
    if base:
        pages["sitemap.xml"] = sitemap(base, sorted(app.env.found_docs))
    for name, text in pages.items():
        (out / name).write_text(text, encoding="utf-8")
    if not base:
        (out / "sitemap.xml").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("config-inited", _check_address)
    app.connect("html-page-context", _announce)
    app.connect("build-finished", _draw_cards)
    app.connect("build-finished", _write_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
