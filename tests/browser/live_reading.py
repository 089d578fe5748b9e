"""What stands in a started live figure, and what Python would put there."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from live_site import LiveSite, drawn, show_theme, start
from playwright.sync_api import Browser, Locator, Page
from site_visit import DESK, PHONE, Visit, accessibility, lay_open, overflow, visit

from fmlab import zoo
from fmlab.checkpoint import Checkpoint
from fmlab.probes.reading import Reading, read
from fmlab.stages import load_stage, stages
from fmlab.views.live import LiveOptions

WAYS = ("served", "from file")
CLOSE = 2e-3  # weights are halves in the browser


@dataclass
class Shown:
    """One figure of a page, started.

    Attributes:
        seen: The visit to its page.
        number: Which figure of the page it is.
    """

    seen: Visit
    number: int = 0
    page: Page = field(init=False)
    root: Locator = field(init=False)

    def __post_init__(self) -> None:
        """Start the figure."""
        self.page = self.seen.page
        self.root = self.page.locator("[data-live]").nth(self.number)
        start(self.page, self.number)

    def drawn(self) -> "Shown":
        """Wait until the figure has drawn what was last asked of it."""
        drawn(self.page, self.number)
        return self

    @property
    def line(self) -> str:
        """The figure's line."""
        return self.root.locator(".live-status").inner_text()

    @property
    def tables(self) -> list[list[list[str]]]:
        """The cells of the tables under “The same as a table”, headings left out."""
        folded = self.root.locator("details", has_text="The same as a table").first
        return [cells(one) for one in folded.locator("table").all()]

    def barriers(self) -> list[str]:
        """Return what keeps some readers out: narrow screens, dark pages, axe-core's findings."""
        lay_open(self.page)
        found = overflow(self.page, PHONE)
        self.page.set_viewport_size(DESK)
        for theme in ("light", "dark"):
            show_theme(self.page, theme)
            found += accessibility(self.page, f"figure.fmlab-live:nth-of-type({self.number + 1})")
        show_theme(self.page, "light")
        return found


class Figures:
    """A page with the same figure several times, so that the model is loaded once for all tests."""

    def __init__(self, seen: Visit) -> None:
        """Begin with the first."""
        self.seen = seen
        self.used = 0

    def next(self) -> Shown:
        """Return the next figure that nobody has touched, started."""
        self.used += 1
        return Shown(self.seen, self.used - 1)


def opened(
    browser: Browser,
    live_site: LiveSite,
    serve: Callable[[Path], str],
    options: Sequence[LiveOptions],
    name: str,
    way: str = "served",
) -> Visit:
    """Return a visit to a page with live figures."""
    file = live_site.page(*options, name=name)
    return visit(
        browser, f"{serve(live_site.folder)}/{file.name}" if way == "served" else file.as_uri()
    )


@cache
def shipped(step: int | None = None) -> Checkpoint:
    """Return the workbook's model, or what it was after a step of its training."""
    if step is None:
        return zoo.load("books-small")
    return load_stage(next(stage for stage in stages() if stage.step == step))


def python(text: str, step: int | None = None, **asked: object) -> Reading:
    """Return Python's reading of a text; whole distributions unless `k` says otherwise."""
    found = shipped(step)
    given = {"k": found.model.config.vocab_size} | asked
    return read(found.masked_model, found.tokenizer, text, **given)  # type: ignore[arg-type]


def shares(reading: Reading, nth: int = 0) -> dict[str, float]:
    """Return the probability of every token at one of a reading's places."""
    return {c.token: c.probability for c in reading.fills[nth].candidates}


def cells(table: Locator) -> list[list[str]]:
    """Return the text of a table's cells, row by row, without its headings."""
    found: list[list[str]] = table.evaluate(
        "table => [...table.tBodies[0].rows].map(row => [...row.cells].map(c => c.textContent))"
    )
    return found


def share(text: str) -> float:
    """Return the number that a cell such as `46 %`, `0.03 %` or `< 0.1 %` stands for."""
    found = re.search(r"(<?) ?([\d.]+) %", text)
    assert found, text
    return 0.0 if found[1] else float(found[2]) / 100


def assert_shares(rows: Sequence[Sequence[str]], expected: dict[str, float], column: int) -> None:
    """Fail where a table's probabilities are not Python's; the first cell names the token."""
    assert rows
    for row in rows:
        assert abs(share(row[column]) - expected[row[0]]) < CLOSE, row


def reach(page: Page, wanted: Locator, most: int = 60) -> None:
    """Press Tab until something has the focus."""
    for _ in range(most):
        if wanted.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {wanted}")
