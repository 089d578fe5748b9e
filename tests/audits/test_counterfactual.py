"""Counterfactual twins: words by hand, a mirror, and text whose genders are even at full dose."""

import pytest

from fmlab.audits.counterfactual import OWNED, PAIRS, augment, swap_gender
from fmlab.audits.town import Town
from fmlab.errors import UserError


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("mara is a nurse and she works .", "tom is a nurse and he works ."),
        ("tom likes his lamp .", "mara likes her lamp ."),
        ("the girl sees her .", "the boy sees him ."),
        ("the girls like her old coat .", "the boys like his old coat ."),
        ("the coat is his", "the coat is hers"),
        ("the coat is hers .", "the coat is his ."),
        ("the boy sees him .", "the girl sees her ."),
        ("then the queen waits there .", "then the queen waits there ."),
        ("", ""),
    ],
)
def test_words_become_their_counterparts(sentence: str, wanted: str) -> None:
    assert swap_gender(sentence) == wanted


def test_a_sentence_of_the_town_exchanged_twice_is_as_before() -> None:
    for sentence in Town(skew=0.5).sample(500):
        assert swap_gender(swap_gender(sentence)) == sentence


def test_a_twin_is_a_sentence_of_the_fair_town_with_the_same_probability() -> None:
    town = Town()
    for sentence in town.sample(300, seed=1):
        assert town.probability(swap_gender(sentence)) == pytest.approx(town.probability(sentence))


def test_pairs_go_both_ways_and_leave_out_what_has_rules() -> None:
    assert all(PAIRS[other] == one for one, other in PAIRS.items())
    assert not {"her", "his", "him", "hers"} & {*PAIRS}
    assert "lamp" in OWNED and "old" in OWNED  # noqa: PT018


def test_doses_are_shares_and_a_larger_one_holds_the_smaller() -> None:
    sentences = [f"mara likes her lamp {n} ." for n in range(400)]
    some, more, every = (augment(sentences, dose, seed=3) for dose in (0.25, 0.5, 1.0))
    assert augment(sentences, 0.0) == sentences
    assert len(every) == 800
    assert 70 < len(some) - 400 < 130
    assert {*some} < {*more} < {*every}
    assert some[:400] == sentences
    assert {*augment(sentences, 0.25, seed=4)} != {*some}


def test_sentences_without_gender_are_not_repeated() -> None:
    assert augment(["the dog sleeps .", "she waits ."], 1.0) == [
        "the dog sleeps .",
        "she waits .",
        "he waits .",
    ]


def test_with_a_twin_for_all_the_job_tells_nothing() -> None:
    text = augment(Town(skew=0.9).sample(4_000), 1.0)
    about = [sentence.split() for sentence in text if "nurse" in sentence.split()]
    women = sum(bool({"she", "her"} & {*words}) for words in about)
    assert women == len(about) / 2


def test_another_swap_can_be_given() -> None:
    assert augment(["a"], 1.0, swap=str.upper) == ["a", "A"]


def test_a_dose_that_is_no_share_is_refused() -> None:
    with pytest.raises(UserError, match=r"the dose is 25; give a share from 0 to 1"):
        augment([], 25)
