"""The chapter "Learning without labels": formulas are the library's, figures are as told.

What its cells compute is compared with the reference. Here its formulas are worked out by hand
beside `fmlab`'s own objectives, and what it says in words of figures is found once more.
"""

import math
import re
from typing import Any

import pytest
import torch
from chapter_text import Chapter
from test_questions_and_answers import CLAIMS

from fmlab import corpus
from fmlab.corpus.toyworld import World
from fmlab.picture_objectives import captions_loss, reconstruction_loss, two_views_loss

THIS = Chapter("03_learning_without_labels")
glued = THIS.number
CHAPTER = THIS.text
FROM_A_SOURCE = {"85.8", "0.69"}  # Chen et al. 2020; log 2, tested below


# -- formulas ----------------------------------------------------------------------------------


def test_a_model_that_hesitates_between_two_words_loses_what_is_said() -> None:
    assert round(math.log(2), 2) == 0.69
    assert "loss of 0.69 nats" in CHAPTER


def test_hidden_patches_alone_count_and_each_by_its_mean_square() -> None:
    true = torch.tensor([[[0.0, 0.0], [1.0, 1.0], [5.0, 5.0]]])
    painted = torch.tensor([[[1.0, 3.0], [1.0, 2.0], [0.0, 0.0]]])
    hidden = torch.tensor([[1.0, 1.0, 0.0]])
    by_hand = ((1 + 9) / 2 + (0 + 1) / 2) / 2  # the third patch is visible: it costs nothing
    assert float(reconstruction_loss(painted, true, hidden)) == pytest.approx(by_hand)


def test_the_partner_among_candidates_is_priced_as_in_the_formula() -> None:
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    second = torch.tensor([[1.0, 1.0], [0.0, 2.0]])
    vectors = [row / row.norm() for row in (*first, *second)]
    tau, total = 0.5, 0.0
    for i, partner in ((0, 2), (1, 3), (2, 0), (3, 1)):
        shares = {k: math.exp(float(vectors[i] @ vectors[k]) / tau) for k in range(4) if k != i}
        total -= math.log(shares[partner] / sum(shares.values()))
    assert float(two_views_loss(first, second, tau)) == pytest.approx(total / 4, abs=1e-6)


def test_whoever_guesses_among_candidates_loses_the_logarithm_of_their_number() -> None:
    same = torch.ones(64, 8) / math.sqrt(8)
    assert float(captions_loss(same, same, torch.tensor(0.0))) == pytest.approx(math.log(64))
    right = next(a for q in THIS.questions for a in q["answers"] if a["answer"].startswith("4.16"))
    assert right["correct"]
    assert round(math.log(64), 2) == 4.16


def test_captions_are_the_mean_of_both_directions() -> None:
    pictures = torch.nn.functional.normalize(
        torch.tensor([[1.0, 2.0], [3.0, 1.0], [1.0, 0.0]]), dim=1
    )
    texts = torch.nn.functional.normalize(torch.tensor([[0.0, 1.0], [1.0, 1.0], [3.0, 2.0]]), dim=1)
    scores = (pictures @ texts.T).exp()
    find_text = -sum(math.log(scores[i, i] / scores[i].sum()) for i in range(3)) / 3
    find_picture = -sum(math.log(scores[i, i] / scores[:, i].sum()) for i in range(3)) / 3
    found = float(captions_loss(pictures, texts, torch.tensor(0.0)))
    assert find_text != pytest.approx(find_picture, abs=1e-3)
    assert found == pytest.approx((find_text + find_picture) / 2, abs=1e-6)


# -- what is said of figures -------------------------------------------------------------------


def test_every_number_of_the_prose_is_computed_or_from_a_source() -> None:
    assert THIS.decimals - FROM_A_SOURCE == set()


def test_networks_lose_less_than_counting_and_more_than_the_floor() -> None:
    assert glued("floor") < glued("masked") < glued("trigram") < glued("unigram")
    assert glued("causal") < glued("trigram")
    assert glued("floor") == pytest.approx(World().floor(1000), abs=1e-6)


def test_one_half_of_the_pairs_has_a_noun_of_the_other_number_between() -> None:
    pairs = World().agreement_pairs(600, seed=1)
    assert sum(pair.distractor for pair in pairs) == 300
    assert glued("between_causal") > 0.9 > glued("between") + 0.05
    assert glued("chance_capitals") == 1 / len(World().facts())


def test_each_baseline_stands_where_the_text_puts_it() -> None:
    assert glued("painted") < glued("mean_picture") < glued("copied")
    assert glued("less") == pytest.approx(100 * (1 - glued("painted") / glued("mean_picture")))
    assert glued("partners") > glued("partners_pixels") > glued("partners_before")
    assert glued("few_pixels") > glued("few_views") > glued("few_views_before")
    assert glued("few_pixels") > glued("few_patches") > glued("few_patches_before")
    assert glued("among") > 0.8


def test_pretraining_leads_with_few_labels_and_not_with_many() -> None:
    assert glued("pre_8") > glued("rand_8") + 0.1
    assert abs(glued("pre_512") - glued("rand_512")) < 0.02
    assert glued("salad_8") < glued("pre_8") - 0.1
    assert glued("salad_32") < glued("rand_32") + 0.05
    assert glued("saved") == glued("reached") / 8 >= 4


def test_all_runs_together_take_less_than_a_minute_of_one_core_by_their_steps() -> None:
    """The seconds are the machine's; what the page asks of it is not."""
    steps = [int(n) for n in re.findall(r"\bsteps=(\d+)", "\n".join(THIS.written_cells))]
    assert 3 * sum(steps) < 3_000


# -- the running example -----------------------------------------------------------------------


def namespace() -> dict[str, Any]:
    """Return what the cell about the labels of sentences defines, without what follows."""
    cell = next(c for c in THIS.written_cells if "def is_living" in c)
    found: dict[str, Any] = {}
    exec("from fmlab.corpus.toyworld import World, lexicon\n" + cell.split("pools = [")[0], found)
    return found


def test_the_label_is_that_of_the_first_noun_and_no_word_gives_it_away() -> None:
    cell = namespace()
    assert cell["is_living"]("the foxes under the table hide .") is True
    assert cell["is_living"]("the table near the foxes breaks .") is False
    assert cell["is_living"]("the dog that sees the box runs .") is None
    assert cell["is_living"]("the capital of sarland is lunden .") is None


def test_sentences_about_both_are_equally_many_and_the_test_is_new() -> None:
    code = next(c for c in THIS.written_cells if "def is_living" in c)
    text = corpus.load("toyworld", size=10_000)
    read = {line for page in text.documents for line in page.text.splitlines()}
    cell: dict[str, Any] = {"read": read}
    exec("from fmlab.corpus.toyworld import World, lexicon\n" + code, cell)
    test, pools = cell["new_test"], cell["pools"]
    assert len(test) == len(set(test)) == 500
    assert not set(test) & read.union(*pools)
    assert [sum(map(cell["is_living"], part)) for part in (test, *pools)] == [250, 256, 256, 256]
    for count in (8, 32, 128, 512):
        assert all(sum(map(cell["is_living"], pool[:count])) == count / 2 for pool in pools)


# -- the page ----------------------------------------------------------------------------------


def test_each_way_has_a_formula_a_source_a_guess_and_both_lessons() -> None:
    parts = re.split(r"(?m)^## ", CHAPTER)
    ways = [p for p in parts if p.startswith(("Language", "Image", "Contrastive"))]
    assert len(ways) == 3
    for way in ways:
        assert "$$" in way
        assert "{cite:p}" in way
        assert ":::{admonition} Predict" in way
        assert "**What it has learned:**" in way
        assert "**What it has not:**" in way
    assert CHAPTER.count(":::{admonition} Predict") >= 7


def test_the_four_steps_are_in_the_articles_order() -> None:
    steps = re.findall(r"(?m)^### Step (\d): (.*)$", CHAPTER)
    assert [number for number, _ in steps] == ["1", "2", "3", "4"]
    named = ("collect", "preprocess", "learn without labels", "fine-tune")
    assert [title for _, title in steps] == list(named)


def test_each_claim_of_the_article_is_a_question_and_leads_to_its_chapter() -> None:
    asked = re.findall(r'(?m)^### "[^"]+": .*\?$', CHAPTER)
    assert len(asked) == 6
    for target in ("09_questions", "10_attention", "11_bias", "12_privacy"):
        assert f"]({target}" in CHAPTER
    assert "<what-holds>" in CHAPTER


def test_verdicts_of_chapter_9_are_not_contradicted() -> None:
    said = {title: re.findall(r"\{bdg-\w+\}`([a-z ]+)`", text)[0] for title, text in CLAIMS}
    verdict = next(v for title, v in said.items() if "no human labels: an advantage" in title)
    assert verdict == "half right"
    assert "*none* is half of the story" in CHAPTER
    assert next(v for title, v in said.items() if "black box" in title) == "contested"
    assert "What one sees is contested" in CHAPTER


def test_the_reference_has_all_tables() -> None:
    printed = THIS.printed
    tables = ("Loss on held-out text", "Share of verbs", "Mean squared error of hidden",
              "Share of held-out views", "Share of test digits", "Share of 500 new")  # fmt: skip
    assert [caption for caption in tables if caption not in printed] == []
