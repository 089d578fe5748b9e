"""Log-likelihood equals the naive loop, is a probability, and is refused to whom looks ahead."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig as HfConfig
from transformers import BertForMaskedLM, BertLMHeadModel, GPT2Config, GPT2LMHeadModel

from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.models import bert
from fmlab.probes.likelihood import log_likelihoods

FLOAT32 = Device("cpu", "any", torch.float32)
SIZES: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "initializer_range": 0.3,
}
SENTENCES = [[7, 8, 9], [10, 11], [12], [7, 8, 9, 10, 11, 12, 13], [30, 31], [49, 5, 5, 20]]


@dataclass
class Start:
    cls_id: int = 2


def own_model(**changes: Any) -> bert.BertForPreTraining:
    torch.manual_seed(0)
    return bert.BertForPreTraining(bert.BertConfig(**{**SIZES, **changes})).eval()


def naive(model: nn.Module, sentence: list[int]) -> float:
    """Ask for one token at a time, and show nothing of what comes after it."""
    total = 0.0
    for place, token in enumerate(sentence):
        ids = torch.tensor([[2, *sentence[:place]]])
        with torch.no_grad():
            if isinstance(model, bert.BertForPreTraining):
                causal = torch.tensor([True])
                states = model.bert(ids, token_type_ids=torch.ones_like(ids), causal=causal)
                assert model.masked_head is not None
                logits = model.masked_head(states.last_hidden_state)
            else:
                logits = model(ids).logits
        total += float(logits[0, -1].log_softmax(dim=0)[token])
    return total


@pytest.mark.parametrize("batch_tokens", [1, 20, 4096])
def test_it_equals_the_naive_loop_on_our_own_model(batch_tokens: int) -> None:
    model = own_model()
    found = log_likelihoods(model, SENTENCES, Start(), device=FLOAT32, batch_tokens=batch_tokens)
    assert found == pytest.approx([naive(model, s) for s in SENTENCES], abs=1e-4)


def causal_model_of_transformers(kind: str) -> nn.Module:
    torch.manual_seed(0)
    if kind == "gpt2":
        config = GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, n_positions=32)
        return GPT2LMHeadModel(config).eval()
    return BertLMHeadModel(HfConfig(**SIZES, is_decoder=True)).eval()


@pytest.mark.parametrize("kind", ["gpt2", "bert"])
def test_it_equals_the_naive_loop_on_causal_models_of_transformers(kind: str) -> None:
    model = causal_model_of_transformers(kind)
    found = log_likelihoods(model, SENTENCES, Start(), device=FLOAT32)
    assert found == pytest.approx([naive(model, s) for s in SENTENCES], abs=1e-4)


def test_the_probabilities_of_all_sentences_of_one_length_sum_to_one() -> None:
    """Which is not so of a pseudo-log-likelihood. No end is asked for, so each length has its 1."""
    model = own_model(vocab_size=6)
    for length in (1, 2, 3):
        every = [list(tokens) for tokens in product(range(6), repeat=length)]
        found = log_likelihoods(model, every, Start(), device=FLOAT32)
        assert np.exp(found).sum() == pytest.approx(1, abs=1e-5)
        assert found.std() > 0.3  # and they are not all the same


def test_order_of_sentences_does_not_matter() -> None:
    forward = log_likelihoods(own_model(), SENTENCES, Start(), device=FLOAT32)
    backward = log_likelihoods(own_model(), SENTENCES[::-1], Start(), device=FLOAT32)
    np.testing.assert_allclose(forward, backward[::-1], atol=1e-5)


def test_dropout_is_off_while_scoring_and_the_mode_is_put_back() -> None:
    model = own_model().train()
    first, again = (log_likelihoods(model, SENTENCES, Start(), device=FLOAT32) for _ in range(2))
    assert (first == again).all()
    assert model.training


def test_every_sentence_is_told_to_the_progress_bar() -> None:
    told: list[int] = []
    log_likelihoods(own_model(), SENTENCES, Start(), device=FLOAT32, tick=told.append)
    assert sum(told) == len(SENTENCES)


def test_a_model_that_looks_ahead_is_one_clear_line() -> None:
    torch.manual_seed(0)
    masked = BertForMaskedLM(HfConfig(**SIZES)).eval()
    with pytest.raises(UserError, match="BertForMaskedLM looks ahead") as caught:
        log_likelihoods(masked, SENTENCES, Start(), device=FLOAT32)
    assert "\n" not in str(caught.value)


def test_no_tokens_and_no_head_are_one_clear_line() -> None:
    with pytest.raises(UserError, match="a sentence has no tokens"):
        log_likelihoods(own_model(), [[5], []], Start())
    headless = bert.BertForPreTraining(bert.BertConfig(**SIZES), masked=False, next_sentence=True)
    with pytest.raises(UserError, match="no head for tokens"):
        log_likelihoods(headless, [[5]], Start())
