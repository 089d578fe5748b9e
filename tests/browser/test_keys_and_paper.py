"""Arrow keys turn pages where they mean nothing else, and a page on paper is whole and light."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from site_visit import DESK

pytestmark = pytest.mark.browser
CHAPTER, PROGRESS = "book/05_bert_in_code.html", "book/progress.html"


@pytest.fixture(params=["served", "from file"])
def page(request: pytest.FixtureRequest, browser: Browser, html: Path, site: str) -> Iterator[Page]:
    """Return a chapter, served or from the disk."""
    address = site if request.param == "served" else html.as_uri()
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    opened = context.new_page()
    opened.goto(f"{address}/{CHAPTER}")
    yield opened
    context.close()


def neighbour(page: Page, side: str) -> str:
    """Return the address of the page before (`prev`) or after (`next`)."""
    return str(page.evaluate(f"() => document.querySelector('link[rel={side}]').href"))


def stays(page: Page, key: str) -> None:
    """Press a key, wait as long as the browser needs to begin to leave, and see that it stays."""
    address = page.url
    page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.url == address


@pytest.mark.parametrize(("key", "side"), [("ArrowRight", "next"), ("ArrowLeft", "prev")])
def test_arrows_turn_pages(page: Page, key: str, side: str) -> None:
    target = neighbour(page, side)
    page.keyboard.press(key)
    page.wait_for_url(target)


def test_an_arrow_on_a_link_of_the_text_turns_the_page(page: Page) -> None:
    target = neighbour(page, "next")
    page.locator(".bd-article a.reference.internal").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(target)


@pytest.mark.parametrize("modifier", ["Shift", "Alt", "Control", "Meta"])
def test_an_arrow_with_a_modifier_is_the_browsers(
    browser: Browser, site: str, modifier: str
) -> None:
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(f"{site}/{CHAPTER}")
    stays(page, f"{modifier}+ArrowRight")
    page.context.close()


def test_arrows_stay_in_a_question(page: Page) -> None:
    page.locator(".fmlab-quiz input[type=radio]").first.focus()
    stays(page, "ArrowRight")


def test_arrows_stay_in_a_field(page: Page) -> None:
    page.evaluate(
        "() => document.querySelector('.bd-article').prepend(document.createElement('input'))"
    )
    page.locator(".bd-article > input").focus()
    stays(page, "ArrowRight")


def test_arrows_stay_in_the_search(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("#pst-search-dialog")).to_be_visible()
    stays(page, "ArrowRight")
    page.evaluate("() => document.activeElement.blur()")
    stays(page, "ArrowRight")


@pytest.mark.parametrize("what", ["button", "a"])
def test_arrows_stay_in_a_live_figure(page: Page, what: str) -> None:
    page.goto(page.url.replace(CHAPTER, "book/10_attention_seen.html"))
    figure = page.locator("[data-live]").first
    figure.evaluate(
        f"e => e.append(Object.assign(document.createElement('{what}'), {{href: '#'}}))"
    )
    figure.locator(what).last.evaluate("e => { e.tabIndex = 0; e.focus() }")
    stays(page, "ArrowRight")


def test_arrows_stay_in_a_box_that_scrolls(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    box = page.locator(".highlight pre[tabindex='0']:visible").first
    box.focus()
    expect(box).to_be_focused()
    stays(page, "ArrowRight")
    assert box.evaluate("e => e.scrollLeft") > 0


def test_an_arrow_that_a_script_has_used_turns_no_page(page: Page) -> None:
    page.evaluate("() => addEventListener('keydown', e => e.preventDefault(), true)")
    stays(page, "ArrowRight")


def test_a_reader_can_switch_the_arrows_off_and_on(browser: Browser, site: str) -> None:
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(f"{site}/{PROGRESS}")
    box = page.get_by_role("checkbox", name="The arrow keys")
    expect(box).to_be_checked()
    box.uncheck()
    page.goto(f"{site}/{CHAPTER}")
    stays(page, "ArrowRight")
    page.goto(f"{site}/{PROGRESS}")
    box.check()
    page.goto(f"{site}/{CHAPTER}")
    target = neighbour(page, "next")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(target)
    page.context.close()


# -- paper ------------------------------------------------------------------------------------

SEEN = """selector => [...document.querySelectorAll(selector)]
  .filter(e => e.getBoundingClientRect().height > 0 && getComputedStyle(e).visibility !== 'hidden')
  .map(e => e.outerHTML.slice(0, 80))"""
PRESSED = ".bd-article button, .bd-header-article, .bd-sidebar-primary, .bd-sidebar-secondary, \
.prev-next-footer, .bd-footer, .reading-end, .headerlink, .copybtn, .fmlab-live input"


def test_paper_has_nothing_to_press_and_nothing_folded(page: Page) -> None:
    folded = page.locator("details:not([open])").count()
    assert folded
    page.emulate_media(media="print", color_scheme="dark", reduced_motion="no-preference")
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(SEEN, PRESSED) == []
    expect(page.locator("details:not([open])")).to_have_count(0)
    assert page.evaluate("() => document.documentElement.dataset.theme") == "light"
    inside = page.locator("details > *:not(summary)").evaluate_all(
        "all => all.filter(e => getComputedStyle(e).opacity !== '1').length"
    )
    assert inside == 0
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    expect(page.locator("details:not([open])")).to_have_count(folded)


def test_links_on_paper_are_dark_and_underlined(page: Page) -> None:
    page.emulate_media(media="print")
    looks = page.locator(".bd-article p a.reference").evaluate_all(
        "all => all.map(e => [getComputedStyle(e).textDecorationLine, getComputedStyle(e).color])"
    )
    assert looks
    assert {tuple(look) for look in looks} == {("underline", "rgb(6, 54, 107)")}


def test_tables_and_figures_stay_on_one_sheet(page: Page) -> None:
    page.emulate_media(media="print")
    broken = page.locator(".bd-article :is(figure, img, tr, mjx-container)").evaluate_all(
        "all => all.filter(e => getComputedStyle(e).breakInside !== 'avoid').length"
    )
    assert broken == 0


def test_chromium_prints_what_was_folded(page: Page, tmp_path: Path) -> None:
    """The PDF of a page with folded code is longer than that of the same page without it."""
    with_it = sheets(page.pdf(format="A4"))
    page.evaluate("() => document.querySelectorAll('details').forEach(e => e.remove())")
    without = sheets(page.pdf(format="A4"))
    assert with_it > without > 3


def sheets(pdf: bytes) -> int:
    """Return the number of sheets of a PDF, also where its objects are packed."""
    packed = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S)
    parts = [pdf]
    for part in packed:
        try:
            parts.append(zlib.decompress(part))
        except zlib.error:
            continue
    return sum(len(re.findall(rb"/Type\s*/Page\b(?!s)", part)) for part in parts)
