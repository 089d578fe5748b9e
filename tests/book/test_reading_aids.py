"""Pages carry their words' definitions, a place for the reader's mark, and a table of all pages."""

import json
import shutil
from pathlib import Path

import definitions
import pytest
import reading
from bs4 import BeautifulSoup

from fmlab import book

LINK = '<a class="reference internal" href="glossary.html#term-{}"><span class="xref std std-term">'
MEANING = "<strong>Token</strong> A piece."
KNOWN = {"term-Token": MEANING, "term-token": MEANING}


def test_a_word_names_its_definition_and_the_page_holds_it_once() -> None:
    body = f"{LINK.format('Token')}tokens</span></a> {LINK.format('token')}token</span></a>"
    page = BeautifulSoup(definitions.with_definitions(body, KNOWN), "html.parser")
    boxes = page.select(".definitions > [role=tooltip][hidden]")
    assert [box.get_text() for box in boxes] == ["Token A piece."]
    assert {link["aria-describedby"] for link in page.select("a.term-link")} == {boxes[0]["id"]}
    assert [link["href"] for link in page.select("a")] == [
        "glossary.html#term-Token",
        "glossary.html#term-token",
    ]


@pytest.mark.parametrize(
    "body",
    [
        f"{LINK.format('unknown')}word</span></a>",
        '<a class="reference internal" href="glossary.html#term-Token">glossary</a>',
        "<p>text</p>",
    ],
)
def test_what_is_no_word_of_the_glossary_stays_as_it_is(body: str) -> None:
    assert definitions.with_definitions(body, KNOWN) == body


@pytest.mark.parametrize(
    ("page", "name"),
    [("book/05_bert_in_code", "5. A title"), ("labs/pages/12_cost", "Lab 12: A title")],
)
def test_chapters_and_labs_are_called_by_their_numbers(page: str, name: str) -> None:
    assert reading.name_of(page, "A title") == name


def test_the_questions_of_a_chapter_are_those_of_its_quiz(root: Path, tmp_path: Path) -> None:
    for quiz in (root / "book" / "quizzes" / "en").glob("*.json"):
        asked = json.loads(quiz.read_text(encoding="utf-8"))
        assert reading.questions_of(root, f"book/{quiz.stem}", "en") == len(asked) > 0
    assert reading.questions_of(tmp_path, "book/05_bert_in_code", "en") == 0


def test_a_chapter_shows_the_quiz_of_its_own_name(root: Path) -> None:
    for quiz in (root / "book" / "quizzes" / "en").glob("*.json"):
        source = (root / "book" / f"{quiz.stem}.md").read_text(encoding="utf-8")
        assert source.count(f'quiz("{quiz.stem}"') == source.count("quiz(") == 1


def test_the_table_has_a_row_for_each_page() -> None:
    rows = [("book/05_a", "05_a.html", "5. A < B", 8), ("labs/pages/01_b", "../b.html", "Lab 1", 0)]
    table = BeautifulSoup(reading.table(rows), "html.parser")
    assert [row["data-page"] for row in table.select("tr[data-page]")] == [row[0] for row in rows]
    assert [row["data-questions"] for row in table.select("tr[data-page]")] == ["8", "0"]
    links = [(link["href"], link.get_text()) for link in table.select("tbody th[scope=row] a")]
    assert links == [("05_a.html", "5. A < B"), ("../b.html", "Lab 1")]
    assert table.caption is not None


PAGE = "# {title}\n\n**You need** nothing.\n\nA {{term}}`token` and its {{term}}`tokens <token>`.\n"
GLOSSARY = (
    "# Glossary\n\n```{{glossary}}\ntoken\n  A *piece* of {{term}}`text`, {meaning}.\n\n"
    "text\n  Words.\n```\n"
)


@pytest.fixture
def small(tmp_path: Path, root: Path) -> Path:
    """Return a book of a chapter, a glossary and the progress page, with this book's settings."""
    for name in ("_config.yml", "package-lock.json", "requirements.txt"):
        shutil.copy(root / name, tmp_path)
    for name in ("_ext", "_static"):
        shutil.copytree(root / "book" / name, tmp_path / "book" / name)
    shutil.copy(root / "book" / "references.bib", tmp_path / "book")
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    for name in ("labs", "fmlab"):
        (tmp_path / name).mkdir()
    names = ("05_small", "glossary", "progress")
    listed = "".join(f"  - file: book/{name}\n" for name in names)
    toc = f"format: jb-book\nroot: book/index\nchapters:\n{listed}"
    (tmp_path / "_toc.yml").write_text(toc)
    (tmp_path / "book" / "index.md").write_text(PAGE.format(title="A book"))
    (tmp_path / "book" / "05_small.md").write_text(PAGE.format(title="A chapter"))
    (tmp_path / "book" / "glossary.md").write_text(GLOSSARY.format(meaning="with a number"))
    (tmp_path / "book" / "progress.md").write_text("# Progress\n\n:::{progress}\n:::\n")
    return tmp_path


def built(site: Path, name: str) -> BeautifulSoup:
    """Return a built page."""
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


@pytest.mark.slow
def test_a_built_site_helps_to_read_and_announces_itself(small: Path) -> None:
    site = book.build(small)
    chapter, progress = built(site, "book/05_small.html"), built(site, "book/progress.html")
    box = chapter.select_one(".definitions .definition")
    assert box is not None
    assert box.get_text(" ", strip=True) == "token A piece of text , with a number."
    assert box.find("a") is None
    assert box.find("em") is not None
    end = chapter.select_one("[data-reading-end]")
    assert end is not None
    assert (end["data-reading-end"], end["data-progress"]) == ("book/05_small", "progress.html")
    assert built(site, "book/glossary.html").select_one("[data-reading-end]") is None
    assert [row["data-page"] for row in progress.select("tr[data-page]")] == ["book/05_small"]
    assert (site / "_static" / "reading.js").stat().st_size > 1000
    picture = chapter.select_one('meta[property="og:image"]')
    assert picture is not None
    name = str(picture["content"]).rsplit("/", 1)[-1]
    assert name.startswith("05_small-")
    assert (site / "_static" / "cards" / name).is_file()
    assert (site / "404.html").is_file()
    assert "book/05_small.html" in (site / "sitemap.xml").read_text()

    # The glossary alone has changed, and so has every page that shows it.
    (small / "book" / "glossary.md").write_text(GLOSSARY.format(meaning="however short"))
    site = book.build(small)
    assert "however short" in built(site, "book/05_small.html").get_text()

    # Without a public address nothing absolute is left.
    config = (small / "_config.yml").read_text(encoding="utf-8")
    lines = ["  baseurl:" if "  baseurl: http" in line else line for line in config.splitlines()]
    (small / "_config.yml").write_text("\n".join(lines), encoding="utf-8")
    site = book.build(small)
    chapter = built(site, "book/05_small.html")
    assert chapter.select_one('meta[property="og:title"]') is not None
    assert chapter.select('[property="og:url"], [property="og:image"], [rel=canonical]') == []
    assert not (site / "sitemap.xml").exists()
