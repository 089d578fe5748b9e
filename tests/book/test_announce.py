"""Pages are announced by their own titles, and no copy of the site announces another's address."""

from pathlib import Path
from xml.etree import ElementTree

import announce
import card
import pytest
from bs4 import BeautifulSoup
from docutils.core import publish_doctree
from matplotlib.image import imread

REPOSITORY = "https://github.com/Someone/a-book"
BASE = "https://someone.github.io/a-book/"
PAGE = {"title": "A & B", "site": "The book", "text": "What it is about.", "front": False}
WORDS = ("Chapter 5", "BERT in code", "The book")


@pytest.mark.parametrize("address", ["", BASE, "https://course.example.org/book/"])
def test_a_right_address_has_no_fault(address: str) -> None:
    assert announce.address_fault(address, REPOSITORY) is None


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("https://course.example.org/book", "ends with /"),
        ("course.example.org/", "begins with https://"),
        ("/book/", "begins with https://"),
        ("https://other.github.io/a-book/", BASE),
        ("https://someone.github.io/another/", BASE),
    ],
)
def test_a_wrong_address_is_told(address: str, fault: str) -> None:
    assert fault in str(announce.address_fault(address, REPOSITORY))


def test_a_page_is_described_by_its_first_paragraph_cut_at_a_word() -> None:
    words = "word " * 100
    text = announce.description(publish_doctree(f"Title\n=====\n\n{words}\n"))
    assert len(text) <= announce.DESCRIPTION_CHARACTERS + 2
    assert text.endswith("word …")


def test_a_list_and_a_box_do_not_describe_a_page() -> None:
    source = "Title\n=====\n\n.. note::\n\n   Read me.\n\n- an item\n\nThe page's own words.\n"
    assert announce.description(publish_doctree(source)) == "The page's own words."


def test_a_page_with_an_address_has_a_picture_of_its_own() -> None:
    properties = announce.announcement(**PAGE, address=f"{BASE}a.html", picture=f"{BASE}a.png")
    assert properties["og:title"] == properties["og:image:alt"] == "A & B"
    assert properties["og:url"] == f"{BASE}a.html"
    assert properties["og:image"] == f"{BASE}a.png"
    assert properties["og:description"] == "What it is about."


def test_without_an_address_nothing_absolute_is_said() -> None:
    properties = announce.announcement(**PAGE, address="", picture="")
    assert set(properties) == {"og:type", "og:title", "og:site_name", "og:description"}
    assert "://" not in announce.front_door("en", "The book", "", "book/index.html", "i.svg")
    assert "://" not in announce.lost_page("en", "The book", "", "book/index.html")


def test_the_sitemap_lists_every_page_at_its_address() -> None:
    tree = ElementTree.fromstring(announce.sitemap(BASE, ["book/a", "book/b c"]))
    places = [element.text for element in tree.iter() if element.tag.endswith("loc")]
    assert places == [f"{BASE}book/a.html", f"{BASE}book/b%20c.html"]


def test_links_of_the_404_page_work_at_any_address() -> None:
    page = BeautifulSoup(announce.lost_page("en", "A & B", BASE, "book/index.html"), "html.parser")
    addresses = [str(link["href"]) for link in page.find_all("a")]
    addresses += [str(form["action"]) for form in page.find_all("form")]
    assert addresses == [f"{BASE}book/index.html", f"{BASE}search.html"]
    assert page.find("label", attrs={"for": "q"}) is not None
    assert page.find(["script", "img", "link"], src=True) is None  # it brings all that it needs
    assert {str(link["href"]) for link in page.find_all("link")} == {"data:,"}
    assert "A & B" in page.get_text()


def test_a_card_has_the_size_that_networks_want(tmp_path: Path) -> None:
    card.draw_card(tmp_path / "cards" / "a.png", *WORDS)
    pixels = imread(tmp_path / "cards" / "a.png")
    assert pixels.shape[:2] == (630, 1200)
    assert pixels[300:500, 96:900].std() > 0.05  # something is drawn where the title stands


def test_a_card_is_the_same_each_time_and_says_its_title(tmp_path: Path) -> None:
    for name in ("a", "b"):
        card.draw_card(tmp_path / name, *WORDS)
    card.draw_card(tmp_path / "c", WORDS[0], "Attention, seen", WORDS[2])
    first, again, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == again != other


def test_a_changed_title_changes_the_name_of_the_card() -> None:
    name = card.name_of_card("book/05_bert_in_code", *WORDS)
    assert str(name).startswith("05_bert_in_code-")
    assert name == card.name_of_card("book/05_bert_in_code", *WORDS)
    assert name != card.name_of_card("book/05_bert_in_code", "Chapter 5", "BERT", "The book")


def test_what_the_font_cannot_write_gets_no_card() -> None:
    assert card.name_of_card("book/05_bert_in_code", "", "代码中的 BERT", "The book") is None


@pytest.mark.parametrize("words", [3, 12, 40])
def test_a_long_title_gets_smaller_letters_and_is_cut_at_last(words: int) -> None:
    points, lines = card.lines_of("models " * words)
    assert len(lines) <= card.MOST_LINES
    assert (points == card.SIZES[0][0]) == (words == 3)
    assert lines[-1].endswith("…") == (words == 40)
