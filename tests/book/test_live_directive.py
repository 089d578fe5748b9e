"""The `{live}` directive puts a figure on its page, with its scripts, and names mistakes."""

import html
import json
import re
from pathlib import Path
from typing import Any

import live
import pytest
from sphinx_pages import build_pages

from fmlab import zoo
from fmlab.probes.reading import read

TEXT = "She opened the window and looked out ."
FIGURE = f"""# A page

```{{live}} fill-mask
:text: {TEXT}
:cover: window
:k: 3
:load: scroll

What would *you* put there?
```
"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that builds pages, and gives their folder and what Sphinx warned of."""
    monkeypatch.setattr(live, "_write_files", lambda app: None)  # tested with the browser

    def run(builder: str = "html", **pages: str) -> tuple[Path, str]:
        settings = 'extensions = ["myst_parser", "live"]\nlanguage = "en"\n'
        return build_pages(tmp_path, settings, builder, pages)

    return run


def test_the_figure_stands_on_its_page_with_its_first_state(build: Any) -> None:
    out, warnings = build(page=FIGURE)
    assert warnings == ""
    page = (out / "page.html").read_text()
    figure = re.search(r'<figure class="fmlab-live">(.*?)</figure>', page, re.S)[1]
    assert "<figcaption><p>What would <em>you</em> put there?</p>" in figure
    told = json.loads(html.unescape(re.search(r'data-live="([^"]*)"', figure)[1]))
    assert (told["view"], told["masked"], told["k"], told["load"]) == (
        "fill-mask",
        [3],
        3,
        "scroll",
    )
    shipped = zoo.load("books-small")
    best = read(shipped.masked_model, shipped.tokenizer, TEXT, masked=[3], k=1).fills[0]
    assert f"<td>{best.candidates[0].probability:.1%}</td>" in figure


def test_scripts_are_loaded_where_there_is_a_figure_and_nowhere_else(build: Any) -> None:
    out, _ = build(page=FIGURE, plain="# Plain\n\nThe word data-live is no figure.\n")
    assert "live/page.js" in (out / "page.html").read_text()
    assert "live/live.css" in (out / "page.html").read_text()
    for name in ("plain", "index"):
        assert "live/page.js" not in (out / f"{name}.html").read_text()


def test_a_caption_can_be_translated(build: Any) -> None:
    out, _ = build("gettext", page=FIGURE)
    assert 'msgid "What would *you* put there?"' in (out / "page.pot").read_text()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fill-mask\n:text: a door .\n:cover: window", "cannot cover 'window'; the model reads"),
        ("heads\n:text: a door .", "no live view 'heads'; choose one of fill-mask"),
        ("fill-mask\n:cover: window", "cannot cover 'window'"),
        ("lens", "the live view lens has no text"),
        ("lens\n:text: a .\n:model: mine", "no model mine; those of the site are books-small"),
        ("attention\n:text: a .\n:layer: 9", "there are 4 layers with 4 heads"),
        ("pair\n:text: a dog .\n:second: he saw a cat .", "a pair is one sentence"),
    ],
)
def test_a_mistake_is_a_warning_that_names_it(build: Any, line: str, told: str) -> None:
    out, warnings = build(page=f"# A page\n\n```{{live}} {line}\n```\n")
    assert told in warnings
    assert "page.md:3" in warnings
    assert "fmlab-live" not in (out / "page.html").read_text()


def test_a_way_of_loading_that_there_is_not_is_a_warning(build: Any) -> None:
    _, warnings = build(page="# A page\n\n```{live} lens\n:text: a .\n:load: later\n```\n")
    assert '"later" unknown' in warnings
