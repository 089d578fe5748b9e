"""Two moments of a training side by side: Python's numbers, for every reader."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_reading import (
    CLOSE,
    WAYS,
    Figures,
    Shown,
    assert_shares,
    cells,
    opened,
    python,
    reach,
    share,
    shares,
)
from live_site import LiveSite, drawn, start
from playwright.sync_api import Browser, Locator, Route, expect
from site_visit import Visit

from fmlab.stages import stages
from fmlab.views.live import LiveOptions

pytestmark = pytest.mark.browser
TIRED = "He was so tired that he fell asleep at once ."
MOMENTS = LiveOptions("compare", TIRED, masked=[7])
STEPS = [stage.step for stage in stages()]


@pytest.fixture(scope="module")
def run(browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]) -> Iterator[Figures]:
    """Return a page of figures with a slider through the training."""
    found = Figures(opened(browser, live_site, serve, [MOMENTS] * 6, "moments"))
    yield found
    assert found.seen.findings() == []
    found.seen.close()


def slider(shown: Shown) -> Locator:
    return shown.root.get_by_role("slider", name="Moment of the training")


def until(shown: Shown, words: str) -> Shown:
    """Wait until the line has certain words."""
    expect(shown.root.locator(".live-status")).to_contain_text(words, timeout=30_000)
    return shown.drawn()


def walk(shown: Shown, text: str, masked: list[int]) -> None:
    """Go through the training with the arrow keys; fail where a moment has other numbers."""
    end = shares(python(text, masked=masked))
    best = max(end, key=end.__getitem__)
    reach(shown.page, slider(shown))
    for step in reversed(STEPS):
        shown.page.keyboard.press("ArrowLeft")
        until(shown, f"After step {step:,} ")
        expect(slider(shown)).to_be_focused()
        here = shares(python(text, step, masked=masked))
        (rows,) = shown.tables
        assert_shares(rows, here, 1)
        assert_shares(rows, end, 2)
        assert rows[0][0] in (max(here, key=here.__getitem__), best)
        assert {max(here, key=here.__getitem__), best} <= {row[0] for row in rows}
        stage = next(one for one in stages() if one.step == step)
        for words in (f"loss {stage.loss:.2f})", f"“{best}”"):
            assert words in shown.line
        spoken = slider(shown).get_attribute("aria-valuetext") or ""
        assert spoken.startswith(f"after step {step:,}: ")
        assert spoken.endswith(f"loss {stage.loss:.2f}")
    grown = {row[0]: row[1:] for row in cells(shown.root.locator(".live-shades"))}
    assert list(grown) == sorted(end, key=end.__getitem__, reverse=True)[:5]
    moments = [shares(python(text, step, masked=masked)) for step in STEPS]
    for token, numbers in grown.items():
        for text_, one in zip(numbers, [*moments, end], strict=True):
            assert abs(share(text_) - one[token]) < CLOSE + 0.005, (token, text_)


@pytest.mark.parametrize("way", WAYS)
def test_every_moment_s_guesses_are_python_s(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str], way: str
) -> None:
    seen = opened(browser, live_site, serve, [MOMENTS], f"run-{way[:4]}", way)
    shown = Shown(seen)
    assert not any("/stages/" in url for url in seen.requests), "it loads before it is asked"
    assert "The finished model's first guess is “asleep”" in shown.line
    walk(shown, TIRED, [7])
    assert seen.findings() == []
    seen.close()


def test_a_moment_that_was_seen_is_not_loaded_again(run: Figures) -> None:
    shown = run.next()
    slider(shown).focus()
    shown.page.keyboard.press("Home")
    until(shown, "After step 75 ")
    shown.page.keyboard.press("End")
    until(shown, "The finished model's first guess")
    before = [url for url in run.seen.requests if "/stages/" in url]
    shown.page.keyboard.press("Home")
    until(shown, "After step 75 ")
    assert [url for url in run.seen.requests if "/stages/" in url] == before
    assert before


def test_another_sentence_is_followed_through_the_training(run: Figures) -> None:
    shown = run.next()
    shown.root.get_by_role("textbox").fill("She took off her [MASK] .")
    shown.drawn()
    unseen = cells(shown.root.locator(".live-shades"))
    assert all(row[1:-1] == ["·"] * len(STEPS) for row in unseen)
    slider(shown).focus()
    shown.page.keyboard.press("ArrowLeft")
    until(shown, f"After step {STEPS[-1]:,} ")
    here = shares(python("She took off her [MASK] .", STEPS[-1]))
    assert_shares(shown.tables[0], here, 1)
    shown.root.locator(".live-word").first.click()  # another covered place, at the same moment
    shown.drawn()
    here = shares(python("She took off her [MASK] .", STEPS[-1], masked=[0]))
    assert_shares(shown.tables[0], here, 1)
    expect(shown.root.get_by_text("the guesses are those for the first")).to_be_visible()


def test_nothing_covered_is_said(run: Figures) -> None:
    shown = run.next()
    shown.root.get_by_role("textbox").fill("She ran .")
    assert shown.drawn().line.startswith("No word is covered")
    assert shown.root.locator(".live-drawing > *").count() == 0
    assert shown.tables == []


def test_moments_are_open_to_everyone(run: Figures) -> None:
    shown = run.next()
    slider(shown).focus()
    shown.page.keyboard.press("ArrowLeft")
    until(shown, "After step")
    assert shown.barriers() == []


@pytest.fixture
def alone(browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]) -> Iterator[Visit]:
    """Return a page of one figure with a slider, where nothing of the training is loaded yet."""
    seen = opened(browser, live_site, serve, [MOMENTS], "alone")
    yield seen
    seen.close()


def test_the_slider_asks_for_its_last_position_alone(alone: Visit) -> None:
    shown, held = Shown(alone), list[Route]()

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    shown.page.route("**/stages/**", hold_the_first)
    slider(shown).focus()
    for _ in STEPS:
        shown.page.keyboard.press("ArrowLeft")
    expect(shown.root.get_by_text("Loading the model as it was after step 1,000")).to_be_visible()
    shown.root.locator(".live-status").evaluate(
        "line => new MutationObserver(() => (window.said ??= []).push(line.textContent))"
        ".observe(line, { childList: true })"
    )
    held[0].continue_()
    until(shown, "After step 75 ")
    said = shown.page.evaluate("window.said")
    assert [line for line in said if "1,000" in line] == [], "an answer nobody waits for is shown"
    loaded = [url.rsplit("/", 1)[1].split(".")[0] for url in alone.requests if "/stages/" in url]
    assert loaded == ["1000", "75"]
    expect(shown.root.get_by_text("Loading the model")).to_have_count(0)
    assert alone.findings() == []


def test_a_moment_that_cannot_be_loaded_is_one_line_and_can_be_tried_again(alone: Visit) -> None:
    shown = Shown(alone)
    shown.page.route("**/stages/**", lambda route: route.abort())
    slider(shown).focus()
    shown.page.keyboard.press("Home")
    until(shown, "The model after step 75 could not be loaded")
    assert shown.root.locator(".live-versus").count() == 0, "an old answer stays"
    shown.page.keyboard.press("End")
    until(shown, "The finished model's first guess")
    shown.page.unroute("**/stages/**")
    shown.page.keyboard.press("Home")
    until(shown, "After step 75 ")


def test_next_goes_one_moment_on_where_no_movement_is_wanted(alone: Visit) -> None:
    shown = Shown(alone)
    button = shown.root.get_by_role("button", name="Next")
    button.press("Enter")
    until(shown, "After step 75 ")
    shown.page.wait_for_timeout(2000)
    assert "After step 75 " in shown.line
    button.press("Enter")
    until(shown, "After step 150 ")


def test_play_goes_through_the_training_until_it_is_paused(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> None:
    context = browser.new_context(reduced_motion="no-preference")
    page = context.new_page()
    live_site.page(MOMENTS, name="play")
    page.goto(f"{serve(live_site.folder)}/play.html")
    start(page)
    line = page.locator(".live-status")
    page.get_by_role("button", name="Play").press("Enter")
    expect(line).to_contain_text("After step 75 ", timeout=30_000)
    expect(line).to_contain_text("After step 150 ", timeout=30_000)
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_role("button", name="Play")).to_be_focused()
    drawn(page)
    shown = line.inner_text()
    page.wait_for_timeout(2500)
    assert line.inner_text() == shown
    for _ in range(3):  # in a hurry: play, pause, play
        page.get_by_role("button", name=re.compile("Play|Pause")).click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(line).to_contain_text("After step 600 ", timeout=30_000)
    page.get_by_role("slider").press("End")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("slider").press("ArrowLeft")
    page.get_by_role("button", name="Play").click()  # from there to the end, and stops
    expect(line).to_contain_text("The finished model's first guess", timeout=30_000)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    context.close()


def test_a_model_without_moments_says_so(
    alone: Visit, live_site: LiveSite, pytestconfig: pytest.Config
) -> None:
    shown = Shown(alone)
    assert pytestconfig.cache is not None
    exported = next(Path(pytestconfig.cache.mkdir("live")).glob("books-small-*.fmlab"))
    shown.root.get_by_text("Show your own model").click()
    shown.root.locator("input[type=file]").set_input_files(exported)
    expect(shown.root.get_by_text("from your file")).to_be_visible(timeout=30_000)
    shown.drawn()
    expect(shown.root.get_by_text("brings no earlier moments of its training")).to_be_visible()
    assert shown.root.get_by_role("slider").count() == 0
    assert "The finished model's first guess is “asleep”" in shown.line


def test_the_two_modes_are_switched_by_the_keyboard(run: Figures) -> None:
    shown = run.next()
    page, root = shown.page, shown.root
    root.get_by_role("radio", name="two moments").focus()
    page.keyboard.press("ArrowLeft")
    shown.drawn()
    expect(root.get_by_role("radio", name="two sentences")).to_be_checked()
    expect(slider(shown)).to_have_count(0)
    assert "is “asleep” in both" in shown.line
    page.keyboard.press("ArrowRight")
    shown.drawn()
    expect(slider(shown)).to_be_visible()
    expect(root.get_by_role("textbox", name="Sentence B")).to_have_count(0)
    assert "The finished model's first guess" in shown.line
