"""bertviz's views draw in a page with no other host, keep apart, and are open to everyone."""

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect
from site_files import REPOSITORY, foreign_loads
from site_visit import (
    PHONE,
    Visit,
    accessibility,
    lay_open,
    overflow,
    settle,
    show_mode,
    undrawn,
    visit,
)

from fmlab.probes.attentions import Neurons
from fmlab.views.bertviz import head_view, model_view, neuron_view
from fmlab.views.bertviz_page import View

sys.path.insert(0, str(REPOSITORY / "book" / "_ext"))
import stands_alone

pytestmark = pytest.mark.browser

HEADS = 4
STYLES = (
    "styles/theme.css",
    "styles/sphinx-book-theme.css",
    "styles/pydata-sphinx-theme.css",
    "site.css",
)
SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Views</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
{styles}<script defer src="../_static/site.js"></script><script>
const dark = matchMedia("(prefers-color-scheme: dark)");
const show = () => {{ document.documentElement.dataset.theme = dark.matches ? "dark" : "light" }};
dark.addEventListener("change", show);
show();
</script></head><body><main class="bd-content"><article class="bd-article"><h1>Views</h1>
<section id="attention"><h2>Attention</h2>{body}</section></article></main></body></html>"""
CELL = """<div class="cell_output docutils container"><div class="output text_html">
{}</div></div>"""


def seen(text: str, seed: int, start: int | None = None) -> Neurons:
    """Return made-up weights for a text, with the queries and keys that make them."""
    tokens = ("[CLS]", *text.split(), "[SEP]")
    random = torch.Generator().manual_seed(seed)
    queries, keys = 2 * torch.randn(2, 3, HEADS, len(tokens), 8, generator=random)
    weights = (queries @ keys.mT / 8**0.5).softmax(-1)
    return Neurons(tokens, weights, start, queries, keys)


LONG = seen("the cat sat on the mat because it was tired of all these unbelievable things", 0)
PAIR = seen("the cat sat [SEP] it slept", 1, 5)
# Two of each kind on one page, and one of them twice.
VIEWS: list[tuple[View, Neurons, int, list[int]]] = [
    (neuron_view(LONG, layer=1, head=2), LONG, 1, [2]),
    (head_view(LONG, layer=1, heads=[2]), LONG, 1, [2]),
    (model_view(LONG, layer=1, heads=[2]), LONG, 1, [2]),
    (head_view(PAIR, layer=2), PAIR, 2, list(range(HEADS))),
    (model_view(PAIR, heads=[0]), PAIR, 0, [0]),
    (neuron_view(PAIR, layer=2, head=1), PAIR, 2, [1]),
]
VIEWS.append(VIEWS[0])


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site as the build leaves it: a page in a folder, and what it loads beside it."""
    site = tmp_path_factory.mktemp("site")
    static = site / "_static"
    for name, files in stands_alone.LIBRARIES.items():
        for file in files if name in {"require", "jquery", "d3"} else ():
            (static / "libs" / name).mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / "node_modules" / file, static / "libs" / name)
    for theme in ("pydata_sphinx_theme", "sphinx_book_theme"):
        for style in (package(theme) / "theme" / theme / "static" / "styles").glob("*.css"):
            (static / "styles").mkdir(exist_ok=True)
            shutil.copy2(style, static / "styles")
    (static / "basic.css").touch()  # Sphinx's own, which the theme's asks for
    for file in ("site.css", "site.js"):
        shutil.copy2(REPOSITORY / "book" / "_static" / file, static)
    links = (f'<link rel="stylesheet" href="../_static/{name}">' for name in STYLES)
    body = "".join(CELL.format(view._repr_html_()) for view, *_ in VIEWS)
    html = SHELL.format(styles="".join(links), body=body)
    (site / "book").mkdir()
    (site / "book" / "page.html").write_text(stands_alone.from_the_site(html, "../_static/libs"))
    (site / "book" / "empty.html").write_text(SHELL.format(styles="", body="<p>Text</p>"))
    return site


@pytest.fixture(scope="module", params=["served", "from file"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def opened(
    browser: Browser, serve: Callable[[Path], str], folder: Path, way: str
) -> Iterator[Visit]:
    """Return the page with all views, open in the browser."""
    address = serve(folder) if way == "served" else folder.as_uri()
    there = visit(browser, f"{address}/book/page.html")
    yield there
    there.close()


@pytest.fixture
def page(opened: Visit) -> Page:
    return opened.page


def drawn_weights(view: Locator) -> torch.Tensor:
    """Return the weights that the lines of a view stand for, all in a row."""
    lines = "[data-part=attention] line, .attn-line-group line, g[source-index] > line"
    return torch.tensor(view.locator(lines).evaluate_all("all => all.map(e => e.__data__)"))


def test_every_view_draws_its_own_weights(page: Page) -> None:
    views = page.locator(".bertviz-view")
    assert views.count() == len(VIEWS)
    for place, (view, given, layer, heads) in enumerate(VIEWS):
        wanted = {
            "head_view": given.attentions[layer],
            "model_view": given.attentions,
            "neuron_view": given.attentions[layer, heads[0]],
        }[view.script]
        drawing = views.nth(place)
        if view.script == "neuron_view":
            drawing = drawing.locator("[data-part=collapsed]")
        found = drawn_weights(drawing)
        torch.testing.assert_close(found, wanted.flatten(), atol=6e-4, rtol=0)
    assert undrawn(page) == []


def test_the_page_stays_at_home_without_an_error(opened: Visit, folder: Path) -> None:
    names = {request.rsplit("/", 1)[-1] for request in opened.requests}
    assert {"require.js", "jquery.min.js", "d3.min.js"} <= names
    assert opened.findings() == []
    assert foreign_loads(folder / "book" / "page.html", folder) == []
    assert stands_alone.fetches_elsewhere((folder / "book" / "page.html").read_text()) == []


def test_no_id_is_there_twice(page: Page) -> None:
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert len([name for name in ids if name.startswith("bertviz-")]) == len(VIEWS)


def test_the_page_does_not_scroll_sideways_on_a_phone(page: Page) -> None:
    lay_open(page)
    assert overflow(page, PHONE) == []


def test_tab_reaches_the_box_and_an_arrow_scrolls_it(page: Page) -> None:
    page.set_viewport_size({"width": PHONE, "height": 800})
    for place in (2, 5):  # the model's, and a neuron view
        box = page.locator(".bertviz-sheet").nth(place)
        before = page.locator(".bertviz-view").nth(place - 1).locator("summary")
        before.focus()
        for _ in range(3):  # the table that was laid open may come between
            page.keyboard.press("Tab")
            if box.evaluate("e => e === document.activeElement"):
                break
        expect(box).to_be_focused()
        assert "3px" in box.evaluate("e => getComputedStyle(e).outline")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("e => e.scrollLeft > 0", arg=box.element_handle())


def test_a_wide_table_takes_the_focus_once_it_is_laid_open(browser: Browser, folder: Path) -> None:
    there = visit(browser, (folder / "book" / "page.html").as_uri())
    # Not every browser lays out what is folded away.
    there.page.add_style_tag(content="details:not([open]) > :not(summary) { display: none }")
    there.page.set_viewport_size({"width": PHONE, "height": 800})
    view = there.page.locator(".bertviz-view").first
    wide = view.locator(".table-wrapper").first
    there.page.wait_for_function("e => e.tabIndex === -1", arg=wide.element_handle(), timeout=3000)
    view.locator("summary").click()
    there.page.wait_for_function("e => e.tabIndex === 0", arg=wide.element_handle(), timeout=3000)
    there.close()


def test_a_menu_changes_its_own_view_alone(page: Page) -> None:
    views = page.locator(".bertviz-view")
    others = drawn_weights(views.nth(3))
    menu = views.nth(1).get_by_label("Layer:")
    menu.focus()
    page.keyboard.press("ArrowDown")
    expect(menu).to_have_value("2")
    found = drawn_weights(views.nth(1))
    torch.testing.assert_close(found, LONG.attentions[2].flatten(), atol=6e-4, rtol=0)
    assert torch.equal(drawn_weights(views.nth(3)), others)
    menu.select_option("1")
    attention = views.nth(3).get_by_label("Attention:")
    attention.select_option("B to A")
    found = drawn_weights(views.nth(3))
    wanted = PAIR.attentions[2][:, 5:, :5]
    torch.testing.assert_close(found, wanted.flatten(), atol=6e-4, rtol=0)
    attention.select_option("all")


def test_a_neuron_view_opens_alone(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    first, second = (page.locator(".bertviz-view").nth(place) for place in (0, 5))
    row = second.locator("[data-part=collapsed] [data-part=leftText] > g").nth(3)
    row.hover()
    row.locator("rect").nth(1).click()
    expect(second.locator("[data-part=expanded]")).to_have_attribute("visibility", "visible")
    expect(first.locator("[data-part=expanded]")).to_have_attribute("visibility", "hidden")
    lit = "all => all.filter(e => e.style.opacity === '1').length"
    assert first.locator("[data-part=leftText] .highlight").evaluate_all(lit) == 0
    bars = second.locator("[data-part=queries] .element")
    assert bars.count() == PAIR.queries[2, 1].numel()
    size = second.locator("[data-part=expanded]").bounding_box()
    room = second.locator("[data-part=vis]").bounding_box()
    assert size is not None
    assert room is not None
    assert size["x"] + size["width"] <= room["x"] + room["width"]  # nothing is cut off


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_serious(
    browser: Browser, serve: Callable[[Path], str], folder: Path, mode: str
) -> None:
    there = visit(browser, f"{serve(folder)}/book/page.html")  # from a file axe reads no styles
    assert show_mode(there.page, mode) == mode
    lay_open(there.page)
    assert accessibility(there.page) == []
    sheet = there.page.locator(".bertviz-sheet").first
    assert sheet.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    there.close()


def test_a_view_draws_in_a_notebook_that_is_open_already(browser: Browser, folder: Path) -> None:
    there = visit(browser, (folder / "book" / "empty.html").as_uri())
    for view in (VIEWS[1][0], VIEWS[0][0]):
        html = stands_alone.from_the_site(view._repr_html_(), "../_static/libs")
        # Scripts that arrive as text don't run; notebooks put copies of them in their place.
        there.page.evaluate(
            """html => {
              const output = document.createElement("div");
              output.innerHTML = html;
              document.querySelector("article").append(output);
              for (const old of output.querySelectorAll("script")) {
                const fresh = document.createElement("script");
                fresh.textContent = old.textContent;
                old.replaceWith(fresh);
              }
            }""",
            html,
        )
    settle(there.page)
    expect(there.page.locator(".bertviz-view svg")).to_have_count(2)
    assert undrawn(there.page) == []
    assert there.findings() == []
    there.close()
