"""The chapter "Privacy and security" keeps its promises: measured figures, dates, sources, answers.

What its cells compute is checked by the build: they fail where the prose would no longer hold. Here
the claims that carry the chapter are found once more, by another way than the chapter's.
"""

import json
import math
import re

import numpy as np
import pytest
from chapter_text import ROOT, Chapter

from fmlab import checkpoint
from fmlab.audits.exposure import log_perplexities
from fmlab.audits.lockers import NAME, RUNS, planted, sweep
from fmlab.audits.lockers_private import EPSILON, private_runs
from fmlab.audits.planted_people import planted_people
from fmlab.audits.privacy_accounts import Guarantee
from fmlab.audits.redaction import redact

THIS = Chapter("12_privacy_and_security")
CHAPTER, PROSE = THIS.text, THIS.prose
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


def test_no_decimal_is_typed_but_those_of_sources_and_definitions() -> None:
    cited = {"60.5", "5.36", "0.66", "0.90", "0.7", "0.01"}  # each beside its source
    definitions = {"0.5", "0.1", "2.6"}  # a coin; an epsilon; a version of PyTorch
    assert THIS.decimals == cited | definitions


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


def test_it_asks_before_it_tells() -> None:
    assert CHAPTER.count(":::{admonition} Predict") >= 3
