"""The chapter "The mathematics" keeps its promises: hand and code agree, sources, answers.

Its cells fail where a number worked out by hand differs from the computed one. Here the claims that
carry the chapter are found once more by another way: with exact fractions, and with PyTorch's own
functions where the chapter writes its own.
"""

import math
import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from chapter_text import DECIMAL, NO_PROSE, Chapter

from fmlab.views.figures import figure_html
from fmlab.views.figures.numbers import attend, descend, floor, softmax

THIS = Chapter("04_mathematics")
CHAPTER, CELLS = THIS.text, THIS.cells
FIGURE = re.compile(r"(?ms)^:::\{figure_live\} (\w+)\n((?::[^\n]*\n)+)(.*?)^:::$")
PROSE = NO_PROSE.sub("", FIGURE.sub("", CHAPTER))
FIGURES = {
    name: dict(re.findall(r"(?m)^:(\w+): (.*)$", options))
    for name, options, _ in FIGURE.findall(CHAPTER)
}


def test_both_formulas_of_the_article_are_quoted() -> None:
    opening = CHAPTER.split("## From a neuron")[0]
    assert r"f(x;\theta) = \sigma(Wx + b)" in opening
    assert r"-\frac{1}{N}\sum_{i=1}^{N} \log p(y_i \mid x_i; \theta)" in opening


def test_every_number_of_the_prose_stands_in_a_cell_that_computes_it() -> None:
    checked = set(DECIMAL.findall("\n".join(CELLS)))
    typed = set(DECIMAL.findall(PROSE))
    assert typed <= checked, typed - checked
    assert len(typed) > 50


def test_numbers_by_hand_are_compared_at_least_once_a_step() -> None:
    steps = re.split(r"(?m)^### Step \d", CHAPTER.split("### The block")[0])[1:]
    assert len(steps) == 8
    for step in steps:
        assert "agree(" in step or "Exactly one of two" in step
        assert "$$" in step


# -- the same by another way -------------------------------------------------------------------

CORPUS = "the cat sat . the cat ran . the dog sat . the bird sang .".split()
TEXT = "the cat sat. the cat ran. the dog sat. the bird sang."
PAIRS = Counter(pairwise([".", *CORPUS]))
LAST = Counter([".", *CORPUS[:-1]])


def test_the_corpus_has_a_probability_of_one_in_256() -> None:
    found = math.prod(Fraction(PAIRS[pair], LAST[pair[0]]) for pair in pairwise([".", *CORPUS]))
    assert found == Fraction(1, 256)
    assert (len(CORPUS), len(set(CORPUS)), len(TEXT.encode())) == (16, 8, 53)
    assert " ".join(CORPUS) in CHAPTER
    assert TEXT in CHAPTER


def test_eight_bits_are_six_after_the_and_two_after_cat() -> None:
    bits: Counter[str] = Counter()
    for pair in pairwise([".", *CORPUS]):
        bits[pair[0]] -= math.log2(PAIRS[pair] / LAST[pair[0]])  # type: ignore[assignment]
    assert {word: round(n, 12) for word, n in bits.items() if n} == {"the": 6, "cat": 2}


def test_one_added_gives_what_the_page_says() -> None:
    new = pairwise([".", *"the dog ran .".split()])
    found = math.prod(Fraction(PAIRS[pair] + 1, LAST[pair[0]] + 8) for pair in new)
    assert found == Fraction(20, 11664)
    assert float(found) ** (-1 / 4) == pytest.approx(4.914, abs=5e-4)
    assert PAIRS["dog", "ran"] == 0  # so that counting alone calls it impossible


def test_a_model_that_sees_the_whole_past_meets_each_past_once() -> None:
    """So its floor on this corpus is 0, as the page says."""
    pasts = [tuple(CORPUS[:i]) for i in range(len(CORPUS))]
    assert len(set(pasts)) == len(pasts)


def test_gradients_by_hand_are_those_of_pytorch() -> None:
    z = torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64)
    weight = torch.tensor([[0.0, 1], [1, 0], [2, -1]], dtype=torch.float64, requires_grad=True)
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.equal(weight.detach() @ x.detach(), z)
    F.cross_entropy((weight @ x)[None], torch.tensor([1])).backward()
    wanted = [[0.67, 1.33], [-0.76, -1.51], [0.09, 0.18]]
    assert weight.grad is not None
    assert x.grad is not None
    torch.testing.assert_close(weight.grad, torch.tensor(wanted).double(), atol=5e-3, rtol=0)
    torch.testing.assert_close(x.grad, torch.tensor([-0.58, 0.58]).double(), atol=5e-3, rtol=0)


def test_exactly_one_of_two_is_beyond_a_single_neuron() -> None:
    """A search finds none, as the four inequalities say."""
    grid = [n / 2 for n in range(-8, 9)]
    for first in grid:
        for second in grid:
            for bias in grid:
                says = [bias > 0, first + bias > 0, second + bias > 0, first + second + bias > 0]
                assert says != [False, True, True, False]


# -- the figures ----------------------------------------------------------------------------------


def test_three_figures_stand_on_the_page_each_with_a_question() -> None:
    assert set(FIGURES) == {"softmax", "average", "descent"}
    for name, _, caption in FIGURE.findall(CHAPTER):
        assert figure_html(name, FIGURES[name])
        assert len(caption.strip().split("\n\n")) == 2, "a question, then what is drawn"


def test_figures_begin_with_the_numbers_of_the_text() -> None:
    scores = [float(n) for n in FIGURES["softmax"]["scores"].split()]
    assert [round(p, 3) for p in softmax(scores)] == [0.665, 0.245, 0.09]
    keys, values, (query,) = (
        [(float(x), float(y)) for x, y in (part.split(",") for part in option.split())]
        for option in (FIGURES["average"][name] for name in ("keys", "values", "query"))
    )
    found = attend(query, keys, values)
    assert [round(w, 3) for w in found.weights] == [0.534, 0.375, 0.091]
    assert tuple(round(n, 2) for n in found.result) == (1.64, 0.78)


def test_the_average_cannot_leave_the_triangle_and_a_longer_query_sharpens() -> None:
    keys, values = [(2.0, 0.0), (1.0, 1.0), (-1.0, 1.0)], [(2.0, 2.0), (2.0, -1.0), (-2.0, 1.0)]
    assert attend((0, 0), keys, values).weights == pytest.approx([1 / 3] * 3)
    for n in range(-12, 13):
        for m in range(-12, 13):
            found = attend((n / 4, m / 4), keys, values)
            assert min(found.weights) > 0
            assert sum(found.weights) == pytest.approx(1)
    tops = [max(attend((k, 0.5 * k), keys, values).weights) for k in (0.5, 1, 2, 3)]
    assert tops == sorted(tops)


def test_rates_up_to_five_arrive_and_larger_ones_do_not() -> None:
    options = FIGURES["descent"]
    counts = [float(n) for n in options["counts"].split()]
    wanted = [count / sum(counts) for count in counts]
    assert floor(wanted) == pytest.approx(1.5 * math.log(2))
    x, y = map(float, options["start"].split(","))
    above = {
        rate: descend(wanted, (x, y), rate, 60).losses[-1] - floor(wanted)
        for rate in (0.1, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20)
    }
    assert all((above[rate] < 1e-3) == (1 <= rate <= 5) for rate in above), above


# -- the page ------------------------------------------------------------------------------------


def test_it_asks_before_it_tells() -> None:
    assert CHAPTER.count(":::{admonition} Predict") >= 12
    for heading in ("## Where the article is imprecise", "What this chapter does not show",
                    "## Questions", "## Further reading"):  # fmt: skip
        assert heading in CHAPTER


def test_answers_with_numbers_are_right() -> None:
    by_start = {q["question"][:12]: q for q in THIS.questions}
    right = next(a for a in by_start["A model give"]["answers"] if a["correct"])
    chances = [1 / 2, 1 / 4, 1 / 4, 1 / 8]
    assert right["value"] == -sum(map(math.log2, chances)) / 4
    assert [round(p, 2) for p in softmax([3, 1])] == [0.88, 0.12]
    assert [round(p, 2) for p in softmax([103, 101])] == [0.88, 0.12]
    assert [round(p, 2) for p in softmax([0.103, 0.101])] != [0.88, 0.12]
