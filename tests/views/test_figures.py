"""Figures show the numbers they are given, and change nothing on the way."""

import matplotlib
import pytest
import torch

from fmlab.probes.fill_mask import Blank, Candidate, FillMask
from fmlab.views import attention, fill_mask

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
