"""DP-SGD: without noise and clipping it is plain SGD; clipping bounds; accounts add up."""

import copy
import math
import sys
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from memory import OTHER, PLANTED, THREE

from fmlab.audits.exposure import exposure
from fmlab.audits.privacy_accounts import Guarantee, epsilon_spent, noise_for_epsilon
from fmlab.audits.private_training import PrivateSettings, examples, train_privately
from fmlab.batch import NOT_ASKED
from fmlab.batches import mask_tokens
from fmlab.corpus import load
from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.seeds import numpy_rng, torch_generator
from fmlab.tokens import Tokenizer


@cache
def tokenizer() -> Tokenizer:
    return Tokenizer.train([d.text for d in load("toyworld", size=300).documents], 350)


def small_model(tied: bool = True, **changes: Any) -> BertForPreTraining:
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 24,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        **changes,
    }
    return BertForPreTraining(BertConfig(tokenizer().vocab_size, **sizes), tied=tied)


def some_rows(count: int = 12) -> torch.Tensor:
    text = "\n".join(d.text for d in load("toyworld", size=300).split("train"))
    return examples([text], tokenizer(), 24)[:count]


def by_hand(
    model: BertForPreTraining, rows: torch.Tensor, settings: PrivateSettings
) -> list[float]:
    """Plain SGD on the same draws and masks, with the gradient summed over the drawn examples."""
    words, losses = tokenizer(), []
    optimiser = torch.optim.SGD(model.parameters(), lr=settings.learning_rate)
    special = torch.tensor([words.pad_id, words.cls_id, words.sep_id])
    for step in range(settings.steps):
        drawn = numpy_rng(settings.seed, "poisson", step).random(len(rows))
        generator = torch_generator(settings.seed, "privacy mask", step)
        seen, labels = mask_tokens(
            rows,
            ~torch.isin(rows, special),
            words.mask_id,
            words.vocab_size,
            settings.mask_rate,
            generator,
        )
        total, count = torch.zeros(()), 0
        for row in np.flatnonzero(drawn < settings.batch_size / len(rows)):
            real = int((rows[row] != words.pad_id).sum())
            asked = labels[row, :real]
            logits = model(seen[None, row, :real]).logits[0]
            if (asked != NOT_ASKED).any():
                total = total + F.cross_entropy(logits, asked, ignore_index=NOT_ASKED)
            count += 1
        optimiser.zero_grad()
        if count:
            (total / settings.batch_size).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(total.detach()) / count if count else math.nan)
    return losses


@pytest.mark.parametrize("tied", [True, False])
def test_without_noise_and_clipping_it_is_plain_sgd(tied: bool) -> None:
    """One example after the other, without padding, without Opacus: the same weights."""
    private, plain = small_model(tied), small_model(tied)
    before = copy.deepcopy(private.state_dict())
    settings = PrivateSettings(
        steps=4,
        batch_size=6,
        learning_rate=0.5,
        noise_multiplier=0.0,
        max_grad_norm=1e9,
        optimiser="sgd",
    )
    found = train_privately(private, tokenizer(), some_rows(), settings)
    losses = by_hand(plain, some_rows(), settings)
    assert found.losses == pytest.approx(losses, abs=1e-4)
    for name, weight in plain.state_dict().items():
        torch.testing.assert_close(private.state_dict()[name], weight, atol=1e-4, rtol=0)
    assert max(float((before[n] - w).abs().max()) for n, w in plain.state_dict().items()) > 0.01
    assert found.clipped == 0
    assert found.epsilon == math.inf


def moved(settings: PrivateSettings) -> float:
    model = small_model()
    before = [weight.detach().clone() for weight in model.parameters()]
    train_privately(model, tokenizer(), some_rows(), settings)
    after = zip(model.parameters(), before, strict=True)
    return float(torch.cat([(new.detach() - old).flatten() for new, old in after]).norm())


def test_clipping_bounds_what_examples_can_do() -> None:
    """One step of SGD with rate 1: each of 12 examples moves the weights by 0.01 / 12 at most."""
    common: dict[str, Any] = {
        "steps": 1,
        "batch_size": 12,
        "learning_rate": 1.0,
        "noise_multiplier": 0.0,
        "optimiser": "sgd",
    }
    bounded = moved(PrivateSettings(**common, max_grad_norm=0.01))
    assert 0.001 < bounded <= 0.01 * (1 + 1e-4)
    assert moved(PrivateSettings(**common, max_grad_norm=1e9)) > 10 * bounded


def test_noise_moves_the_weights_as_far_as_it_should() -> None:
    """Its standard deviation is multiplier x longest gradient / batch, for each weight."""
    settings = PrivateSettings(
        steps=1,
        batch_size=12,
        learning_rate=1.0,
        noise_multiplier=50.0,
        max_grad_norm=0.1,
        optimiser="sgd",
    )
    weights = sum(weight.numel() for weight in small_model().parameters())
    assert moved(settings) == pytest.approx(50 * 0.1 / 12 * math.sqrt(weights), rel=0.03)


def test_the_same_seed_gives_the_same_weights_and_nothing_is_left_behind() -> None:
    settings = PrivateSettings(steps=2, batch_size=4)
    first, again, other = small_model(), small_model(), small_model()
    train_privately(first, tokenizer(), some_rows(), settings)
    train_privately(again, tokenizer(), some_rows(), settings)
    train_privately(other, tokenizer(), some_rows(), PrivateSettings(steps=2, batch_size=4, seed=1))
    weights = [model.bert.embeddings.token.weight for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not any(hasattr(w, "grad_sample") or w.grad is not None for w in first.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in first.modules())


def test_a_step_that_draws_nobody_is_a_step_all_the_same() -> None:
    settings = PrivateSettings(steps=12, batch_size=1)
    found = train_privately(small_model(), tokenizer(), some_rows(6), settings)
    empty = [math.isnan(loss) for loss in found.losses]
    assert any(empty)
    assert not all(empty)
    assert found.epsilon == epsilon_spent(1.0, 1 / 6, 12, 1e-5)


def test_dropout_and_the_mode_are_as_before() -> None:
    model = small_model(hidden_dropout_prob=0.1).eval()
    train_privately(model, tokenizer(), some_rows(), PrivateSettings(steps=1, batch_size=4))
    assert not model.training


def test_epsilon_falls_as_noise_rises_and_rises_with_steps() -> None:
    spent = [epsilon_spent(noise, 0.05, 50, 1e-5) for noise in (0.3, 0.7, 1.0, 2.0, 5.0)]
    assert spent == sorted(spent, reverse=True)
    assert spent[-1] > 0
    assert epsilon_spent(1.0, 0.05, 200, 1e-5) > spent[2]
    assert epsilon_spent(0.0, 0.05, 50, 1e-5) == math.inf


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 8.0, 60.0])
def test_noise_for_an_epsilon_spends_it_and_no_more(epsilon: float) -> None:
    noise = noise_for_epsilon(epsilon, 1e-5, examples=500, batch_size=25, steps=20)
    spent = epsilon_spent(noise, 0.05, 20, 1e-5)
    assert 0.9 * epsilon < spent <= epsilon


def test_one_full_batch_step_is_the_gaussian_mechanism() -> None:
    """Its exact delta for an epsilon is known in closed form (Balle & Wang 2018)."""
    noise, delta = 2.0, 1e-5
    epsilon = epsilon_spent(noise, 1.0, 1, delta)

    def normal(x: float) -> float:
        return math.erfc(-x / math.sqrt(2)) / 2

    a, b = 1 / (2 * noise), epsilon * noise
    assert normal(a - b) - math.exp(epsilon) * normal(-a - b) == pytest.approx(delta, rel=0.1)


def test_copies_cost_their_number_of_epsilons() -> None:
    one = Guarantee(0.5, 1e-6)
    assert one.for_copies(1).delta == pytest.approx(1e-6)
    three = one.for_copies(3)
    assert three.epsilon == 1.5
    assert three.delta == pytest.approx(1e-6 * (1 + math.e**0.5 + math.e**1.0))
    assert not three.says_nothing
    many = Guarantee(8.0, 1e-5).for_copies(64)
    assert many.epsilon == 512
    assert many.delta == 1.0
    assert many.says_nothing
    assert Guarantee(math.inf, 1e-5).for_copies(2).says_nothing
    assert Guarantee(1e-9, 1e-6).for_copies(4).delta == pytest.approx(4e-6)


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.inf, math.nan])
def test_an_epsilon_that_is_none_is_one_clear_line(epsilon: float) -> None:
    with pytest.raises(UserError, match="it must be above 0") as caught:
        noise_for_epsilon(epsilon, 1e-5, examples=100, batch_size=10, steps=10)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("delta", [0.0, 1.0, -1e-5, 2.0, math.nan])
def test_a_delta_that_is_none_is_one_clear_line(delta: float) -> None:
    with pytest.raises(UserError, match="it must lie between 0 and 1"):
        noise_for_epsilon(8, delta, examples=100, batch_size=10, steps=10)
    with pytest.raises(UserError, match="it must lie between 0 and 1"):
        PrivateSettings(delta=delta)
    with pytest.raises(UserError, match="it must lie between 0 and 1"):
        epsilon_spent(1.0, 0.1, 10, delta)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("max_grad_norm", -1),
        ("noise_multiplier", -0.1),
        ("mask_rate", 1),
    ],
)
def test_settings_that_cannot_run_are_one_clear_line(name: str, value: float) -> None:
    wrong: dict[str, Any] = {name: value}
    with pytest.raises(UserError, match=name):
        PrivateSettings(**wrong)


def test_what_cannot_be_trained_is_one_clear_line() -> None:
    wrong: Any = "lion"
    with pytest.raises(UserError, match="take a batch_size between 1"):
        train_privately(small_model(), tokenizer(), some_rows(3), PrivateSettings(batch_size=4))
    settings = PrivateSettings(batch_size=4)
    shorter = small_model(max_position_embeddings=8)
    with pytest.raises(UserError, match="the model has 8 positions"):
        train_privately(shorter, tokenizer(), some_rows(), settings)
    headless = BertForPreTraining(small_model().config, masked=False, next_sentence=True)
    with pytest.raises(UserError, match="no masked-token head"):
        train_privately(headless, tokenizer(), some_rows(), settings)
    settings = PrivateSettings(batch_size=4, optimiser=wrong)
    with pytest.raises(UserError, match="unknown optimiser 'lion'"):
        train_privately(small_model(), tokenizer(), some_rows(), settings)
    with pytest.raises(UserError, match="there is no text"):
        examples(["\n"], tokenizer(), 24)
    with pytest.raises(UserError, match="copies is 0"):
        Guarantee(1, 1e-5).for_copies(0)


def test_without_opacus_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opacus", None)
    with pytest.raises(UserError, match=r"needs Opacus; pip install 'fmlab\[privacy\]'"):
        train_privately(small_model(), tokenizer(), some_rows(), PrivateSettings(batch_size=4))
    with pytest.raises(UserError, match="needs Opacus"):
        epsilon_spent(1.0, 0.1, 10, 1e-5)


def test_noise_keeps_a_canary_from_being_learned() -> None:
    """Twenty copies of a canary: learned without noise, not learned with much of it."""
    lines = load("toyworld", size=100).split("train")[0].text + f"\n{PLANTED}" * 20
    rows = examples([lines], tokenizer(), 24)

    def trained(noise: float) -> BertForPreTraining:
        settings = PrivateSettings(
            steps=40, batch_size=12, noise_multiplier=noise, learning_rate=0.02, max_grad_norm=0.5
        )
        model = small_model(num_hidden_layers=1)
        train_privately(model, tokenizer(), rows, settings)
        return model

    kept, noisy = trained(0.0), trained(20.0)
    assert exposure(kept, tokenizer(), THREE, PLANTED).bits > 7
    assert exposure(kept, tokenizer(), THREE, OTHER).bits < 6
    assert exposure(noisy, tokenizer(), THREE, PLANTED).bits < 6
