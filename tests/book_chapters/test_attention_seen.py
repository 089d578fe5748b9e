"""The chapter "Attention, seen" keeps its promises: counts beside controls, sources, answers.

What its cells compute is checked by the build: they fail where the prose would no longer hold. Here
the claims that carry the chapter are found once more, by another way than the chapter's.
"""

import re

import pytest
import torch
from chapter_text import Chapter
from torch import Tensor

from fmlab import checkpoint
from fmlab.probes.ablation import heads_scaled
from fmlab.probes.attentions import attentions
from fmlab.probes.fill_mask import fill_mask

THIS = Chapter("10_attention_seen")
CHAPTER, CELLS = THIS.text, THIS.cells
BEFORE = (0, 1)
"""The head that looks one place back: layer 1, head 2 on the page."""

SHIPPED = checkpoint.load(checkpoint.shipped())


def prefers_were(text: str, keep: Tensor | None = None) -> bool:
    """Return whether the model finds `were` likelier than `was`, with some heads scaled."""
    model = SHIPPED.masked_model
    factors = torch.ones(4, 4) if keep is None else keep
    with heads_scaled(model, factors):
        found = fill_mask(model, SHIPPED.tokenizer, text, words=["was", "were"])
    return found.blanks[0].candidates[0].token == "were"


HARD = [
    ("the old {} near the {} [MASK] very large .", first, second)
    for first, second in (("letter", "doors"), ("letters", "door"), ("horse", "gates"))
]


@pytest.mark.parametrize(("frame", "subject", "other"), HARD)
def test_the_nearest_noun_decides(frame: str, subject: str, other: str) -> None:
    assert prefers_were(frame.format(subject, other)) == other.endswith("s")
    turned = f"near the {other} the old {subject} [MASK] very large ."
    assert prefers_were(turned) == subject.endswith("s")


def test_the_head_looks_one_place_back_whatever_stands_there() -> None:
    text = "near the doors the old letter [MASK] very large ."
    seen = attentions(SHIPPED.masked_model, SHIPPED.tokenizer, text)
    weights = seen.attentions[BEFORE]
    one_back = weights.diagonal(-1)
    assert (one_back > 0.5).float().mean() > 0.8
    place = seen.tokens.index("[MASK]")
    assert seen.tokens[int(weights[place].argmax())] == "letter"


def test_without_that_head_number_moves_less() -> None:
    model, tokenizer = SHIPPED.masked_model, SHIPPED.tokenizer
    keep = torch.ones(4, 4)
    keep[BEFORE] = 0

    def pull() -> float:
        """Return by how much the odds of `were` grow with the noun just before it."""
        odds = []
        for noun in ("door", "doors"):
            text = f"the old letter near the {noun} [MASK] very large ."
            blank = fill_mask(model, tokenizer, text, words=["was", "were"]).blanks[0]
            odds.append(blank.probability("were") / blank.probability("was"))
        return float(torch.tensor(odds).log().diff())

    whole = pull()
    with heads_scaled(model, keep):
        without = pull()
    assert 0 < without < whole / 2


def test_no_decimal_is_typed_but_names_of_heads() -> None:
    assert THIS.decimals == {"1.2"}


def test_it_shows_one_of_each_drawing() -> None:
    for view in ("neuron_view", "model_view", "head_view"):
        assert len(re.findall(rf"(?m)^{view}\(", CHAPTER)) == 1
    live = re.findall(r"(?m)^:::\{live\} (\S+)", CHAPTER)
    assert sorted(live) == ["attention", "attention", "compare", "lens", "pair"]


def test_heads_are_chosen_on_other_texts_than_they_are_reported_on() -> None:
    code = "\n".join(CELLS)
    assert "chosen_on = attention_statistics(model, sentence_rows[0::2]" in code
    assert "reported = attention_statistics(model, sentence_rows[1::2]" in code
    assert "(shuffled[:14], shuffled[14:])" in code


def test_sentences_are_many_and_none_is_there_twice() -> None:
    listed = re.search(r'(?s)SENTENCES = """\n(.*?)\n"""', CHAPTER)
    assert listed is not None
    sentences = listed[1].splitlines()
    assert len(sentences) >= 60
    assert len(set(sentences)) == len(sentences)
    assert not any(SHIPPED.tokenizer.unk_id in SHIPPED.tokenizer.encode(s) for s in sentences)


def test_it_asks_before_it_tells() -> None:
    assert CHAPTER.count(":::{admonition} Predict") >= 8
    assert "what this chapter does not show" in CHAPTER
