"""Minimal pairs: strictly higher is right, a tie is not, and random weights are near chance."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.probes.likelihood import log_likelihoods
from fmlab.probes.minimal_pairs import Pair, accuracy, compare_pairs, minimal_pairs
from fmlab.probes.pseudo_likelihood import pseudo_log_likelihoods
from fmlab.tokens import Tokenizer

FLOAT32 = Device("cpu", "any", torch.float32)
WORDS = "the a dog cat box bark barks sleep sleeps near by big old red see sees".split()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([" ".join(WORDS)] * 5, vocab_size=200)


class Favourite(nn.Module):
    """Gives each token a fixed log probability, whatever stands around it."""

    def __init__(self, tokenizer: Tokenizer, likes: dict[str, float]) -> None:
        """Set the scores of some words; the others have 0."""
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(tokenizer.vocab_size))
        with torch.no_grad():
            for word, score in likes.items():
                self.scores[tokenizer.id(word)] = score

    def forward(self, input_ids: Tensor) -> object:
        class Output:
            logits = self.scores.expand(*input_ids.shape, -1)

        return Output()


def test_difference_is_right_by_hand(tokenizer: Tokenizer) -> None:
    model = Favourite(tokenizer, {"bark": 2.0, "barks": 0.5})
    pairs = [Pair("the dog bark", "the dog barks"), Pair("a dog barks", "a dog bark")]
    # Only one word differs, and the sum over the vocabulary is the same for both.
    assert compare_pairs(model, tokenizer, pairs, device=FLOAT32) == pytest.approx([1.5, -1.5])


def test_each_way_of_scoring_is_used_where_it_is_asked_for(tokenizer: Tokenizer) -> None:
    model = random_bert(tokenizer, 0)
    pairs = random_pairs(5, 1)
    encoded = [tokenizer.encode_batch([pair.good, pair.bad]) for pair in pairs]
    for score in (pseudo_log_likelihoods, log_likelihoods):
        each = [score(model, two, tokenizer, device=FLOAT32) for two in encoded]
        found = compare_pairs(model, tokenizer, pairs, score=score, device=FLOAT32)
        assert found == pytest.approx([good - bad for good, bad in each], abs=1e-4)
        whole = minimal_pairs(model, tokenizer, pairs, score=score, device=FLOAT32)
        assert whole.overall.correct == (found > 0).sum()


def test_a_sentence_of_several_pairs_is_scored_once(tokenizer: Tokenizer) -> None:
    seen: list[Sequence[int]] = []

    def count(
        model: nn.Module, sequences: Sequence[Sequence[int]], *_: object, **__: object
    ) -> np.ndarray:
        seen.extend(sequences)
        return np.array([float(len(sequence)) for sequence in sequences])

    pairs = [Pair("the dog", "the"), Pair("the dog", "a"), Pair("a", "the dog")]
    found = compare_pairs(Favourite(tokenizer, {}), tokenizer, pairs, score=count)
    assert found.tolist() == [1, 1, -1]
    assert len(seen) == 3


def test_a_tie_is_not_right(tokenizer: Tokenizer) -> None:
    model = Favourite(tokenizer, {})
    pairs = [Pair("the dog", "the dog"), Pair("the dog", "the cat"), Pair("The Dog", "the dog")]
    found = accuracy(compare_pairs(model, tokenizer, pairs, device=FLOAT32))
    assert (found.correct, found.ties, found.total, found.accuracy) == (0, 3, 3, 0.0)


def test_equal_sentences_tie_exactly_under_a_real_model(tokenizer: Tokenizer) -> None:
    model = random_bert(tokenizer, 0)
    sentences = [f"the {word} near the {word}" for word in WORDS]
    pairs = [Pair(sentence, sentence.upper()) for sentence in sentences]  # case is folded
    assert (compare_pairs(model, tokenizer, pairs, device=FLOAT32) == 0).all()


def test_accuracy_is_reported_by_field_by_term_and_by_set(tokenizer: Tokenizer) -> None:
    model = Favourite(tokenizer, {"bark": 1.0, "sleep": -1.0})
    pairs = [
        Pair("dog bark", "dog barks", "s1", "agreement", "morphology"),
        Pair("cat bark", "cat barks", "s1", "agreement", "morphology"),
        Pair("cat sleep", "cat sleeps", "s2", "agreement", "morphology"),
        Pair("see bark", "sees bark", "s3", "order", "syntax"),
    ]
    found = minimal_pairs(model, tokenizer, pairs, device=FLOAT32)
    assert found.overall.accuracy == 0.5
    assert found.overall.ties == 1
    assert found.overall.sets == 3
    assert {name: a.accuracy for name, a in found.by_field.items()} == {
        "morphology": pytest.approx(2 / 3),
        "syntax": 0.0,
    }
    assert found.by_term["agreement"] == found.by_field["morphology"]
    assert {name: a.total for name, a in found.by_set.items()} == {"s1": 2, "s2": 1, "s3": 1}


def test_pairs_of_one_template_are_not_taken_for_independent() -> None:
    # Ten sets: in five the model is always right, in five always wrong.
    flags = np.repeat([1.0, -1.0] * 5, 1000)
    sets = np.repeat([f"set{i}" for i in range(10)], 1000)
    alike, independent = accuracy(flags, sets), accuracy(flags)
    assert alike.interval[1] - alike.interval[0] > 0.4
    assert independent.interval[1] - independent.interval[0] < 0.03


def random_bert(tokenizer: Tokenizer, seed: int) -> BertForPreTraining:
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=0.1,
    )
    return BertForPreTraining(config)


def random_pairs(count: int, sets: int) -> list[Pair]:
    rng = np.random.default_rng(0)
    pairs = []
    for number in range(count):
        words = rng.choice(WORDS, size=6, replace=False).tolist()
        swapped = [*words[:2], words[3], words[2], *words[4:]]
        pairs.append(Pair(" ".join(words), " ".join(swapped), f"set{number % sets}"))
    return pairs


@pytest.mark.parametrize("seed", range(3))
def test_random_weights_are_near_chance(tokenizer: Tokenizer, seed: int) -> None:
    found = minimal_pairs(
        random_bert(tokenizer, seed), tokenizer, random_pairs(400, 20), device=FLOAT32
    )
    low, high = found.overall.interval
    assert low < 0.5 < high
    assert high - low < 0.2
    assert found.overall.ties == 0


def test_agreement_learned_by_heart_is_found(tokenizer: Tokenizer) -> None:
    """A few steps on one sentence are enough to prefer it to its swapped form."""
    model = random_bert(tokenizer, 0)
    good, bad = "the old dog sleeps", "the old dog sleep"
    ids = torch.tensor([[tokenizer.cls_id, *tokenizer.encode(good), tokenizer.sep_id]])
    hidden = ids.clone()
    hidden[0, 4] = tokenizer.mask_id
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(20):
        loss = nn.functional.cross_entropy(model(hidden).logits[0], ids[0])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert compare_pairs(model, tokenizer, [Pair(good, bad)], device=FLOAT32)[0] > 1


def test_anything_with_two_sentences_is_a_pair(tokenizer: Tokenizer) -> None:
    from fmlab.corpus.toyworld import World

    pairs: Sequence[object] = World().agreement_pairs(4)
    found = compare_pairs(random_bert(tokenizer, 0), tokenizer, pairs, device=FLOAT32)  # type: ignore[arg-type]
    assert found.shape == (4,)
    assert np.isfinite(found).all()


def test_the_progress_bar_goes_to_standard_error(
    tokenizer: Tokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    compare_pairs(
        Favourite(tokenizer, {}), tokenizer, random_pairs(3, 1), device=FLOAT32, progress=True
    )
    assert capsys.readouterr().out == ""


def test_no_pairs_is_one_clear_line(tokenizer: Tokenizer) -> None:
    with pytest.raises(UserError, match="there are no pairs"):
        compare_pairs(Favourite(tokenizer, {}), tokenizer, [])


def test_a_single_set_has_wilsons_interval() -> None:
    found = accuracy([1.0, 1.0, 0.0, -1.0])
    assert found.interval == pytest.approx((0.1500, 0.8500), abs=1e-3)
    assert math.isclose(found.accuracy, 0.5)
