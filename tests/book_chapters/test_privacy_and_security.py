"""The chapter "Privacy and security" keeps its promises: measured figures, dates, sources, answers.

What its cells compute is checked by the build: they fail where the prose would no longer hold. Here
the claims that carry the chapter are found once more, by another way than the chapter's.
"""

import ast
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmlab import checkpoint
from fmlab.audits.exposure import log_perplexities
from fmlab.audits.lockers import NAME, RUNS, planted, sweep
from fmlab.audits.lockers_private import EPSILON, private_runs
from fmlab.audits.planted_people import planted_people
from fmlab.audits.privacy_accounts import Guarantee
from fmlab.audits.redaction import redact

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = (ROOT / "book" / "12_privacy_and_security.md").read_text(encoding="utf-8")
QUIZ = ROOT / "book" / "quizzes" / "en" / "12_privacy_and_security.json"

CELL = re.compile(r"(?ms)^```\{code-cell\}[^\n]*\n(.*?)^```$")
OPTIONS = re.compile(r"(?s)\A(---\n.*?\n---\n|(:[^\n]*\n)+\n?)")
CELLS = [OPTIONS.sub("", cell) for cell in CELL.findall(CHAPTER)]
FOLDED = re.compile(r"tags: \[[^]]*(hide-input|remove-)")
OPEN = [cell for cell in CELL.findall(CHAPTER) if not FOLDED.search(cell)]
PROSE = re.sub(r"(?ms)\A---\n.*?^---$|^```.*?^```$|^\$\$.*?^\$\$$|`[^`]*`|\{[\w:]+\}", "", CHAPTER)
FLAT = " ".join(PROSE.split())


def ranks(times: int) -> np.ndarray:
    """Return the ranks of all codes of the sweep that were said so often."""
    return np.array([e.rank for run in sweep().values() for e in run if e.locker.times == times])


def mean_bits(times: int) -> float:
    return float(np.log2(1000 / ranks(times)).mean())


def deviation(times: int) -> float:
    """Return the standard error of that mean, over models."""
    by_model = np.log2(1000 / ranks(times)).reshape(RUNS, 4).mean(axis=1)
    return float(by_model.std(ddof=1) / math.sqrt(RUNS))


def test_once_cannot_be_told_from_never_and_64_times_is_nearly_known() -> None:
    chance = math.log2(math.e)
    for times in (0, 1):
        assert abs(mean_bits(times) - chance) < 2 * deviation(times)
    assert mean_bits(4) > chance + 2 * deviation(4)
    for less, more in ((4, 16), (16, 64)):
        assert mean_bits(more) - mean_bits(less) > 2 * (deviation(more) + deviation(less))
    assert (ranks(64) == 1).mean() > 0.5
    assert ranks(64).max() < 50


def test_who_knows_a_digit_has_fewer_guesses_and_a_smaller_exposure() -> None:
    found = checkpoint.load(checkpoint.shipped(NAME))
    emil = next(one for one in planted() if one.name == "emil")
    assert emil.times == 16
    code = tuple(map(int, emil.digits.split()))
    values = emil.format.all_values()
    bits = log_perplexities(found.masked_model, found.tokenizer, emil.format, values)
    own = bits[(values == code).all(axis=1)][0]
    known = bits[values[:, 0] == code[0]]
    rank, rank_known = (bits <= own).sum(), (known <= own).sum()
    assert rank_known < rank
    assert math.log2(len(known) / rank_known) < math.log2(len(bits) / rank)


def test_privacy_lowers_the_exposure_of_64_copies_leaves_some_and_costs_loss() -> None:
    by_epsilon: dict[bool, list[float]] = {True: [], False: []}
    losses: dict[bool, list[float]] = {True: [], False: []}
    best = 1000
    for one in private_runs():
        private = one.epsilon <= EPSILON
        often = [e for e in one.exposed if e.locker.times == 64]
        by_epsilon[private] += [e.bits for e in often]
        losses[private].append(one.loss)
        best = min(best, *(e.rank for e in often)) if private else best
    assert np.mean(by_epsilon[False]) - np.mean(by_epsilon[True]) > 1.5
    assert np.mean(by_epsilon[True]) > 3
    assert best <= 5
    assert np.mean(losses[True]) > 1.5 * np.mean(losses[False])


def test_nothing_is_promised_for_copies_of_a_thinly_protected_line() -> None:
    assert not Guarantee(0.1, 1e-5).for_copies(64).says_nothing
    assert Guarantee(8.0, 1e-5).for_copies(4).says_nothing


def test_no_name_is_covered_and_every_number_is() -> None:
    for one in planted_people(5, seed=1):
        for span in one.spans:
            what = one.text[span.start : span.end]
            assert (what in redact(one.text).text) == (span.kind == "NAME"), one.text


def test_the_model_s_audit_says_what_the_chapter_says_of_it() -> None:
    folder = checkpoint.shipped("books-small")
    attacks = json.loads((folder / "privacy.json").read_text(encoding="utf-8"))["attacks"]
    blind, best = attacks[0]["result"], max(a["result"]["auc"] for a in attacks)
    assert not attacks[0]["uses_model"]
    assert blind["auc_interval"][0] < 0.5 < blind["auc_interval"][1]
    assert 0.5 < best < 0.7
    for attack in attacks:
        low, high = attack["result"]["found_interval"]
        assert low < 0.01 < high


def test_every_number_in_the_prose_that_is_glued_is_computed() -> None:
    used = set(re.findall(r"\{glue:text\}`(\w+)", CHAPTER))
    assert used == set(re.findall(r'glue\(\s*"(\w+)"', CHAPTER))


def test_no_decimal_is_typed_but_those_of_sources_and_definitions() -> None:
    cited = {"60.5", "5.36", "0.66", "0.90", "0.7", "0.01"}  # each beside its source
    definitions = {"0.5", "0.1", "2.6"}  # a coin; an epsilon; a version of PyTorch
    assert set(re.findall(r"(?<![\d.])\d+\.\d+(?!\.?\d)", PROSE)) == cited | definitions


def test_every_source_is_in_the_bibliography() -> None:
    cited = {
        key.strip()
        for keys in re.findall(r"\{cite:[pt]\}`([^`]+)`", CHAPTER)
        for key in keys.split(",")
    }
    entries = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    assert cited <= set(re.findall(r"@\w+\{([^,]+),", entries))
    assert len(cited) > 35


LAWS = {
    "gdpr": "25 May 2018",
    "edpb2024opinion": "17 December 2024",
    "eu-ai-act": "1 August 2024",
    "china-pipl": "1 November 2021",
    "china-dsl": "1 September 2021",
    "china-genai": "15 August 2023",
    "china-labels": "1 September 2025",
}


@pytest.mark.parametrize(("key", "date"), LAWS.items())
def test_each_law_stands_with_its_date_in_the_chapter_and_in_its_source(
    key: str, date: str
) -> None:
    entries_of_list = re.findall(r"(?ms)^- \*\*.*?(?=^- |^$)", CHAPTER.split("## The law")[1])
    (said,) = [one for one in entries_of_list if f"{{cite:p}}`{key}`" in one]
    assert date in " ".join(said.split())
    entries = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    entry = re.search(rf"(?s)@misc\{{{key},(.*?)\n\}}", entries)
    assert entry is not None
    assert date in entry[1]


def test_it_says_that_it_is_no_legal_advice_and_where_the_article_is_imprecise() -> None:
    assert "legal advice" in FLAT[:3000]
    assert "## Where the article is imprecise" in CHAPTER
    assert "what this chapter does not show" in CHAPTER


def test_it_counts_how_often_the_article_names_the_pair() -> None:
    """Chapter 3.3, 8.3 and the last answer; 8.4 names privacy alone, and 1 and 9 list it."""
    assert "The article names privacy and security three times" in FLAT


def test_the_figure_is_there_with_its_model_and_starts_with_a_locker_said_16_times() -> None:
    (figure,) = re.findall(r"(?ms)^:::\{live\} exposure\n(.*?)^:::$", CHAPTER)
    assert f":model: {NAME}" in figure
    text = re.search(r":text: (.*)", figure)
    assert text is not None
    started = [one for one in planted() if one.format.template == text[1].replace("[MASK]", "{}")]
    assert [one.times for one in started] == [16]


def test_every_figure_has_an_alt_text() -> None:
    drawing = [c for c in CELL.findall(CHAPTER) if re.search(r"(?m)^seed_dots\(", c)]
    assert len(drawing) == 1
    assert re.search(r"(?m)^    alt:", drawing[0])


def test_cells_that_are_open_are_short() -> None:
    lengths = [len([line for line in cell.splitlines() if line.strip()]) for cell in OPEN]
    assert max(lengths) <= 20
    assert sorted(lengths)[len(lengths) // 2] <= 12


def test_every_cell_is_python() -> None:
    for cell in CELLS:
        ast.parse(re.sub(r"(?m)^%.*$", "", cell))


def test_it_asks_before_it_tells() -> None:
    assert CHAPTER.count(":::{admonition} Predict") >= 3
    opening = CHAPTER.index("After this chapter you can")
    assert opening < CHAPTER.index("**Time:**") < CHAPTER.index("**Builds on:**")


QUESTIONS: list[dict[str, Any]] = json.loads(QUIZ.read_text(encoding="utf-8"))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["question"][:40])
def test_a_question_has_one_right_answer_and_explains_each(question: dict[str, Any]) -> None:
    assert question["type"] in {"multiple_choice", "numeric"}
    assert sum(answer["correct"] for answer in question["answers"]) == 1
    for answer in question["answers"]:
        assert len(answer["feedback"]) > 15
    if question["type"] == "multiple_choice":
        assert len(question["answers"]) == 3


def test_the_right_answers_are_spread_over_the_places() -> None:
    assert len(QUESTIONS) == 8
    places = [
        [a["correct"] for a in q["answers"]].index(True)
        for q in QUESTIONS
        if q["type"] == "multiple_choice"
    ]
    assert set(places) == {0, 1, 2}
    assert max(places.count(place) for place in places) <= 3
