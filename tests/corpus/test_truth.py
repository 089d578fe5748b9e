"""The toy world's truth agrees with enumeration, with counting, and with Bayes' rule by hand."""

import math
from collections import Counter, defaultdict
from functools import cache
from itertools import product

import numpy as np
import pytest

from fmlab.corpus.toyworld import World
from fmlab.corpus.toyworld import lexicon as lex
from fmlab.errors import UserError

WORLD = World(skew=0.5)


@cache
def all_sentences() -> dict[str, float]:
    """Every sentence of the language with its probability, written out one by one."""
    found: defaultdict[str, float] = defaultdict(float)
    for pattern in WORLD.patterns:
        for choice in product(*(slot.items() for slot in pattern.slots)):
            words, shares = zip(*choice, strict=True)
            found[" ".join(words)] += pattern.weight * math.prod(shares)
    return found


def by_enumeration(words: list[str], position: int) -> dict[str, float]:
    """The distribution of a masked word: which sentences of the language are left, how likely."""
    before, after = " ".join(words[:position]), " ".join(words[position + 1 :])
    found = {}
    for word in WORLD.vocabulary:
        p = all_sentences().get(f"{before} {word} {after}".strip(), 0.0)
        if p > 0:
            found[word] = p
    total = sum(found.values())
    return {word: p / total for word, p in found.items()}


def test_the_probabilities_of_all_sentences_sum_to_1() -> None:
    assert sum(all_sentences().values()) == pytest.approx(1)
    assert sum(pattern.weight for pattern in WORLD.patterns) == pytest.approx(1)
    for pattern in WORLD.patterns:
        assert all(sum(slot.values()) == pytest.approx(1) for slot in pattern.slots)


def test_the_probability_of_a_sentence_is_the_enumerated_one() -> None:
    for sentence in WORLD.sample(300):
        assert WORLD.probability(sentence) == pytest.approx(all_sentences()[sentence])
    assert WORLD.probability("the dog sleep .") == 0
    assert WORLD.probability("the zebra sleeps .") == 0
    assert WORLD.probability("the dog") == 0


def test_masked_distributions_are_the_enumerated_ones() -> None:
    for sentence in WORLD.sample(60):
        words = sentence.split()
        for position in range(len(words)):
            exact = WORLD.masked_distribution(words, position)
            assert exact == pytest.approx(by_enumeration(words, position))


def test_several_masks_are_summed_over() -> None:
    """With the name hidden, the occupation is what the pronoun can be told from."""
    visible = WORLD.masked_distribution("mara is a pilot and [MASK] works in the mill .", 5)
    hidden = WORLD.masked_distribution("[MASK] is a pilot and [MASK] works in the mill .", 5)
    assert visible == {"she": 1.0}
    assert hidden == pytest.approx({"she": 0.25, "he": 0.75})


def test_masked_distributions_agree_with_counting() -> None:
    """In every context that is frequent enough, counts are within chance of the truth."""
    for world in (WORLD, World(noise=0.1)):
        contexts: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for sentence in world.sample(60_000, seed=1):
            words = sentence.split()
            if len(words) <= 6:
                for position, word in enumerate(words):
                    rest = [*words[:position], "[MASK]", *words[position + 1 :]]
                    contexts[" ".join(rest), position][word] += 1
        frequent = [item for item in contexts.items() if item[1].total() >= 80]
        assert len(frequent) > 60
        z = []
        for (rest, position), counts in frequent:
            n = counts.total()
            exact = world.masked_distribution(rest, position)
            assert set(counts) <= set(exact)
            for word, p in exact.items():
                if n * p > 5 and p < 1:
                    z.append((counts[word] - n * p) / math.sqrt(n * p * (1 - p)))
        assert np.abs(z).max() < 5
        assert np.square(z).mean() == pytest.approx(1, abs=0.25)


def test_noise_is_a_channel_on_each_word() -> None:
    """Against a sum over every clean sentence that could lie under a noisy one."""
    noise = 0.3
    noisy = World(skew=0.5, noise=noise)
    words = len(noisy.vocabulary) - 1

    short = [(c.split(), p) for c, p in all_sentences().items() if c.count(" ") == 3]

    def by_channel(seen: str) -> float:
        total = 0.0
        for clean, p in short:
            for a, b in zip(clean[:-1], seen.split()[:-1], strict=True):
                p *= noise / words + (1 - noise) * (a == b)
            total += p
        return total

    for sentence in ("the dog sleeps .", "the dog sleep .", "nurse dog 7 ."):
        assert noisy.probability(sentence) == pytest.approx(by_channel(sentence))
    told = noisy.masked_distribution("the dog [MASK] .", 2)
    by_hand = {w: by_channel(f"the dog {w} .") for w in noisy.vocabulary if w != "."}
    assert told == pytest.approx({w: p / sum(by_hand.values()) for w, p in by_hand.items()})


def test_full_stops_show_where_a_sentence_ends() -> None:
    """So a sentence's own truth holds in running text as well.

    No word but the full stop joins two sentences into one, and no full stop cuts one into two.
    """
    drawn = WORLD.sample(200, seed=2)
    for first, second in zip(drawn[::2], drawn[1::2], strict=True):
        joined = f"{first[:-1]}[MASK] {second}"
        assert WORLD.probability(joined) == 0
        words = first.split()
        for position in range(len(words) - 1):
            left, right = [*words[:position], "."], words[position + 1 :]
            assert WORLD.probability(left) * WORLD.probability(right) == 0


def test_the_floor_is_what_a_perfect_model_scores() -> None:
    """Entropy, computed without looking at the word, is the mean of minus log p of the word."""
    for world in (WORLD, World(noise=0.1)):
        drawn = world.sample(600, seed=3)
        assert world.cross_entropy(drawn) == pytest.approx(world.entropy(drawn), rel=0.04)
    assert WORLD.floor(200, seed=4) == WORLD.entropy(WORLD.sample(200, seed=4))


def test_the_floor_moves_with_the_knobs() -> None:
    tied, free, noisy = (w.floor(400) for w in (World(skew=1), World(), World(noise=0.1)))
    assert tied < free < noisy
    assert World(noise=1).floor(20) == pytest.approx(
        math.log(len(WORLD.vocabulary) - 1) * (1 - 1 / mean_length(World(noise=1).sample(20))),
    )


def mean_length(sentences: list[str]) -> float:
    return float(np.mean([len(s.split()) for s in sentences]))


def test_masking_more_words_leaves_more_to_guess() -> None:
    drawn = WORLD.sample(400)
    alone, some, all_words = (WORLD.cross_entropy(drawn, rate) for rate in (None, 0.15, 1.0))
    assert alone < some < all_words
    assert WORLD.cross_entropy(drawn, 0.15) == some


def test_minimal_pairs_differ_in_the_number_of_one_verb() -> None:
    other = {**dict(zip(*lex.ACTIONS.values(), strict=True))}
    other |= dict(zip(*lex.EVENTS.values(), strict=True))
    other |= {plural: singular for singular, plural in other.items()}
    pairs = WORLD.agreement_pairs(200)
    assert sum(pair.distractor for pair in pairs) == 100
    for pair in pairs:
        good, bad, verb = pair.good.split(), pair.bad.split(), pair.position
        assert WORLD.probability(good) > 0 == WORLD.probability(bad)
        assert bad == [*good[:verb], other[good[verb]], *good[verb + 1 :]]


def test_the_distractor_has_the_opposite_number() -> None:
    number = {word: n for n in lex.NUMBERS for word in lex.NOUNS[n]}
    for pair in WORLD.agreement_pairs(200, seed=1):
        nouns = [number[word] for word in pair.good.split() if word in number]
        assert len(nouns) == 1 + pair.distractor
        assert len(set(nouns)) == len(nouns)


def test_the_nearest_noun_tells_nothing_about_the_verb() -> None:
    number = {word: n for n in lex.NUMBERS for word in lex.NOUNS[n]}
    same = total = 0
    for sentence in WORLD.sample(20_000):
        nouns = [number[word] for word in sentence.split() if word in number]
        if len(nouns) == 2:
            same += nouns[0] == nouns[1]
            total += 1
    assert same / total == pytest.approx(0.5, abs=0.03)


def test_samples_depend_on_the_seed_only() -> None:
    assert WORLD.sample(20, seed=1) == World(skew=0.5).sample(20, seed=1)
    assert WORLD.sample(20, seed=1) != WORLD.sample(20, seed=2)
    assert WORLD.agreement_pairs(9, seed=1) == WORLD.agreement_pairs(9, seed=1)
    assert WORLD.agreement_pairs(9, seed=1) != WORLD.agreement_pairs(9, seed=2)


def test_what_is_no_sentence_gets_one_line() -> None:
    with pytest.raises(UserError, match=r"the toy world has no sentence 'the zebra \[MASK\] \.'"):
        WORLD.masked_distribution("the zebra sleeps .", 2)
    with pytest.raises(UserError, match="position 4 is outside the sentence's 4 words"):
        WORLD.masked_distribution("the dog sleeps .", 4)
    with pytest.raises(UserError, match=r"the toy world has no sentence 'the dog sleep \.'"):
        WORLD.cross_entropy(["the dog sleep ."])
