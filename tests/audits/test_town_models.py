"""The models of the town: what they are asked, that they learn, and that seeds decide."""

import itertools
from dataclasses import replace

import pytest
import torch

from fmlab.audits.town import JOBS, TEMPLATES, Town, applicants
from fmlab.audits.town_models import Sizes, TownModels, learning

TINY = Sizes(sentences=400, hidden=16, batch=16, steps=5, people=64, tuning_steps=5, tested=64)


@pytest.fixture(scope="module")
def models() -> TownModels:
    return TownModels(TINY)


def test_every_word_of_the_town_is_one_token(models: TownModels) -> None:
    sentence = Town().sample(1)[0]
    assert len(models.rows([sentence])[0]) == len(sentence.split()) + 2


def test_probabilities_are_those_of_the_model_itself(models: TownModels) -> None:
    model = models.untrained(0)
    with_job, without = models.probabilities(model)
    assert (with_job.shape, without.shape) == ((len(TEMPLATES), len(JOBS), 2), (len(TEMPLATES), 2))
    for number, template in enumerate(TEMPLATES):
        for job, found in (
            ("pilot", with_job[number, JOBS.index("pilot")]),
            (None, without[number]),
        ):
            words = template.words(job or "[MASK]")
            ids = [models.tokenizer.id(word) for word in words]
            row = torch.tensor([[models.tokenizer.cls_id, *ids, models.tokenizer.sep_id]])
            with torch.no_grad():
                logits = model(row).logits
            assert logits is not None
            p = logits[0, template.place + 1].double().softmax(-1)
            wanted = [float(p[models.tokenizer.id(word)]) for word in template.pronouns]
            assert found.tolist() == pytest.approx(wanted, rel=1e-4)


def test_the_loss_is_the_mean_over_all_words(models: TownModels) -> None:
    model, sentences = models.untrained(1), Town().sample(6)
    total = count = 0.0
    for sentence in sentences:
        row = models.rows([sentence])
        for place in range(1, row.size(1) - 1):
            hidden = row.clone()
            hidden[0, place] = models.tokenizer.mask_id
            with torch.no_grad():
                logits = model(hidden).logits
            assert logits is not None
            total -= float(logits[0, place].log_softmax(-1)[row[0, place]])
            count += 1
    assert models.loss(model, sentences) == pytest.approx(total / count, rel=1e-4)


def test_pretraining_lowers_the_loss_and_the_seed_decides(models: TownModels) -> None:
    text = Town().sample(300)
    longer = TownModels(replace(TINY, steps=40))
    first, again, other = (longer.pretrained(text, seed) for seed in (0, 0, 1))
    assert longer.loss(first, text[:50]) < models.loss(models.untrained(0), text[:50]) - 1
    assert longer.loss(first, text[:50]) == longer.loss(again, text[:50])
    assert longer.loss(first, text[:50]) != longer.loss(other, text[:50])


def test_frozen_features_leave_the_model_as_it_is(models: TownModels) -> None:
    model, people = models.untrained(2), applicants(200, 0.0, 0)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    found = models.sorted_by_features(model, people, people)
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())
    assert float((found == people.labels).float().mean()) > 0.2  # chance is 1/16


def test_features_do_not_depend_on_padding(models: TownModels) -> None:
    model, people = models.untrained(3), applicants(4, 0.0, 0)
    longer = replace(people, texts=[*people.texts[:-1], "she is a nurse in the mill ."])
    assert torch.allclose(models.features(model, people)[:-1], models.features(model, longer)[:-1])


def test_fine_tuning_moves_all_weights_but_not_those_of_the_pretrained(models: TownModels) -> None:
    model, people = models.untrained(4), applicants(64, 0.0, 0)
    before = {name: weight.clone() for name, weight in model.bert.state_dict().items()}
    tuned = models.fine_tuned(model, people, 0)
    after = model.bert.state_dict()
    assert all(torch.equal(before[name], weight) for name, weight in after.items())
    name = "layers.0.up.weight"
    assert not torch.equal(tuned.bert.state_dict()[name], after[name])
    assert models.sorted_by(tuned, people).shape == (64,)


def test_the_learning_rate_goes_up_and_down_to_nearly_0() -> None:
    layer = torch.nn.Linear(2, 1)
    moved = []
    for _ in learning(layer, 40):
        moved.append(layer.weight.detach().clone())
        layer(torch.ones(1, 2)).sum().backward()
    moved.append(layer.weight.detach().clone())
    steps = [float((b - a).abs().max()) for a, b in itertools.pairwise(moved)]
    assert steps[0] < steps[10]
    assert steps[-1] < 0.2 * steps[10]
