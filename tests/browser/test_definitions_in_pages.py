"""A word's definition is seen by pointer, keyboard and finger, and read out with the word."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from site_visit import DESK, PHONE, accessibility

pytestmark = pytest.mark.browser
CHAPTER = "book/05_bert_in_code.html"
WORDS = "a.term-link"


@pytest.fixture(params=["served", "from file"])
def page(request: pytest.FixtureRequest, browser: Browser, html: Path, site: str) -> Iterator[Page]:
    """Return a chapter, served or from the disk."""
    address = site if request.param == "served" else html.as_uri()
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    opened = context.new_page()
    opened.goto(f"{address}/{CHAPTER}")
    yield opened
    context.close()


def box_of(page: Page, word: Locator) -> Locator:
    """Return the box with a word's definition."""
    return page.locator(f"#{word.get_attribute('aria-describedby')}")


def test_every_word_of_the_glossary_has_its_definition(page: Page) -> None:
    words = page.locator(WORDS).all()
    assert words
    for word in words:
        box = box_of(page, word)
        expect(box).to_have_count(1)
        assert len(str(box.text_content()).split()) > 3
        assert "#term-" in str(word.get_attribute("href"))


def test_hover_shows_it_and_the_pointer_may_move_onto_it(page: Page) -> None:
    word = page.locator(WORDS).first
    box = box_of(page, word)
    expect(box).to_be_hidden()
    word.hover()
    expect(box).to_be_visible()
    box.hover()
    page.wait_for_timeout(500)
    expect(box).to_be_visible()
    page.mouse.move(2, 2)
    expect(box).to_be_hidden()


def test_focus_shows_it_and_blur_hides_it(page: Page) -> None:
    word = page.locator(WORDS).first
    word.focus()
    expect(box_of(page, word)).to_be_visible()
    word.blur()
    expect(box_of(page, word)).to_be_hidden()


def test_it_stays_as_long_as_the_word_has_the_focus(page: Page) -> None:
    word = page.locator(WORDS).first
    word.focus()
    page.mouse.move(2, 2)
    word.hover()
    page.mouse.move(2, 2)
    page.wait_for_timeout(500)
    expect(box_of(page, word)).to_be_visible()


@pytest.mark.parametrize("by", ["hover", "focus"])
def test_escape_closes_it_and_moves_nothing(page: Page, by: str) -> None:
    word = page.locator(WORDS).first
    getattr(word, by)()
    expect(box_of(page, word)).to_be_visible()
    page.keyboard.press("Escape")
    expect(box_of(page, word)).to_be_hidden()
    if by == "focus":
        expect(word).to_be_focused()


def test_one_definition_at_a_time(page: Page) -> None:
    words = page.locator(WORDS)
    words.nth(0).hover()
    words.nth(2).hover()
    expect(page.locator(".definition:visible")).to_have_count(1)
    expect(box_of(page, words.nth(2))).to_be_visible()


def test_a_click_follows_the_link(page: Page) -> None:
    page.locator(WORDS).first.click()
    page.wait_for_url("**/glossary.html#term-*")


def test_the_definition_is_the_description_of_the_word(page: Page) -> None:
    word = page.locator(WORDS).first
    said = box_of(page, word).text_content()
    expect(word).to_have_accessible_description(" ".join(str(said).split()))


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """Return a phone."""
    context = browser.new_context(viewport={"width": PHONE, "height": 740}, has_touch=True)
    yield context
    context.close()


def test_a_tap_shows_it_and_a_second_tap_follows_the_link(phone: BrowserContext, site: str) -> None:
    page = phone.new_page()
    page.goto(f"{site}/{CHAPTER}")
    word = page.locator(WORDS).first
    word.tap()
    expect(box_of(page, word)).to_be_visible()
    assert page.url.endswith(CHAPTER)
    word.tap()
    page.wait_for_url("**/glossary.html#term-*")


def test_a_tap_elsewhere_closes_it(phone: BrowserContext, site: str) -> None:
    page = phone.new_page()
    page.goto(f"{site}/{CHAPTER}")
    word = page.locator(WORDS).first
    word.tap()
    page.locator(".bd-article h1").tap(position={"x": 3, "y": 3})
    expect(box_of(page, word)).to_be_hidden()


def test_boxes_lie_inside_the_window_of_a_phone(phone: BrowserContext, site: str) -> None:
    page = phone.new_page()
    page.goto(f"{site}/{CHAPTER}")
    for word in page.locator(WORDS).all():
        word.focus()
        place = box_of(page, word).bounding_box()
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= PHONE
        page.keyboard.press("Escape")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_in_an_open_box(browser: Browser, site: str, mode: str) -> None:
    context = browser.new_context(viewport=DESK, color_scheme=mode)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    page.locator(WORDS).first.focus()
    expect(page.locator(".definition:visible")).to_have_count(1)
    assert accessibility(page, ".definition:not([hidden])") == []
    context.close()
