"""A student's page tells nothing of hidden tests, runs nothing, and shows strange text as text."""

import base64
import dataclasses
import hashlib
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import HOSTILE, check, result

from fmlab.grading import page_words, source
from fmlab.grading.feedback import feedback, page_name, write
from fmlab.grading.overview import overview
from fmlab.grading.plain_text import visible
from fmlab.grading.results import (
    CheckResult,
    Criterion,
    QuestionResult,
    Remark,
    SubmissionResult,
)

SMALL_LAB = source.read(Path(__file__).parent / "small_lab.md")
ALLOWED = set(
    "html head meta title style body main header section h1 h2 h3 p table caption thead tbody "
    "tfoot tr th td a code pre dl dt dd details summary div span br svg g rect text line".split()
)
VOID = {"meta", "br", "rect", "line"}


class Page(HTMLParser):
    """A page's elements, attributes and text, its tags checked to close in order."""

    def __init__(self, text: str) -> None:
        """Read a page to its end."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def harmless(text: str) -> Page:
    """Return a page after looking that it can run nothing and load nothing."""
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag in ALLOWED
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert "src" not in attributes
        assert re.fullmatch(
            r"#q\d+|feedback/[a-z0-9-]+\.html", str(attributes.get("href") or "#q1")
        )
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policies = [a["content"] for t, a in page.tags if a.get("http-equiv")]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "http" not in style[1]
    return page


def test_a_page_says_what_was_expected_what_came_and_what_is_likely() -> None:
    page = harmless(feedback(result("jane", (True, False, False, True)), SMALL_LAB))
    assert "A small lab: Feedback" in page.text
    assert "For Jane" in page.text
    assert "2 of 4 points" in page.text
    for said in ("about -2", "You square the number.", "return n * n", "Title of it_doubles"):
        assert said in page.text
    assert "about 6" not in page.text  # it passed


def test_every_table_has_a_caption_and_named_headers() -> None:
    for text in (
        feedback(result("jane", (True, False, False, True)), SMALL_LAB),
        overview([result("jane", (True, False, False, False), flags=("late",))], SMALL_LAB),
    ):
        page = harmless(text)
        tables = [tag for tag, _ in page.tags if tag == "table"]
        assert len(tables) == len([tag for tag, _ in page.tags if tag == "caption"])
        assert all(a.get("scope") in ("col", "row") for tag, a in page.tags if tag == "th")
        headings = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3")]
        assert headings[0] == 1
        assert headings.count(1) == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(headings))


words = st.text(st.characters(categories=["L", "N"]), min_size=4, max_size=12)


@settings(max_examples=50, deadline=None)
@given(words, words, words, words, words, st.booleans(), st.booleans())
def test_nothing_of_a_hidden_test_is_on_a_students_page(
    name: str, title: str, expected: str, got: str, likely: str, passed: bool, with_hint: bool
) -> None:
    marks = [f"§{n}{text}" for n, text in enumerate((name, title, expected, got, likely))]
    hint = "double.square" if with_hint else None
    hidden = CheckResult(marks[0], marks[1], 1, passed, True, marks[4], marks[2], marks[3], hint)
    question = QuestionResult("double", 3, (check("it_doubles", True), hidden), "", "§key")
    one = result("jane", (True,) * 4, questions=(question,), flags=("§flag",), sha256="§sha")
    page = harmless(feedback(one, SMALL_LAB))
    told = {mark for mark in marks if mark in page.text}
    assert told == ({marks[4]} if with_hint and not passed else set())
    assert "A test that you do not see" in page.text
    assert not any(mark in page.text for mark in ("§key", "§flag", "§sha"))
    assert all(mark in overview([one], SMALL_LAB) for mark in ("§flag",))


@pytest.mark.parametrize("text", HOSTILE)
def test_strange_text_is_shown_as_text(text: str) -> None:
    bad = CheckResult(text, text, 1, False, False, text, text, text)
    remark = Remark(text, (Criterion(text, 1, 2),))
    question = QuestionResult(text, 1, (bad,), text, "k", text, "raised", remark=remark)
    opened = QuestionResult("open", 1, (), text, "k", remark=Remark(text))
    one = SubmissionResult(text, text, text, text, (question, opened), (text,), text, text)
    shown = visible(text)
    for page in (
        harmless(feedback(one, SMALL_LAB)),
        harmless(overview([one], SMALL_LAB)),
    ):
        assert shown.replace("`", "") in page.text.replace("`", "")
        assert "49" not in page.text
        assert "64" not in page.text
        assert not set(page.text) & set("\x00\x07\x1b\u202e\u2066\ud800")


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text())
def test_any_text_leaves_the_page_whole(name: str, answer: str) -> None:
    question = QuestionResult("double", 3, (), answer, "k", name or "x", "raised")
    one = result("s", (True,) * 4, name=name, questions=(question,))
    harmless(feedback(one, SMALL_LAB))
    harmless(overview([one], SMALL_LAB))


def test_a_line_of_a_megabyte_is_cut_and_said_to_be() -> None:
    question = QuestionResult("double", 3, (), "x" * 1_000_000, "k")
    page = harmless(feedback(result("s", (True,) * 4, questions=(question,)), SMALL_LAB))
    assert "Only the beginning is shown." in page.text
    assert len(page.text) < 110_000


def test_a_remark_and_its_rubric_count_on_the_page() -> None:
    rubric = (Criterion("names a limit", 1.5, 2), Criterion("is short", 1, 1))
    remark = Remark("Well argued.\nSee `x`.", rubric)
    jane = result("jane", (True,) * 4)
    essay = QuestionResult("essay", 3, (), "An answer.", "k", remark=remark)
    jane = dataclasses.replace(jane, questions=(*jane.questions, essay))
    page = harmless(feedback(jane, SMALL_LAB))
    for said in ("Well argued.\nSee `x`.", "names a limit", "2.5 of 3 points", "6.5 of 7 points"):
        assert said in page.text
    assert "No check was run." not in page.text


def test_a_question_without_an_answer_says_so() -> None:
    problem = "the answer cell `double` is missing; put it back"
    question = QuestionResult("double", 3, (), "", "k", problem, "missing")
    page = harmless(feedback(result("jane", (True,) * 4, questions=(question,)), SMALL_LAB))
    assert "the answer cell double is missing; put it back" in page.text
    assert "No answer was found." in page.text


def test_pages_are_named_by_a_slug_and_a_hash_and_old_ones_go(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "jane", "Jane", "CON", "\u202e", "", "a" * 9_000]
    paths = write([result(name, (True,) * 4) for name in names], SMALL_LAB, tmp_path)
    assert {path.name for path in paths} == {page_name(name) for name in names}
    assert {path.name.casefold() for path in tmp_path.iterdir()} == {
        path.name.casefold() for path in paths
    }
    assert len(paths) == len(names)
    (tmp_path / "index.html").write_text("mine")
    write([result("jane", (True,) * 4)], SMALL_LAB, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {page_name("jane"), "index.html"}


def test_the_same_result_gives_the_same_page() -> None:
    one = result("jane", (True, False, True, False))
    assert feedback(one, SMALL_LAB) == feedback(one, SMALL_LAB)


def test_another_language_needs_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"en": page_words.ENGLISH, "xx": {"feedback_heading": "ZZZ"}}
    monkeypatch.setattr(page_words, "TABLES", tables)
    monkeypatch.setenv("FMLAB_LANG", "xx")
    translated = feedback(result("jane", (True,) * 4), SMALL_LAB)
    assert '<html lang="xx">' in translated
    assert "A small lab: ZZZ" in translated
    assert "For Jane" in translated
