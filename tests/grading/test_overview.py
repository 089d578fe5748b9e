"""The instructor's page counts what the results hold."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import result
from test_feedback import SMALL_LAB, harmless
from test_open_marks import fill, graded, handed_in

from fmlab.grading import page_words
from fmlab.grading.exports import gradescope
from fmlab.grading.feedback import feedback, page_name
from fmlab.grading.overview import MAX_NAMES, overview, spread, write
from fmlab.grading.results import Criterion, QuestionResult, Remark

REFUSED = QuestionResult("double", 3, (), "", "k", "the file is empty", "missing")
DIED = QuestionResult("double", 3, (), "x", "k", "the answer ended its process", "died")
BATCH = [
    result("ann", (True, True, True, True)),
    result("bob", (True, False, False, True), flags=("late",)),
    result("cyd", (True, False, True, False)),
    result("dan", (True,) * 4, questions=(REFUSED,), flags=("the file is empty",)),
    result("eve", (True,) * 4, questions=(DIED,)),
]


def row(text: str, title: str) -> str:
    """Return the table row that starts with a title, as words."""
    found = next(r for r in re.findall(r"<tr>(.*?)</tr>", text, re.S) if title in r)
    return " ".join(re.sub("<[^>]*>", " ", found).split())


def test_the_page_counts_submissions_and_totals() -> None:
    page = harmless(overview(BATCH, SMALL_LAB))
    assert "5 submissions; 1 could not be marked at all." in page.text
    assert "Mean 2.00 and median 2 of 4 points" in page.text


def test_the_difficulty_of_questions_and_checks_is_the_share_that_passed() -> None:
    text = overview(BATCH, SMALL_LAB)
    assert row(text, "<code>double</code></th>") == "double 3 50 % 25 %"
    assert row(text, "<code>mean</code></th>") == "mean 1 67 % 67 %"
    assert row(text, "Title of it_doubles<") == "Title of it_doubles double 100 % Run on 3"
    hidden = row(text, "Title of it_doubles_any_number")
    assert hidden == "Title of it_doubles_any_number (hidden) double 67 % Run on 3"


def test_wrong_answers_are_grouped_by_hint_with_their_students() -> None:
    text = overview(BATCH, SMALL_LAB)
    assert row(text, "You square the number.") == "You square the number. double 2 Bob, Cyd"
    assert row(text, "the mean is None") == "the mean is None mean 1 Cyd"


def test_what_crashed_or_was_refused_is_listed() -> None:
    text = overview(BATCH, SMALL_LAB)
    assert row(text, ">died<") == "Eve double died the answer ended its process"
    assert row(text, ">missing<") == "Dan double missing the file is empty"
    assert f'href="feedback/{page_name("bob")}"' in text
    assert row(text, page_name("bob")) == "Bob bob 1 1 2 late"


def test_many_names_are_cut_and_counted() -> None:
    batch = [result(f"s{n:02}", (False,) * 4) for n in range(MAX_NAMES + 5)]
    assert "S11 and 5 more" in row(overview(batch, SMALL_LAB), "You square the number.")


def test_the_figure_has_words_and_a_table_with_the_same_counts() -> None:
    text = overview(BATCH, SMALL_LAB)
    assert 'role="img" aria-labelledby="spread"' in text
    assert "Most, 2, have 2 to 2.4 points." in text
    assert row(text, "3.6 to 4") == "3.6 to 4 1"
    assert row(text, "2 to 2.4<") == "2 to 2.4 2"
    assert len(re.findall('<rect class="bar"', text)) == 10


@given(st.lists(st.integers(0, 40), max_size=50))
def test_every_total_is_in_the_bin_it_belongs_to(tenths: list[int]) -> None:
    bins = spread([n / 10 for n in tenths], 4)
    assert sum(one.count for one in bins) == len(tenths)
    for number, one in enumerate(bins):
        last = number == len(bins) - 1
        inside = [n for n in tenths if n // 4 == number or (last and n == 40)]
        assert one.count == len(inside)


@pytest.mark.parametrize("batch", [[], [BATCH[3]], [result("x", (True,) * 4, questions=())]])
def test_small_batches_make_a_page(batch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = write(batch, SMALL_LAB, tmp_path / "overview.html")
    page = harmless(path.read_text(encoding="utf-8"))
    assert ("There are no submissions." in page.text) == (batch == [])


def test_the_order_of_results_does_not_matter() -> None:
    assert overview(BATCH, SMALL_LAB) == overview(BATCH[::-1], SMALL_LAB)


class Recording(dict[str, str]):
    """A table that remembers which of its phrases were asked for."""

    def __init__(self, table: dict[str, str]) -> None:
        """Take a table's phrases."""
        super().__init__(table)
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        """Return a phrase."""
        self.asked.add(key)
        return super().__getitem__(key)


def test_every_phrase_of_the_pages_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = Recording(page_words.ENGLISH)
    monkeypatch.setattr(page_words, "ENGLISH", words)
    long = QuestionResult("double", 3, (), "x" * 100_001, "k")
    marked = QuestionResult("a", 1, (), "x", "k", remark=Remark("x", (Criterion("clear", 1, 1),)))
    waits = QuestionResult("b", 1, (), "x" * 100_001, "k", "not yet", "unmarked")
    for one in (*BATCH, result("long", (True,) * 4, questions=(long, marked, waits))):
        feedback(one, SMALL_LAB)
        gradescope(one)
    graded([handed_in("a", None)], tmp_path)
    graded([handed_in("a", "x" * 100_001)], tmp_path)
    fill(tmp_path, {"a": ("1", "1", "")})
    graded([handed_in("a", "another")], tmp_path)
    many = [result(f"s{n}", (False,) * 4) for n in range(20)]
    for batch in ([], BATCH, many, BATCH[:1]):
        overview(batch, SMALL_LAB)
    assert words.asked == set(words)
