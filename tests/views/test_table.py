"""A table keeps its cells, its headings and its caption, whoever reads it."""

import re

import pytest

from fmlab.views.table import Table

TABLE = Table("Sizes", ["part", "share"], [["<head>", 0.12345], ["rest", 2]], decimals=2)


def test_headings_name_their_column_and_their_row() -> None:
    page = TABLE._repr_html_()
    assert re.findall(r'<th scope="col">(.*?)</th>', page) == ["part", "share"]
    assert re.findall(r'<th scope="row"[^>]*>(.*?)</th>', page) == ["&lt;head&gt;", "rest"]
    assert re.findall(r"<td>(.*?)</td>", page) == ["0.12", "2"]
    assert "<caption>Sizes</caption>" in page


def test_plain_text_has_the_same_cells() -> None:
    assert repr(TABLE).splitlines() == ["Sizes", "part    share", "<head>  0.12", "rest    2"]


def test_a_row_of_another_width_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        Table("x", ["a", "b"], [["only one"]])
