"""Every page shows its largest part soon, with an empty cache, and does not move under the eye."""

from collections.abc import Callable
from pathlib import Path

import pytest
from page_speed import layout_shift, load, speed_at_best
from playwright.sync_api import Browser
from site_files import HTML
from site_visit import DESK, PHONE

pytestmark = pytest.mark.browser
SOON = 1.5  # seconds
STILL = 0.1
SIZES = {"desk": DESK, "phone": {"width": PHONE, "height": 740}}


@pytest.mark.parametrize("size", list(SIZES))
def test_a_page_is_there_soon_and_stays_where_it_is(
    browser: Browser, site: str, built_page: Path, size: str
) -> None:
    address = f"{site}/{built_page.relative_to(HTML).as_posix()}"
    speed = speed_at_best(browser, address, SOON, SIZES[size])
    assert speed.largest_paint <= SOON
    assert speed.shift < STILL


SHELL = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>A page</title>"
    "<link rel=icon href='data:,'>%s"
)
TEXT = "<p style='font-size:30px'>" + "What this page is about. " * 20
LATE = "<script>const end = performance.now() + 2000; while (performance.now() < end);</script>"
MOVES = (
    "<div id=late></div>"
    + TEXT
    + "<script>setTimeout(() => { late.style.height = '400px' }, 150)</script>"
)


@pytest.mark.parametrize(
    ("body", "late", "moves"),
    [(TEXT, False, False), (LATE + TEXT, True, False), (MOVES, False, True)],
)
def test_a_late_page_and_one_that_moves_are_told_from_a_good_one(
    browser: Browser,
    serve: Callable[[Path], str],
    tmp_path: Path,
    body: str,
    late: bool,
    moves: bool,
) -> None:
    (tmp_path / "page.html").write_text(SHELL % body, encoding="utf-8")
    address = f"{serve(tmp_path)}/page.html"
    speed = speed_at_best(browser, address, SOON, tries=6 if not late else 2)
    assert (speed.largest_paint > SOON) == late
    assert (speed.shift >= STILL) == moves


def test_a_page_that_paints_nothing_is_told(
    browser: Browser, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(SHELL % "", encoding="utf-8")
    with pytest.raises(AssertionError, match="has painted nothing"):
        load(browser, f"{serve(tmp_path)}/page.html")


@pytest.mark.parametrize(
    ("shifts", "worst"),
    [
        ([], 0.0),
        ([(0, 0.05), (500, 0.04)], 0.09),
        ([(0, 0.05), (1600, 0.04)], 0.05),  # more than a second apart
        ([(time, 0.01) for time in range(0, 9000, 900)], 0.06),  # a window holds five seconds
    ],
)
def test_shifts_are_summed_in_windows(shifts: list[tuple[float, float]], worst: float) -> None:
    assert layout_shift(shifts) == pytest.approx(worst)
