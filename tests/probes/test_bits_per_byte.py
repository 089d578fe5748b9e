"""The loss of a model on held-out text: right by hand, unbiased, seeded, and bounded."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fmlab.batches import cut
from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.probes.bits_per_byte import _choose, causal_loss, masked_loss, pseudo_likelihood_loss
from fmlab.probes.ngram import Unigram, score
from fmlab.tokens import Tokenizer

FLOAT32 = Device("cpu", "any", torch.float32)
WORDS = "one two three four five six seven eight".split()
TEXTS = [
    "\n".join(" ".join(WORDS[(i + j) % 8] for j in range(3 + i % 9)) for i in range(60)),
    "eight seven six\n\nfive",
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([" ".join(WORDS)] * 5, vocab_size=100)


class Uniform(nn.Module):
    """Finds every token equally likely; notes what it was shown."""

    def __init__(self, vocab_size: int) -> None:
        """Make one weight, so that it has a device."""
        super().__init__()
        self.zeros = nn.Parameter(torch.zeros(vocab_size))
        self.shown: list[Tensor] = []

    def forward(self, input_ids: Tensor) -> object:
        self.shown.append(input_ids)

        class Output:
            logits = self.zeros.expand(*input_ids.shape, -1)

        return Output()


def random_bert(tokenizer: Tokenizer) -> BertForPreTraining:
    torch.manual_seed(0)
    config = BertConfig(tokenizer.vocab_size, 16, 2, 2, 32, max_position_embeddings=32)
    return BertForPreTraining(config)


def test_a_model_without_an_idea_costs_the_log_of_the_vocabulary(tokenizer: Tokenizer) -> None:
    model = Uniform(tokenizer.vocab_size)
    for found in (
        masked_loss(model, tokenizer, TEXTS, device=FLOAT32),
        pseudo_likelihood_loss(model, tokenizer, TEXTS, device=FLOAT32),
        causal_loss(model, tokenizer, TEXTS, device=FLOAT32),
    ):
        assert found.nats_per_token == pytest.approx(math.log(tokenizer.vocab_size), abs=1e-5)
        words = sum(len(text.split()) for text in TEXTS)
        assert found.tokens == words  # each word is one token here
        assert found.text_bytes == sum(len(text.encode()) for text in TEXTS)
        bits = math.log2(tokenizer.vocab_size) * words / found.text_bytes
        assert found.bits_per_byte == pytest.approx(bits, abs=1e-5)


def test_about_15_in_100_are_hidden_and_all_of_them_by_the_mask(tokenizer: Tokenizer) -> None:
    model = Uniform(tokenizer.vocab_size)
    found = masked_loss(model, tokenizer, TEXTS * 20, device=FLOAT32)
    shown = torch.cat([ids.flatten() for ids in model.shown])
    assert int((shown == tokenizer.mask_id).sum()) == found.asked
    assert found.asked / found.tokens == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize(("length", "rate"), [(1, 0.15), (5, 0.15), (20, 0.4), (3, 0.99)])
def test_each_token_is_hidden_with_the_same_chance(length: int, rate: float) -> None:
    chosen = _choose(np.random.default_rng(0), (20_000, length + 2), rate)
    assert not chosen[:, [0, -1]].any()
    assert chosen[:, 1:-1].mean(axis=0) == pytest.approx(rate, abs=0.015)
    assert set(chosen.sum(axis=1)) <= {math.floor(rate * length), math.ceil(rate * length)}


def test_the_loss_of_a_real_model_equals_a_plain_loop(tokenizer: Tokenizer) -> None:
    """One piece, everything recomputed from what the model was shown."""
    model, text = random_bert(tokenizer), " ".join(WORDS)
    shown: list[Tensor] = []
    handle = model.bert.embeddings.token.register_forward_pre_hook(
        lambda module, inputs: shown.append(inputs[0].clone())
    )
    found = masked_loss(model, tokenizer, [text], mask_rate=0.4, device=FLOAT32)
    handle.remove()
    truth = torch.tensor([[tokenizer.cls_id, *tokenizer.encode(text), tokenizer.sep_id]])
    hidden = shown[0] == tokenizer.mask_id
    assert torch.equal(shown[0][~hidden], truth[~hidden])
    with torch.no_grad():
        logits = model.eval()(shown[0]).logits
    losses = nn.functional.cross_entropy(logits[hidden], truth[hidden])
    assert found.nats_per_token == pytest.approx(float(losses), abs=1e-5)
    assert found.asked == int(hidden.sum())


def test_the_causal_loss_of_a_real_model_equals_a_plain_loop(tokenizer: Tokenizer) -> None:
    """Each token of each piece after `[CLS]` and what stands before it, the end left out."""
    model, losses = random_bert(tokenizer).eval(), []
    assert model.masked_head is not None
    for piece in cut(TEXTS, tokenizer, 20):
        for place in range(1, len(piece) - 1):
            ids = torch.tensor([piece[:place]])
            with torch.no_grad():
                out = model.bert(ids, None, torch.ones_like(ids), causal=torch.tensor([True]))
                logits = model.masked_head(out.last_hidden_state[0, -1])
            losses.append(-float(logits.log_softmax(0)[piece[place]]))
    found = causal_loss(model, tokenizer, TEXTS, longest=20, device=FLOAT32)
    assert found.asked == found.tokens == len(losses)
    assert found.nats_per_token == pytest.approx(sum(losses) / len(losses), abs=1e-5)
    bits = sum(losses) / math.log(2)  # the length of a code of all tokens
    assert found.bits_per_byte == pytest.approx(bits / found.text_bytes, abs=1e-5)


def test_a_causal_model_and_the_counting_models_are_asked_for_the_same_tokens(
    tokenizer: Tokenizer,
) -> None:
    """A network that says what the unigram says has the unigram's loss, in both units."""
    pieces = [piece[1:-1] for piece in cut(TEXTS, tokenizer, 20)]
    unigram = Unigram(pieces, tokenizer.vocab_size)
    model = Uniform(tokenizer.vocab_size)
    with torch.no_grad():
        model.zeros.copy_(torch.from_numpy(unigram.table))
    found = causal_loss(model, tokenizer, TEXTS, longest=20, device=FLOAT32)
    counted = score(unigram, pieces, found.text_bytes)
    assert found.tokens == counted.tokens
    assert found.nats_per_token == pytest.approx(counted.nats_per_token, abs=1e-5)
    assert found.bits_per_byte == pytest.approx(counted.bits_per_byte, abs=1e-5)


def test_the_same_seed_gives_the_same_and_another_seed_another(tokenizer: Tokenizer) -> None:
    model = random_bert(tokenizer)
    first, again, other = (
        masked_loss(model, tokenizer, TEXTS, longest=32, device=FLOAT32, seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first.nats_per_token != other.nats_per_token
    low, high = first.interval
    assert low < first.nats_per_token < high
    assert first.bits_per_byte_interval[0] < first.bits_per_byte < first.bits_per_byte_interval[1]


def test_a_sample_is_about_as_large_as_asked(tokenizer: Tokenizer) -> None:
    model = random_bert(tokenizer)
    sample = pseudo_likelihood_loss(
        model, tokenizer, TEXTS, longest=32, max_tokens=100, device=FLOAT32
    )
    whole = pseudo_likelihood_loss(
        model, tokenizer, TEXTS, longest=32, max_tokens=None, device=FLOAT32
    )
    assert 90 <= sample.asked <= 100
    assert whole.asked == whole.tokens == sample.tokens
    assert sample.mask_rate is None
    assert sample.nats_per_token == pytest.approx(whole.nats_per_token, rel=0.1)


def test_documents_are_measured_each_alone_too(tokenizer: Tokenizer) -> None:
    found = masked_loss(random_bert(tokenizer), tokenizer, [*TEXTS, ""], device=FLOAT32, longest=32)
    first, second, empty = found.by_text
    assert first is not None
    assert second is not None
    assert empty is None
    assert first.asked + second.asked == found.asked
    assert first.text_bytes + second.text_bytes == found.text_bytes
    total = first.nats_per_token * first.asked + second.nats_per_token * second.asked
    assert total == pytest.approx(found.nats_per_token * found.asked)


def test_long_paragraphs_are_cut_as_in_training(tokenizer: Tokenizer) -> None:
    model = Uniform(tokenizer.vocab_size)
    masked_loss(model, tokenizer, [" ".join(WORDS * 10)], longest=20, device=FLOAT32)
    assert max(ids.size(1) for ids in model.shown) == 20


@pytest.mark.parametrize("texts", [[], [""], ["\n  \n"]])
def test_no_text_is_one_clear_line(tokenizer: Tokenizer, texts: list[str]) -> None:
    model = Uniform(tokenizer.vocab_size)
    for measure in (masked_loss, pseudo_likelihood_loss, causal_loss):
        with pytest.raises(UserError, match="there is no held-out text"):
            measure(model, tokenizer, texts)


def test_senseless_settings_are_one_clear_line(tokenizer: Tokenizer) -> None:
    model = Uniform(tokenizer.vocab_size)
    with pytest.raises(UserError, match="mask_rate is 1"):
        masked_loss(model, tokenizer, TEXTS, mask_rate=1)
    with pytest.raises(UserError, match="give more text"):
        masked_loss(model, tokenizer, ["one"], mask_rate=0.001)
