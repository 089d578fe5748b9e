"""The chapter "Concepts": its figures say what its prose says, its code is the library's own.

What its cells print is compared with the reference. Here the claims that carry the page are read
from it once more, or found by another way, and a `{trip}` figure is put on a page of its own.
"""

import html
import importlib
import json
import re
import sys
from typing import Any

import pytest
import torch
from chapter_text import ROOT, Chapter

from fmlab import checkpoint
from fmlab.checkpoint import Checkpoint
from fmlab.vision.patches import patchify

THIS = Chapter("02_concepts")
CHAPTER, PROSE = THIS.text, THIS.prose
TEXTS: dict[str, Any] = json.loads(
    (ROOT / "book" / "texts" / "02_concepts.json").read_text(encoding="utf-8")
)
KINDS = [kind for kind in TEXTS if kind != "about"]
INCLUDES = re.findall(r"(?m)^```\{literalinclude\} (\S+)\n((?::[^\n]*\n)+)```$", CHAPTER)
BOOKS = ("a book it has not read", "Erewhon")


@pytest.fixture(scope="module")
def shipped() -> Checkpoint:
    """Return the model that the page asks."""
    return checkpoint.load(checkpoint.shipped())


@pytest.fixture
def trip(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the extension of the figure."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "book" / "_ext"), *sys.path])
    return importlib.import_module("trip")


# -- pretraining ----------------------------------------------------------------------------------


def test_random_weights_know_the_labelled_nouns_and_no_others() -> None:
    assert THIS.number("chance_same") > 0.7
    assert 0.4 < THIS.number("chance_new") < 0.6


def test_pretrained_weights_know_new_nouns_as_well_as_labelled_ones() -> None:
    assert THIS.number("books_new") > 0.85
    assert abs(THIS.number("books_new") - THIS.number("books_same")) < 0.1


def test_people_and_places_are_as_many_and_no_noun_is_both() -> None:
    people, places = (
        re.search(rf'{name} = """(.*?)"""', CHAPTER, re.S)[1].split()  # type: ignore[index]
        for name in ("PEOPLE", "PLACES")
    )
    assert len(set(people)) == len(set(places)) == 30
    assert not set(people) & set(places)


# -- generalisation -------------------------------------------------------------------------------


def test_the_order_of_the_texts_is_as_told() -> None:
    paid = [THIS.number(f"bits_{kind}") for kind in ("book", "manual", "messages", "code")]
    assert paid == sorted(paid)
    assert paid[-1] < THIS.number("bits_german")


def test_chinese_looks_better_than_german_and_is_all_unknown(shipped: Checkpoint) -> None:
    assert THIS.number("bits_chinese") < THIS.number("bits_german")
    for part in TEXTS["Chinese"]:
        assert set(shipped.tokenizer.encode(part)) == {shipped.tokenizer.unk_id}
    german = [number for part in TEXTS["German"] for number in shipped.tokenizer.encode(part)]
    assert german.count(shipped.tokenizer.unk_id) < 0.02 * len(german)


def test_the_book_is_one_that_the_model_was_not_trained_on() -> None:
    kind, title = BOOKS
    manifest = (ROOT / "fmlab" / "assets" / "books_manifest.jsonl").read_text(encoding="utf-8")
    entry = next(one for one in map(json.loads, manifest.splitlines()) if one["title"] == title)
    assert entry["split"] != "train"
    assert str(entry["year"]) in TEXTS["about"]
    assert len(TEXTS[kind]) > 10


def test_each_kind_has_enough_parts_for_an_interval() -> None:
    assert len(KINDS) == 6
    assert all(len(TEXTS[kind]) >= 6 for kind in KINDS)
    assert all(len(set(TEXTS[kind])) == len(TEXTS[kind]) for kind in KINDS)


# -- data of many kinds ---------------------------------------------------------------------------


def test_patches_tell_of_each_other() -> None:
    assert THIS.number("patch_error") < 0.6


def test_a_picture_of_32_by_32_has_the_patches_that_the_quiz_says() -> None:
    asked = next(q for q in THIS.questions if q["type"] == "numeric")
    right = next(a["value"] for a in asked["answers"] if a["correct"])
    assert patchify(torch.zeros(1, 32, 32), 8).shape == (right, 64)


# -- the trip -------------------------------------------------------------------------------------


def test_the_shapes_of_the_trip_are_those_of_the_model(shipped: Checkpoint) -> None:
    text = re.search(r'(?m)^text = "(.*)"$', CHAPTER)[1]  # type: ignore[index]
    size = shipped.model.config
    length = len(shipped.tokenizer.encode(text)) + 2
    assert THIS.number("T") == length
    assert THIS.number("middle") == length * size.hidden_size
    assert THIS.number("end") == length * size.vocab_size
    assert f"It has {len(text.split())} words" in CHAPTER
    assert text.count("window") == 1


def test_what_is_shown_of_the_library_is_there_and_short() -> None:
    assert len(INCLUDES) == 4
    for path, options in INCLUDES:
        code = (THIS.path.parent / path).read_text(encoding="utf-8")
        told = dict(re.findall(r"(?m)^:([\w-]+): (.*)$", options))
        if "pyobject" in told:
            assert f"def {told['pyobject'].split('.')[1]}(" in code
            assert f"class {told['pyobject'].split('.')[0]}" in code
        else:
            first = next(line for line in code.splitlines() if told["start-at"] in line)
            rest = code[code.index(first) :]
            assert rest[: rest.index(told["end-at"])].count("\n") < 8


def test_every_file_of_the_modules_exists() -> None:
    table = re.search(r"(?ms)^\| the article's module.*?\n\n", CHAPTER)[0]  # type: ignore[index]
    rows = [row.split("|")[1:-1] for row in table.strip().splitlines()[2:]]
    assert len(rows) == 3
    for *_, where in rows:
        for path in re.findall(r"`([\w/]+(?:\.py|/))`", where):
            assert (ROOT / "fmlab" / path).exists(), path


def test_the_trip_figure_shows_the_tokens_that_python_finds(trip: Any, shipped: Checkpoint) -> None:
    text = re.search(r"(?m)^:::\{trip\}\n:text: (.*)$", CHAPTER)[1]  # type: ignore[index]
    shown = trip.trip_html(text)
    numbers = [int(n) for n in re.findall(r"</th><td>(\d+)</td></tr>", shown)]
    tokenizer = shipped.tokenizer
    assert numbers == [tokenizer.cls_id, *tokenizer.encode(text), tokenizer.sep_id]
    told = json.loads(html.unescape(re.search(r'data-trip="([^"]*)"', shown)[1]))  # type: ignore[index]
    assert told["hidden"] == shipped.model.config.hidden_size
    assert told["text"] == text


def test_the_trip_figure_escapes_what_it_shows(trip: Any) -> None:
    shown = trip.trip_html("a <b> & c")
    assert "<b>" not in shown
    assert "&lt;b&gt; &amp; c" in shown


def test_the_words_of_the_trip_script_are_those_that_it_asks_for(trip: Any) -> None:
    script = (ROOT / "book" / "_static" / "trip.js").read_text(encoding="utf-8")
    asked = set(re.findall(r"\bwords\.(\w+)", script))
    assert asked - {"read"} <= set(trip.WORDS)
    assert set(trip.WORDS) - asked == {"caption", "place", "token", "id"}  # the still table's


# -- the page -------------------------------------------------------------------------------------


def test_each_concept_of_the_article_is_a_section_that_asks_first() -> None:
    for heading in ("## Pretraining", "## Generalisation", "## Many kinds of data", "## The name",
                    "## Three modules"):  # fmt: skip
        section = CHAPTER.split(heading, 1)[1].split("\n## ", 1)[0]
        assert ":::{admonition} Predict" in section, heading
        for cell in re.finditer(r"(?m)^(Table|seed_dots|Grid)\(", section):
            assert section.index(":::{admonition} Predict") < cell.start(), heading


def test_it_sends_to_the_verdicts_and_does_not_repeat_them() -> None:
    assert "{ref}`chapter 9 <what-holds>`" in CHAPTER
    assert "(what-holds)=" in (THIS.path.parent / "09_questions_and_answers.md").read_text("utf-8")


def test_no_measured_number_is_typed() -> None:
    typed = set(re.findall(r"\b\d+\.\d+\b", PROSE.split("## Pretraining")[1]))
    assert typed <= {"0.50"}, typed  # what a coin gives
