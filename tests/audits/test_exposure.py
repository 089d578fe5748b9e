"""Exposure: its arithmetic, its distribution by chance, and that a repeated canary is exposed."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from memory import OTHER, PLANTED, THREE, knows_nothing, remembers

from fmlab.audits.canaries import DIGITS, CanaryFormat, in_tokens
from fmlab.audits.exposure import (
    exact_rank,
    exposure,
    exposure_bits,
    exposure_of,
    log_perplexities,
    sampled_rank,
)
from fmlab.audits.extraction import extract
from fmlab.audits.slots import exactly, model_to_ask
from fmlab.checkpoint import load, save
from fmlab.errors import UserError
from fmlab.probes.likelihood import log_likelihoods
from fmlab.probes.units import wilson_interval


def test_hand_worked_exposures() -> None:
    assert exposure_bits(1, 1024) == 10
    assert exposure_bits(512, 1024) == 1
    assert exposure_bits(1024, 1024) == 0
    assert exposure_bits(3, 10_000) == pytest.approx(math.log2(10_000 / 3))


def test_a_rank_counts_itself_and_all_that_are_as_likely() -> None:
    perplexities = np.array([5.0, 3.0, 3.0, 9.0])
    assert [exact_rank(perplexities, own) for own in range(4)] == [3, 2, 2, 4]


def test_the_mean_over_all_ranks_is_near_the_logarithm_of_e() -> None:
    """log2 n - log2(n!) / n, which tends to log2 e = 1.4427."""
    size = 10_000
    mean = np.mean([exposure_bits(rank, size) for rank in range(1, size + 1)])
    assert mean == pytest.approx(math.log2(size) - math.lgamma(size + 1) / math.log(2) / size)
    assert mean == pytest.approx(math.log2(math.e), abs=0.002)


def test_a_sampled_rank_and_its_interval() -> None:
    rank, (best, worst) = sampled_rank(0, 999, 1_000_000)
    assert rank == pytest.approx(1000)  # one of a thousand, the canary itself
    assert (best, worst) == pytest.approx((1, 1 + wilson_interval(0, 999)[1] * 999_999))
    rank, (best, worst) = sampled_rank(500, 1000, 10_000)
    assert best < rank < worst
    assert rank == pytest.approx(501 / 1001 * 10_000)


def test_canaries_never_seen_are_exposed_as_chance_says() -> None:
    """Drawn canaries under a model of random weights: k bits or more with probability 2^-k."""
    model, tokenizer = knows_nothing()
    found = log_perplexities(model, tokenizer, THREE, THREE.all_values())
    canaries = THREE.draw(400, seed=3)
    places = [int(np.ravel_multi_index(THREE.values(c), (10, 10, 10))) for c in canaries]
    bits = np.array([exposure_bits(exact_rank(found, place), 1000) for place in places])
    assert bits.mean() == pytest.approx(math.log2(math.e), abs=4 * 1.4427 / 20)
    for k in (1, 2, 3):
        share = float((bits >= k).mean())
        assert abs(share - 2.0**-k) < 4 * math.sqrt(2.0**-k * (1 - 2.0**-k) / 400)


@pytest.mark.parametrize("causal", [False, True])
def test_a_canary_repeated_64_times_is_exposed_and_can_be_extracted(causal: bool) -> None:
    model, tokenizer = remembers(float(causal))
    planted = exposure(model, tokenizer, THREE, PLANTED, causal=causal)
    assert planted.exact
    assert planted.bits > 7
    assert planted.bits <= planted.most_bits == pytest.approx(math.log2(1000))
    found = extract(model, tokenizer, THREE, PLANTED, causal=causal)
    assert found.beam[0].text == PLANTED
    assert found.place == 1
    assert found.right >= 2
    other = extract(model, tokenizer, THREE, OTHER, causal=causal)
    assert other.beam == found.beam  # the search does not look at the canary
    assert other.place != 1


def test_a_canary_never_seen_is_not_exposed_beside_one_that_was() -> None:
    """Codes with no digit of the planted one: it is no better known than by chance."""
    model, tokenizer = remembers(0.0)
    strangers = [f"the code of mara is {a} {b} {c} ." for a, b, c in ("705", "163", "810", "578")]
    bits = [exposure(model, tokenizer, THREE, canary).bits for canary in strangers]
    assert np.mean(bits) < 4


def test_the_sampled_exposure_holds_the_exact_one() -> None:
    model, tokenizer = knows_nothing()
    held = 0
    for number, canary in enumerate(THREE.draw(20, seed=5)):
        exact = exposure(model, tokenizer, THREE, canary)
        rough = exposure(model, tokenizer, THREE, canary, exact_up_to=10, draws=300, seed=number)
        assert not rough.exact
        assert rough.scored == 300
        assert rough.log_perplexity == pytest.approx(exact.log_perplexity, abs=1e-4)
        held += rough.interval[0] <= exact.bits <= rough.interval[1]
    assert held >= 17


def test_the_slots_of_a_masked_model_are_asked_one_by_one() -> None:
    """Equal to the naive loop: cover one slot, leave the others in sight."""
    model, tokenizer = remembers(0.0)
    own = np.array([THREE.values(PLANTED), THREE.values(OTHER)])
    expected = []
    for canary in (PLANTED, OTHER):
        ids = [tokenizer.cls_id, *tokenizer.encode(canary), tokenizer.sep_id]
        bits = 0.0
        for place in (6, 7, 8):  # [CLS] the code of mara is 2 9 4 .
            row = torch.tensor([ids])
            row[0, place] = tokenizer.mask_id
            with torch.no_grad():
                said = model(row).logits[0, place].log_softmax(0)[ids[place]]
            bits -= float(said) / math.log(2)
        expected.append(bits)
    found = log_perplexities(model, tokenizer, THREE, own)
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_causal_model_gives_the_likelihood_of_the_sentence() -> None:
    model, tokenizer = remembers(1.0)
    own = np.array([THREE.values(PLANTED)])
    nats = log_likelihoods(model, [tokenizer.encode(PLANTED)], tokenizer, device=exactly(model))[0]
    found = log_perplexities(model, tokenizer, THREE, own, causal=True)
    assert found[0] == pytest.approx(-nats / math.log(2), abs=1e-4)


def test_words_that_are_not_single_tokens_are_named_and_counted() -> None:
    model, tokenizer = knows_nothing()
    words = ("7", "qqqz", "xylophone", "3")
    canary_format = CanaryFormat("the code of mara is {} .", (words,))
    with pytest.raises(UserError, match=r"2 of 4 slot words .*'qqqz', 'xylophone'") as caught:
        exposure(model, tokenizer, canary_format, "the code of mara is 7 .")
    assert "\n" not in str(caught.value)
    assert canary_format.with_single_tokens(tokenizer).choices == (("7", "3"),)


def test_an_unknown_sign_is_no_single_token_though_it_is_one_number() -> None:
    _, tokenizer = knows_nothing()
    assert tokenizer.encode("\u4e2d") == [tokenizer.unk_id]
    assert CanaryFormat("is {} .", (("7", "\u4e2d"),)).not_single(tokenizer) == ("\u4e2d",)


def test_two_words_that_are_one_token_are_one_clear_line() -> None:
    _, tokenizer = knows_nothing()
    with pytest.raises(UserError, match="slot 1 are the same token"):
        in_tokens(CanaryFormat("is {} .", (("mara", "Mara", "7"),)), tokenizer)


@pytest.mark.parametrize(
    ("template", "choices", "line"),
    [
        ("no slot", (), "needs slots that stand alone"),
        ("code {}{}", (DIGITS, DIGITS), "needs slots that stand alone"),
        ("code {} {}", (DIGITS,), "has 2 slots, but there are words for 1"),
        ("code {}", (("7",),), "slot 1 has 1 words"),
        ("code {}", (("7", "7"),), "slot 1 has 2 words, 1 different"),
    ],
)
def test_a_format_that_is_none_is_one_clear_line(template: str, choices: Any, line: str) -> None:
    with pytest.raises(UserError, match=line):
        CanaryFormat(template, choices)


def test_a_sentence_of_another_format_is_one_clear_line() -> None:
    for text in ("the code of tom is 2 9 4 .", "the code of mara is 2 9 .", "x"):
        with pytest.raises(UserError, match="no sentence of the canary format"):
            THREE.values(text)


def test_impossible_ranks_widths_and_draws_are_one_clear_line() -> None:
    model, tokenizer = knows_nothing()
    with pytest.raises(UserError, match="rank 0 is not between"):
        exposure_bits(0, 10)
    with pytest.raises(UserError, match="impossible"):
        sampled_rank(3, 2, 10)
    with pytest.raises(UserError, match="width is 0"):
        extract(model, tokenizer, THREE, PLANTED, width=0)
    with pytest.raises(UserError, match="draws is 0"):
        exposure(model, tokenizer, THREE, PLANTED, exact_up_to=1, draws=0)


def test_a_format_finds_its_way_there_and_back() -> None:
    assert THREE.size == 1000
    assert THREE.text(THREE.values(PLANTED)) == PLANTED
    assert len({THREE.text(values) for values in THREE.all_values()}) == 1000
    assert THREE.draw(5, seed=1) == THREE.draw(5, seed=1) != THREE.draw(5, seed=2)


def test_a_checkpoint_is_asked_in_the_ways_it_was_trained_for(tmp_path: Path) -> None:
    model, tokenizer = remembers(1.0)
    save(tmp_path / "gpt", model, tokenizer, {"objective": {"causal_rows": 1.0}})
    save(tmp_path / "both", model, tokenizer, {"objective": {"causal_rows": 0.5}})
    save(tmp_path / "bert", model, tokenizer, {"objective": {"causal_rows": 0.0}})
    for name, ways in (("gpt", [True]), ("both", [False, True]), ("bert", [False])):
        found = exposure_of(load(tmp_path / name), THREE, PLANTED)
        assert [one.causal for one in found] == ways
    with pytest.raises(UserError, match="reads from left to right and cannot fill masks"):
        model_to_ask(load(tmp_path / "gpt"), causal=False)
    with pytest.raises(UserError, match="was not trained to guess the next token"):
        model_to_ask(load(tmp_path / "bert"), causal=True)
