"""Every page of the built site stands alone, leads somewhere, and is open to everyone.

Pages are opened as a reader opens them: from a web server, and from the file on disk.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import pytest
from live_site import start_all
from playwright.sync_api import Browser
from site_files import (
    HTML,
    badges,
    broken_links,
    dead_badges,
    foreign_loads,
    foreign_styles,
    packed_bytes,
    pages,
    parsed,
)
from site_visit import (
    PHONE,
    QUESTION,
    TABLET,
    Visit,
    accessibility,
    dumb_questions,
    lay_open,
    math_left_raw,
    overflow,
    show_mode,
    undrawn,
    visit,
)

pytestmark = pytest.mark.browser
GLOSSARY = "book/glossary.html"
LIGHT = 500_000  # bytes over the wire, packed with gzip, before a live figure is started
Test = TypeVar("Test", bound=Callable[..., None])


def served_only(test: Test) -> Test:
    """Run a test on served pages only, where a file on disk can make no difference."""
    test.ways = ("served",)  # type: ignore[attr-defined]
    return test


def test_page_stays_at_home_without_an_error(visited: Visit) -> None:
    assert visited.requests
    assert visited.findings() == []


def test_math_is_drawn(visited: Visit) -> None:
    assert math_left_raw(visited.page) == []


def test_widgets_views_and_images_are_drawn(visited: Visit) -> None:
    assert undrawn(visited.page) == []


@served_only
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_serious(visited: Visit, mode: str) -> None:
    assert show_mode(visited.page, mode) == mode
    lay_open(visited.page)
    assert accessibility(visited.page) == []


@served_only
@pytest.mark.parametrize("width", [PHONE, TABLET])
def test_page_does_not_scroll_sideways(visited: Visit, width: int) -> None:
    lay_open(visited.page)
    assert overflow(visited.page, width) == []


@served_only
def test_page_is_light_until_a_figure_is_started(visited: Visit) -> None:
    assert packed_bytes(visited.requests, visited.home, HTML.parent) <= LIGHT


@served_only
def test_the_index_of_all_words_is_loaded_where_one_searches_only(visited: Visit) -> None:
    assert any("searchindex" in url for url in visited.requests) == ("/search.html" in visited.home)


def test_questions_answer_mouse_and_keyboard(visited: Visit) -> None:
    lay_open(visited.page)
    assert dumb_questions(visited.page) == []
    assert visited.findings() == []


@served_only
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_answered_questions_are_readable(visited: Visit, mode: str) -> None:
    assert show_mode(visited.page, mode) == mode
    assert accessibility(visited.page, QUESTION) == []


def test_live_figures_start_and_stay_open_to_everyone(visited: Visit) -> None:
    if visited.page.locator("[data-live]").count():
        start_all(visited.page)
        assert visited.findings() == []
        if visited.home.startswith("http"):  # axe-core may not read style sheets of a file
            assert accessibility(visited.page, ".fmlab-live") == []
        assert overflow(visited.page, PHONE) == []


@pytest.mark.parametrize("way", ["served", "from file"])
def test_search_finds_a_word_of_the_book(browser: Browser, html: Path, site: str, way: str) -> None:
    address = site if way == "served" else html.resolve().as_uri()
    seen = visit(browser, f"{address}/search.html?q=tokenizer")
    seen.page.locator("#search-results li a").first.wait_for(timeout=5000)
    assert seen.findings() == []
    seen.close()


@pytest.mark.parametrize("way", ["served", "from file"])
def test_search_leads_to_the_words_of_the_glossary(
    browser: Browser, html: Path, site: str, way: str
) -> None:
    address = site if way == "served" else html.resolve().as_uri()
    terms = [term.get_text("|").split("|")[0] for term in parsed(html / GLOSSARY).select("dl dt")]
    assert len(terms) > 20
    for term in terms[:: len(terms) // 5]:
        seen = visit(browser, f"{address}/search.html?q={quote(term)}")
        found = seen.page.locator(f"#search-results li a[href*='{GLOSSARY}']")
        found.first.wait_for(timeout=5000)
        seen.close()


def test_links_images_and_anchors_resolve(built_page: Path) -> None:
    assert broken_links(built_page, HTML) == []


def test_badges_point_at_files_of_the_repository(built_page: Path) -> None:
    assert dead_badges(built_page, HTML) == []


def test_markup_loads_nothing_from_another_host(built_page: Path) -> None:
    assert foreign_loads(built_page, HTML) == []


def test_style_sheets_load_nothing_from_another_host(html: Path) -> None:
    assert foreign_styles(html) == []


def test_the_site_holds_what_the_checks_look_for(html: Path) -> None:
    built = pages(html)
    assert any(path.endswith(".ipynb") for page in built for path in badges(page)), "no badge"
    assert any(parsed(page).select(".math") for page in built), "no formula"
    assert any(parsed(page).select(".fmlab-quiz") for page in built), "no question"
