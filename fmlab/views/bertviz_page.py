"""What bertviz draws, in a frame that everyone can use: on a page, in Colab, in Jupyter.

The drawing is bertviz's own script (https://github.com/jessevig/bertviz) with its data. What is
added here: a name, a description, and tables with the same numbers; and two views on one page
keep out of each other's way, because no name inside a drawing is an `id`.
"""

import html
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmlab.errors import UserError
from fmlab.files import sha256_bytes
from fmlab.probes.attentions import NO_BERTVIZ
from fmlab.views.table import Table

REQUIRE = "https://cdnjs.cloudflare.com/ajax/libs/require.js/2.3.6/require.min.js"
DATA = {  # where each script takes its data from; two neuron views would share one global name
    "head_view": "PYTHON_PARAMS",
    "model_view": "PYTHON_PARAMS",
    "neuron_view": "window.bertviz_params",
}
# bertviz names its parts by ids, alike in every view. In a frame of its own, data-part does.
PARTS = (
    (r'd3\.select\("#vis"\)', "d3.select(`#${config.rootDivId} #vis`)"),  # else the page's first
    (r'\.attr\("id",', '.attr("data-part",'),
    (r"""(\.select\(["'])#([\w-]+)(["']\))""", r"\1[data-part=\2]\3"),
    (r"""\.select\(["']#["'] \+ (\w+)\)""", r'.select("[data-part=" + \1 + "]")'),
    (r"(\$\{config\.rootDivId\}) #(\w+)", r"\1 [data-part=\2]"),
    (r"const DIV_WIDTH = \d+;", "const DIV_WIDTH = params.width;"),  # few heads need less of it
)
# The script waits until the page has loaded, because other scripts of a page take the presence of
# require.js for a wish to be loaded by it.
START = """<script>(() => {
const console = {...window.console, log() {}};
const draw = () => {
%s
};
const start = () => {
  if (window.requirejs) return draw();
  const script = document.createElement("script");
  script.src = "%s";
  script.onload = draw;
  document.head.append(script);
};
if (document.readyState === "complete") start(); else addEventListener("load", start);
})();</script>"""
# bertviz draws for a light page, so a light sheet lies under it whatever the page is like.
SHEET = (
    "overflow-x: auto; padding: 0.5rem; border-radius: 0.4rem; background: #fff; color: #1b1b1b; "
    "color-scheme: light"
)
FONT = "font-family: 'Helvetica Neue', Helvetica, Arial, sans-serif; line-height: 1.4"

_shown: Counter[str] = Counter()


@dataclass(frozen=True)
class Choice:
    """A menu over the drawing: the part's name in bertviz's script, its label, its entries."""

    part: str
    label: str
    entries: Mapping[str, str]


@dataclass(frozen=True)
class View:
    """A view of bertviz; it shows itself in a notebook and on a page.

    Attributes:
        script: bertviz's script: `head_view`, `model_view` or `neuron_view`.
        params: What the script draws, as it wants it.
        name: What the view is, in a few words; read out first.
        alt: What is to be seen, in sentences.
        tables: The numbers.
        choices: The menus over the drawing.
        width: The least width of the drawing, in pixels.
        drawing: What a screen reader calls the box with the drawing.
        note: A line under the drawing: how it is used.
        summary: The line that opens the tables.
    """

    script: str
    params: Mapping[str, Any]
    name: str
    alt: str
    tables: Sequence[Table]
    choices: Sequence[Choice]
    width: int
    drawing: str
    note: str
    summary: str

    def _repr_html_(self) -> str:
        """Return the view as HTML.

        Raises:
            UserError: bertviz is not installed, or its script has changed.
        """
        source = script(self.script)
        # The same view gets the same name in every build; shown again, it gets another one.
        content = json.dumps([self.script, self.name, self.alt, self.params], sort_keys=True)
        name = f"bertviz-{sha256_bytes(content.encode())[:10]}"
        _shown[name] += 1
        name += f"-{_shown[name]}" if _shown[name] > 1 else ""

        data = json.dumps(
            {**self.params, "root_div_id": name}, ensure_ascii=False, separators=(",", ":")
        )
        data = data.replace("<", "\\u003c")  # a token "</script>" would end the script early
        start = START % (source.replace(DATA[self.script], data, 1), REQUIRE)
        label, text = html.escape(self.name), html.escape(self.alt)
        tables = "".join(table._repr_html_() for table in self.tables)
        return (
            f'<figure class="bertviz-view" aria-label="{label}" style="margin: 1rem 0">'
            '<div class="bertviz-sheet" role="group" tabindex="0" '
            f'aria-label="{html.escape(self.drawing)}" '
            f'style="{SHEET}"><div id="{name}" style="{FONT}; min-width: {self.width}px">'
            f"<div>{''.join(map(_menu, self.choices))}</div>"
            f'<div data-part="vis" role="img" aria-label="{label}"></div></div></div>'
            f"<figcaption><p>{text}</p><p>{html.escape(self.note)}</p></figcaption>"
            f"<details><summary>{html.escape(self.summary)}</summary>{tables}</details></figure>"
            f"{start}"
        )

    def __repr__(self) -> str:
        """Return the description and the tables as text, for a terminal."""
        return "\n\n".join([f"{self.name}\n{self.alt}", *map(repr, self.tables)])


def script(name: str) -> str:
    """Return one of bertviz's scripts, with no `id` left in it but that of its frame.

    bertviz itself is not imported: that takes seconds, and brings IPython along.

    Raises:
        UserError: bertviz is not installed, or its script has changed.
    """
    found = importlib.util.find_spec("bertviz")
    if found is None or found.origin is None:
        raise UserError(NO_BERTVIZ)
    path = Path(found.origin).with_name(f"{name}.js")
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    if DATA[name] not in source:
        raise UserError(f"this bertviz has another {name}.js; run pip install bertviz==1.4.1")
    for theirs, ours in PARTS:
        source = re.sub(theirs, ours, source)
    return source


def _menu(choice: Choice) -> str:
    options = "".join(
        f'<option value="{html.escape(value)}">{html.escape(text)}</option>'
        for value, text in choice.entries.items()
    )
    return (
        f'<label class="dropdown-label" style="margin-right: 1rem">{html.escape(choice.label)} '
        f'<select data-part="{choice.part}">{options}</select></label>'
    )
