"""What holds for every chapter: sources, words, computed numbers, open questions, answers."""

import ast
import re

import pytest
from chapter_text import ROOT, Chapter, chapters

CHAPTERS = chapters()
LONGEST, MEDIAN = 18, 10
LONGER = {  # lines of the longest open cell, and of the median one, where more are needed
    "02_concepts": (23, 10),
    "03_learning_without_labels": (23, 12),
    "09_questions_and_answers": (18, 13),
    "10_attention_seen": (20, 14),
    "11_bias_and_fairness": (22, 16),
    "12_privacy_and_security": (20, 12),
}
FEWER_QUESTIONS = {"01_background": 6}
READ_ELSEWHERE = {"02_concepts", "11_bias_and_fairness"}  # by a test or a table, not by the prose

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda one: one.name)


def test_there_are_chapters() -> None:
    assert len(CHAPTERS) >= 9


@each_chapter
def test_every_source_is_in_the_bibliography(chapter: Chapter) -> None:
    entries = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    assert chapter.cited - set(re.findall(r"@\w+\{([^,]+),", entries)) == set()
    assert len(chapter.cited) > 10


def test_every_source_of_the_bibliography_has_an_address() -> None:
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    for entry in re.split(r"(?m)^@", text)[1:]:
        assert re.search(r"(?m)^\s*(doi|url|eprint|journal\s*=\s*\{arXiv)", entry), entry[:60]


@each_chapter
def test_every_term_is_in_the_glossary(chapter: Chapter) -> None:
    glossary = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8").splitlines()
    assert chapter.terms - set(glossary) == set()
    assert chapter.terms


@each_chapter
def test_every_number_that_the_prose_takes_up_is_computed(chapter: Chapter) -> None:
    assert chapter.glued - chapter.computed == set()
    if chapter.name not in READ_ELSEWHERE:
        assert chapter.computed - chapter.glued == set()


@each_chapter
def test_every_cell_is_python(chapter: Chapter) -> None:
    for cell in chapter.cells:
        ast.parse(re.sub(r"(?m)^%.*$", "", cell))


@each_chapter
def test_cells_that_are_open_are_short(chapter: Chapter) -> None:
    cells = [cell.split("\n") for cell in chapter.open_cells] or [[]]
    lengths = sorted(sum(map(bool, map(str.strip, lines))) for lines in cells)
    longest, median = LONGER.get(chapter.name, (LONGEST, MEDIAN))
    assert lengths[-1] <= longest
    assert lengths[len(lengths) // 2] <= median


@each_chapter
def test_every_drawing_has_words_for_those_who_cannot_see_it(chapter: Chapter) -> None:
    for cell in chapter.drawing_cells:
        assert re.search(r"(?m)^    alt: *(>-|\S)", cell), cell


def test_drawings_are_found() -> None:
    assert sum(len(chapter.drawing_cells) for chapter in CHAPTERS) >= 10


@each_chapter
def test_it_says_what_it_is_for_and_asks_before_it_tells(chapter: Chapter) -> None:
    opening = chapter.text.index("After this chapter you can")
    assert opening < chapter.text.index("**Time:**") < chapter.text.index("**Builds on:**")
    assert chapter.text.count(":::{admonition} Predict") >= 1
    assert "## Questions" in chapter.text


@each_chapter
def test_a_question_has_one_right_answer_and_explains_each(chapter: Chapter) -> None:
    assert len(chapter.questions) == FEWER_QUESTIONS.get(chapter.name, 8)
    for question in chapter.questions:
        answers = question["answers"]
        assert question["type"] in {"multiple_choice", "numeric"}
        assert sum(answer["correct"] for answer in answers) == 1, question["question"]
        for answer in answers:
            assert len(answer["feedback"]) > 15, answer
            assert len(answer["feedback"].split()) >= 4, answer
        if question["type"] == "multiple_choice":
            assert len(answers) == 3, question["question"]


@each_chapter
def test_the_right_answers_are_spread_over_the_places(chapter: Chapter) -> None:
    choices = [q["answers"] for q in chapter.questions if q["type"] == "multiple_choice"]
    places = [[answer["correct"] for answer in answers].index(True) for answers in choices]
    assert set(places) == {0, 1, 2}
    assert max(places.count(place) for place in places) <= 3
