"""One step of DP-SGD in plain torch is what Opacus does, and cuts, noise and division are right."""

import copy
from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import Tensor

from fmlab.audits.planted_codes import code_text, code_tokenizer
from fmlab.audits.private_step import private_gradient, train_by_steps
from fmlab.audits.private_training import PrivateSettings, examples, train_privately
from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForPreTraining

SETTINGS = PrivateSettings(
    steps=6, batch_size=8, learning_rate=0.1, noise_multiplier=0.0, optimiser="sgd", seed=2
)


@cache
def rows() -> Tensor:
    return examples(["\n".join(code_text(30, 0, (0, 2), 1).lines)], code_tokenizer(), 16)


def small_model(dropout: float = 0.0) -> BertForPreTraining:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=code_tokenizer().vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,
    )
    return BertForPreTraining(config)


@pytest.mark.parametrize("longest", [0.05, 100.0], ids=["cut", "not cut"])
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_without_noise_it_moves_the_weights_as_opacus_does(longest: float, optimiser: str) -> None:
    settings = replace(SETTINGS, max_grad_norm=longest, optimiser=optimiser, learning_rate=1e-2)
    ours, theirs = small_model(), small_model()
    before = copy.deepcopy(ours.state_dict())
    losses = train_by_steps(ours, code_tokenizer(), rows(), settings)
    done = train_privately(theirs, code_tokenizer(), rows(), settings)
    assert losses == pytest.approx(done.losses, abs=1e-4, nan_ok=True)
    for name, weight in ours.state_dict().items():
        assert torch.allclose(weight, theirs.state_dict()[name], atol=2e-4), name
    assert any(not torch.equal(before[name], w) for name, w in ours.state_dict().items())


def test_long_rows_are_cut_and_short_ones_stay() -> None:
    gradients = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    found = private_gradient(gradients, 1.0, 0.0, 10)
    assert found.tolist() == pytest.approx([0.09, 0.12])  # (0.6 + 0.3) / 10, (0.8 + 0.4) / 10


def test_the_noise_has_the_size_of_one_example() -> None:
    source = torch.Generator().manual_seed(0)
    found = private_gradient(torch.zeros(5, 20_000), 0.5, 3.0, 10, source)
    assert float(found.std()) == pytest.approx(0.15, rel=0.03)
    assert float(found.mean()) == pytest.approx(0.0, abs=0.01)


def test_nobody_drawn_leaves_noise_alone() -> None:
    source = torch.Generator().manual_seed(0)
    found = private_gradient(torch.zeros(0, 7), 1.0, 1.0, 4, source)
    again = private_gradient(torch.zeros(3, 7), 1.0, 1.0, 4, torch.Generator().manual_seed(0))
    assert found.shape == (7,)
    assert torch.equal(found, again)


def test_a_step_in_which_nobody_is_drawn_has_no_loss() -> None:
    settings = replace(SETTINGS, steps=12, batch_size=1, noise_multiplier=1.0)
    losses = train_by_steps(small_model(), code_tokenizer(), rows(), settings)
    assert len(losses) == 12
    assert any(loss != loss for loss in losses)
    assert any(loss == loss for loss in losses)


def test_the_same_seed_gives_the_same_weights() -> None:
    settings = replace(SETTINGS, noise_multiplier=1.0)
    models = [small_model(), small_model()]
    for model in models:
        train_by_steps(model, code_tokenizer(), rows(), settings)
    one, other = (model.state_dict() for model in models)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_dropout_and_a_step_of_another_shape_are_refused() -> None:
    with pytest.raises(UserError, match="the model has dropout; make it without"):
        train_by_steps(small_model(dropout=0.1), code_tokenizer(), rows(), SETTINGS)

    def first_row(gradients: Tensor, *_: object) -> Tensor:
        return gradients[:, 0]

    with pytest.raises(UserError, match="one number a weight"):
        train_by_steps(small_model(), code_tokenizer(), rows(), SETTINGS, first_row)
