"""Two sentences side by side: Python's numbers, for every reader."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from live_reading import (
    CLOSE,
    Figures,
    Shown,
    assert_shares,
    opened,
    python,
    reach,
    share,
    shares,
)
from live_site import LiveSite
from playwright.sync_api import Browser, expect

from fmlab.views.live import LiveOptions

pytestmark = pytest.mark.browser
SHIP = "The captain of the ship gave the [MASK] to his men ."
COOK = "The cook in the kitchen gave the bread to her boy ."
SENTENCES = LiveOptions("compare", SHIP, second=COOK, masked_second=[7], asked=["bread"])


@pytest.fixture(scope="module")
def two(browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]) -> Iterator[Figures]:
    """Return a page of figures with two sentences; nothing may have gone wrong by the end."""
    found = Figures(opened(browser, live_site, serve, [SENTENCES] * 6, "sentences"))
    yield found
    assert found.seen.findings() == []
    found.seen.close()


def assert_both(shown: Shown, a: dict[str, float], b: dict[str, float], k: int = 5) -> None:
    """Fail where the table has not the first guesses of both, or other numbers than Python."""
    rows = shown.tables[0]
    assert_shares(rows, a, 1)
    assert_shares(rows, b, 2)
    for one in (a, b):
        bar = sorted(one.values())[-k] - CLOSE
        assert sum(one[row[0]] >= bar for row in rows) >= k


def test_guesses_of_both_sentences_are_python_s(two: Figures) -> None:
    shown = two.next()
    a, b = shares(python(SHIP)), shares(python(COOK, masked=[7]))
    assert_both(shown, a, b)
    assert shown.tables[0][-1][0] == "bread" or "bread" in sorted(b, key=b.__getitem__)[-5:]
    first, other = (max(one, key=one.__getitem__) for one in (a, b))
    assert f"In sentence A the first guess is “{first}”" in shown.line
    assert f"In sentence B it is “{other}”" in shown.line


def test_each_sentence_has_its_own_covered_word(two: Figures) -> None:
    shown = two.next()
    b = shown.root.get_by_role("group", name="Sentence B")
    b.get_by_role("button", name="bread, covered").click()
    assert shown.drawn().line == (
        "No word of sentence B is covered. Press one of its words to cover it."
    )
    assert shown.root.locator(".live-versus").count() == 0
    b.get_by_role("button", name="kitchen").click()
    assert_both(shown.drawn(), shares(python(SHIP)), shares(python(COOK, masked=[4])))
    shown.root.get_by_role("textbox", name="Sentence B").fill(SHIP)
    ship = shares(python(SHIP))
    assert f"is “{max(ship, key=ship.__getitem__)}” in both" in shown.drawn().line
    assert_both(shown, ship, ship)


def numbered(tokens: Sequence[str]) -> list[str]:
    """Return tokens with a number behind those that the sentence has more than once."""
    return [
        f"{token} ({tokens[: n + 1].count(token)})" if tokens.count(token) > 1 else token
        for n, token in enumerate(tokens)
    ]


def test_the_chosen_head_is_drawn_for_both(two: Figures) -> None:
    shown = two.next()
    page, root = shown.page, shown.root
    layer = root.get_by_role("combobox", name="Layer")
    reach(page, layer, 80)
    page.keyboard.press("ArrowDown")
    shown.drawn()
    expect(layer).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    shown.drawn()
    expect(root.get_by_text("Where each token looks: head 3 of layer 2")).to_be_visible()
    pictures = root.get_by_role("img", name="head 3 of layer 2")
    assert pictures.count() == 2
    readings = [python(SHIP), python(COOK, masked=[7])]
    tokens = [reading.sentence.tokens for reading in readings]
    weights = [reading.attentions[1, 2].tolist() for reading in readings]
    names = [" / ".join(dict.fromkeys(pair)) for pair in zip(*map(numbered, tokens), strict=True)]
    expected = [
        (names[i], names[j], *pair)
        for i in range(len(names))
        for j in range(len(names))
        if max(pair := [one[i][j] for one in weights]) >= 0.1 + CLOSE
    ]
    found = {(row[0], row[1]): row[2:] for row in shown.tables[1]}
    assert expected
    for source, target, *pair in expected:
        for text, weight in zip(found[source, target], pair, strict=True):
            assert abs(share(text) - weight) < 0.005 + CLOSE, (source, target)


def test_sentences_of_other_lengths_have_no_matrices_and_it_says_why(two: Figures) -> None:
    shown = two.next()
    shown.root.get_by_role("textbox", name="Sentence A").fill("He gave the [MASK] away .")
    shown.drawn()
    expect(shown.root.get_by_text("Here A has 8 tokens and B has 14.")).to_be_visible()
    expect(shown.root.get_by_role("combobox", name="Layer")).to_be_hidden()
    assert shown.root.get_by_role("img").count() == 0
    assert len(shown.tables) == 1


def test_two_sentences_are_open_to_everyone(two: Figures) -> None:
    assert two.next().barriers() == []
