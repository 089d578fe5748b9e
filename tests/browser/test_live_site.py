"""A live figure starts on a click, served and from its file, and asks no other host."""

from collections.abc import Callable

import pytest
from live_site import LiveSite, start
from playwright.sync_api import Browser, expect
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
