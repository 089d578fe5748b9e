"""The chapter "Questions and answers": each claim has a verdict with a reason, figures hold.

What its cells compute is compared with the reference. Here its claims are read, and what it says in
words of computed figures is found once more.
"""

import re
from collections import Counter

import pytest
from chapter_text import Chapter

from fmlab import checkpoint

THIS = Chapter("09_questions_and_answers")
glued = THIS.number
CHAPTER = THIS.text
CLAIMS = re.findall(r"(?ms)^:::\{dropdown\} (.*?)\n(.*?)^:::$", CHAPTER)
VERDICTS = {"holds", "half right", "overstated", "contested", "wrong", "dated", "open"}


def test_most_claims_of_all_nine_sections_are_there() -> None:
    sections = {re.search(r"\((\w)[\d.]*\)$", title).group(1) for title, _ in CLAIMS}  # type: ignore[union-attr]
    assert sections >= set("123456") | {"8", "Q"}
    assert len(CLAIMS) >= 25
    assert len({title for title, _ in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize(("title", "text"), CLAIMS, ids=[title[:40] for title, _ in CLAIMS])
def test_a_claim_has_one_verdict_and_a_reason_that_can_be_followed(title: str, text: str) -> None:
    verdicts = re.findall(r"\{bdg-\w+\}`([a-z ]+)`", text)
    assert len(verdicts) == 1
    assert verdicts[0] in VERDICTS
    source = "{cite:" in text or re.search(r"\]\(\S+\.md\)", text) or "question" in text
    assert source, f"{title} has neither a source nor a place where it is measured"
    assert len(text.split()) >= 5


def test_each_verdict_is_explained_and_used() -> None:
    used = Counter(re.findall(r"(?m)^\{bdg-\w+\}`([a-z ]+)`", CHAPTER))
    assert set(used) == VERDICTS
    assert all(f"- *{verdict}*:" in CHAPTER for verdict in VERDICTS)
    assert glued("claims") == sum(used.values()) == len(CLAIMS)
    assert glued("holding") == used["holds"]


def test_no_run_of_bert_comes_to_a_thousand_chip_days() -> None:
    assert glued("most_days") == 256 < 1000
    assert glued("nd_days") < glued("v100_days") / 10  # "far less than the clocks"
    assert glued("roberta_days") > 5000


def test_the_two_tasks_have_opposite_winners() -> None:
    assert abs(glued("bag_unseen") - 0.5) < 0.06
    assert glued("vectors_unseen") > 0.75
    assert glued("coin_bag") > glued("coin_vectors") + 0.05


def test_the_passes_over_the_text_are_fewer_than_the_paper_says() -> None:
    assert 10 < glued("bert_epochs") < 20


def test_the_own_models_figures_are_its_logs() -> None:
    story = checkpoint.load(checkpoint.shipped()).run
    assert glued("own_kwh") == pytest.approx(story["energy"]["kwh"], abs=1e-3)
    assert glued("own_words") == pytest.approx(story["corpus"]["train_words"] / 1e6, abs=0.1)
