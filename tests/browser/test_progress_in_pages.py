"""What a reader has done is kept in the reader's browser, and can be taken along, or away."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from site_visit import DESK, accessibility, overflow, visit

pytestmark = pytest.mark.browser
CHAPTER, PROGRESS = "book/05_bert_in_code", "book/progress"
KEPT = "() => localStorage.getItem('fmlab-progress')"


@pytest.fixture(params=["served", "from file"])
def address(request: pytest.FixtureRequest, html: Path, site: str) -> str:
    """Return where the site is: at a server, or on the disk."""
    return site if request.param == "served" else html.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Return a fresh browser's page on the chapter; it fails on an error in the page."""
    context = browser.new_context(viewport=DESK, locale="en", accept_downloads=True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(f"{address}/{CHAPTER}.html")
    yield opened
    context.close()
    assert problems == []


def row(page: Page, name: str = CHAPTER) -> str:
    """Return what the table of progress says of a page."""
    return page.locator(f"tr[data-page='{name}']").inner_text()


def answer_all(page: Page) -> int:
    """Answer every question of the page right; return how many there are."""
    questions = page.locator(".fmlab-quiz [id^=quizWrap]").all()
    for question in questions:
        right = question.locator("label[data-correct=true]")
        if right.count():
            for choice in right.all():
                choice.click()
        else:
            field = question.locator("input")
            answers = json.loads(str(field.get_attribute("data-answers")))
            good = next(answer for answer in answers if answer.get("correct"))
            field.fill(str(good.get("value", good.get("range", [0])[0])))
            field.press("Enter")
    return len(questions)


def add_file(page: Page, content: bytes | str, name: str = "mine.json") -> None:
    """Choose a file on the progress page, as a reader does."""
    data = content if isinstance(content, bytes) else content.encode()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add from a file").click()
    chooser.value.set_files({"name": name, "mimeType": "application/json", "buffer": data})


def test_a_button_marks_a_page_as_read_and_takes_the_mark_back(page: Page, address: str) -> None:
    current = page.locator(".bd-sidebar-primary li.current > a").last
    expect(current).not_to_contain_text("(read)")
    page.get_by_role("button", name="Mark this page as read").click()
    expect(page.locator(".reading-end [role=status]")).to_have_text("This page is marked as read.")
    expect(current).to_contain_text("✓ (read)")
    page.goto(f"{address}/{PROGRESS}.html")
    assert "✓ read" in row(page)
    expect(page.locator(".progress-sums")).to_contain_text("You have read 1 of")
    page.goto(f"{address}/{CHAPTER}.html")
    page.get_by_role("button", name="Mark this page as not read").click()
    expect(current).not_to_contain_text("(read)")
    page.goto(f"{address}/{PROGRESS}.html")
    assert "not yet" in row(page)


def test_the_button_works_by_keyboard_and_keeps_the_focus(page: Page) -> None:
    button = page.locator(".reading-end button")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_text("Mark this page as not read")
    expect(button).to_be_focused()


def test_right_answers_are_counted_and_all_of_them_mark_the_page(page: Page, address: str) -> None:
    line = page.locator(".reading-questions")
    wrong = page.locator(".fmlab-quiz label[data-correct=false]").first
    wrong.click()
    expect(line).to_contain_text("Questions: 0 of")
    asked = answer_all(page)
    expect(line).to_have_text(f"Questions: {asked} of {asked} answered right.")
    expect(page.locator(".reading-end [role=status]")).to_contain_text("All questions are answered")
    wrong.click()  # what was right once stays right
    page.goto(f"{address}/{PROGRESS}.html")
    assert re.search(rf"✓ read.*{asked} of {asked}", row(page), re.S)


def test_every_page_of_the_table_has_as_many_questions_as_it_says(page: Page, address: str) -> None:
    page.goto(f"{address}/{PROGRESS}.html")
    rows = page.locator("tr[data-page]").evaluate_all(
        "rows => rows.map(row => [row.dataset.page, Number(row.dataset.questions)])"
    )
    assert [CHAPTER] == [name for name, _ in rows if name == CHAPTER]
    for name, questions in rows:
        page.goto(f"{address}/{name}.html")
        expect(page.locator(".fmlab-quiz [id^=quizWrap]")).to_have_count(questions)


def test_progress_goes_to_a_file_and_comes_back_in_another_browser(
    page: Page, browser: Browser, address: str, tmp_path: Path
) -> None:
    page.get_by_role("button", name="Mark this page as read").click()
    page.locator(".fmlab-quiz label[data-correct=true]").first.click()
    expect(page.get_by_role("button", name="Mark this page as not read")).to_be_visible()
    page.wait_for_timeout(300)  # Chromium hands what is kept to the next page a moment later
    page.goto(f"{address}/{PROGRESS}.html")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to a file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    held = json.loads(file.read_text(encoding="utf-8"))
    assert held["format"] == "fmlab-progress"
    assert list(held["read"]) == list(held["answers"]) == [CHAPTER]

    other = browser.new_context(viewport=DESK).new_page()
    other.goto(f"{address}/{PROGRESS}.html")
    assert "not yet" in row(other)
    add_file(other, file.read_bytes(), file.name)
    expect(other.locator("[data-progress-table] [role=status]")).to_contain_text("is added: 1 page")
    assert re.search(r"✓ read.*1 of \d", row(other), re.S)
    other.reload()
    assert "✓ read" in row(other)
    other.context.close()


def test_a_file_adds_and_takes_nothing_away(page: Page, address: str) -> None:
    page.get_by_role("button", name="Mark this page as read").click()
    page.goto(f"{address}/{PROGRESS}.html")
    other = {
        "format": "fmlab-progress",
        "version": 1,
        "read": {"book/10_attention_seen": "2026-01-02", CHAPTER: "2026-01-01"},
        "answers": {CHAPTER: {"1": True, "2": False}},
    }
    add_file(page, json.dumps(other))
    expect(page.locator(".progress-sums")).to_contain_text("You have read 2 of")
    kept = json.loads(page.evaluate(KEPT))
    assert kept["read"][CHAPTER] == "2026-01-01"  # the earlier day
    other["answers"] = {CHAPTER: {"1": False, "2": True}}
    add_file(page, json.dumps(other))
    expect(page.locator(f"tr[data-page='{CHAPTER}']")).to_contain_text("2 of")


GOOD = {"format": "fmlab-progress", "version": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is not JSON"),
        ("[]", "is missing or different"),
        ("null", "is missing or different"),
        ("{}", "is missing or different"),
        (json.dumps({**GOOD, "version": 2}), "has version 2"),
        (json.dumps({**GOOD, "read": ["book/05"]}), "damaged at “read”"),
        (json.dumps({**GOOD, "read": {"book/05": "yesterday"}}), "damaged at “book/05”"),
        (json.dumps({**GOOD, "read": {"book/05": "2026-13-45"}}), "damaged at “book/05”"),
        (json.dumps({**GOOD, "read": {"<b>": "2026-01-01"}}), "damaged at “<b>”"),
        (json.dumps({**GOOD, "answers": {"book/05": 3}}), "damaged at “book/05”"),
        (json.dumps({**GOOD, "answers": {"book/05": {"1": "yes"}}}), "damaged at “book/05”"),
        (json.dumps({**GOOD, "answers": {"book/05": {"0": True}}}), "damaged at “0”"),
        (json.dumps({**GOOD, "arrows": "off"}), "damaged at “arrows”"),
        (b" " * 1_000_001, "is too large"),
    ],
)
def test_a_bad_file_is_told_in_a_line_and_nothing_is_lost(
    browser: Browser, site: str, content: bytes | str, told: str
) -> None:
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(f"{site}/{CHAPTER}.html")
    page.get_by_role("button", name="Mark this page as read").click()
    page.goto(f"{site}/{PROGRESS}.html")
    before = page.evaluate(KEPT)
    add_file(page, content, "bad.json")
    status = page.locator("[data-progress-table] [role=status]")
    expect(status).to_contain_text(told)
    expect(status).to_contain_text("bad.json")
    expect(status).to_contain_text("Nothing has changed.")
    assert page.evaluate(KEPT) == before
    assert "✓ read" in row(page)
    page.context.close()


def test_a_name_of_the_language_in_a_file_is_only_a_name(browser: Browser, site: str) -> None:
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(f"{site}/{PROGRESS}.html")
    text = '"__proto__": "2026-01-01", "constructor": "2026-01-01"'
    add_file(page, f'{{"format": "fmlab-progress", "version": 1, "read": {{{text}}}}}')
    expect(page.locator("[data-progress-table] [role=status]")).to_contain_text("2 pages read")
    expect(page.locator(".progress-sums")).to_contain_text("You have read 0 of")
    page.context.close()


def test_deleting_asks_first_and_then_deletes(page: Page, address: str) -> None:
    page.get_by_role("button", name="Mark this page as read").click()
    page.goto(f"{address}/{PROGRESS}.html")
    page.get_by_role("button", name="Delete all").click()
    expect(page.get_by_role("button", name="No, keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete all")).to_be_focused()
    assert "✓ read" in row(page)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator("[data-progress-table] [role=status]")).to_have_text(
        "Your progress is deleted."
    )
    assert "not yet" in row(page)
    assert page.evaluate(KEPT) is None


def test_another_tab_sees_the_change(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=DESK)
    first, second = context.new_page(), context.new_page()
    first.goto(f"{site}/{CHAPTER}.html")
    second.goto(f"{site}/{PROGRESS}.html")
    first.get_by_role("button", name="Mark this page as read").click()
    expect(second.locator(f"tr[data-page='{CHAPTER}']")).to_contain_text("✓ read")
    context.close()


def test_text_that_is_no_progress_in_the_store_does_no_harm(page: Page) -> None:
    page.evaluate("() => localStorage.setItem('fmlab-progress', '{\"format\": 1')")
    page.reload()
    page.get_by_role("button", name="Mark this page as read").click()
    expect(page.locator(".reading-end button")).to_have_text("Mark this page as not read")


def test_a_reader_who_forbids_the_store_loses_only_the_memory(browser: Browser, site: str) -> None:
    # A frame without an origin of its own: there the browser itself refuses localStorage.
    page = browser.new_context(viewport=DESK).new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    frame = f'<iframe sandbox="allow-scripts" width="1200" height="800" src="{site}/{{}}"></iframe>'
    page.route("**/framed", lambda route: route.fulfill(
        content_type="text/html",
        body=f"<!doctype html><link rel=icon href='data:,'>{frame.format(CHAPTER + '.html')}"
             f"{frame.format(PROGRESS + '.html')}",
    ))  # fmt: skip
    page.goto(f"{site}/framed")
    chapter, progress = (page.frame_locator("iframe").nth(place) for place in (0, 1))
    chapter.get_by_role("button", name="Mark this page as read").click()
    expect(chapter.locator(".reading-end button")).to_have_text("Mark this page as not read")
    expect(progress.locator(".progress-not-kept")).to_contain_text("keep nothing")
    page.wait_for_timeout(300)
    page.context.close()
    assert problems == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_progress_page_is_open_to_everyone(browser: Browser, site: str, mode: str) -> None:
    context = browser.new_context(viewport=DESK, color_scheme=mode)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}.html")
    page.get_by_role("button", name="Mark this page as read").click()
    assert accessibility(page, ".reading-end") == []
    assert accessibility(page, ".bd-sidebar-primary") == []
    page.goto(f"{site}/{PROGRESS}.html")
    page.get_by_role("button", name="Delete all").click()
    assert accessibility(page) == []
    assert overflow(page, 360) == []
    context.close()


def test_the_sidebar_does_not_move_when_a_page_is_read(browser: Browser, site: str) -> None:
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(f"{site}/{CHAPTER}.html")
    places = """() => [...document.querySelectorAll('.bd-sidebar-primary nav a')]
      .map(link => JSON.stringify(link.getBoundingClientRect()))"""
    before = page.evaluate(places)
    page.get_by_role("button", name="Mark this page as read").click()
    expect(page.locator(".bd-sidebar-primary .read-mark")).to_have_count(1)
    page.evaluate("() => scrollTo(0, 0)")
    assert page.evaluate(places) == before
    page.context.close()


def test_without_javascript_the_pages_stand_and_say_so(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/{PROGRESS}.html")
    expect(page.get_by_text("Without JavaScript nothing can be kept here.")).to_be_visible()
    expect(page.locator("tr[data-page] a").first).to_be_visible()
    context.close()


def test_a_visit_of_the_progress_page_asks_nobody(browser: Browser, site: str) -> None:
    seen = visit(browser, f"{site}/{PROGRESS}.html")
    add_file(seen.page, json.dumps(GOOD))
    assert seen.findings() == []
    seen.close()
