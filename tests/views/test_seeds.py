"""The figure of several runs draws every run, every interval, and nothing that was not given."""

import pytest

from fmlab.errors import UserError
from fmlab.views.seeds import seed_dots

RUNS = {"attention": [0.1, 0.9, 0.4], "occlusion": [1.0, 1.0, 0.9]}
INTERVALS = {"attention": (-0.5, 1.4), "occlusion": (0.8, 1.1)}


def test_every_run_is_a_dot_and_every_interval_a_bar() -> None:
    (axes,) = seed_dots(RUNS, INTERVALS, "share of texts", line=0.5, limits=(0, 1)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(RUNS)
    drawn = [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.get_lines()]
    for place, name in enumerate(RUNS):
        (heights,) = [at for values, at in drawn if values == RUNS[name]]
        assert len(set(heights)) == 3  # so that equal runs don't hide one another
        assert all(abs(height - place) < 0.5 for height in heights)
        assert (list(INTERVALS[name]), [place, place]) in drawn
    assert len(drawn) == 5  # and the line
    assert axes.get_xlim() == (0, 1)
    top, bottom = axes.get_ylim()[::-1]
    assert top < 0 < 1 < bottom  # the first name stands on top


@pytest.mark.parametrize("runs", [{}, {"attention": []}])
def test_without_runs_there_is_nothing_to_draw(runs: dict[str, list[float]]) -> None:
    with pytest.raises(UserError, match="no runs"):
        seed_dots(runs, INTERVALS, "share")


def test_a_name_without_an_interval_is_named() -> None:
    with pytest.raises(UserError, match="'occlusion' has no interval"):
        seed_dots(RUNS, {"attention": (0.0, 1.0)}, "share")
