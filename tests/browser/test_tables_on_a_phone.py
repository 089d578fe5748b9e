"""What a wide table says can be read on a phone, also when the table is moved sideways."""

import pytest
from playwright.sync_api import Browser
from site_visit import PHONE, show_mode, visit

pytestmark = pytest.mark.browser
EDGES = "e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right]"
TO_THE_END = """e => {
  const frame = e.closest('.table-wrapper');
  frame.scrollLeft = frame.scrollWidth;
  return frame.scrollLeft;
}"""


def test_a_caption_stays_in_the_window(browser: Browser, site: str) -> None:
    seen = visit(browser, f"{site}/book/11_bias_and_fairness.html")
    seen.page.set_viewport_size({"width": PHONE, "height": 800})
    show_mode(seen.page, "light")
    moved = 0
    captions = seen.page.locator(".table-wrapper > table > caption").all()
    for caption in captions:
        for _ in ("as it stands", "at its end"):
            left, right = caption.evaluate(EDGES)
            assert 0 <= left < right <= PHONE, caption.inner_text()
            moved += caption.evaluate(TO_THE_END) > 0
    assert len(captions) >= 5
    assert moved
    seen.close()
