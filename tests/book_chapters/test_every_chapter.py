"""What holds for every chapter: sources, words, computed numbers, open questions, answers."""

import ast
import re

import pytest
from chapter_text import ROOT, Chapter, chapters

CHAPTERS = chapters()
DRAWS = re.compile(r"(?m)^(\w+\.)?(labelled_dots|seed_dots|chart|heat_map|layout)\(|plt\.subplots")

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda one: one.name)


def test_there_are_chapters() -> None:
    assert len(CHAPTERS) >= 9


@each_chapter
def test_every_source_is_in_the_bibliography(chapter: Chapter) -> None:
    entries = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    assert chapter.cited - set(re.findall(r"@\w+\{([^,]+),", entries)) == set()
    assert len(chapter.cited) >= 10


@each_chapter
def test_every_term_is_in_the_glossary(chapter: Chapter) -> None:
    glossary = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8").splitlines()
    assert chapter.terms - set(glossary) == set()
    assert chapter.terms


@each_chapter
def test_every_number_that_the_prose_takes_up_is_computed(chapter: Chapter) -> None:
    assert chapter.glued - chapter.computed == set()


@each_chapter
def test_every_cell_is_python(chapter: Chapter) -> None:
    for cell in chapter.cells:
        ast.parse(re.sub(r"(?m)^%.*$", "", cell))


@each_chapter
def test_cells_that_are_open_are_short(chapter: Chapter) -> None:
    lengths = [len([line for line in cell.splitlines() if line.strip()])
               for cell in chapter.open_cells]  # fmt: skip
    assert max(lengths, default=0) <= 24
    assert sorted(lengths or [0])[len(lengths) // 2] <= 16


@each_chapter
def test_every_drawing_has_words_for_those_who_cannot_see_it(chapter: Chapter) -> None:
    for cell in chapter.written_cells:
        if DRAWS.search(cell):
            assert re.search(r"(?m)^    alt: *(>-|\S)", cell), cell


@each_chapter
def test_it_says_what_it_is_for_and_asks_before_it_tells(chapter: Chapter) -> None:
    opening = chapter.text.index("After this chapter you can")
    assert opening < chapter.text.index("**Time:**") < chapter.text.index("**Builds on:**")
    assert chapter.text.count(":::{admonition} Predict") >= 1
    assert "## Questions" in chapter.text


@each_chapter
def test_a_question_has_one_right_answer_and_explains_each(chapter: Chapter) -> None:
    assert 6 <= len(chapter.questions) <= 8
    for question in chapter.questions:
        answers = question["answers"]
        assert question["type"] in {"multiple_choice", "numeric"}
        assert sum(answer["correct"] for answer in answers) == 1, question["question"]
        for answer in answers:
            assert len(answer["feedback"].split()) >= 4, answer
        if question["type"] == "multiple_choice":
            assert len(answers) == 3, question["question"]


@each_chapter
def test_the_right_answers_are_spread_over_the_places(chapter: Chapter) -> None:
    choices = [q["answers"] for q in chapter.questions if q["type"] == "multiple_choice"]
    places = [[answer["correct"] for answer in answers].index(True) for answers in choices]
    assert set(places) == {0, 1, 2}
    assert max(places.count(place) for place in places) <= len(places) / 2
