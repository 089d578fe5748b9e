"""Associations and effects by hand; the interval against its own promise, and against NumPy."""

import math

import numpy as np
import pytest
import torch

from fmlab.audits.by_template import association, effect, effect_interval
from fmlab.errors import UserError
from fmlab.seeds import numpy_rng, torch_generator

WOMEN = torch.tensor([True, True, False, False, False])


def test_an_association_by_hand() -> None:
    with_job = torch.tensor([[[0.6, 0.2], [0.1, 0.4]]], dtype=torch.float64)
    without = torch.tensor([[0.2, 0.3]], dtype=torch.float64)
    wanted = [math.log(0.6 / 0.2) - math.log(0.2 / 0.3), math.log(0.1 / 0.2) - math.log(0.4 / 0.3)]
    assert association(with_job, without)[0].tolist() == pytest.approx(wanted)


def test_each_template_has_its_own_prior() -> None:
    without = torch.tensor([[0.2, 0.3], [0.5, 0.1]])
    assert association(without[:, None].repeat(1, 4, 1), without).abs().max() < 1e-6


def test_exchanging_the_pronouns_changes_the_sign() -> None:
    with_job, without = torch.rand(3, 5, 2), torch.rand(3, 2)
    turned = association(with_job.flip(-1), without.flip(-1))
    assert torch.allclose(turned, -association(with_job, without), atol=1e-5)


def test_an_effect_by_hand() -> None:
    scores = torch.tensor([[3.0, 1.0, 0.0, -1.0, -2.0], [0.0, 0.0, 0.0, 0.0, 3.0]])
    assert effect(scores, WOMEN).tolist() == [3.0, -1.0]


def test_the_interval_is_that_of_plain_resampling() -> None:
    scores = torch.tensor(numpy_rng(0, "scores").normal(size=(4, 16)))
    women = torch.arange(16) < 8
    low, high = effect_interval(scores, women, draws=20_000)
    rng, by_job = numpy_rng(1, "plain"), scores.mean(0).numpy()
    drawn = [
        rng.choice(by_job[:8], 8).mean() - rng.choice(by_job[8:], 8).mean() for _ in range(20_000)
    ]
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.02)


def test_repeating_a_template_does_not_make_it_narrower() -> None:
    scores = torch.rand(1, 5)
    one, many = (effect_interval(scores.repeat(n, 1), WOMEN, seed=2) for n in (1, 9))
    assert one == pytest.approx(many, abs=1e-5)


def test_a_list_of_one_job_keeps_it() -> None:
    scores = torch.tensor([[5.0, 1.0, 1.0]])
    assert effect_interval(scores, torch.tensor([True, False, False])) == (4.0, 4.0)


def test_the_seed_decides() -> None:
    scores = torch.rand(2, 60, generator=torch_generator(0, "scores"))
    women = torch.arange(60) % 2 == 0
    assert effect_interval(scores, women, seed=1) == effect_interval(scores, women, seed=1)
    assert effect_interval(scores, women, seed=1) != effect_interval(scores, women, seed=2)


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(UserError, match="one list of jobs is empty"):
        effect_interval(torch.rand(1, 2), torch.tensor([True, True]))
