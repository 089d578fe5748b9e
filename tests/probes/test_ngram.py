"""The counting baselines: exact, equal to a slow reference, and to sums worked by hand."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from fmlab.errors import UserError
from fmlab.probes.ngram import Trigram, Unigram, _discounts, baselines, score

START = -1


class SlowKneserNey:
    """Interpolated modified Kneser-Ney from its formulas, with dictionaries and loops."""

    def __init__(self, sequences: Sequence[Sequence[int]], vocab_size: int) -> None:
        """Count in three orders."""
        self.vocab_size = vocab_size
        trigrams: Counter[tuple[int, ...]] = Counter()
        for sequence in sequences:
            padded = [START, START, *sequence]
            trigrams.update(zip(padded, padded[1:], padded[2:], strict=False))
        bigrams: Counter[tuple[int, ...]] = Counter()
        for (_, v, w), count in trigrams.items():
            bigrams[v, w] += count if v == START else 1
        unigrams: Counter[tuple[int, ...]] = Counter({(w,): 0 for w in range(vocab_size)})
        for _, w in bigrams:
            unigrams[(w,)] += 1
        self.orders = [unigrams, bigrams, trigrams]
        self.discounts = [_discounts(np.array(list(order.values()))) for order in self.orders]
        self.followers: list[dict[tuple[int, ...], list[int]]] = []
        for order in self.orders:
            followers = defaultdict(list)
            for gram, count in order.items():
                followers[gram[:-1]].append(count)
            self.followers.append(followers)

    def prob(self, gram: tuple[int, ...]) -> float:
        if not gram:
            return 1 / self.vocab_size
        order = len(gram) - 1
        seen = self.followers[order].get(gram[:-1], [])
        shorter = self.prob(gram[1:])
        if not seen:
            return shorter
        discounts = self.discounts[order]
        count = self.orders[order].get(gram, 0)
        freed = sum(discounts[min(c, 3)] for c in seen)
        return float((count - discounts[min(count, 3)] + freed * shorter) / sum(seen))


def random_text(
    seed: int, vocab_size: int = 7, lengths: Sequence[int] = (1, 40, 90, 300)
) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(vocab_size, 0.5), size=vocab_size)
    texts = []
    for length in lengths:
        text = [int(rng.integers(vocab_size))]
        while len(text) < length:
            text.append(int(rng.choice(vocab_size, p=weights[text[-1]])))
        texts.append(text)
    return texts


@pytest.mark.parametrize("seed", range(3))
def test_trigram_equals_the_slow_reference(seed: int) -> None:
    text = random_text(seed)
    fast, slow = Trigram(text, 7), SlowKneserNey(text, 7)
    held_out = random_text(seed + 100)[3]
    padded = [START, START, *held_out]
    expected = [
        math.log(slow.prob(gram)) for gram in zip(padded, padded[1:], padded[2:], strict=False)
    ]
    assert fast.log_probs(held_out) == pytest.approx(expected, abs=1e-12)


def test_trigram_sums_to_one_in_every_context() -> None:
    model = Trigram(random_text(0), vocab_size=9)  # two tokens are never seen
    contexts = [(), *((v,) for v in range(9)), *product(range(9), repeat=2)]
    for context in contexts:
        probs = model.next_probs(context)
        assert probs.sum() == pytest.approx(1, abs=1e-12)
        assert (probs > 0).all()


def test_next_probs_and_log_probs_agree() -> None:
    model, text = Trigram(random_text(1), 7), [3, 1, 4, 1, 5]
    one_by_one = [model.next_probs(text[max(0, i - 2) : i])[text[i]] for i in range(len(text))]
    assert np.exp(model.log_probs(text)) == pytest.approx(one_by_one, abs=1e-12)


def test_unigram_is_right_by_hand() -> None:
    model = Unigram([[0, 0, 1]], vocab_size=3, k=1)  # counts 2, 1, 0, and one added to each
    assert np.exp(model.table) == pytest.approx([3 / 6, 2 / 6, 1 / 6])
    found = score(model, [[0, 1]], text_bytes=4)
    assert found.nats_per_token == pytest.approx((math.log(2) + math.log(3)) / 2)
    assert found.bits_per_byte == pytest.approx((1 + math.log2(3)) / 4)  # bits of both, over bytes


def test_discounts_are_right_by_hand() -> None:
    # 4 counts of 1, 2 of 2, 1 of 3, 1 of 4: Y = 4 / (4 + 2 x 2) = 1/2
    counts = np.array([1, 1, 1, 1, 2, 2, 3, 4])
    assert _discounts(counts) == pytest.approx([0, 1 - 2 * 0.5 * 2 / 4, 2 - 3 * 0.5 / 2, 3 - 2])


def test_discounts_fall_back_where_the_formulas_fail() -> None:
    assert _discounts(np.array([1, 1, 5])).tolist() == [0, 0.5, 1, 1.5]
    many_twos = np.array([1] + [2] * 3 + [3] * 9 + [4])  # 2 - 3 Y n3/n2 would be negative
    assert (_discounts(many_twos)[1:] > 0).all()


def test_order_is_what_the_trigram_knows_and_the_unigram_does_not() -> None:
    train = [[0, 1, 2] * 200]
    one, three = baselines(train, [[0, 1, 2] * 20], vocab_size=3, text_bytes=60)
    assert one.nats_per_token == pytest.approx(math.log(3), abs=1e-3)
    assert three.nats_per_token < 0.05


def test_interval_holds_the_value_and_is_deterministic() -> None:
    train, held_out = random_text(2, lengths=(3000,)), random_text(2, lengths=(2000,))
    first, again = (score(Trigram(train, 7), held_out, 2000) for _ in range(2))
    assert first == again
    low, high = first.interval
    assert low < first.nats_per_token < high
    assert first.bits_per_byte_interval[0] < first.bits_per_byte < first.bits_per_byte_interval[1]


@pytest.mark.parametrize("text", [[], [[]]])
def test_no_text_is_one_clear_line(text: list[list[int]]) -> None:
    for model in (Unigram, Trigram):
        with pytest.raises(UserError, match="no token to count"):
            model(text, 5)
    with pytest.raises(UserError, match="no token to count"):
        score(Unigram([[1]], 5), text, 10)


def test_tokens_of_another_vocabulary_are_one_clear_line() -> None:
    with pytest.raises(UserError, match="token 9 does not fit a vocabulary of 5"):
        Trigram([[1, 9]], 5)
