"""The loss curve draws what the records say, and its alt text says the same in words."""

from dataclasses import dataclass

import pytest
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from fmlab.errors import UserError
from fmlab.pretrain import Record
from fmlab.views.curves import Words, loss_curve, loss_curve_alt, smoothed


@dataclass(frozen=True)
class Step:
    step: int
    loss: float
    valid_loss: float | None = None


STEPS = [Step(i, 8 - 4 * i / 100, 7 - 3 * i / 100 if i % 50 == 0 else None) for i in range(1, 101)]
BASELINES = {"unigram": 6.5, "3-gram": 3.5}


def lines(**options: object) -> dict[str, Line2D]:
    figure = loss_curve(STEPS, **options)  # type: ignore[arg-type]
    return {str(line.get_label()): line for line in figure.axes[0].get_lines()}


def test_the_lines_hold_the_records_and_the_baselines() -> None:
    drawn = lines(baselines=BASELINES, floor=1.25)
    assert list(drawn["held out"].get_xdata()) == [50, 100]
    assert list(drawn["held out"].get_ydata()) == [5.5, 4.0]
    assert list(drawn["training"].get_xdata()) == list(range(1, 101))
    assert set(drawn["unigram"].get_ydata()) == {6.5}
    assert set(drawn["3-gram"].get_ydata()) == {3.5}
    assert set(drawn["floor: no model can be lower"].get_ydata()) == {1.25}
    styles = [str(drawn[name].get_linestyle()) for name in BASELINES]
    assert len(set(styles)) == 2  # told apart without colour


def test_without_held_out_text_no_such_line_is_drawn() -> None:
    figure = loss_curve([Step(1, 2.0), Step(2, 1.0)])
    assert [line.get_label() for line in figure.axes[0].get_lines()][1:] == ["training"]


def test_records_of_a_run_are_drawn_as_they_are() -> None:
    record = Record(1, 5.0, None, 4.0, 0.001, 100, 1.0)
    assert loss_curve([record]).axes[0].get_ylabel() == "loss, nats a masked token"


def test_a_notebook_shows_the_figure_just_once() -> None:
    before = plt.get_fignums()
    loss_curve(STEPS)
    assert plt.get_fignums() == before


def test_it_can_be_drawn_into_a_larger_figure() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    assert loss_curve(STEPS, axes=right) is figure
    assert len(right.get_lines()) > 0
    assert len(left.get_lines()) == 0
    plt.close(figure)


def test_the_words_can_be_of_another_language() -> None:
    figure = loss_curve(STEPS, words=Words(steps="Schritt", train="Training"))
    assert figure.axes[0].get_xlabel() == "Schritt"


def test_alt_text_says_where_it_ends_and_what_it_passes() -> None:
    alt = loss_curve_alt(STEPS, baselines=BASELINES, floor=1.25)
    assert alt == (
        "Loss in nats a masked token over 100 steps. In training it goes from 7.96 to 4.02. "
        "On held-out text it ends at 4.00. "
        "That is below the line of unigram at 6.50. "
        "That is not below the line of 3-gram at 3.50. "
        "The floor lies at 1.25; 2.75 are left to it."
    )


def test_smoothing_is_a_running_mean() -> None:
    assert smoothed([1, 3, 5, 7], share=0.5) == pytest.approx([1, 2, 4, 6])
    assert smoothed([1, 3], share=0.01) == [1, 3]


@pytest.mark.parametrize("view", [loss_curve, loss_curve_alt])
def test_no_steps_is_one_clear_line(view: object) -> None:
    with pytest.raises(UserError, match="there are no steps to draw"):
        view([])  # type: ignore[operator]
