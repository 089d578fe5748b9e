"""Every page to learn from opens with what it is good for, how long it takes, and what it needs."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# Pages that are looked up, not read through.
LOOKED_UP = {"book/index", "book/glossary", "book/bibliography"}
OPENS_WITH = {
    "what you can do": re.compile(
        r"\*\*When you (?:are done|have read[^*]*),? you can\*\*|\} After this chapter you can\n"
    ),
    "the time": re.compile(r"\*\*(?:Time|Minutes)[.:]\*\* [^*]*?\b(?:minutes?|hours?|two|three|"
                           r"five|ten|fifteen|twenty|thirty|forty|sixty|ninety|\d+)\b"),
    "what you need": re.compile(r"\*\*(?:You need|Builds on:?)\*\*"),
}  # fmt: skip


def pages() -> list[str]:
    """Return the pages of the table of contents."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = [page["file"] for part in contents["parts"] for page in part["chapters"]]
    return [page for page in listed if page not in LOOKED_UP]


def missing(source: str) -> list[str]:
    """Return what a page does not open with; its opening ends at the first section."""
    text = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.S)
    opening = re.split(r"^## ", text, maxsplit=1, flags=re.M)[0]
    return [what for what, words in OPENS_WITH.items() if not words.search(opening)]


@pytest.mark.parametrize("page", pages())
def test_a_page_opens_with_all_three(page: str) -> None:
    source = ROOT / f"{page.replace('labs/pages/', 'labs/')}.md"
    assert missing(source.read_text(encoding="utf-8")) == []


OPENING = """# A page

**When you are done, you can** do it.

**Time.** About two hours.

**You need** a pencil.

## A section
"""


def test_a_whole_opening_passes() -> None:
    assert missing(OPENING) == []


@pytest.mark.parametrize(
    ("taken", "what"),
    [
        ("**When you are done, you can** do it.", "what you can do"),
        ("**Time.** About two hours.", "the time"),
        ("About two hours.", "the time"),
        ("**You need** a pencil.", "what you need"),
    ],
)
def test_what_is_missing_or_comes_late_is_told(taken: str, what: str) -> None:
    assert missing(OPENING.replace(taken, "")) == [what]
    assert missing(OPENING.replace(taken, "") + taken) == [what]
