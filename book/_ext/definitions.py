"""A glossary word's definition on every page that uses the word.

Sphinx makes a link to the glossary of each `{term}`. Here the page gets the definition too, once,
hidden, and the link names it as its description: a screen reader reads it with the link, and
`page_scripts/definitions.js` shows it beside the word. Nothing is fetched, so it works offline,
from the disk, and in every language that the glossary has.
"""

import html
import re
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

# A link of `{term}`; its anchor in the glossary is `term-...`.
TERM_LINK = re.compile(
    r'<a class="reference internal" href="[^"#]*#(?P<anchor>term-[^"]+)">'
    r'(?=<span class="xref std std-term">)'
)


def glossary_pages(env: BuildEnvironment) -> set[str]:
    """Return the pages that define words."""
    objects = env.get_domain("std").get_objects()
    return {docname for _, _, kind, docname, _, _ in objects if kind == "term"}


def _without_links(node: nodes.Element) -> nodes.Element:
    """Return a copy in which links are text: a box that leaves with the focus can hold none."""
    copy: nodes.Element = node.deepcopy()
    for link in list(
        copy.findall(lambda n: isinstance(n, nodes.reference | addnodes.pending_xref))
    ):
        link.replace_self(link.children)
    for element in copy.findall(nodes.Element):
        element["ids"], element["names"] = [], []
    return copy


def definitions(app: Sphinx) -> dict[str, str]:
    """Return the HTML of every definition, by the anchor of its word."""
    found = {}
    for docname in glossary_pages(app.env):
        doctree = app.env.get_doctree(docname)
        for item in doctree.findall(nodes.definition_list_item):
            inside = [child for child in item.children if isinstance(child, nodes.definition)]
            terms = [child for child in item.children if isinstance(child, nodes.term)]
            body = "".join(
                app.builder.render_partial(_without_links(part))["fragment"]  # type: ignore[attr-defined]
                for definition in inside
                for part in definition.children
            )
            for term in terms:
                for anchor in term["ids"]:
                    found[anchor] = f"<strong>{html.escape(terms[0].astext())}</strong> {body}"
    return found


def with_definitions(body: str, known: dict[str, str]) -> str:
    """Return a page whose links to words name their definitions, which stand at its end."""
    used: dict[str, str] = {}

    def described(match: re.Match[str]) -> str:
        anchor = match["anchor"]
        if anchor not in known:
            return match[0]
        name = used.setdefault(known[anchor], f"definition-of-{anchor}")
        start = (
            match[0].removesuffix(">").replace("reference internal", "reference internal term-link")
        )
        return f'{start} aria-describedby="{name}">'

    body = TERM_LINK.sub(described, body)
    boxes = "\n".join(
        f'<div class="definition" id="{name}" role="tooltip" hidden>{text}</div>'
        for text, name in used.items()
    )
    return f'{body}\n<div class="definitions">\n{boxes}\n</div>\n' if used else body


class Keeper:
    """Holds what one build knows: the definitions, and whether the glossary has changed."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.known: dict[str, str] | None = None
        self.changed = False

    def note_change(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], gone: set[str]
    ) -> Iterable[str]:
        """See whether the glossary is among what has changed; nothing more is to be read."""
        self.changed = bool(glossary_pages(env) & (changed | gone))
        return ()

    def write_again(self, app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
        """Return every page where the glossary changed: they are written again, and not run."""
        return sorted(env.found_docs) if self.changed else ()

    def add(
        self, app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
    ) -> None:
        """Give a page the definitions of its words."""
        if app.builder.name == "html" and "std-term" in context.get("body", ""):
            if self.known is None:
                self.known = definitions(app)
            context["body"] = with_definitions(context["body"], self.known)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    keeper = Keeper()
    app.connect("env-get-outdated", keeper.note_change)
    app.connect("env-updated", keeper.write_again)
    app.connect("html-page-context", keeper.add)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
