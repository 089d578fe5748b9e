"""A pair of sentences that differ in a word: what moves is what Python says, for every reader."""

import math
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
from live_site import LiveSite
from playwright.sync_api import Browser, Locator, expect

from fmlab.probes.reading import Reading
from fmlab.views.live import LiveOptions

pytestmark = pytest.mark.browser
HAT = "The young man took his hat and went out ."
WOMAN = "The young woman took his hat and went out ."
OPTIONS = LiveOptions("pair", HAT, second=WOMAN, masked=[4], masked_second=[4], asked=["our"])
PLAIN = LiveOptions("pair", "He said that [MASK] would be late .")


@pytest.fixture(scope="module")
def figures(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> Iterator[Figures]:
    """Return a page of pairs; nothing may have gone wrong in it by the end."""
    found = Figures(opened(browser, live_site, serve, [OPTIONS] * 9, "pairs"))
    yield found
    assert found.seen.findings() == []
    found.seen.close()


@pytest.fixture(scope="module")
def plain(browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]) -> Iterator[Figures]:
    """Return a page of pairs that have one sentence only."""
    found = Figures(opened(browser, live_site, serve, [PLAIN] * 4, "plain"))
    yield found
    assert found.seen.findings() == []
    found.seen.close()


def change(shown: Shown) -> Locator:
    return shown.root.get_by_role("group", name="Words that change")


def becomes(shown: Shown, word: str) -> Locator:
    return shown.root.get_by_role("textbox", name=f"“{word}” becomes")


def assert_guesses(shown: Shown, first: Reading, second: Reading) -> None:
    """Fail where the table is not what moves most, or has other numbers than Python."""
    a, b = shares(first), shares(second)
    rows = shown.tables[0]
    assert_shares(rows, a, 1)
    assert_shares(rows, b, 2)
    for token, _, _, log2, words in rows:
        exact = math.log2(b[token] / a[token])
        assert abs(float(log2) - exact) < 0.05, token
        times = re.match(r"([\d.]+) times as likely with “", words)
        if times:
            assert abs(float(times[1]) / 2 ** abs(exact) - 1) < 0.1, (token, words)
        else:
            assert words == "about as likely with both"
            assert abs(exact) < math.log2(1.15)
    moves = [abs(b[row[0]] - a[row[0]]) for row in rows if row[0] != "our"]
    assert all(moves[n] > moves[n + 1] - CLOSE for n in range(len(moves) - 1))
    assert moves[0] > max(abs(b[token] - a[token]) for token in a) - CLOSE
    distance = sum(abs(b[token] - a[token]) for token in a) / 2
    said = re.search(r"variation distance is ([\d.]+):", shown.root.inner_text())
    assert said
    assert abs(float(said[1]) - distance) < 0.005 + CLOSE
    moved = re.search(r", ([\d.]+ %) of the probability moves to other words", shown.line)
    assert moved
    assert abs(share(moved[1]) - distance) < 0.005 + CLOSE


def assert_heads(shown: Shown, first: Reading, second: Reading) -> None:
    """Fail where the heads' distances, or the row of the one that moves most, are not Python's."""
    place = first.fills[0].place
    rows = [reading.attentions[:, :, place] for reading in (first, second)]
    distance = (rows[0] - rows[1]).abs().sum(-1) / 2
    found = {(int(row[0]), int(row[1])): share(row[2]) for row in shown.tables[1]}
    assert len(found) == distance.numel()
    for (layer, head), moved in found.items():
        exact = float(distance[layer - 1, head - 1])
        assert abs(moved - exact) < 0.005 + CLOSE, (layer, head)
    (layer, head), *_ = found
    assert float(distance[layer - 1, head - 1]) > float(distance.max()) - CLOSE
    assert f"moves most in head {head} of layer {layer}: " in shown.line
    grid = cells(shown.root.locator(".live-shades"))
    assert [row[0] for row in grid] == [f"layer {n + 1}" for n in range(len(grid))]
    assert share(grid[layer - 1][head]) == found[layer, head]
    shown_rows = shown.tables[2]
    assert len(shown_rows) == len(first.sentence.tokens)
    for n, (_, *pair) in enumerate(shown_rows):
        for one, text in zip(rows, pair, strict=True):
            exact = float(one[layer - 1, head - 1, n])
            assert abs(share(text) - exact) < 0.005 + CLOSE, n


@pytest.mark.parametrize("way", WAYS)
def test_what_moves_is_python_s(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str], way: str
) -> None:
    seen = opened(browser, live_site, serve, [OPTIONS], f"pair-{way[:4]}", way)
    shown = Shown(seen)
    first, second = python(HAT, masked=[4]), python(WOMAN, masked=[4])
    assert_guesses(shown, first, second)
    assert_heads(shown, first, second)
    assert "With “woman” in the place of “man”" in shown.line
    assert "“her” rises most" in shown.line
    assert "“his” falls most" in shown.line
    assert shown.tables[0][-1][0] == "our"  # asked for
    assert seen.findings() == []
    seen.close()


def test_a_word_is_pressed_and_another_is_typed(figures: Figures) -> None:
    shown = figures.next()
    field = becomes(shown, "man")
    expect(field).to_have_value("woman")
    field.fill("")
    assert shown.drawn().line.startswith("Nothing is changed yet")
    assert shown.root.locator(".live-versus").count() == 0
    assert shown.tables == []
    change(shown).get_by_role("button", name="young").click()
    expect(becomes(shown, "young")).to_be_focused()
    shown.page.keyboard.type("old")
    text = "The old man took his hat and went out ."
    assert_guesses(shown.drawn(), python(HAT, masked=[4]), python(text, masked=[4]))
    assert "With “old” in the place of “young”" in shown.line


def test_two_words_may_change(figures: Figures) -> None:
    shown = figures.next()
    change(shown).get_by_role("button", name="hat").click()
    becomes(shown, "hat").fill("bonnet")
    text = WOMAN.replace("hat", "bonnet")
    assert_guesses(shown.drawn(), python(HAT, masked=[4]), python(text, masked=[4]))
    assert "With “woman … bonnet” in the place of “man … hat”" in shown.line
    expect(shown.root.locator(".live-second")).to_have_text(
        "Sentence B the young woman took [MASK] bonnet and went out ."
    )


def test_more_words_for_one_move_the_covered_place_and_heads_are_left_out(figures: Figures) -> None:
    shown = figures.next()
    becomes(shown, "man").fill("woman of the house")
    text = "The young woman of the house took his hat and went out ."
    shown.drawn()
    assert_guesses(shown, python(HAT, masked=[4]), python(text, masked=[7]))
    assert "the same number of tokens; here they have 12 and 15" in shown.line
    assert shown.root.locator(".live-shades").count() == 0
    assert len(shown.tables) == 1


def test_another_word_can_be_covered(figures: Figures) -> None:
    shown = figures.next()
    words = shown.root.get_by_role("group", name="Sentence A")
    words.get_by_role("button", name="hat").click()
    shown.drawn()
    expect(shown.root.get_by_text("the guesses are those for the first")).to_be_visible()
    first, second = python(HAT, masked=[4, 5]), python(WOMAN, masked=[4, 5])
    assert_guesses(shown, first, second)
    words.get_by_role("button", name="his, covered").click()
    shown.drawn()
    first, second = python(HAT, masked=[5]), python(WOMAN, masked=[5])
    assert_guesses(shown, first, second)
    assert_heads(shown, first, second)
    words.get_by_role("button", name="hat, covered").click()
    assert shown.drawn().line.startswith("No word is covered")
    assert shown.tables == []


def test_a_word_that_is_covered_does_not_change(figures: Figures) -> None:
    shown = figures.next()
    expect(change(shown).get_by_role("button", name="his")).to_be_disabled()
    shown.root.get_by_role("group", name="Sentence A").get_by_role("button", name="man").click()
    assert shown.drawn().line.startswith("Nothing is changed yet")


def test_a_typed_sentence_starts_without_changes(figures: Figures) -> None:
    shown = figures.next()
    shown.root.get_by_role("textbox", name="Sentence A").fill("She was [MASK] than he .")
    assert shown.drawn().line.startswith("Nothing is changed yet")
    expect(change(shown).get_by_role("button", name="→")).to_have_count(0)
    change(shown).get_by_role("button", name="she").click()
    becomes(shown, "she").fill("it")
    shown.drawn()
    assert_guesses(shown, python("She was [MASK] than he ."), python("it was [MASK] than he ."))


def test_a_word_that_the_model_reads_the_same_way_moves_nothing(figures: Figures) -> None:
    shown = figures.next()
    becomes(shown, "man").fill("MAN")
    assert shown.drawn().line.startswith("The model reads the same tokens in both sentences")
    expect(shown.root.get_by_role("alert")).to_have_text("")


def test_a_text_that_is_too_long_is_cut_and_it_says_so(plain: Figures) -> None:
    shown = plain.next()
    long = " ".join(["he said that [MASK] would be late ,", *["and then he ran"] * 40])
    shown.root.get_by_role("textbox", name="Sentence A").fill(long)
    shown.drawn()
    change(shown).get_by_role("button", name="he", exact=True).first.click()
    becomes(shown, "he").fill("she")
    assert "With “she” in the place of “he”" in shown.drawn().line
    expect(shown.root.get_by_role("alert")).to_contain_text("the text is cut after 128 tokens")


def test_it_works_with_the_keyboard_alone(plain: Figures) -> None:
    shown = plain.next()
    page = shown.page
    assert shown.line.startswith("Nothing is changed yet")
    expect(shown.root.get_by_role("textbox", name="Press a word above first")).to_be_disabled()
    shown.root.get_by_role("textbox", name="Sentence A").focus()
    reach(page, change(shown).get_by_role("button", name="he", exact=True))
    page.keyboard.press("Enter")
    page.keyboard.type("she")
    shown.drawn()
    first = python("He said that [MASK] would be late .")
    second = python("she said that [MASK] would be late .")
    assert_guesses(shown, first, second)
    assert_heads(shown, first, second)
    expect(becomes(shown, "he")).to_be_focused()


def test_sentences_that_differ_in_more_than_words_are_refused_in_one_line(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> None:
    other = LiveOptions("pair", "He took [MASK] hat .", second="It was [MASK] cold out there .")
    seen = opened(browser, live_site, serve, [other], "pair-other")
    shown = Shown(seen)
    assert shown.line.startswith("The two sentences differ in more than single words.")
    change(shown).get_by_role("button", name="he", exact=True).click()
    becomes(shown, "he").fill("she")
    shown.drawn()
    assert_guesses(shown, python("He took [MASK] hat ."), python("she took [MASK] hat ."))
    assert seen.findings() == []
    seen.close()


def test_it_is_open_to_everyone(figures: Figures) -> None:
    assert figures.next().barriers() == []


def test_a_pair_without_a_change_is_open_to_everyone(plain: Figures) -> None:
    assert plain.next().barriers() == []


def test_what_it_does_not_show_speaks_of_one_pair(plain: Figures) -> None:
    limits = plain.next().root.locator("details", has_text="What this does not show").locator("p")
    expect(limits).to_contain_text("Not a measure of bias: one pair shows one pair.")
