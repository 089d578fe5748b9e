"""A live figure starts on a click, served and from its file, and asks no other host."""

from collections.abc import Callable

import pytest
from live_site import LiveSite, start
from playwright.sync_api import Browser, expect
from site_files import packed_bytes
from site_visit import PHONE, accessibility, overflow, visit

from fmlab.views.live import LiveOptions

pytestmark = pytest.mark.browser
OPTIONS = LiveOptions("fill-mask", "She opened the window .", masked=(3,))


@pytest.mark.parametrize("way", ["served", "from file"])
def test_a_figure_starts(
    browser: Browser, serve: Callable[[object], str], live_site: LiveSite, way: str
) -> None:
    file = live_site.page(OPTIONS, name="starts")
    url = f"{serve(live_site.folder)}/starts.html" if way == "served" else file.as_uri()
    seen = visit(browser, url)
    assert not any("wasm" in asked for asked in seen.requests), "it loads before the click"
    start(seen.page)
    expect(seen.page.locator(".live-status")).to_contain_text("first guess")
    assert any("wasm" in asked for asked in seen.requests)
    assert seen.findings() == []  # before axe-core, which asks for the style sheets once more
    assert accessibility(seen.page) == []
    assert overflow(seen.page, PHONE) == []
    seen.close()


def test_a_figure_that_loads_on_scrolling_waits_until_it_is_seen(
    browser: Browser, serve: Callable[[object], str], live_site: LiveSite
) -> None:
    file = live_site.page(OPTIONS, name="scrolls", load="scroll")
    far = '<h1>A page</h1><div style="height: 3000px"></div>'
    file.write_text(file.read_text("utf-8").replace("<h1>A page</h1>", far), "utf-8")
    seen = visit(browser, f"{serve(live_site.folder)}/scrolls.html")
    seen.page.wait_for_timeout(500)
    assert not any("wasm" in asked for asked in seen.requests), "it loads before it is seen"
    seen.page.locator(".fmlab-live").scroll_into_view_if_needed()
    expect(seen.page.locator(".live-status")).to_contain_text("first guess", timeout=30_000)
    assert seen.findings() == []
    seen.close()


def test_a_started_page_is_weighed_with_all_that_it_loaded(
    browser: Browser, serve: Callable[[object], str], live_site: LiveSite
) -> None:
    live_site.page(OPTIONS, name="weighed")
    seen = visit(browser, f"{serve(live_site.folder)}/weighed.html")
    before = packed_bytes(seen.requests, seen.home, live_site.folder)
    start(seen.page)
    after = packed_bytes(seen.requests, seen.home, live_site.folder)
    seen.close()
    assert 10_000 < before < 500_000
    assert after > 10_000_000
