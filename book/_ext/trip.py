"""`{trip}`: the tokens of a sentence and their numbers, also of one that the reader types.

    :::{trip}
    :text: The lighthouse keeper looked out of the window.
    Start it, and type your own.
    :::

Python makes the table of the first sentence when the site is built. `_static/trip.js` asks the
tokenizer of the live figures' model, in the reader's browser, for others; it is loaded when the
reader starts the figure, and only where a page has one.
"""

import html
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from live import LiveFigure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from fmlab import zoo
from fmlab.tokens import Tokenizer

MODEL = "books-small"
# `{n}` and the like are filled in by the script.
WORDS = {
    "caption": "The tokens of a sentence, and their ids",
    "place": "place",
    "token": "token",
    "id": "id",
    "start": "Start: type your own sentence",
    "costs": "Loads the model, some megabytes, from this site.",
    "loading": "Loading …",
    "cannotLoad": "The model could not be loaded: {why}",
    "sentence": "Sentence",
    "told": "{n} tokens, so {n} ids, and then {n} vectors of {hidden} numbers.",
    "unknown": "{n} of them unknown: what stood there is lost.",
    "cut": "The sentence was too long and was cut.",
}


def rows_of(tokenizer: Tokenizer, text: str) -> list[tuple[int, str, int]]:
    """Return place, token and number of each token of a text, `[CLS]` and `[SEP]` included."""
    numbers = [tokenizer.cls_id, *tokenizer.encode(text), tokenizer.sep_id]
    return list(zip(range(1, len(numbers) + 1), tokenizer.tokens(numbers), numbers, strict=True))


def trip_html(text: str) -> str:
    """Return the table of a sentence as HTML, with what the script needs."""
    found = zoo.load(MODEL)
    told = {"model": MODEL, "text": text, "hidden": found.model.config.hidden_size, "words": WORDS}
    data = html.escape(json.dumps(told, ensure_ascii=False), quote=True)
    cells = "".join(
        f'<tr><td>{place}</td><th scope="row">{html.escape(token)}</th><td>{number}</td></tr>'
        for place, token, number in rows_of(found.tokenizer, text)
    )
    head = "".join(
        f'<th scope="col"{end}>{WORDS[name]}</th>'
        for name, end in (("place", ""), ("token", ""), ("id", ' style="text-align: end"'))
    )
    return (
        f'<div class="live-root" data-trip="{data}"><table class="live-still">'
        f'<caption class="visually-hidden">{WORDS["caption"]}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table></div>"
    )


class Trip(SphinxDirective):
    """Puts such a table where it stands."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"text": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the figure, or an error where there is no sentence."""
        if not self.options.get("text"):
            raise self.error("trip: there is no text; give the sentence it starts with")
        figure = LiveFigure("", inside=trip_html(self.options["text"]))
        self.set_source_info(figure)
        self.state.nested_parse(self.content, self.content_offset, figure)
        return [figure]


def _scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    body = context.get("body", "")
    if "data-trip=" in body:
        if "data-live=" not in body:  # else `live` has them on the page already
            app.add_css_file("live/live.css")
            app.add_js_file("live/page.js", loading_method="defer")
        app.add_js_file("trip.js", loading_method="defer")


def setup(app: Sphinx) -> Mapping[str, Any]:
    """Connect to the build."""
    app.setup_extension("live")
    app.add_directive("trip", Trip)
    app.connect("html-page-context", _scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
