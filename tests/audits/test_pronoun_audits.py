"""WinoBias and Winogender, filled in: by hand on known probabilities, and on random weights."""

from collections.abc import Sequence

import numpy as np
import pytest
from known_model import FAMILIES, known, random_weights

from fmlab import files
from fmlab.audits.data import (
    SENTENCES,
    WinoBiasPair,
    WinogenderPair,
    load_winobias,
    load_winogender,
)
from fmlab.audits.pronouns import (
    NOT_ONE_TOKEN,
    TOO_LONG,
    choice,
    differing_words,
    log_odds,
    swapped_places,
)
from fmlab.audits.winobias import NO_PAIR, winobias
from fmlab.audits.winogender import winogender
from fmlab.errors import UserError

WORDS = "the nurse pilot cook guard told that he she him her his knew . paid and saw"
LOCAL = files.data_dir()
needs_data = pytest.mark.skipif(
    LOCAL is None or not (LOCAL / SENTENCES).is_file(), reason=f"no {SENTENCES} at hand"
)


def jobs(about: bool = True) -> list[WinogenderPair]:
    percent = {"nurse": 90.0, "cook": 60.0, "guard": 20.0, "pilot": 5.0}
    return [
        WinogenderPair(f"The {job} told that he {verb}.", f"The {job} told that she {verb}.",
                       job, about, share)
        for job, share in percent.items() for verb in ("knew", "paid")
    ]  # fmt: skip


def test_log_odds_are_those_of_the_model() -> None:
    subject = known(WORDS, {"": {"he": 1.0}, "nurse": {"she": 3.5}})
    odds, _, left_out = log_odds(subject, [(pair.he, pair.she) for pair in jobs()])
    assert odds.tolist() == pytest.approx([2.5] * 2 + [-1.0] * 6)
    assert left_out == ()


def test_several_pronouns_are_all_hidden_and_the_first_is_asked() -> None:
    """Were "his" left in sight, it would make he certain."""
    subject = known(WORDS, {"his": {"he": 50.0}, "her": {"she": 90.0}, "nurse": {"she": 2.0}})
    odds, _, _ = log_odds(
        subject, [("the nurse told he saw his cook", "the nurse told she saw her cook")]
    )
    assert odds.tolist() == pytest.approx([2.0])


@pytest.mark.parametrize(
    ("pieces", "max_length", "reason"),
    [
        ({"she": ["s", "he"]}, None, NOT_ONE_TOKEN),  # of two tokens
        ({"she": ["sh"]}, None, NOT_ONE_TOKEN),  # not in the vocabulary
        ({"she": ["her", "him"], "he": ["him", "her"]}, None, NOT_ONE_TOKEN),  # both of two
        ({}, 8, TOO_LONG),
    ],
)
def test_what_cannot_be_asked_is_named_and_counted(
    pieces: dict[str, list[str]], max_length: int | None, reason: str
) -> None:
    subject = known(WORDS, {}, pieces, max_length)
    pairs = [(pair.he, pair.she) for pair in jobs()]
    odds, _, left_out = log_odds(subject, [*pairs, ("he saw him", "he saw her")])
    assert np.isnan(odds[:-1]).all()
    assert odds[-1] == 0
    assert [(one.what, one.why, one.count) for one in left_out] == [("he/she", reason, 8)]


def test_words_are_compared_without_their_marks() -> None:
    assert differing_words("Yes, he left him.", "Yes, she left her.") == [
        ("he", "she"),
        ("him", "her"),
    ]
    assert swapped_places([0, 5, 6, 1], [0, 5, 7, 1], 1, 3) == [2]
    assert swapped_places([0, 5, 3, 1], [0, 5, 7, 1], 1, 3) is None


def test_a_hand_worked_correlation() -> None:
    """Log p(she)/p(he) is 4, 3, -1, -2 for 90, 60, 20 and 5 % women."""
    weights = {
        "nurse": {"she": 4.0},
        "cook": {"she": 3.0},
        "guard": {"he": 1.0},
        "pilot": {"he": 2.0},
    }
    found = winogender(known(WORDS, weights), [*jobs(), *jobs(about=False)])
    by_hand = np.corrcoef([4, 3, -1, -2], [90, 60, 20, 5])[0, 1]
    assert found.worker.correlation.value == pytest.approx(by_hand)
    assert found.worker.correlation.items == 4
    assert found.other_person.correlation.value == pytest.approx(by_hand)
    picked = found.worker.choice
    assert (picked.pro.count, picked.pro.total, picked.ties) == (8, 8, 0)
    assert picked.shift.value == pytest.approx(5.0)
    assert [one.name for one in found.worker.occupations] == ["cook", "guard", "nurse", "pilot"]
    assert found.worker.occupations[2].she_over_he == pytest.approx(4)


def test_a_model_that_always_says_he_has_no_shift_and_no_correlation() -> None:
    found = winogender(known(WORDS, {"": {"he": 2.0}}), jobs()).worker
    assert found.choice.pro.percent == 50
    assert found.choice.pro_of_female_jobs.percent == 0
    assert found.choice.pro_of_male_jobs.percent == 100
    assert found.choice.shift.value == 0
    assert found.correlation.value is None
    assert found.correlation.interval is None


def test_an_empty_side_says_so() -> None:
    found = winogender(known(WORDS, {}), jobs()).other_person
    assert (found.correlation.value, found.choice.pro.percent, found.occupations) == (
        None,
        None,
        (),
    )
    only_women = choice(np.array([1.0, 2.0]), ["he/she"] * 2, [True, True], ["nurse", "nurse"])
    assert only_women.pro_of_male_jobs.empty
    assert only_women.shift.value is None


def test_a_job_of_50_percent_is_for_no_side() -> None:
    even = WinogenderPair("The cook told he knew.", "The cook told she knew.", "cook", True, 50.0)
    found = winogender(known(WORDS, {}), [*jobs(), even]).worker
    assert found.choice.pro.total == 8
    assert found.choice.ties == 8


def schemas() -> list[WinoBiasPair]:
    return [
        WinoBiasPair("[The nurse] told the pilot that [she] knew.",
                     "[The nurse] told the pilot that [he] knew.", "nurse", 1, "dev"),
        WinoBiasPair("The nurse told [the pilot] that [he] knew.",
                     "The nurse told [the pilot] that [she] knew.", "pilot", 1, "dev"),
        WinoBiasPair("The cook told [the guard] and saw [him].",
                     "The cook told [the guard] and saw [her].", "guard", 2, "test"),
        WinoBiasPair("The cook told [the guard] and saw [him].",
                     "The cook told [the guard] and paid [her].", "guard", 2, "test"),
    ]  # fmt: skip


def test_winobias_counts_the_pronoun_that_fits() -> None:
    found = winobias(known(WORDS, {"": {"she": 1.0, "him": 3.0}}), schemas())
    assert (found.overall.pro.count, found.overall.pro.total) == (2, 3)
    assert (found.by_type["type 1"].pro.count, found.by_type["type 1"].pro.total) == (1, 2)
    assert (found.by_type["type 2"].pro.count, found.by_type["type 2"].pro.total) == (1, 1)
    assert found.by_type["type 2"].pro_of_female_jobs.empty
    # In he/she both kinds of jobs have 1; in him/her there is no female job to compare with.
    assert found.overall.shift.value == 0
    assert [(one.what, one.why, one.count) for one in found.left_out] == [("guard", NO_PAIR, 1)]


def test_a_shift_is_taken_within_the_same_two_pronouns() -> None:
    """By hand: he/she 3 - 1 (one of each), his/her 9 - 8 (one and two); weights 1/2 and 2/3."""
    odds = np.array([3.0, 1.0, 9.0, 7.5, 8.5, 50.0])
    forms = ["he/she", "he/she", "his/her", "his/her", "his/her", "him/her"]
    female = [True, False, True, False, False, True]
    found = choice(odds, forms, female, list("abcdef"))
    assert found.shift.value == pytest.approx((2 * 1 / 2 + 1 * 2 / 3) / (1 / 2 + 2 / 3))


def test_a_correlation_is_not_moved_by_which_pronouns_a_job_comes_with() -> None:
    """Her is likelier than his by 5 for every job; only the nurse's sentences have them."""
    pairs = [
        WinogenderPair(f"The {job} saw {he} cook.", f"The {job} saw {she} cook.", job, True, share)
        for job, share, he, she in (("nurse", 90, "his", "her"), ("guard", 50.0, "his", "her"),
                                    ("cook", 60, "he", "she"), ("pilot", 5, "he", "she"))
    ]  # fmt: skip
    found = winogender(known(WORDS, {"": {"her": 5.0}}), pairs).worker
    assert [one.lean for one in found.occupations] == pytest.approx([0.0] * 4)
    assert [one.she_over_he for one in found.occupations] == pytest.approx([0.0, 5.0, 5.0, 0.0])


def test_no_sentences_are_refused() -> None:
    for audit in (winobias, winogender):
        with pytest.raises(UserError, match="there are no pairs"):
            audit(known(WORDS, {}), [])  # type: ignore[operator]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_finds_the_pronoun_in_its_sentence(family: str) -> None:
    """Also where a word carries the space before it, or a capital letter."""
    subject = FAMILIES[family]()
    pairs = [
        ("The technician told the customer that he could pay with cash .",
         "The technician told the customer that she could pay with cash ."),
        ("He said that the man and the woman are home .",
         "She said that the man and the woman are home ."),
    ]  # fmt: skip
    odds, _, left_out = log_odds(subject, pairs)
    assert left_out == ()
    assert np.isfinite(odds).all()


def near_nothing(found: Sequence[tuple[float, float]], nothing: float) -> int:
    return sum(low <= nothing <= high for low, high in found)


@needs_data
def test_random_weights_show_no_correlation_and_the_interval_says_so() -> None:
    pairs = load_winogender()
    found = [winogender(random_weights(seed, 0.5), pairs, seed=seed).worker for seed in range(6)]
    ends = [one.correlation.interval for one in found if one.correlation.interval is not None]
    assert near_nothing(ends, 0.0) >= 5


@needs_data
def test_random_weights_show_no_shift_in_winobias() -> None:
    pairs = load_winobias()
    found = [winobias(random_weights(seed, 0.5), pairs, seed=seed).overall for seed in range(6)]
    ends = [one.shift.interval for one in found if one.shift.interval is not None]
    assert near_nothing(ends, 0.0) >= 5


@needs_data
def test_nothing_of_the_real_data_is_lost_but_22_uneven_pairs() -> None:
    subject = random_weights(0)
    uneven = winobias(subject, load_winobias()).left_out
    assert {one.why for one in uneven} == {NO_PAIR}
    assert sum(one.count for one in uneven) == 22
    assert winogender(subject, load_winogender()).left_out == ()
