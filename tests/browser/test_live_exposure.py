"""The exposure figure ranks all codes of a locker as Python does, for every reader."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from live_reading import WAYS, Figures, Shown, cells, opened, reach
from live_site import LiveSite, start
from playwright.sync_api import Browser, Locator, expect

from fmlab import zoo
from fmlab.audits.exposure import log_perplexities
from fmlab.audits.lockers import NAME, TIMES, Locker, planted
from fmlab.views.live import LiveOptions

pytestmark = pytest.mark.browser
LOCKERS = planted()
X = "\u00a0\u00d7"  # the times sign
TIE = 5e-3  # bits that the browser's halves may be off


def text_of(locker: Locker) -> str:
    return locker.format.template.replace("{}", "[MASK]")


def radio(shown: Shown, times: int) -> Locator:
    return shown.root.locator(f'input[type="radio"][value="{times}"]')


def first_with(times: int) -> Locker:
    return next(one for one in LOCKERS if one.times == times)


OPTIONS = LiveOptions("exposure", text_of(first_with(16)), model=NAME)


@cache
def bits(locker: Locker) -> dict[str, float]:
    """Return the bits that the model needs for each code of a locker, by Python."""
    found = zoo.load(NAME)
    values = locker.format.all_values()
    own = log_perplexities(found.masked_model, found.tokenizer, locker.format, values)
    return {" ".join(map(str, code)): float(b) for code, b in zip(values, own, strict=True)}


def assert_ranks(shown: Shown, locker: Locker) -> list[list[str]]:
    """Fail where the table's codes have other bits or places than Python's."""
    (rows,) = shown.tables
    expected = bits(locker)
    all_bits = np.array(sorted(expected.values()))
    for code, place, needs, _, _ in rows:
        assert abs(float(needs) - expected[code]) < TIE + 0.005, code
        best = int((all_bits <= expected[code] - TIE).sum())
        worst = int((all_bits <= expected[code] + TIE).sum())
        assert best <= int(place.replace(",", "")) <= worst, code
    assert [int(row[1]) for row in rows[:5]] == [1, 2, 3, 4, 5]
    assert locker.digits in [row[0] for row in rows]
    return rows


@pytest.fixture(scope="module")
def figures(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> Iterator[Figures]:
    """Return a page of figures; nothing may have gone wrong in it by the end."""
    found = Figures(opened(browser, live_site, serve, [OPTIONS] * 6, "exposures"))
    yield found
    assert found.seen.findings() == []
    found.seen.close()


@pytest.fixture
def shown(figures: Figures) -> Shown:
    """Return a figure that no other test has touched."""
    return figures.next().drawn()


@pytest.mark.parametrize("way", WAYS)
def test_places_and_bits_are_python_s(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str], way: str
) -> None:
    seen = opened(browser, live_site, serve, [OPTIONS], f"exposure-{way[:4]}", way)
    assert_ranks(Shown(seen).drawn(), first_with(16))
    assert seen.findings() == []
    seen.close()


@pytest.mark.parametrize("times", [0, 64])
def test_another_number_of_times_shows_another_locker(shown: Shown, times: int) -> None:
    radio(shown, times).check()
    shown.drawn()
    locker = first_with(times)
    rows = assert_ranks(shown, locker)
    assert f"The locker of {locker.name} (the text says its code {times}{X})" in shown.line
    own = next(row for row in rows if row[0] == locker.digits)
    assert own[4] == "the true code"
    if own[1] != "1":
        assert f"stands in place {own[1]}." in shown.line
    assert f"Its exposure is {float(own[3]):.1f} bits" in shown.line


def test_a_guess_is_placed_and_a_right_one_is_told(shown: Shown) -> None:
    field = shown.root.get_by_role("textbox", name="Your guess of the code")
    locker = first_with(16)
    likeliest = min(bits(locker), key=lambda code: bits(locker)[code])
    for typed, said in [
        (locker.digits, "Your guess is the true code."),
        ("12", "Your guess is not a code: type three digits."),
        ("9 9 9", "Your guess, 9 9 9, stands in place"),
        (likeliest, "before the true one" if likeliest != locker.digits else "true code"),
    ]:
        field.fill(typed)
        shown.drawn()
        assert said in shown.line, typed
    rows = assert_ranks(shown, locker)
    assert [row[4] for row in rows if row[0] == likeliest] == ["your guess"]
    assert shown.root.locator(".live-flag").count() == 2
    field.fill("")
    shown.drawn()
    assert shown.root.locator(".live-flag").count() == 1


def test_all_lockers_can_be_ranked_and_means_rise(shown: Shown) -> None:
    shown.root.get_by_role("button", name="Rank the codes of all 20 lockers").click()
    expect(shown.root.locator(".live-shades")).not_to_contain_text("·", timeout=60_000)
    drawn = cells(shown.root.locator(".live-shades"))
    assert [row[0] for row in drawn] == [f"{times}{X}" for times in TIMES]
    means = [float(row[1]) for row in drawn]
    assert means[-1] > means[-2] > max(means[:2])
    for times, row in zip(TIMES, drawn, strict=True):
        own = [one for one in LOCKERS if one.times == times]
        for locker, text in zip(own, row[2:], strict=True):
            order = sorted(bits(locker).values())
            rank = 1 + int(np.searchsorted(order, bits(locker)[locker.digits]))
            near = [np.log2(1000 / max(1, r)) for r in (rank + 3, rank - 3)]
            assert text.endswith(locker.name)
            assert near[0] - 0.06 <= float(text.removesuffix(locker.name)) <= near[1] + 0.06


def test_it_works_with_the_keyboard_alone(shown: Shown) -> None:
    page, root = shown.page, shown.root
    reach(page, radio(shown, 16))
    page.keyboard.press("ArrowRight")
    shown.drawn()
    assert f"64{X}" in shown.line
    reach(page, root.get_by_label("Whose locker"))
    page.keyboard.press("ArrowDown")
    shown.drawn()
    second = [one for one in LOCKERS if one.times == 64][1]
    assert f"The locker of {second.name} " in shown.line
    reach(page, root.get_by_role("textbox"))
    page.keyboard.type(second.digits.replace(" ", ""))
    shown.drawn()
    assert shown.line.endswith("Your guess is the true code.")
    reach(page, root.locator(".live-wide"))


def test_it_is_open_to_everyone(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> None:
    seen = opened(browser, live_site, serve, [OPTIONS], "exposure-open")
    shown = Shown(seen).drawn()
    shown.root.get_by_role("textbox").fill("9 9 9")
    assert shown.drawn().barriers() == []
    seen.close()


def test_the_page_shows_the_ranks_before_the_start(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> None:
    seen = opened(browser, live_site, serve, [OPTIONS], "exposure-still")
    rows = cells(seen.page.locator("table"))
    assert [row[0] for row in rows] == [f"{times}{X}" for times in TIMES]
    told = " ".join(cell for row in rows for cell in row)
    assert all(f"{locker.name}: place" in told for locker in LOCKERS)
    seen.close()


def test_a_model_without_planted_secrets_says_so(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> None:
    text = "the letter of anna opens with [MASK] ."
    options = LiveOptions("exposure", text)
    seen = opened(browser, live_site, serve, [options], "exposure-none")
    start(seen.page)
    expect(seen.page.locator(".live-status")).to_contain_text("Nothing is known of secrets")
    assert seen.findings() == []
    seen.close()
