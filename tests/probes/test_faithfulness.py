"""A true attribution gets the best figures that a known score allows, a reversed one the worst.

The score is a sum of known weights of tokens, so every figure can be worked out on paper.
"""

import itertools

import pytest
import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForClassification
from fmlab.probes.attribution import (
    class_probability,
    integrated_gradients,
    occlusion,
    random_attribution,
)
from fmlab.probes.faithfulness import Faithfulness, faithfulness
from fmlab.seeds import seed_torch

CLS, SEP, MASK = 2, 3, 4
IDS = [CLS, *range(10, 20), SEP]  # ten tokens that may be covered
ONE = torch.tensor([float(number == 13) for number in IDS])


def has_thirteen(row: Tensor) -> float:
    return float((row == 13).any())


def weighted(row: Tensor) -> float:
    """Return a score to which token 10 gives 1, token 11 gives 2, up to token 19 with 10."""
    return float((row - 9)[row >= 10].sum())


TRUE = torch.tensor([0.0, *range(1, 11), 0.0])


def test_the_one_token_that_matters_is_all_that_is_needed() -> None:
    found = faithfulness(has_thirteen, IDS, ONE, MASK)
    assert (found.score, found.shares) == (1, (0.1, 0.2, 0.5))
    assert found.without == (0, 0, 0)
    assert found.only == (1, 1, 1)
    assert (found.comprehensiveness, found.sufficiency) == (1, 0)


def test_the_reverse_of_the_truth_is_the_worst() -> None:
    found = faithfulness(has_thirteen, IDS, -ONE, MASK)
    assert (found.comprehensiveness, found.sufficiency) == (0, 1)


def test_every_share_of_a_weighted_score_is_as_on_paper() -> None:
    found = faithfulness(weighted, IDS, TRUE, MASK)
    assert found.score == 55
    assert found.without == (55 - 10, 55 - 19, 55 - 40)  # one, two and five of the largest
    assert found.only == (10, 19, 40)
    assert found.comprehensiveness == pytest.approx((10 + 19 + 40) / 3)
    assert found.sufficiency == pytest.approx((45 + 36 + 15) / 3)


def test_no_order_of_the_tokens_beats_the_true_one() -> None:
    ids, true = [CLS, 10, 12, 15, 19, SEP], torch.tensor([0, 1.0, 3, 6, 10, 0])
    best = faithfulness(weighted, ids, true, MASK, (0.25, 0.5))
    worst = faithfulness(weighted, ids, -true, MASK, (0.25, 0.5))
    seen = set()
    for order in itertools.permutations([1.0, 2.0, 3.0, 4.0]):
        found = faithfulness(weighted, ids, torch.tensor([0, *order, 0]), MASK, (0.25, 0.5))
        assert worst.comprehensiveness <= found.comprehensiveness <= best.comprehensiveness
        assert best.sufficiency <= found.sufficiency <= worst.sufficiency
        seen.add(found.comprehensiveness)
    assert len(seen) > 3


def test_special_tokens_are_never_covered_and_do_not_count() -> None:
    pair = [CLS, 10, 11, SEP, 12, 13, SEP]
    rows = []

    def score(row: Tensor) -> float:
        rows.append(row.tolist())
        return 0.0

    loud = torch.tensor([9.0, 1, 2, 9, 3, 4, 9])  # the special tokens claim the most
    faithfulness(score, pair, loud, MASK, (0.25, 1.0))
    assert sorted(rows) == sorted(
        [
            pair,
            [CLS, 10, 11, SEP, 12, MASK, SEP],
            [CLS, MASK, MASK, SEP, MASK, 13, SEP],
            [CLS, MASK, MASK, SEP, MASK, MASK, SEP],
            pair,
        ]
    )


def test_a_share_takes_one_token_at_least_and_of_equals_the_first() -> None:
    ids = [CLS, 10, 11, 12, SEP]
    found = faithfulness(weighted, ids, torch.zeros(5), MASK, (0.01,))
    assert found.without == (5,)
    assert found.only == (1,)


def test_the_text_and_the_attribution_are_left_as_they_were() -> None:
    ids, attribution = torch.tensor(IDS), TRUE.clone().requires_grad_()
    faithfulness(weighted, ids, attribution, MASK)
    assert ids.tolist() == IDS
    assert torch.equal(attribution, TRUE)


def test_a_trained_model_is_explained_better_by_its_own_methods_than_by_chance() -> None:
    """The classifier learns if token 9 is there; covering is part of its training."""
    seed_torch(0, "faithfulness")
    config = BertConfig(
        vocab_size=20,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
        hidden_dropout_prob=0,
        attention_probs_dropout_prob=0,
        initializer_range=0.2,
    )
    model = BertForClassification(config, 2)
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(80):
        words = torch.randint(10, 20, (32, 10))
        labels = torch.arange(32) % 2
        words[torch.arange(32), torch.randint(10, (32,))] = torch.where(labels == 1, 9, 10)
        words[torch.rand(words.shape) < 0.2] = MASK
        labels = (words == 9).any(1).long()
        ends = torch.full((32, 1), CLS), torch.full((32, 1), SEP)
        ids = torch.cat([ends[0], words, ends[1]], 1)
        loss = torch.nn.functional.cross_entropy(model(ids).logits, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    text = [CLS, 15, 12, 18, 9, 11, 17, 14, 10, 16, 13, SEP]
    score = class_probability(model, 1)
    assert score(torch.tensor(text)) > 0.9

    def of(attribution: Tensor) -> Faithfulness:
        return faithfulness(score, text, attribution, MASK)

    chance = [of(random_attribution(model, text, 1, seed)) for seed in range(20)]
    mean_comprehensiveness = sum(one.comprehensiveness for one in chance) / 20
    mean_sufficiency = sum(one.sufficiency for one in chance) / 20
    for attribution in (
        integrated_gradients(model, text, 1, MASK).attribution,
        occlusion(model, text, 1, MASK),
    ):
        assert int(attribution.argmax()) == text.index(9)
        found = of(attribution)
        assert found.comprehensiveness > max(0.7, mean_comprehensiveness + 0.3)
        assert found.sufficiency < min(0.2, mean_sufficiency - 0.3)


@pytest.mark.parametrize(
    ("ids", "attribution", "shares", "told"),
    [
        ([CLS, SEP], torch.zeros(2), (0.5,), "none between"),
        ([CLS], torch.zeros(1), (0.5,), "none between"),
        ([IDS, IDS], torch.zeros(2, 12), (0.5,), "give those of one text"),
        (IDS, torch.zeros(10), (0.5,), r"the attribution is \(10,\), the text \(12,\)"),
        (IDS, torch.full((12,), torch.nan), (0.5,), "nan"),
        (IDS, TRUE, (), r"shares are \[\]"),
        (IDS, TRUE, (0.0, 0.5), "each above 0"),
        (IDS, TRUE, (1.5,), "at most 1"),
    ],
)
def test_mistakes_are_told_in_one_line(
    ids: list, attribution: Tensor, shares: tuple, told: str
) -> None:
    with pytest.raises(UserError, match=told) as caught:
        faithfulness(has_thirteen, ids, attribution, MASK, shares)
    assert "\n" not in str(caught.value)
