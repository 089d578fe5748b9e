"""The stored sweep is whole, its noise is what the accountant asks, and a point comes out again."""

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from fmlab.audits import private_sweep
from fmlab.audits.planted_codes import EACH, REPEATS
from fmlab.audits.privacy_accounts import epsilon_spent
from fmlab.audits.private_sweep import EPSILONS, SEEDS, Sizes, stored, sweep, sweep_model
from fmlab.errors import UserError

TINY = Sizes(sentences=40, hidden_size=16, steps=3, batch_size=16)


def test_the_stored_sweep_has_every_seed_of_every_epsilon() -> None:
    sizes, points = stored()
    assert sizes == Sizes()
    assert [(p.epsilon, p.seed) for p in points] == [(e, s) for e in EPSILONS for s in range(SEEDS)]
    for point in points:
        told = sorted(repeats for repeats, _ in point.exposures)
        assert told == sorted(REPEATS * EACH)


def test_the_stored_noise_spends_the_epsilon_and_little_less() -> None:
    sizes, points = stored()
    examples = len(private_sweep.code_text_of(sizes, 0).lines)
    for epsilon, noise in {(p.epsilon, p.noise_multiplier) for p in points if p.epsilon}:
        rate = sizes.batch_size / examples
        spent = epsilon_spent(noise, rate, sizes.steps, sizes.delta)
        assert 0.95 * epsilon < spent <= epsilon


def test_less_epsilon_costs_loss_and_copies_are_exposed_all_the_same() -> None:
    _, points = stored()

    def mean(epsilon: float | None, repeats: int) -> float:
        some = [p.bits_at(repeats) for p in points if p.epsilon == epsilon]
        return statistics.mean(bits for each in some for bits in each)

    losses = [statistics.mean(p.loss for p in points if p.epsilon == e) for e in EPSILONS]
    assert losses == sorted(losses)
    assert mean(None, 16) > 6
    assert mean(8.0, 1) < 3
    assert mean(8.0, 64) > 7
    assert mean(0.5, 64) < mean(2.0, 64) < mean(8.0, 64) < mean(None, 64)


@pytest.mark.slow
def test_a_stored_point_comes_out_again() -> None:
    _, points = stored()
    kept = next(p for p in points if (p.epsilon, p.seed) == (8.0, 0))
    again = sweep_model(8.0, kept.noise_multiplier, 0)
    assert again.loss == pytest.approx(kept.loss, abs=0.1)
    for repeats in (0, 1, 64):
        both = (statistics.mean(point.bits_at(repeats)) for point in (again, kept))
        assert abs(next(both) - next(both)) < 4  # another machine adds up in another order


def test_the_same_seed_gives_the_same_point_and_another_does_not() -> None:
    one, again, other = (sweep_model(8.0, 1.0, seed, sizes=TINY) for seed in (0, 0, 1))
    assert one == again
    assert one.loss != other.loss


def test_a_sweep_goes_to_a_file_and_comes_back(tmp_path: Path) -> None:
    points = list(sweep((None,), 2, TINY))
    assert [(p.epsilon, p.noise_multiplier, p.seed) for p in points] == [
        (None, 0.0, 0),
        (None, 0.0, 1),
    ]
    path = tmp_path / "sweep.json"
    path.write_text(json.dumps(private_sweep.as_json(points, TINY)))
    assert stored(path) == (TINY, tuple(points))


def test_another_step_can_take_the_place_of_the_librarys() -> None:
    seen = []

    def step(gradients, max_grad_norm, noise_multiplier, batch_size, generator):  # type: ignore[no-untyped-def]
        seen.append((len(gradients), max_grad_norm, noise_multiplier, batch_size))
        return gradients.sum(dim=0) / batch_size

    sizes = replace(TINY, max_grad_norm=0.7)
    sweep_model(None, 0.25, 0, sizes=sizes, step_of=step)
    assert len(seen) == TINY.steps
    assert {tuple(rest) for _, *rest in seen} == {(0.7, 0.25, 16)}


def test_a_file_that_is_no_sweep_is_named_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "sweep.json"
    path.write_text('{"points": [{}]}')
    with pytest.raises(UserError, match="is no sweep"):
        stored(path)
