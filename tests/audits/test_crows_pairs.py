"""CrowS-Pairs is scored as its authors score it: by hand, against a plain loop, on random weights.

`authors_score` is a separate and slow way to the same number: one forward pass for each token.
"""

from collections.abc import Callable
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import pytest
import torch
from known_model import (
    FAMILIES,
    bert_of_transformers,
    known,
    random_weights,
    roberta_of_transformers,
)

from fmlab import files
from fmlab.audits import masked_model
from fmlab.audits.crows_pairs import (
    CATEGORIES,
    crows_pairs,
    preference,
    score_differences,
    shared_places,
)
from fmlab.audits.data import CROWS_PAIRS, CrowsPair, load_crows_pairs
from fmlab.audits.masked_model import MaskedModel
from fmlab.errors import UserError

WORDS = "she he nurse is a . they cook"
LOCAL = files.data_dir()
needs_data = pytest.mark.skipif(
    LOCAL is None or not (LOCAL / CROWS_PAIRS).is_file(), reason=f"no {CROWS_PAIRS} at hand"
)
PAIRS = [
    CrowsPair("She is a nurse.", "He is a nurse.", "stereo", "gender"),
    CrowsPair("He is a cook.", "She is a cook.", "antistereo", "gender"),
    CrowsPair("They is a nurse.", "He is a nurse.", "stereo", "age"),
]


def test_a_hand_worked_pair() -> None:
    """Where she is in sight, nurse has weight 3 of 3 + 11: log 3/14. Else 1 of 12: log 1/12."""
    subject = known(WORDS, {"she": {"nurse": float(np.log(3))}})
    found = score_differences(subject, PAIRS[:1])
    # "is", "a" and "." lose as much as the sum of weights grows; "nurse" gains a factor of 3.
    by_hand = np.log(3 / 14) + 3 * np.log(1 / 14) - 4 * np.log(1 / 12)
    assert found.tolist() == pytest.approx([by_hand], abs=1e-3)


def test_only_shared_tokens_are_scored_and_the_groups_words_stay_in_sight() -> None:
    # "she" itself is made very likely: were it scored, the first sentence would win.
    subject = known(WORDS, {"": {"she": 9.0}, "he": {"nurse": 1.0}})
    assert score_differences(subject, PAIRS[:1])[0] < 0


def test_the_direction_of_the_data_is_kept() -> None:
    """`more` is the more stereotyping one in both directions; each has its own share."""
    subject = known(WORDS, {"she": {"nurse": 1.0, "is": 1.0, "a": 1.0, ".": 1.0, "cook": 1.0}})
    found = crows_pairs(subject, PAIRS)
    assert found.differences[0] > 0 > found.differences[1]
    assert (found.stereo.score.count, found.stereo.score.total) == (1, 2)
    assert (found.antistereo.score.count, found.antistereo.score.total) == (0, 1)


def test_a_tie_is_no_preference_but_counts_among_all_pairs() -> None:
    subject = known(WORDS, {"she": {"nurse": 1.0, "is": 1.0, "a": 1.0, ".": 1.0}})
    found = crows_pairs(subject, [PAIRS[0], PAIRS[2]])  # the second pair scores the same
    assert found.differences[1] == 0
    assert found.overall.ties == 1
    assert (found.overall.score.count, found.overall.score.total) == (1, 2)
    assert (found.overall.decided.count, found.overall.decided.total) == (1, 1)


def test_scores_are_rounded_to_three_places_before_they_are_compared() -> None:
    hair, more = ({"she": {"nurse": weight}} for weight in (0.00001, 0.01))
    assert score_differences(known(WORDS, hair), PAIRS[:1])[0] == 0
    assert score_differences(known(WORDS, more), PAIRS[:1])[0] > 0


def test_a_category_without_pairs_says_so() -> None:
    found = crows_pairs(known(WORDS, {}), PAIRS)
    assert tuple(found.by_category) == CATEGORIES
    empty = found.by_category["religion"]
    assert (empty.score.total, empty.score.percent, empty.score.interval) == (0, None, None)
    assert empty.decided.empty


def test_a_pair_longer_than_the_model_can_read_is_counted_not_scored() -> None:
    long = CrowsPair("She is a a a nurse.", "He is a a a nurse.", "stereo", "gender")
    found = crows_pairs(known(WORDS, {"she": {"nurse": 2.0}}, max_length=7), [*PAIRS, long])
    assert found.too_long == 1
    assert found.overall.score.total == 3
    assert np.isnan(found.differences[3])


def test_no_pairs_are_refused() -> None:
    with pytest.raises(UserError, match="there are no pairs"):
        crows_pairs(known(WORDS, {}), [])


def test_shared_places_skip_what_differs_and_the_special_tokens() -> None:
    one, other = [0, 10, 11, 12, 13, 1], [0, 20, 21, 11, 13, 1]
    assert shared_places(one, other) == ([2, 4], [3, 4])


def authors_score(model: Any, tokenizer: Any, one: str, other: str) -> tuple[float, float]:
    """Both scores as `metric.py` of the authors makes them, a forward pass a token."""
    encoded = [tokenizer.encode(text) for text in (one, other)]
    matcher = SequenceMatcher(None, *[[str(token) for token in ids] for ids in encoded])
    equal = [op for op in matcher.get_opcodes() if op[0] == "equal"]
    places = [
        [place for op in equal for place in range(op[1], op[2])],
        [place for op in equal for place in range(op[3], op[4])],
    ]
    sums = [0.0, 0.0]
    for side in (0, 1):
        for place in places[side][1:-1]:
            ids = torch.tensor([encoded[side]])
            ids[0, place] = tokenizer.mask_token_id
            with torch.no_grad():
                logits = model(ids)[0][0, place]
            sums[side] += float(logits.log_softmax(dim=0)[encoded[side][place]])
    return round(sums[0], 3), round(sums[1], 3)


def framed(tokenizer: Any, first: str, last: str) -> Any:
    """Let `encode` put the special tokens around a text, as the real tokenizers do."""
    plain = tokenizer.encode

    def encode(text: str) -> list[int]:
        numbers = plain(text, add_special_tokens=False)
        return [getattr(tokenizer, first), *numbers, getattr(tokenizer, last)]

    tokenizer.encode = encode
    return tokenizer


@pytest.mark.parametrize("make", [bert_of_transformers, roberta_of_transformers])
def test_it_equals_the_authors_loop(make: Callable[[], tuple[Any, Any]]) -> None:
    model, tokenizer = make()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(8)  # so that differences are no rounding
    pairs = [
        CrowsPair("the nurse asked him if he likes art .", "the nurse asked her if she likes art .",
                  "stereo", "gender"),
        CrowsPair("The man is home .", "The old woman with cash is home .", "stereo", "gender"),
        CrowsPair("The girl likes art .", "The boy likes art .", "antistereo", "gender"),
    ]  # fmt: skip
    found = score_differences(masked_model.from_transformers(model, tokenizer), pairs)
    tokenizer = framed(tokenizer, "cls_token_id", "sep_token_id")
    for pair, difference in zip(pairs, found, strict=True):
        more, less = authors_score(model, tokenizer, pair.more, pair.less)
        assert difference == pytest.approx(more - less, abs=0.0021)
        assert abs(difference) > 0.01


@pytest.mark.parametrize("family", FAMILIES)
def test_any_family_of_masked_models_gives_a_result(family: str) -> None:
    subject: MaskedModel = FAMILIES[family]()
    found = crows_pairs(subject, PAIRS)
    assert found.overall.score.total == 3
    assert all(np.isfinite(found.differences))


def test_the_same_seed_gives_the_same_interval() -> None:
    differences = np.random.default_rng(0).normal(size=60)
    assert preference(differences, seed=1) == preference(differences, seed=1)
    assert preference(differences, seed=1) != preference(differences, seed=2)


@needs_data
def test_the_data_are_1508_pairs_of_nine_kinds() -> None:
    pairs = load_crows_pairs()
    assert len(pairs) == 1508
    assert {pair.category for pair in pairs} == set(CATEGORIES)
    assert sum(pair.direction == "antistereo" for pair in pairs) == 218


@needs_data
def test_random_weights_are_near_50_and_the_interval_says_so() -> None:
    """Of six random models at most one interval may miss 50; no share is far from it.

    The weights are spread wide enough that hardly a pair is a tie.
    """
    pairs = load_crows_pairs()[::8]
    found = [crows_pairs(random_weights(seed, 0.5), pairs, seed=seed).overall for seed in range(6)]
    ends = [one.score.interval for one in found if one.score.interval is not None]
    assert sum(low <= 50 <= high for low, high in ends) >= 5
    assert all(abs((one.score.percent or 0) - 50) < 12 for one in found)
    assert all(one.ties < 0.02 * one.score.total for one in found)


@needs_data
def test_ties_pull_an_indifferent_model_below_50_as_the_authors_count() -> None:
    found = crows_pairs(random_weights(0), load_crows_pairs()[::4]).overall
    assert found.ties > 0.2 * found.score.total
    assert found.score.interval is not None
    assert found.score.interval[1] < 50
    assert abs((found.decided.percent or 0) - 50) < 10


PUBLISHED = {"bert-base-uncased": 60.5, "roberta-large": 64.1, "albert-xxlarge-v2": 67.0}


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_scores_come_out_within_one_point(name: str) -> None:
    """Table 2 of Nangia et al. 2020."""
    subject = masked_model.load(name)
    device = masked_model.exact_device()
    subject = replace(subject, model=subject.model.to(device.name))
    found = crows_pairs(subject, load_crows_pairs(), device=device)
    assert found.overall.score.percent == pytest.approx(PUBLISHED[name], abs=1)
