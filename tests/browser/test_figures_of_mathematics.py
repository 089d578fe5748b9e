"""Figures that need no model: their numbers are Python's, and everybody can move them."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from figure_site import FigureSite, of_chapter
from live_reading import cells, reach
from live_site import show_theme
from playwright.sync_api import Browser, Locator, Page
from site_visit import DESK, PHONE, Visit, accessibility, lay_open, overflow, undrawn, visit

from fmlab.views.figures import figure_html
from fmlab.views.figures.descent import RATES
from fmlab.views.figures.numbers import attend, cross_entropy, descend, floor, softmax
from fmlab.views.figures.softmax import TEMPERATURES

pytestmark = pytest.mark.browser

NAMES = ("softmax", "average", "descent")
PARTS = """root => [...root.querySelectorAll('[data-part]')].map(part => [
  part.dataset.part, part.textContent,
  ...['points', 'd', 'cx', 'cy', 'r', 'x', 'y', 'stroke-width', 'style']
    .map(name => part.getAttribute(name)),
])"""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> FigureSite:
    """Return a folder with all that the figures load."""
    return FigureSite(tmp_path_factory.mktemp("figures")).fill()


@pytest.fixture(scope="module", params=["served", "from file"])
def seen(
    request: pytest.FixtureRequest,
    browser: Browser,
    figures: FigureSite,
    serve: Callable[[Path], str],
) -> Iterator[Visit]:
    """Return a page with the chapter's three figures, served or from its file."""
    file = figures.page(*NAMES)
    served = request.param == "served"
    url = f"{serve(figures.folder)}/{file.name}" if served else file.as_uri()
    opened = visit(browser, url)
    yield opened
    opened.close()


@pytest.fixture
def page(seen: Visit) -> Page:
    """Return the page as it is when it is opened."""
    seen.page.reload()
    return seen.page


def root(page: Page, name: str) -> Locator:
    """Return one figure of the page."""
    return page.locator(f'[data-figure="{name}"]')


def line(figure: Locator) -> str:
    """Return a figure's line, once it has been said."""
    figure.page.wait_for_timeout(400)
    return figure.locator('[data-part="said"]').inner_text()


def move(figure: Locator, label: str, to: float) -> None:
    """Move a slider as its reader would: to a place, with one event."""
    figure.get_by_label(label, exact=True).evaluate(
        "(e, to) => { e.value = to; e.dispatchEvent(new Event('input')); }", to
    )


# -- numbers ------------------------------------------------------------------------------------


def test_numbers_of_the_script_are_those_of_python(page: Page) -> None:
    chance = random.Random(0)

    def point() -> list[float]:
        return [chance.uniform(-3, 3), chance.uniform(-3, 3)]

    for _ in range(100):
        scores = [chance.uniform(-20, 20) for _ in range(chance.randint(2, 6))]
        temperature = chance.choice(TEMPERATURES)
        wanted = softmax([chance.uniform(-2, 2) for _ in range(3)])
        start, rate, steps = point(), chance.choice(RATES), chance.randint(0, 60)
        keys, values, query = [point() for _ in range(4)], [point() for _ in range(4)], point()
        theirs: dict[str, Any] = page.evaluate(
            """([scores, temperature, wanted, start, rate, steps, keys, values, query]) => ({
              softmax: fmlabFigures.softmax(scores, temperature),
              loss: fmlabFigures.crossEntropy(wanted, scores.slice(0, 2).concat(0)),
              floor: fmlabFigures.floor(wanted),
              descent: fmlabFigures.descend(wanted, start, rate, steps),
              attended: fmlabFigures.attend(query, keys, values),
            })""",
            [scores, temperature, wanted, start, rate, steps, keys, values, query],
        )
        assert theirs["softmax"] == pytest.approx(softmax(scores, temperature), abs=1e-12)
        assert theirs["loss"] == pytest.approx(cross_entropy(wanted, [*scores[:2], 0]))
        assert theirs["floor"] == pytest.approx(floor(wanted))
        ours = descend(wanted, (start[0], start[1]), rate, steps)
        # Far beyond the limit a path is chaotic: a last bit grows. The first steps are compared.
        early = min(steps + 1, 15)
        for mine, other in zip(ours.places[:early], theirs["descent"]["places"], strict=False):
            assert other == pytest.approx(mine, abs=1e-6)
        assert len(theirs["descent"]["losses"]) == steps + 1
        found = attend(query, keys, values)  # type: ignore[arg-type]
        assert theirs["attended"]["weights"] == pytest.approx(found.weights, abs=1e-12)
        assert theirs["attended"]["result"] == pytest.approx(found.result, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_script_begins_with_what_python_drew(
    browser: Browser, figures: FigureSite, name: str
) -> None:
    file = figures.page(name, name=f"still_{name}")
    without = browser.new_context(java_script_enabled=False).new_page()
    without.goto(file.as_uri())
    text = root(without, name).inner_text()
    assert without.locator("input, button").count() == 0  # nothing that would not work
    still = file.read_text(encoding="utf-8")
    drawn = browser.new_page()
    drawn.set_content(still.split("<script")[0] + still.split("</script>")[-1])
    python = root(drawn, name).evaluate(PARTS)
    drawn.goto(file.as_uri())
    drawn.wait_for_timeout(500)
    assert root(drawn, name).evaluate(PARTS) == python
    assert line(root(drawn, name)) in text
    drawn.close()
    without.context.close()


# -- moving -------------------------------------------------------------------------------------


def test_adding_one_to_every_score_changes_nothing_else(page: Page) -> None:
    figure = root(page, "softmax")
    table = figure.locator("table")
    before, told = cells(table), line(figure)
    figure.get_by_role("button", name="Add 1 to every score").click()
    after = cells(table)
    assert [row[2] for row in after] == [row[2] for row in before]
    assert [float(row[1]) - 1 for row in after] == [float(row[1]) for row in before]
    assert line(figure) == told
    move(figure, "Temperature", 0)
    assert cells(table)[0][2].endswith("100.0 %")
    figure.get_by_role("button", name="Back to the start").click()
    assert cells(table) == before


def test_scores_and_temperature_give_pythons_probabilities(page: Page) -> None:
    figure = root(page, "softmax")
    move(figure, "street", 3.5)
    move(figure, "Temperature", TEMPERATURES.index(3))
    found = softmax([2, 3.5, 0], 3)
    shown = [row[2] for row in cells(figure.locator("table"))]
    assert shown == [f"{100 * share:.1f} %" for share in found]
    assert line(figure).startswith(f"At temperature 3 “street” has {100 * found[1]:.1f} %.")
    assert figure.get_by_label("Temperature", exact=True).get_attribute("aria-valuetext") == "3"


@pytest.mark.parametrize("rate", RATES)
def test_every_learning_rate_tells_what_python_tells(page: Page, rate: float) -> None:
    steps = 60 if rate < 6 else 15  # beyond the limit a last bit grows
    figure = root(page, "descent")
    move(figure, "Learning rate", RATES.index(rate))
    move(figure, "Steps", steps)
    told = of_chapter()["descent"] | {"rate": f"{rate:g}", "steps": str(steps)}
    assert f">{line(figure)}<" in figure_html("descent", told)
    lay_open(page)
    assert len(cells(figure.locator("details table"))) == steps + 1
    assert figure.locator('[data-part="dots"] circle').count() == steps + 1


def test_the_query_moves_by_slider_press_and_drag(page: Page) -> None:
    figure = root(page, "average")
    move(figure, "Query, first number", 0)
    move(figure, "Query, second number", 0)
    assert {row[2] for row in cells(figure.locator("table"))} == {"33.3 %"}
    plane = figure.locator('[data-part="plane"]')
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 5 / 6, box["y"] + box["height"] / 3)  # (2, 1)
    assert line(figure).startswith("The query (2.00, 1.00) gives most weight to “cat”")
    handle = figure.locator('[data-part="handle"]').bounding_box()
    assert handle
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 6, box["y"] + box["height"] / 3, steps=4)
    page.mouse.up()
    assert line(figure).startswith(
        "The query (\N{MINUS SIGN}2.00, 1.00) gives most weight to “sat”"
    )
    first = figure.get_by_label("Query, first number", exact=True)
    assert first.input_value() == "-2"
    assert first.get_attribute("aria-valuetext") == "\N{MINUS SIGN}2.00"


# -- for everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_keyboard_reaches_and_moves_every_slider(page: Page, name: str) -> None:
    figure = root(page, name)
    sliders = figure.locator("input[type=range]").all()
    assert sliders
    for slider in sliders:
        reach(page, slider)
        before = (slider.input_value(), slider.get_attribute("aria-valuetext"))
        page.keyboard.press("ArrowRight")
        assert (slider.input_value(), slider.get_attribute("aria-valuetext")) != before
        assert figure.page.locator(f'label[for="{slider.get_attribute("id")}"]').inner_text()
    assert figure.locator("[role=status]").count() == 1


def test_a_screen_reader_is_told_once_the_reader_rests(page: Page) -> None:
    figure = root(page, "softmax")
    told = figure.locator('[data-part="said"]')
    before = told.inner_text()
    for place in range(5):
        move(figure, "Temperature", place)
    assert told.inner_text() == before  # not for each step on the way
    assert line(figure) != before


def test_no_figure_is_a_barrier(seen: Visit, page: Page) -> None:
    assert seen.findings() == []
    lay_open(page)
    assert undrawn(page) == []
    assert overflow(page, PHONE) == []
    page.set_viewport_size(DESK)
    for theme in ("light", "dark"):
        show_theme(page, theme)
        assert accessibility(page, "main") == []
    show_theme(page, "light")
