"""The chapter "Bias and fairness" keeps its promises: criteria, controls, sources, answers.

What its cells compute is checked by the build: they fail where the prose would no longer hold. Here
the claims that carry the chapter are found once more, by another way than the chapter's.
"""

import ast
import json
import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from chapter_text import Chapter
from scipy.stats import binomtest  # type: ignore[import-untyped]

from fmlab import checkpoint
from fmlab.audits.group_fairness import group_rates
from fmlab.corpus.toyworld import World
from fmlab.probes.fill_mask import fill_mask
from fmlab.views.cut_offs import NEAR, CutOffs

THIS = Chapter("11_bias_and_fairness")
CHAPTER, CELLS, PROSE = THIS.text, THIS.cells, THIS.prose
FLAT = " ".join(PROSE.split())
SHIPPED = checkpoint.load(checkpoint.shipped())
AUDIT = json.loads((checkpoint.shipped() / "bias.json").read_text(encoding="utf-8"))


def constant(name: str) -> Any:
    """Return a list that the chapter writes down."""
    found = re.search(rf"(?m)^{name} = (\[[^\]]*\])", CHAPTER)
    assert found is not None, name
    return ast.literal_eval(found[1])


SCORES, A, B = constant("SCORES"), constant("A"), constant("B")


def shares(people: list[int], cut: float) -> tuple[float, ...]:
    """Return accepted, true-positive rate, false-positive rate, precision, with NumPy."""
    scores, n = np.array(SCORES), np.array(people)
    inside = scores >= cut
    pay = n * scores
    bad = n - pay
    return (
        n[inside].sum() / n.sum(),
        pay[inside].sum() / pay.sum(),
        bad[inside].sum() / bad.sum(),
        pay[inside].sum() / n[inside].sum() if n[inside].sum() else np.nan,
    )


def test_scores_are_calibrated_in_whole_people_and_base_rates_differ() -> None:
    for people in (A, B):
        assert sum(people) == 1000
        assert all(round(n * s, 9) == round(n * s) for n, s in zip(people, SCORES, strict=True))
    assert np.dot(A, SCORES) == pytest.approx(500)
    assert np.dot(B, SCORES) == pytest.approx(300)


def test_no_pair_of_cut_offs_gives_equal_errors_and_predictive_parity() -> None:
    for cut_a, cut_b in product(SCORES, SCORES):
        gaps = np.abs(np.subtract(shares(A, cut_a), shares(B, cut_b)))
        assert not (gaps[1:] <= 0.02).all()
    assert all((np.abs(np.subtract(shares(A, c), shares(A, c))) == 0).all() for c in SCORES)


def test_the_same_cut_off_makes_no_rate_equal() -> None:
    assert all(a > b + 0.05 for a, b in zip(shares(A, 0.5), shares(B, 0.5), strict=True))


def test_the_figure_shows_what_the_chapter_counts() -> None:
    choices = re.search(r"(?s)CHOICES = (\[.*?\n\])", CHAPTER)
    assert choices is not None
    made = ast.literal_eval(
        re.sub(r"#.*", "", choices[1]).replace("B,", f"{B},").replace("A,", f"{A},")
    )
    bases = [np.dot(people, SCORES) / sum(people) for people in made]
    assert bases == pytest.approx([0.2, 0.3, 0.4, 0.5])
    figure = CutOffs(SCORES, A, made, choice=1)
    for found, people in zip(figure.rates(), (A, B), strict=True):
        told = (
            found.accepted,
            found.true_positive_rate,
            found.false_positive_rate,
            found.precision,
        )
        assert told == pytest.approx(shares(people, 0.5))
    assert NEAR == 0.02
    assert "<= 0.02" in "\n".join(CELLS)


@pytest.mark.parametrize("people", [A, B])
@pytest.mark.parametrize("cut", SCORES[:8])
def test_the_identity_holds_at_every_cut_off(people: list[int], cut: float) -> None:
    pay = [n * s for n, s in zip(people, SCORES, strict=True)]
    found = group_rates(SCORES, people, pay, cut)
    assert found.precision is not None
    assert found.true_positive_rate is not None
    odds = found.base_rate / (1 - found.base_rate)
    forced = odds * (1 - found.precision) / found.precision * found.true_positive_rate
    assert found.false_positive_rate == pytest.approx(forced)


def test_calibrated_scores_are_balanced_only_where_base_rates_are_equal() -> None:
    def means(people: list[int]) -> tuple[float, float]:
        """Return the mean score of positives and of others, person by person."""
        scores = np.repeat(SCORES, people)
        return np.average(scores, weights=scores), np.average(scores, weights=1 - scores)

    assert means(A)[0] > means(B)[0] + 0.05
    assert means(A)[1] > means(B)[1] + 0.05


def test_one_pair_moves_she_as_the_first_figure_shows() -> None:
    odds = {}
    for noun in ("nurse", "doctor"):
        text = f"The {noun} said that [MASK] was very tired ."
        words = ["he", "she"]
        blank = fill_mask(SHIPPED.masked_model, SHIPPED.tokenizer, text, words=words).blanks[0]
        odds[noun] = blank.probability("she") / blank.probability("he")
    assert odds["nurse"] > 2 * odds["doctor"]


def test_the_toy_world_has_the_shares_that_the_chapter_names() -> None:
    for skew, share in ((0.0, 0.5), (0.5, 0.75), (0.8, 0.9)):
        sentence = "the nurse says that [MASK] lives near the mill ."
        found = World(skew=skew).masked_distribution(sentence, 4)
        assert found["she"] == pytest.approx(share)


def test_race_lies_below_half_and_appearance_above() -> None:
    sides = {}
    for name, one in AUDIT["crows_pairs"]["by_category"].items():
        score = one["score"]
        if binomtest(score["count"], score["total"]).pvalue < 0.05:
            sides[name] = score["percent"] > 50
    assert sides == {"race-color": False, "physical-appearance": True}


def test_the_tests_of_the_shipped_model_disagree() -> None:
    crows, pro = AUDIT["crows_pairs"]["overall"]["score"], AUDIT["winobias"]["overall"]["pro"]
    for one in (crows, pro):
        assert binomtest(one["count"], one["total"]).pvalue > 0.05
    low, high = AUDIT["winogender"]["worker"]["correlation"]["interval"]
    assert low < 0 < high
    clear = [one["effect"]["interval"][0] > 0 for one in AUDIT["association"]["contrasts"]]
    assert sum(clear) > len(clear) / 2


def test_longer_names_are_those_of_jobs_that_more_women_have() -> None:
    jobs = AUDIT["winogender"]["worker"]["occupations"]
    pieces = [len(SHIPPED.tokenizer.encode(job["name"])) for job in jobs]
    found = np.corrcoef(pieces, [job["percent_female"] for job in jobs])[0, 1]
    assert found > 0.2


def test_no_decimal_is_typed_but_knobs_and_cut_offs() -> None:
    assert THIS.decimals <= {"0.3", "0.5", "50.0"}


def test_published_scores_stand_in_a_cell_with_their_source() -> None:
    cell = next(cell for cell in CELLS if "PUBLISHED" in cell)
    assert "Nangia et al. 2020" in cell
    assert ast.literal_eval(re.search(r"PUBLISHED = (\{.*?\})", cell)[1]) == {  # type: ignore[index]
        "BERT base": 60.5,
        "RoBERTa large": 64.1,
    }


def test_each_law_has_its_date_and_nobody_is_advised() -> None:
    for date in ("1 March 2022", "10 January 2023", "15 August 2023", "1 September 2025"):
        assert date in PROSE
    for date in ("2 February 2025", "2 August 2026", "2 December 2027", "2 August 2028"):
        assert date in PROSE
    assert "It is not legal advice." in FLAT
    assert "We checked it on" in FLAT


def test_it_says_what_the_article_leaves_out() -> None:
    assert "It never says what bias is" in FLAT
    assert "is a *hypothesis*" in FLAT


def test_the_live_figure_asks_a_question() -> None:
    figure = re.search(r"(?ms)^:::\{live\} pair\n(.*?)^:::$", CHAPTER)
    assert figure is not None
    assert "?" in figure[1]
    assert CHAPTER.index("{live} pair") < CHAPTER.index("### Many pairs, a control, an interval")


def test_it_asks_before_it_tells() -> None:
    assert CHAPTER.count(":::{admonition} Predict") >= 7
    assert "What none of these numbers shows" in CHAPTER


def test_the_number_of_the_quiz_is_the_true_positive_rate() -> None:
    asked = next(q for q in THIS.questions if q["type"] == "numeric")
    right = next(a["value"] for a in asked["answers"] if a["correct"])
    wrong = {a["value"] for a in asked["answers"] if "value" in a and not a["correct"]}
    found = group_rates([0, 1], [120, 80], [40, 60], 1)
    assert right == found.true_positive_rate
    assert wrong == {found.precision, found.accepted, found.false_positive_rate}
