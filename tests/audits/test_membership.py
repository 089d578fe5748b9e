"""From scores to results: hand-worked cases, scikit-learn's curve, and what intervals must do."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score, roc_curve

from fmlab.audits.membership import loss_scores, membership, ratio_scores, roc
from fmlab.audits.text_losses import gap_losses
from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.seeds import numpy_rng


def test_a_hand_worked_case_without_ties() -> None:
    """Members 4, 3, 1 and others 2, 0: of six pairs the member wins five."""
    curve = roc([4, 3, 1], [2, 0])
    assert curve.false_alarms.tolist() == [0, 0, 0, 0.5, 0.5, 1]
    assert curve.found.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1, 1])
    assert curve.area == pytest.approx(5 / 6)
    assert curve.found_at(0.01) == pytest.approx(2 / 3)
    assert curve.found_at(0.5) == 1


def test_a_tie_counts_half_and_is_no_member_found_without_alarm() -> None:
    curve = roc([1, 1], [1, 0])
    assert curve.area == pytest.approx(3 / 4)
    assert curve.found_at(0.01) == 0
    assert roc([7.0] * 5, [7.0] * 9).area == 0.5


def test_all_right_is_one_and_all_wrong_is_nought() -> None:
    assert roc([3, 4], [1, 2]).area == 1
    assert roc([1, 2], [3, 4]).area == 0
    assert roc([3, 4], [1, 2]).found_at(0.01) == 1


@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_it_is_the_curve_of_scikit_learn(decimals: int) -> None:
    rng = numpy_rng(decimals, "test")
    members = np.round(rng.normal(0.5, 1, 83), decimals)
    others = np.round(rng.normal(0, 1, 131), decimals)
    truth = np.repeat([1, 0], [83, 131])
    scores = np.concatenate([members, others])
    curve = roc(members, others)
    false_alarms, found, _ = roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.false_alarms, false_alarms)
    np.testing.assert_allclose(curve.found, found)
    assert curve.area == pytest.approx(roc_auc_score(truth, scores))
    assert curve.found_at(0.01) == found[false_alarms <= 0.01].max()


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Normal scores one apart: the true area is Phi(1 / sqrt 2) = 0.7602."""
    held = 0
    for seed in range(40):
        rng = numpy_rng(seed, "cover")
        found = membership(rng.normal(1, 1, 80), rng.normal(0, 1, 80), draws=150, seed=seed)
        low, high = found.auc_interval
        held += low <= 0.76025 <= high
    assert 33 <= held <= 40


def test_pieces_of_one_document_are_not_independent() -> None:
    """Ten documents of 30 equal pieces: drawing pieces would be far too sure."""
    rng = numpy_rng(0, "documents")
    members, others = np.repeat(rng.normal(size=(2, 10)), 30, axis=1)
    names = np.repeat(np.arange(10), 30).tolist()
    alone = membership(members, others, draws=300)
    whole = membership(members, others, member_groups=names, other_groups=names, draws=300)
    assert alone.auc == whole.auc
    assert (whole.member_groups, whole.other_groups) == (10, 10)
    widths = [high - low for low, high in (whole.auc_interval, alone.auc_interval)]
    assert widths[0] > 2 * widths[1]


def test_the_same_seed_gives_the_same_interval_and_another_one_not() -> None:
    rng = numpy_rng(0, "again")
    members, others = rng.normal(size=(2, 40))
    first, again, other = (membership(members, others, draws=100, seed=s) for s in (0, 0, 1))
    assert first.auc_interval == again.auc_interval != other.auc_interval


def test_few_others_cannot_resolve_one_in_a_hundred() -> None:
    assert not membership([1, 2], np.zeros(99), draws=5).resolved
    assert membership([1, 2], np.zeros(100), draws=5).resolved


def test_the_reference_takes_out_what_is_easy_for_any_model() -> None:
    """Losses are difficulty plus, for members, a little memory: only the ratio sees the latter."""
    rng = numpy_rng(0, "difficulty")
    difficulty = rng.normal(4, 1, 400)
    losses = difficulty + rng.normal(0, 0.1, 400) - 0.2 * (np.arange(400) < 200)
    plain, ratio = loss_scores(losses), ratio_scores(losses, difficulty)
    assert roc(plain[:200], plain[200:]).area < 0.65
    assert roc(ratio[:200], ratio[200:]).area > 0.9


def test_what_cannot_be_scored_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="0 members and 1 others"):
        roc([], [1])
    with pytest.raises(UserError, match="a score is not a number"):
        roc([float("nan")], [1])
    with pytest.raises(UserError, match="2 losses but 1 of the reference"):
        ratio_scores([1, 2], [1])
    with pytest.raises(UserError, match="2 scores but 1 groups"):
        membership([1, 2], [0], member_groups=["a"], draws=2)


@dataclass
class Words:
    cls_id: int = 2
    sep_id: int = 3
    mask_id: int = 4


def small_model() -> BertForPreTraining:
    torch.manual_seed(0)
    config = BertConfig(
        50,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.3,
    )
    return BertForPreTraining(config).eval()


def test_every_token_is_asked_for_once() -> None:
    """A low rate hides each token alone, as in a pseudo-log-likelihood; a high one, several."""
    model: Any = small_model()
    text = [7, 8, 9, 10]
    words: Any = Words()
    expected = 0.0
    for place in range(4):
        ids = torch.tensor([[2, *text, 3]])
        ids[0, place + 1] = 4
        with torch.no_grad():
            expected -= float(model(ids).logits[0, place + 1].log_softmax(0)[text[place]]) / 4
    found = gap_losses(model, words, [text, text, [11]], mask_rate=0.1)
    assert found[:2] == pytest.approx([expected, expected], abs=1e-5)
    together = gap_losses(model, words, [text], mask_rate=0.5)
    assert together[0] != pytest.approx(expected, abs=1e-5)


def test_a_rate_that_is_no_share_is_one_clear_line() -> None:
    words: Any = Words()
    with pytest.raises(UserError, match="mask_rate is 1"):
        gap_losses(small_model(), words, [[7]], mask_rate=1)
