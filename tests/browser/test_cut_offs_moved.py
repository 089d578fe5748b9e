"""In Chromium the figure of two cut-offs counts as Python does, by keyboard, and says so."""

import pytest
from playwright.sync_api import Browser, Page

from fmlab.views.cut_offs import CutOffs

pytestmark = pytest.mark.browser

SCORES = [0.1, 0.3, 0.5, 0.7, 0.9]
A, B = [10, 20, 40, 20, 10], [40, 30, 20, 10, 0]


@pytest.fixture
def page(browser: Browser) -> Page:
    """Return a page with the figure, group B at its first choice."""
    made = browser.new_page(viewport={"width": 360, "height": 800})
    figure = CutOffs(SCORES, A, [A, B], choice=1)._repr_html_()
    made.set_content(f"<!doctype html><html lang=en><title>x</title><body>{figure}</body></html>")
    return made


def shown(page: Page) -> list[str]:
    """Return the cells of the table, row by row."""
    return page.locator(".cut-offs td").all_text_contents()


def told(figure: CutOffs) -> list[str]:
    """Return the cells that Python writes for a figure."""
    return [cell for row in figure._rows() for cell in row[1:]]


def test_every_place_of_the_sliders_counts_as_python_does(page: Page) -> None:
    base, first, second = page.locator("input[type=range]").all()
    for choice in (0, 1):
        base.fill(str(choice))
        for cuts in ((0.1, 0.1), (0.3, 0.7), (0.5, 0.5), (0.9, 0.9), (0.6, 0.2)):
            first.fill(str(cuts[0]))
            second.fill(str(cuts[1]))
            assert shown(page) == told(CutOffs(SCORES, A, [A, B], choice, cuts))


def test_it_says_what_is_equal(page: Page) -> None:
    status = page.locator("[role=status]")
    page.wait_for_function("document.querySelector('[role=status]').textContent !== ''")
    assert "No rate is equal" in status.inner_text()
    page.locator("input[type=range]").first.fill("0")
    page.wait_for_function("document.querySelector('[role=status]').textContent.includes('Equal')")
    assert status.inner_text().count(";") == 3


def test_the_arrow_keys_move_a_cut_off_and_its_label_is_read(page: Page) -> None:
    slider = page.get_by_label("Cut-off for group A")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "0.6"
    assert shown(page) == told(CutOffs(SCORES, A, [A, B], 1, (0.6, 0.5)))


def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
