"""A page of an audit draws its numbers where they belong, and says it where there is none."""

import html

import pytest

from fmlab.views.audit_page import AuditPage, Bar, Chart, Part, Words, render_page

CHART = Chart(
    "Shares",
    [Bar("one", 25.0, (10.0, 60.0), "1 of 4"), Bar("none", None, None, "no pairs")],
    (0.0, 50.0),
    50.0,
    "per cent",
)
PAGE = AuditPage(
    "A title",
    ["A lead."],
    [Part("A part", ["Text."], [CHART], [Words("Words", ("a", "b"), [("x", "y")])], ["A limit."])],
    ["A limit of all."],
    [("model", "m")],
    ["A source."],
)


@pytest.mark.parametrize(
    ("value", "place"), [(0.0, 0), (25.0, 50), (50.0, 100), (-5.0, 0), (60.0, 100)]
)
def test_a_number_has_its_place_on_the_scale(value: float, place: float) -> None:
    assert CHART.at(value) == place


def test_a_negative_number_has_a_true_minus() -> None:
    assert CHART.text(-1.26) == "\N{MINUS SIGN}1.3"


def test_numbers_are_written_beside_their_bars() -> None:
    page = render_page(PAGE)
    assert '<span class="number">25.0</span>' in page
    assert "10.0 to 60.0" in page
    assert "no figure" in page
    assert page.count("<svg") == 2
    assert page.count('class="value"') == 1
    assert 'x1="20.0" y1="12" x2="100.0"' in page


def test_limits_stand_with_their_part() -> None:
    page = render_page(PAGE)
    assert page.index("A part") < page.index("A limit.") < page.index("A limit of all.")


def test_the_page_asks_nobody_for_anything() -> None:
    page = render_page(PAGE)
    assert "default-src 'none'" in html.unescape(page)
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
