"""Figures show the numbers they are given, and change nothing on the way."""

import matplotlib
import pytest
import torch

from fmlab.probes.fill_mask import Blank, Candidate, FillMask
from fmlab.views import attention, fill_mask, layout

matplotlib.use("Agg")

CANDIDATES = (Candidate("door", 7, 0.5), Candidate("window", 8, 0.25))
ONE = FillMask("the [MASK]", ("[CLS]", "the", "[MASK]", "[SEP]"), (Blank(2, CANDIDATES, 1.5),))
TWO = FillMask("[MASK] [MASK]", (), (Blank(1, CANDIDATES, 1.5), Blank(2, CANDIDATES[:1], 1.5)))


def test_table_has_a_row_for_each_blank() -> None:
    shown = fill_mask.table([ONE, TWO])
    assert list(shown.columns) == ["text", "1", "2"]
    assert shown.rows[0] == ["the [MASK]", "door (50%)", "window (25%)"]
    assert shown.rows[2] == ["[MASK] [MASK]", "door (50%)", ""]


@pytest.mark.parametrize("result", [ONE, TWO])
def test_chart_has_a_bar_for_each_candidate(result: FillMask) -> None:
    figure = fill_mask.chart(result)
    assert len(figure.axes) == len(result.blanks)
    for panel, blank in zip(figure.axes, result.blanks, strict=True):
        widths = [bar.get_width() for bar in panel.patches]
        assert widths == [c.probability for c in blank.candidates]
        assert [t.get_text() for t in panel.get_yticklabels()] == [
            c.token for c in blank.candidates
        ]


def test_heat_map_shows_the_weights_with_their_tokens() -> None:
    weights = torch.tensor([[0.9, 0.1], [0.2, 0.8]])
    figure = attention.heat_map(weights, ["a", "##b"])
    panel = figure.axes[0]
    assert panel.images[0].get_array().tolist() == weights.numpy().tolist()
    assert [label.get_text() for label in panel.get_xticklabels()] == ["a", "##b"]


def test_layout_has_the_shapes_of_the_sizes_it_is_given() -> None:
    steps = layout.floors(hidden=8, heads=2, inner=32, vocab=50)
    assert [step.shape for step in steps] == ["(1, T)", *["(1, T, 8)"] * 6, "(1, T, 50)"]
    assert [step.inside_layer for step in steps] == [False, False, *[True] * 4, False, False]
    panel = layout.layout(hidden=8, layers=3, heads=2, inner=32, vocab=50).axes[0]
    drawn = [text.get_text() for text in panel.texts]
    assert {step.text for step in steps} | {"3 times"} <= set(drawn)


def test_layout_takes_its_words_from_one_table() -> None:
    words = {name: name for name in layout.WORDS}
    steps = layout.floors(hidden=8, heads=2, inner=32, vocab=50, words=words)
    assert [step.text for step in steps][:3] == ["ids", "sum", "attention"]
