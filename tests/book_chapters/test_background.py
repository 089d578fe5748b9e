"""The chapter "Background": each case has a source and a place to go on, figures are as told."""

import re

import pytest
from chapter_text import Chapter

THIS = Chapter("01_background")
CHAPTER = THIS.text
CASES = re.findall(r"(?ms)^:::\{dropdown\} (.*?)\n(.*?)^:::$", CHAPTER)
CONCERNS = ["Bias", "Privacy", "Explainability", "Transparency", "Accountability"]


def test_the_articles_five_concerns_have_a_case_each_in_its_order() -> None:
    assert [title.partition(":")[0] for title, _ in CASES] == CONCERNS


@pytest.mark.parametrize(("title", "text"), CASES, ids=[title for title, _ in CASES])
def test_a_case_has_a_source_a_year_or_a_place_in_the_book(title: str, text: str) -> None:
    assert "{cite:" in text
    assert "In this book:" in text


def test_the_steps_are_in_order_and_each_has_a_source() -> None:
    rows = re.findall(r"(?m)^\| (\d{4}) \| .* \| \{cite:t\}`\w+` \|$", CHAPTER)
    assert len(rows) >= 7
    assert rows == sorted(rows)


def test_the_model_leans_to_he_for_a_doctor_and_to_she_for_a_mother() -> None:
    assert THIS.number("doctor") > 0.6
    assert THIS.number("mother") < 0.5
