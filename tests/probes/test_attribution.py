"""Attributions find the token that is known to matter, add up where they must, and are the model's.

The truth is a score that depends on one token, a model made linear, an integral summed by hand,
and the attention of the trunk itself.
"""

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForClassification
from fmlab.probes.attribution import (
    class_probability,
    integrated_gradients,
    last_layer_attention,
    may_be_covered,
    occlusion,
    random_attribution,
    rollout_attribution,
)
from fmlab.probes.rollout import attention_rollout
from fmlab.seeds import seed_torch

CLS, SEP, MASK = 2, 3, 4
IDS = [CLS, 7, 9, 11, 8, SEP]
PAIR = [CLS, 7, 9, SEP, 8, 8, SEP]
METHODS = {
    "attention": lambda model, ids, target: last_layer_attention(model, ids, target),
    "rollout": lambda model, ids, target: rollout_attribution(model, ids, target),
    "gradients": lambda model, ids, target: integrated_gradients(model, ids, target, MASK),
    "occlusion": lambda model, ids, target: occlusion(model, ids, target, MASK),
    "random": lambda model, ids, target: random_attribution(model, ids, target),
}


def classifier(labels: int = 3, **sizes: object) -> BertForClassification:
    seed_torch(0, "attribution")
    options = {
        "vocab_size": 20,
        "hidden_size": 12,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 24,
        "max_position_embeddings": 16,
        "initializer_range": 0.4,
    }
    return BertForClassification(BertConfig(**(options | sizes)), labels).eval()


def probabilities(model: BertForClassification, ids: list[int]) -> Tensor:
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].softmax(-1)


# Attention


def test_last_layer_attention_is_the_row_of_cls_averaged_over_heads() -> None:
    model = classifier()
    with torch.no_grad():
        weights = model.bert(torch.tensor([IDS]), output_attentions=True).attentions
    found = last_layer_attention(model, IDS, 1)
    by_hand = torch.stack([weights[-1][0, head, 0] for head in range(3)]).sum(0) / 3
    assert torch.allclose(found, by_hand, atol=1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert torch.equal(found, last_layer_attention(model, IDS, 0))


def test_rollout_attribution_is_the_row_of_cls_of_the_rollout() -> None:
    model = classifier()
    with torch.no_grad():
        weights = model.bert(torch.tensor([IDS]), output_attentions=True).attentions
    found = rollout_attribution(model, IDS, 1)
    assert torch.allclose(found, attention_rollout(torch.cat(weights))[0], atol=1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-5)


# Integrated gradients


@pytest.mark.parametrize("target", [0, 2])
def test_integrated_gradients_add_up_to_the_difference_of_the_scores(target: int) -> None:
    model = classifier()
    found = integrated_gradients(model, IDS, target, MASK)
    baseline = [CLS, MASK, MASK, MASK, MASK, SEP]
    assert found.score == pytest.approx(float(probabilities(model, IDS)[target]), abs=1e-6)
    assert found.baseline_score == pytest.approx(
        float(probabilities(model, baseline)[target]), abs=1e-6
    )
    assert found.score - found.baseline_score + found.error == pytest.approx(
        float(found.attribution.sum()), abs=1e-6
    )
    assert abs(found.score - found.baseline_score) > 0.1
    assert abs(found.error) < 1e-3
    coarse = integrated_gradients(model, IDS, target, MASK, steps=2)
    assert abs(coarse.error) > 10 * abs(found.error)
    assert found.attribution[[0, -1]].tolist() == [0, 0]


def test_integrated_gradients_equal_the_integral_summed_by_hand() -> None:
    model = classifier()
    start, end = torch.tensor([[CLS, *[MASK] * 4, SEP]]), torch.tensor([IDS])
    table = model.bert.embeddings.token
    first, last = table(start).detach(), table(end).detach()
    summed = torch.zeros_like(first)
    for step in range(400):
        point = first + (step + 0.5) / 400 * (last - first)
        point.requires_grad_()
        handle = table.register_forward_hook(lambda *_, point=point: point)
        score = model(end).logits.softmax(-1)[0, 1]
        handle.remove()
        summed += torch.autograd.grad(score, point)[0] / 400
    by_hand = (summed * (last - first)).sum(-1)[0]
    found = integrated_gradients(model, IDS, 1, MASK).attribution
    assert torch.allclose(found, by_hand, atol=2e-4)
    assert by_hand.abs().max() > 0.01


def linear_classifier() -> BertForClassification:
    """Return a model of one output that is linear in its embeddings: a mean over all places.

    Queries of 0 look everywhere alike, nothing is normalised, and numbers are so small that the
    pooler's tanh is straight.
    """
    model = classifier(labels=1, num_hidden_layers=1)
    layer = model.bert.layers[0]
    for linear in (layer.attention.query, layer.down):
        nn.init.zeros_(linear.weight)
    nn.init.eye_(layer.attention.value.weight)
    nn.init.eye_(layer.attention.output.weight)
    nn.init.eye_(model.bert.pooler.weight)
    model.bert.embeddings.norm = nn.Identity()
    layer.attention_norm = layer.feed_forward_norm = nn.Identity()
    for table in (model.bert.embeddings.token, model.bert.embeddings.position):
        table.weight.data *= 1e-3
    nn.init.zeros_(model.bert.embeddings.token_type.weight)
    nn.init.constant_(model.classifier.weight, 100)
    return model


@pytest.mark.parametrize("steps", [1, 20])
def test_integrated_gradients_of_a_linear_model_are_exact(steps: int) -> None:
    model = linear_classifier()
    found = integrated_gradients(model, IDS, 0, MASK, steps=steps)
    table = model.bert.embeddings.token.weight.detach()
    expected = 100 * (table[IDS] - table[MASK]).sum(1) / len(IDS)
    expected[[0, -1]] = 0
    assert torch.allclose(found.attribution, expected, atol=1e-6)
    assert expected.abs().max() > 0.005
    assert abs(found.error) < 1e-6


def test_for_a_linear_model_occlusion_says_what_integrated_gradients_say() -> None:
    model = linear_classifier()
    gradients = integrated_gradients(model, IDS, 0, MASK).attribution
    assert torch.allclose(occlusion(model, IDS, 0, MASK), gradients, atol=1e-6)


def test_another_baseline_gives_another_answer() -> None:
    model = classifier()
    one, other = (integrated_gradients(model, IDS, 1, base) for base in (MASK, 0))
    assert one.score == pytest.approx(other.score, abs=1e-6)
    assert one.baseline_score != pytest.approx(other.baseline_score, abs=1e-3)


def test_without_captum_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(UserError, match="pip install captum") as caught:
        integrated_gradients(classifier(), IDS, 0, MASK)
    assert "\n" not in str(caught.value)


def test_the_module_itself_does_not_need_captum() -> None:
    code = "import sys, fmlab.probes.attribution; sys.exit('captum' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# Occlusion


@pytest.mark.parametrize("ids", [IDS, PAIR])
def test_occlusion_finds_the_one_token_that_a_score_depends_on(ids: list[int]) -> None:
    found = occlusion(lambda row: 3.0 * float((row == 9).any()), ids, 0, MASK)
    assert found.tolist() == [3.0 * (number == 9) for number in ids]


def test_occlusion_is_negative_where_a_token_speaks_against() -> None:
    found = occlusion(lambda row: float((row == 7).sum() - 2 * (row == 11).sum()), IDS, 0, MASK)
    assert found.tolist() == [0, 1, 0, -2, 0, 0]


@pytest.mark.parametrize("length", [4, 16])
def test_occlusion_of_a_model_is_a_probability_at_a_time(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fmlab.probes.attribution.BATCH_TOKENS", 40)
    model = classifier()
    ids = [CLS, *[5 + n % 15 for n in range(length - 2)], SEP]
    found = occlusion(model, ids, 2, MASK)
    whole = probabilities(model, ids)[2]
    for place in range(1, length - 1):
        holed = [*ids[:place], MASK, *ids[place + 1 :]]
        assert found[place] == pytest.approx(
            float(whole - probabilities(model, holed)[2]), abs=1e-6
        )
    assert found[[0, -1]].tolist() == [0, 0]
    score = class_probability(model, 2)
    assert torch.allclose(occlusion(score, ids, 2, MASK), found, atol=1e-6)


# All of them


@pytest.mark.parametrize("name", METHODS)
def test_every_method_gives_a_number_a_token_and_leaves_the_model_in_training(name: str) -> None:
    model = classifier(hidden_dropout_prob=0.5)
    quiet = METHODS[name](model, torch.tensor(IDS), 1)
    model.train()
    again = METHODS[name](model, IDS, 1)
    assert model.training
    one, other = (getattr(found, "attribution", found) for found in (quiet, again))
    assert one.shape == (len(IDS),)
    assert torch.equal(one, other)
    assert not one.requires_grad
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_second_sentence_is_told_apart_where_kinds_are_given() -> None:
    model = classifier()
    kinds = torch.tensor([0, 0, 0, 0, 1, 1, 1])
    with torch.no_grad():
        truth = model(torch.tensor([PAIR]), token_type_ids=kinds[None]).logits.softmax(-1)[0, 1]
    assert class_probability(model, 1, kinds)(torch.tensor(PAIR)) == pytest.approx(float(truth))
    found = integrated_gradients(model, PAIR, 1, MASK, kinds)
    assert found.score == pytest.approx(float(truth), abs=1e-6)
    assert abs(found.error) < 1e-3
    for method in (last_layer_attention, rollout_attribution):
        assert not torch.allclose(method(model, PAIR, 1), method(model, PAIR, 1, kinds), atol=1e-4)
    plain, told = occlusion(model, PAIR, 1, MASK), occlusion(model, PAIR, 1, MASK, kinds)
    assert not torch.allclose(plain, told, atol=1e-4)


def test_random_attribution_is_the_same_again_and_differs_by_seed_and_by_text() -> None:
    model = classifier()
    first = random_attribution(model, IDS, 1, seed=3)
    assert torch.equal(first, random_attribution(model, IDS, 2, seed=3))
    assert not torch.equal(first, random_attribution(model, IDS, 1, seed=4))
    assert not torch.equal(first, random_attribution(model, [*IDS[:4], 5, SEP], 1, seed=3))
    assert (0 <= first).all()
    assert (first < 1).all()


def test_special_tokens_are_those_of_both_ends() -> None:
    free = may_be_covered(torch.tensor(PAIR))
    assert free.tolist() == [False, True, True, False, True, True, False]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([CLS], "none between"),
        ([], "none between"),
        ([CLS, SEP], "none between"),
        ([[CLS, 7, SEP]], "give those of one text"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(name: str, ids: list, told: str) -> None:
    with pytest.raises(UserError, match=told) as caught:
        METHODS[name](classifier(), ids, 1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("target", [-1, 3])
def test_a_label_that_is_not_there_is_refused(name: str, target: int) -> None:
    with pytest.raises(UserError, match=f"target is {target}, but the labels are 0 to 2"):
        METHODS[name](classifier(), IDS, target)


@pytest.mark.parametrize("name", METHODS)
def test_a_model_that_labels_tokens_is_refused(name: str) -> None:
    model = BertForClassification(classifier().config, 3, task="token").eval()
    with pytest.raises(UserError, match="task is 'token'"):
        METHODS[name](model, IDS, 1)
    with pytest.raises(UserError, match="task is 'token'"):
        class_probability(model, 1)


def test_other_mistakes_are_told_in_one_line() -> None:
    model = classifier()
    flat = classifier(num_hidden_layers=0)
    for told, call in {
        "baseline_id is 20, but the model has 20 tokens": lambda: integrated_gradients(
            model, IDS, 0, 20
        ),
        "steps is 0": lambda: integrated_gradients(model, IDS, 0, MASK, steps=0),
        "no layers": lambda: last_layer_attention(flat, IDS, 0),
        "no layers and so no attention": lambda: rollout_attribution(flat, IDS, 0),
        "16 positions": lambda: occlusion(model, [CLS, *[7] * 20, SEP], 0, MASK),
    }.items():
        with pytest.raises(UserError, match=told) as caught:
            call()
        assert "\n" not in str(caught.value)
