"""The lens shows what each layer would fill in: Python's numbers, for every reader."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_reading import CLOSE, WAYS, Figures, Shown, cells, opened, python, reach, share, shares
from live_site import LiveSite
from playwright.sync_api import Browser, expect

from fmlab.views.live import LiveOptions

pytestmark = pytest.mark.browser
TEXT = "She opened the window and looked out into the garden ."
OPTIONS = LiveOptions("lens", TEXT, masked=[3], asked=["window", "zzz"])
LAYERS = ["embeddings", "layer 1", "layer 2", "layer 3", "layer 4"]


@pytest.fixture(scope="module")
def figures(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> Iterator[Figures]:
    """Return a page of lenses; nothing may have gone wrong in it by the end."""
    found = Figures(opened(browser, live_site, serve, [OPTIONS] * 8, "lenses"))
    yield found
    assert found.seen.findings() == []
    found.seen.close()


@pytest.fixture
def lens(figures: Figures) -> Shown:
    """Return a lens that no other test has touched."""
    return figures.next()


def assert_layers(lens: Shown, text: str, masked: list[int]) -> None:
    """Fail where the table has other numbers than Python, or another order of guesses."""
    reading = python(text, masked=masked, lens=True)
    (rows,) = lens.tables
    places = len(reading.fills) // len(LAYERS)
    for nth, fill in enumerate(reading.fills):
        name, place = LAYERS[fill.layer], str(nth % places + 1)
        mine = [row for row in rows if row[:2] == [name, place]]
        expected = shares(reading, nth)
        assert len(mine) == 6  # five guesses and one asked word; the other is no token
        for row in mine:
            assert abs(share(row[3]) - expected[row[2]]) < CLOSE, row
            assert abs(float(row[4]) - fill.entropy_bits) < 0.05, row
        assert mine[5][2] == "window"
        assert expected[mine[0][2]] > max(expected.values()) - CLOSE


@pytest.mark.parametrize("way", WAYS)
def test_every_layer_s_guesses_are_python_s(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str], way: str
) -> None:
    seen = opened(browser, live_site, serve, [OPTIONS], f"lens-{way[:4]}", way)
    assert_layers(Shown(seen), TEXT, [3])
    assert seen.findings() == []
    seen.close()


def test_the_line_says_from_where_on_the_last_answer_leads(lens: Shown) -> None:
    reading = python(TEXT, masked=[3], lens=True, k=5)
    firsts = [fill.candidates[0].token for fill in reading.fills]
    row = next(n for n in range(5) if len(set(firsts[n:])) == 1)
    percent = f"{reading.fills[-1].candidates[0].probability * 100:.0f} %"
    assert lens.line == (
        f"At covered place 1 the model ends with “{firsts[-1]}”, {percent}. "
        f"It is the first guess from the row “{LAYERS[row]}” on."
    )
    drawn = cells(lens.root.locator(".live-shades"))
    assert [names[1].startswith(firsts[-1]) for names in drawn] == [n >= row for n in range(5)]
    among = [firsts[-1] in [c.token for c in fill.candidates] for fill in reading.fills]
    assert lens.root.locator(".live-strong").count() == sum(among)


def test_the_line_tells_a_lead_that_came_late_and_one_that_was_lost(lens: Shown) -> None:
    words, found = TEXT.split(), {}
    for place in range(len(words)):
        text = " ".join([*words[:place], "[MASK]", *words[place + 1 :]])
        fills = python(text, lens=True, k=1).fills
        leads = [fill.candidates[0].token == fills[-1].candidates[0].token for fill in fills]
        if not any(leads[:-1]):
            found["in the last row only"] = text
        elif leads != sorted(leads):
            found["loses its lead"] = text
    assert len(found) == 2, "no such sentence is left; choose others"
    for said, text in found.items():
        lens.root.get_by_role("textbox").fill(text)
        lens.drawn()
        assert said in lens.line


def test_other_words_can_be_covered_and_other_sentences_typed(lens: Shown) -> None:
    words = lens.root.locator(".live-word")
    words.filter(has_text="garden").click()
    assert_layers(lens.drawn(), TEXT, [3, 9])
    assert lens.root.locator(".live-shades").count() == 2
    words.filter(has_text="window").click()
    words.filter(has_text="garden").click()
    assert lens.drawn().line.startswith("No word is covered")
    assert lens.tables == [[]]
    lens.root.get_by_role("textbox").fill("He sat [MASK] by the fire .")
    assert_layers(lens.drawn(), "He sat [MASK] by the fire .", [])


def test_the_grid_has_each_layer_s_first_guess_at_every_token(lens: Shown) -> None:
    lens.root.get_by_role("radio", name="at every token").check()
    lens.root.get_by_role("button", name="window, covered").click()
    reading = python(TEXT, lens=True, everywhere=True)
    size = len(reading.sentence.tokens)
    (rows,) = lens.drawn().tables
    assert [row[0] for row in rows] == list(reading.sentence.tokens)
    for nth, fill in enumerate(reading.fills):
        token, number = rows[fill.place][fill.layer + 1].rsplit(" (", 1)
        expected = shares(reading, nth)
        rounded = 0.005 if expected[token] > 0.09 else 0.0005
        assert abs(share(number) - expected[token]) < CLOSE + rounded, (fill.place, fill.layer)
        assert expected[token] > max(expected.values()) - CLOSE
    leads = [
        [fill.candidates[0].token == last.candidates[0].token for fill in reading.fills[n::size]]
        for n, last in enumerate(reading.fills[-size:])
    ]
    assert any(lead != sorted(lead) for lead in leads), "no lead is lost; choose another sentence"
    settled = [sum(all(lead[layer:]) for lead in leads) for layer in range(4)]
    said = [f"Column “{name}”: {n}." for name, n in zip(LAYERS, settled, strict=False)]
    assert lens.line.startswith(f"Of {size} tokens")
    assert lens.line.endswith(" ".join(said))


def test_it_works_with_the_keyboard_alone(lens: Shown) -> None:
    page, root = lens.page, lens.root
    root.get_by_role("textbox").focus()
    garden = root.locator(".live-word").filter(has_text="garden")
    reach(page, garden)
    page.keyboard.press("Space")
    lens.drawn()
    expect(garden).to_be_focused()
    expect(garden).to_have_attribute("aria-pressed", "true")
    assert "At covered place 2" in lens.line
    reach(page, root.get_by_role("radio", name="at the covered words"))
    page.keyboard.press("ArrowRight")
    assert lens.drawn().line.startswith("Of 13 tokens")
    reach(page, root.locator(".live-wide"))


def test_without_a_covered_word_it_begins_at_every_token(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> None:
    seen = opened(browser, live_site, serve, [LiveOptions("lens", "She ran .")], "lens-bare")
    lens = Shown(seen)
    expect(lens.root.get_by_role("radio", name="at every token")).to_be_checked()
    assert [row[0] for row in lens.tables[0]] == ["[CLS]", "she", "ran", ".", "[SEP]"]
    seen.close()


@pytest.mark.parametrize("where", ["at the covered words", "at every token"])
def test_it_is_open_to_everyone(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str], where: str
) -> None:
    seen = opened(browser, live_site, serve, [OPTIONS], "lens-open")
    lens = Shown(seen)
    lens.root.get_by_role("radio", name=where).check()
    assert lens.drawn().barriers() == []
    seen.close()


def test_what_it_does_not_show_names_its_sources(lens: Shown) -> None:
    limits = lens.root.locator("details", has_text="What this does not show").locator("p")
    expect(limits).to_contain_text("nostalgebraist 2020")
    expect(limits).to_contain_text("arXiv:2303.08112")
