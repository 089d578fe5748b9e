"""Pseudo-log-likelihood equals the naive loop, on models of `transformers` and on `fmlab`'s own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig as HfConfig
from transformers import BertForMaskedLM, BertForPreTraining, RobertaConfig, RobertaForMaskedLM

from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.models import bert
from fmlab.probes.pseudo_likelihood import (
    FromTransformers,
    hidden_log_probs,
    pseudo_log_likelihoods,
    scoring,
)

FLOAT32 = Device("cpu", "any", torch.float32)
SIZES: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
SENTENCES = [[7, 8, 9], [10, 11], [12], [7, 8, 9, 10, 11, 12, 13], [30, 31], [49, 5, 5, 20]]


@dataclass
class Words:
    cls_id: int = 2
    sep_id: int = 3
    mask_id: int = 4


def hf_bert(seed: int = 0) -> BertForMaskedLM:
    torch.manual_seed(seed)
    model: BertForMaskedLM = BertForMaskedLM(HfConfig(**SIZES, intermediate_size=32)).eval()
    return model


def own_bert(layers: int = 2) -> bert.BertForPreTraining:
    torch.manual_seed(0)
    sizes = {**SIZES, "num_hidden_layers": layers}
    return bert.BertForPreTraining(bert.BertConfig(**sizes, intermediate_size=32)).eval()


def naive(model: nn.Module, sentence: list[int]) -> float:
    """Hide one token at a time, one forward pass each."""
    total = 0.0
    for place, token in enumerate(sentence, 1):
        ids = torch.tensor([[2, *sentence, 3]])
        ids[0, place] = 4
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        total += float(logits[0, place].log_softmax(dim=0)[token])
    return total


@pytest.mark.parametrize("batch_tokens", [1, 20, 4096])
def test_it_equals_the_naive_loop_on_a_model_of_transformers(batch_tokens: int) -> None:
    model = hf_bert()
    found = pseudo_log_likelihoods(
        model, SENTENCES, Words(), device=FLOAT32, batch_tokens=batch_tokens
    )
    assert found == pytest.approx([naive(model, s) for s in SENTENCES], abs=1e-4)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_it_equals_the_naive_loop_on_our_own_model(layers: int) -> None:
    model = own_bert(layers)
    found = pseudo_log_likelihoods(model, SENTENCES, Words(), device=FLOAT32)
    assert found == pytest.approx([naive(model, s) for s in SENTENCES], abs=1e-4)


def test_it_equals_the_naive_loop_where_the_head_cannot_be_taken_apart() -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = hf_bert()

        def forward(self, input_ids: torch.Tensor, attention_mask: object = None) -> object:
            return self.inner(input_ids)

    found = pseudo_log_likelihoods(Whole(), SENTENCES, Words(), device=FLOAT32)
    assert found == pytest.approx([naive(hf_bert(), s) for s in SENTENCES], abs=1e-4)


def test_a_roberta_is_scored_too() -> None:
    torch.manual_seed(0)
    config = RobertaConfig(
        **SIZES, intermediate_size=32, pad_token_id=1, max_position_embeddings=64
    )
    model = RobertaForMaskedLM(config).eval()
    found = pseudo_log_likelihoods(model, SENTENCES, Words(), device=FLOAT32)
    assert found == pytest.approx([naive(model, s) for s in SENTENCES], abs=1e-4)


def test_two_headed_models_of_transformers_are_scored_by_their_masked_head() -> None:
    torch.manual_seed(0)
    model = BertForPreTraining(HfConfig(**SIZES, intermediate_size=32)).eval()

    class Renamed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: torch.Tensor, attention_mask: object = None) -> object:
            out = self.inner(input_ids)
            out["logits"] = out.prediction_logits
            return out

    found = pseudo_log_likelihoods(model, SENTENCES, Words(), device=FLOAT32)
    assert found == pytest.approx([naive(Renamed(), s) for s in SENTENCES], abs=1e-4)


def test_only_the_last_layer_is_cut_short_for_one_place_a_row() -> None:
    model, ids = own_bert(), torch.tensor([[2, 7, 4, 9, 3], [2, 4, 8, 9, 3]])
    rows, columns, targets = torch.tensor([0, 1]), torch.tensor([2, 1]), torch.tensor([8, 7])
    full = model(ids).logits.log_softmax(-1)[rows, columns, targets]
    with scoring(model, FLOAT32):
        short = hidden_log_probs(model, ids, rows, columns, targets)
        several = hidden_log_probs(
            model, ids, *(torch.cat([x, x, x]) for x in (rows, columns, targets))
        )
    torch.testing.assert_close(short, full, atol=1e-5, rtol=0)
    torch.testing.assert_close(several, full.repeat(3), atol=1e-5, rtol=0)


def test_order_of_sentences_does_not_matter() -> None:
    model = own_bert()
    forward = pseudo_log_likelihoods(model, SENTENCES, Words(), device=FLOAT32)
    backward = pseudo_log_likelihoods(model, SENTENCES[::-1], Words(), device=FLOAT32)
    np.testing.assert_allclose(forward, backward[::-1], atol=1e-5)


def test_dropout_is_off_while_scoring_and_the_mode_is_put_back() -> None:
    model = own_bert().train()
    first = pseudo_log_likelihoods(model, SENTENCES, Words(), device=FLOAT32)
    again = pseudo_log_likelihoods(model, SENTENCES, Words(), device=FLOAT32)
    assert (first == again).all()
    assert model.training


def test_bfloat16_gives_nearly_the_same() -> None:
    model = own_bert()
    exact = pseudo_log_likelihoods(model, SENTENCES, Words(), device=FLOAT32)
    short = pseudo_log_likelihoods(
        model, SENTENCES, Words(), device=Device("cpu", "any", torch.bfloat16)
    )
    assert short == pytest.approx(exact, rel=0.01)
    assert (short != exact).any()


def test_every_sentence_is_told_to_the_progress_bar() -> None:
    told: list[int] = []
    pseudo_log_likelihoods(
        own_bert(), SENTENCES, Words(), device=FLOAT32, batch_tokens=8, tick=told.append
    )
    assert sum(told) == len(SENTENCES)


def test_an_empty_sentence_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="a sentence has no tokens"):
        pseudo_log_likelihoods(own_bert(), [[5], []], Words())


def test_a_tokenizer_without_a_mask_is_one_clear_line() -> None:
    class Gpt:
        cls_token_id, sep_token_id, mask_token_id = 1, 2, None

    with pytest.raises(UserError, match=r"Gpt lacks \[CLS\], \[SEP\] or \[MASK\]"):
        FromTransformers(Gpt())
