"""A quiz is answered with the keyboard alone, says its verdict aloud, and asks no other host."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from site_visit import AXE

from fmlab.views.quiz import Quiz

QUESTIONS = [
    {
        "question": "What is <code>2 + 2</code>?",
        "type": "multiple_choice",
        "answers": [
            {"answer": "5", "correct": False, "feedback": "No, count again."},
            {"answer": "4", "correct": True, "feedback": "Yes, four."},
        ],
    },
    {
        "question": "What is 3 times 3?",
        "type": "numeric",
        "answers": [
            {"type": "value", "value": 9, "correct": True, "feedback": "Yes, nine."},
            {"type": "default", "correct": False, "feedback": "Not yet."},
        ],
    },
]
pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Return a page with a quiz and a footer after it; it fails on errors and on requests."""
    body = Quiz(QUESTIONS)._repr_html_()
    head = "<meta charset='utf-8'><title>Quiz</title>"
    # As on a page with formulas, where MathJax is announced before it is loaded.
    mathjax = "<script>window.MathJax = {options: {}}</script>"
    text = f"<!doctype html><html lang='en'><head>{head}{mathjax}</head><body><main>"
    path = tmp_path / "quiz.html"
    path.write_text(f"{text}<h1>Quiz</h1>{body}</main><footer>end</footer></body></html>", "utf-8")
    opened = browser.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("request", lambda request: problems.append(request.url))
    opened.goto(path.as_uri())
    problems.clear()  # the page itself
    yield opened
    opened.wait_for_timeout(700)  # JupyterQuiz looks for MathJax after half a second
    opened.close()
    assert problems == []


def test_a_choice_is_made_with_tab_and_arrows(page: Page) -> None:
    first = page.locator(".Quiz").first
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(first.get_by_role("status")).to_have_text("No, count again.")
    page.keyboard.press("ArrowDown")
    expect(first.get_by_role("status")).to_have_text("Yes, four.")
    expect(first.get_by_role("radio", name="4")).to_be_focused()


def test_focus_is_seen(page: Page) -> None:
    page.keyboard.press("Tab")
    outline = page.locator(".MCButton:focus-within").evaluate("e => getComputedStyle(e).outline")
    assert "3px" in outline


def test_a_number_is_typed_and_sent_with_enter(page: Page) -> None:
    second = page.locator(".Quiz").nth(1)
    field = second.get_by_label("Type a number")
    field.focus()
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    expect(second.get_by_role("status")).to_have_text("Not yet.")
    field.focus()
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(second.get_by_role("status")).to_have_text("Yes, nine.")


def test_the_page_is_told_of_each_answer_and_whether_it_is_right(page: Page) -> None:
    page.evaluate(
        """() => { window.told = []; addEventListener('fmlab-answer', event =>
          told.push([event.target.dataset.qnum, event.detail.right])) }"""
    )
    page.get_by_text("5", exact=True).click()
    field = page.get_by_label("Type a number")
    field.fill("9")
    field.press("Enter")
    told = page.evaluate("() => [...new Set(told.map(JSON.stringify))]")
    assert told == ['["0",false]', '["1",true]']


def test_a_question_with_several_right_answers_is_right_when_all_are_found(page: Page) -> None:
    page.evaluate(
        """() => { window.told = [];
          const found = document.querySelector('.Feedback');
          found.dataset.numcorrect = 2;
          addEventListener('fmlab-answer', event => told.push(event.detail.right));
          found.className = 'Feedback correct';
          found.dataset.answeredcorrect = 1; found.textContent = 'one' }"""
    )
    page.wait_for_function("() => told.length === 1")
    page.evaluate(
        """() => { const found = document.querySelector('.Feedback');
          found.dataset.answeredcorrect = 2; found.textContent = 'two' }"""
    )
    page.wait_for_function("() => told.length === 2")
    assert page.evaluate("() => told") == [False, True]


def test_choices_are_a_group_that_is_named_by_the_question(page: Page) -> None:
    expect(page.get_by_role("radiogroup", name="What is 2 + 2?")).to_be_visible()


def test_a_mouse_works_too(page: Page) -> None:
    page.get_by_text("4", exact=True).click()
    expect(page.locator(".Quiz").first.get_by_role("status")).to_have_text("Yes, four.")


def test_what_follows_is_not_swallowed(page: Page) -> None:
    assert page.locator("body > footer").inner_text() == "end"


def test_axe_finds_nothing(page: Page) -> None:
    page.get_by_text("5", exact=True).click()
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.help))")
    assert found == []
