"""A reader's own sentence on its trip: the page's tokens and ids are Python's."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from site_visit import PHONE, accessibility, overflow, visit

from fmlab import zoo

pytestmark = pytest.mark.browser
PAGE = "book/02_concepts.html"
OWN = (
    "My cat Mimi walked home.",
    "UNBELIEVABLE handwriting!",
    "Straße, naïve café",
    "我 😀 the ship",
    "",
)


@pytest.fixture(scope="module", params=["served", "from file"])
def started(
    request: pytest.FixtureRequest, browser: Browser, html: Path, site: str
) -> Iterator[Page]:
    """Return the page with its figure started; nothing may have gone wrong by the end."""
    address = site if request.param == "served" else html.resolve().as_uri()
    seen = visit(browser, f"{address}/{PAGE}")
    seen.page.locator("[data-trip] .live-start").click()
    seen.page.locator("[data-trip] input").wait_for(timeout=60_000)
    yield seen.page
    assert seen.findings() == []
    seen.close()


def table(page: Page) -> list[tuple[str, str, str]]:
    """Return place, token and id of each row that the page shows."""
    rows = page.locator("[data-trip] tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return [tuple(row) for row in rows]


def expected(text: str) -> list[tuple[str, str, str]]:
    """Return what Python's tokenizer makes of a text."""
    tokenizer = zoo.load("books-small").tokenizer
    ids = [tokenizer.cls_id, *tokenizer.encode(text), tokenizer.sep_id]
    pairs = zip(tokenizer.tokens(ids), ids, strict=True)
    return [(str(place), token, str(number)) for place, (token, number) in enumerate(pairs, 1)]


def test_the_built_table_is_python_s_before_anything_is_loaded(
    browser: Browser, html: Path
) -> None:
    seen = visit(browser, f"{html.resolve().as_uri()}/{PAGE}")
    told = json.loads(seen.page.locator("[data-trip]").get_attribute("data-trip") or "")
    assert table(seen.page) == expected(told["text"])
    assert len(table(seen.page)) > 5
    seen.close()


def test_starting_it_changes_no_row_and_leaves_the_reader_in_the_field(started: Page) -> None:
    field = started.locator("[data-trip] input")
    assert table(started) == expected(field.input_value())
    expect(field).to_be_focused()


@pytest.mark.parametrize("text", OWN)
def test_own_sentences_have_python_s_tokens_and_ids(started: Page, text: str) -> None:
    started.locator("[data-trip] input").fill(text)
    assert table(started) == expected(text)
    line = started.locator("[data-trip] [role=status]").inner_text()
    rows = expected(text)
    assert line.startswith(f"{len(rows)} tokens, so {len(rows)} ids")
    unknown = sum(token == "[UNK]" for _, token, _ in rows)
    assert (f"{unknown} of them unknown" in line) == bool(unknown)


def test_a_sentence_that_is_too_long_is_cut_and_says_so(started: Page) -> None:
    started.locator("[data-trip] input").fill("ship " * 300)
    longest = zoo.load("books-small").model.config.longest
    assert len(table(started)) == longest
    assert "was cut" in started.locator("[data-trip] [role=status]").inner_text()
    assert table(started)[-1][1] == "[SEP]"


def test_it_is_open_to_everyone_once_started(started: Page) -> None:
    started.locator("[data-trip] input").fill(OWN[0])
    if started.url.startswith("http"):  # axe-core may not read style sheets of a file
        assert accessibility(started, "[data-trip]") == []
    assert overflow(started, PHONE) == []
