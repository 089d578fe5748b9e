"""Each check of the site catches the fault it is there for, and passes a sound page."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import site_files
from playwright.sync_api import Browser
from site_files import (
    broken_links,
    dead_badges,
    foreign_loads,
    foreign_styles,
    pages,
    path_in_repository,
)
from site_visit import (
    PHONE,
    accessibility,
    dumb_questions,
    lay_open,
    math_left_raw,
    overflow,
    show_mode,
    undrawn,
    visit,
)

SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
<body><main><h1 id="top">A page</h1>
%s</main></body></html>"""
SOUND = '<p>Text with <a href="#top">a link</a> and <img src="dot.png" alt="a dot">.</p>'
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
QUIZ = """<div class="Quiz">Which one?<div>
<label class="MCButton" id="a"><input type="radio" name="q" id="i">this</label>
<label class="MCButton" id="b"><input type="radio" name="q" id="j">that</label></div>
<div class="Feedback" id="f"></div></div>
<style>label:focus-within { outline: 2px solid black }</style>
<script>for (const label of document.querySelectorAll('label'))
  label.onclick = () => { label.className = 'MCButton chosen'; f.textContent = label.id }</script>
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a page with a body into a folder with one picture."""

    def page(body: str, name: str = "page.html") -> Path:
        (tmp_path / "dot.png").write_bytes(DOT)
        (tmp_path / name).write_text(SHELL % body, encoding="utf-8")
        return tmp_path / name

    return page


@pytest.mark.browser
@pytest.mark.parametrize("way", ["served", "from file"])
def test_a_sound_page_passes_every_check(
    browser: Browser,
    serve: Callable[[Path], str],
    write: Callable[[str], Path],
    tmp_path: Path,
    way: str,
) -> None:
    file = write(SOUND + QUIZ)
    seen = visit(browser, f"{serve(tmp_path)}/page.html" if way == "served" else file.as_uri())
    assert seen.requests
    assert math_left_raw(seen.page) == []
    assert undrawn(seen.page) == []
    assert accessibility(seen.page) == []
    assert overflow(seen.page, PHONE) == []
    assert dumb_questions(seen.page) == []
    assert seen.findings() == []
    assert broken_links(file, tmp_path) == []
    assert foreign_loads(file, tmp_path) == []
    seen.close()


@pytest.mark.browser
@pytest.mark.parametrize("way", ["served", "from file"])
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<img src="http://elsewhere.invalid/a.png" alt="">', "asked another host: http://else"),
        ("<script>fetch('http://elsewhere.invalid/late')</script>", "asked another host"),
        ("<script>setTimeout(() => { new Image().src = '//elsewhere.invalid/b' }, 100)</script>",
         "asked another host|no answer"),
        ("<script>console.error('a sorry tale')</script>", "console: a sorry tale"),
        ("<script>throw new Error('thrown')</script>", "page error: thrown"),
        ("<script>Promise.reject(new Error('late'))</script>", "page error: late"),
        ('<img src="missing.png" alt="">', "missing.png"),
        ('<script src="missing.js"></script>', "missing.js"),
    ],
)  # fmt: skip
def test_faults_of_a_visit_are_caught(
    browser: Browser,
    serve: Callable[[Path], str],
    write: Callable[[str], Path],
    tmp_path: Path,
    way: str,
    body: str,
    fault: str,
) -> None:
    file = write(body)
    seen = visit(browser, f"{serve(tmp_path)}/page.html" if way == "served" else file.as_uri())
    seen.page.wait_for_timeout(150)
    found = "\n".join(seen.findings())
    seen.close()
    assert any(part in found for part in fault.split("|")), found


@pytest.mark.browser
@pytest.mark.parametrize(
    ("body", "check", "fault"),
    [
        ('<img src="dot.png">', accessibility, "critical image-alt"),
        ('<p style="color:#aaa;background:#fff">Faint</p>', accessibility, "color-contrast"),
        ("<button></button>", accessibility, "button-name"),
        ('<details><summary>More</summary><img src="dot.png"></details>', accessibility, "image"),
        ('<div style="width:900px">wide</div>', lambda page: overflow(page, PHONE), "908 px"),
        ('<span class="math">\\(x\\)</span>', math_left_raw, "\\(x\\)"),
        ('<div id="bertviz-1"></div>', undrawn, "bertviz-1 is empty"),
        ('<div data-figure="attention"></div>', undrawn, "attention is empty"),
        ('<img src="missing.png" alt="">', undrawn, "missing.png"),
        (
            '<div><script type="application/vnd.jupyter.widget-view+json">{}</script></div>',
            undrawn,
            "a widget is empty",
        ),
        (QUIZ.replace("label.onclick", "label.other"), dumb_questions, "a click brings no answer"),
        (QUIZ.replace("label:focus-within", "b"), dumb_questions, "looks like the others"),
        (QUIZ.replace("<input ", "<input hidden "), dumb_questions, "takes the keyboard's focus"),
        (QUIZ.replace("label.onclick", "label.onmousedown"), dumb_questions, "the space bar"),
        ('<div class="Quiz">How many? <input><p class="Feedback"></p></div>', dumb_questions,
         "Enter brings no answer"),
    ],
)  # fmt: skip
def test_faults_of_what_is_shown_are_caught(
    browser: Browser,
    write: Callable[[str], Path],
    body: str,
    check: Callable[..., list[str]],
    fault: str,
) -> None:
    seen = visit(browser, write(body).as_uri())
    lay_open(seen.page)
    found = "\n".join(check(seen.page))
    seen.close()
    assert fault in found


@pytest.mark.browser
def test_a_page_that_stays_light_in_the_dark_is_caught(
    browser: Browser, write: Callable[[str], Path]
) -> None:
    seen = visit(browser, write(SOUND).as_uri())
    shown = show_mode(seen.page, "dark")
    seen.close()
    assert shown != "dark"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="missing.html">a</a>', "leads to no file"),
        ('<a href="#nowhere">a</a>', "no anchor 'nowhere'"),
        ('<a href="other.html#nowhere">a</a>', "no anchor 'nowhere'"),
        ('<a href="/page.html">a</a>', "starts at the host's root"),
        ('<a href="../secret.txt">a</a>', "leads out of the site"),
        ('<a href="." download>a</a>', "leads to no file"),
        ('<img src="missing.png" alt="">', "leads to no file"),
        ('<img src="dot.png" srcset="dot.png 1x, big.png 2x" alt="">', "big.png"),
        ('<script src="missing.js"></script>', "leads to no file"),
        ('<link rel="stylesheet" href="missing.css">', "leads to no file"),
    ],
)
def test_links_that_lead_nowhere_are_caught(
    write: Callable[..., Path], tmp_path: Path, body: str, fault: str
) -> None:
    write("", "other.html")
    (tmp_path.parent / "secret.txt").write_text("")
    found = broken_links(write(body), tmp_path)
    assert len(found) == 1
    assert fault in found[0]


def test_links_that_lead_somewhere_pass(write: Callable[..., Path], tmp_path: Path) -> None:
    write("", "other page.html")
    body = '<a href="other%20page.html#top">a</a><a href="mailto:a@b.c">b</a><a href="#">c</a>'
    assert broken_links(write(body + '<a href="https://example.org/x#y">d</a>'), tmp_path) == []


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://example.org/a.js"></script>',
        '<img loading="lazy" src="//example.org/a.png" alt="">',
        '<link rel="preconnect" href="https://fonts.gstatic.com">',
        "<script>s.src = 'https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-svg.js'</script>",
        "<style>@import 'https://example.org/a.css'</style>",
    ],
)
def test_what_loads_from_another_host_is_caught_in_the_markup(
    write: Callable[[str], Path], tmp_path: Path, body: str
) -> None:
    assert len(foreign_loads(write(body), tmp_path)) == 1


def test_links_to_other_hosts_are_not_loads(write: Callable[[str], Path], tmp_path: Path) -> None:
    body = '<a href="https://example.org">a</a><link rel="license" href="https://example.org/l">'
    assert foreign_loads(write(body), tmp_path) == []


def test_a_style_sheet_that_loads_from_another_host_is_caught(tmp_path: Path) -> None:
    (tmp_path / "good.css").write_text("a { background: url('data:image/svg+xml;http://www.w3') }")
    assert foreign_styles(tmp_path) == []
    (tmp_path / "bad.css").write_text("@font-face { src: url(https://example.org/f.woff2) }")
    assert foreign_styles(tmp_path) == ["bad.css loads https://example.org/f.woff2"]


COLAB = "https://colab.research.google.com/github"
KAGGLE = "https://kaggle.com/kernels/welcome?src="


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (f"{COLAB}/a/b/blob/main/labs/x.ipynb", "labs/x.ipynb"),
        ("https://github.com/a/b/blob/main/labs/x%20y.md#L3", "labs/x y.md"),
        ("https://github.com/a/b/edit/main/book/c.md", "book/c.md"),
        ("https://raw.githubusercontent.com/a/b/main/x.txt", "x.txt"),
        (f"{KAGGLE}https://github.com/a/b/blob/main/n.ipynb", "n.ipynb"),
        ("https://github.com/a/b/issues/new?title=x", None),
        ("https://github.com/other/one/blob/main/x.md", None),
        ("https://example.org/a/b/blob/main/x.md", None),
        (f"{COLAB}/c/d/blob/main/x.ipynb", "c/d@main:x.ipynb (another repository or branch)"),
        (f"{COLAB}/a/b/blob/dev/x.ipynb", "a/b@dev:x.ipynb (another repository or branch)"),
        ("https://github.com/a/b/blob/dev/x.md", "dev:x.md (another branch)"),
        (COLAB, f"{COLAB} (no notebook in it)"),
    ],
)  # fmt: skip
def test_the_path_in_an_address_is_read(address: str, path: str | None) -> None:
    assert path_in_repository(address, "a/b", "main") == path


def test_a_badge_whose_notebook_is_not_tracked_is_caught(
    write: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_files, "repository_address", lambda: ("a/b", "main"))
    repository = tmp_path / "repository"
    repository.mkdir()
    for name in ("kept.ipynb", "loose.ipynb"):
        (repository / name).write_text("{}")
    subprocess.run(["git", "init", "-q"], cwd=repository, check=True)
    subprocess.run(["git", "add", "kept.ipynb"], cwd=repository, check=True)
    links = [f'<a href="{COLAB}/a/b/blob/main/{n}.ipynb">a</a>' for n in ("kept", "loose")]
    found = dead_badges(write("".join(links)), tmp_path, repository)
    assert found == ["page.html: the repository has no loose.ipynb"]


def test_pages_are_found_in_sub_folders_and_copies_are_not(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    for folder in ("book", "_static", "_downloads"):
        (tmp_path / folder).mkdir()
        write("", f"{folder}/a.html")
    assert pages(tmp_path) == [tmp_path / "book" / "a.html"]
