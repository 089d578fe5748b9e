"""Weights, queries and keys are the model's own, whichever library it is of."""

import sys
from typing import Any

import pytest
import torch
import transformers

from fmlab.errors import UserError
from fmlab.models.hf import from_hf
from fmlab.probes.attentions import attentions, neurons
from fmlab.tokens import Tokenizer

A, B = "the cat sat on the mat", "it slept"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([A, B] * 5, 100)


@pytest.fixture(scope="module")
def theirs(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save(folder)
    return transformers.BertTokenizer.from_pretrained(folder)


def their_model(name: str = "BertModel", attention: str = "eager", **more: Any) -> Any:
    config = transformers.BertConfig(
        vocab_size=100,
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=20,
        max_position_embeddings=24,
        architectures=[name],
        attn_implementation=attention,
        **more,
    )
    torch.manual_seed(0)
    model = getattr(transformers, name)(config).eval()
    with torch.no_grad():  # at the start all weights of attention are almost alike
        for weight in model.parameters():
            weight += 0.2 * torch.randn_like(weight)
    return model


def our_model(original: Any) -> Any:
    return from_hf(original.config.to_dict(), original.state_dict())


@pytest.mark.parametrize("second", [None, B])
def test_both_libraries_give_the_same_attentions(
    tokenizer: Tokenizer, theirs: Any, second: str | None
) -> None:
    original = their_model("BertForMaskedLM")
    found = attentions(our_model(original), tokenizer, A, second)
    wanted = attentions(original, theirs, A, second)
    assert found.tokens == wanted.tokens
    assert found.sentence_b_start == wanted.sentence_b_start == (8 if second else None)
    assert found.tokens[:3] == ("[CLS]", "the", "cat")
    torch.testing.assert_close(found.attentions, wanted.attentions, atol=2e-6, rtol=0)
    inputs = theirs(A, second, return_tensors="pt")
    direct = torch.cat(original(**inputs, output_attentions=True).attentions)
    torch.testing.assert_close(wanted.attentions, direct)
    assert found.attentions.std() > 0.05


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("BertModel", {}),
        ("BertForMaskedLM", {"hidden_act": "gelu_new"}),
        ("BertForPreTraining", {"hidden_act": "relu", "layer_norm_eps": 1e-3}),
        ("BertForSequenceClassification", {"hidden_act": "silu", "type_vocab_size": 3}),
        ("BertForQuestionAnswering", {"hidden_act": "tanh"}),
    ],
)
@pytest.mark.parametrize("ours", [True, False])
def test_neurons_have_the_attentions_of_the_model(
    tokenizer: Tokenizer, theirs: Any, name: str, more: dict[str, Any], ours: bool
) -> None:
    original = their_model(name, **more)
    model, words = (our_model(original), tokenizer) if ours else (original, theirs)
    wanted = attentions(model, words, A, B)
    found = neurons(model, words, A, B)
    assert found.tokens == wanted.tokens
    assert found.sentence_b_start == wanted.sentence_b_start
    torch.testing.assert_close(found.attentions, wanted.attentions, atol=2e-6, rtol=0)


def test_queries_and_keys_make_the_weights(tokenizer: Tokenizer) -> None:
    found = neurons(our_model(their_model()), tokenizer, A)
    assert found.queries.shape == (3, 4, 8, 6)
    made = (found.queries @ found.keys.mT / 6**0.5).softmax(dim=-1)
    torch.testing.assert_close(made, found.attentions)


def test_a_model_with_fused_attention_says_how_to_load_it(theirs: Any) -> None:
    model = their_model(attention="sdpa")
    with pytest.raises(UserError, match=r'attn_implementation="eager".*set_attn_implementation'):
        attentions(model, theirs, A)
    model.set_attn_implementation("eager")
    assert attentions(model, theirs, A).attentions.shape == (3, 4, 8, 8)


def test_neurons_need_no_weights_from_the_model(theirs: Any) -> None:
    found = neurons(their_model(attention="sdpa"), theirs, A)
    torch.testing.assert_close(found.queries, neurons(their_model(), theirs, A).queries)


def test_the_model_stays_in_its_mode_and_dropout_is_off(tokenizer: Tokenizer) -> None:
    model = our_model(their_model()).train()
    found = attentions(model, tokenizer, A).attentions
    assert model.training
    torch.testing.assert_close(found, attentions(model, tokenizer, A).attentions)
    with pytest.raises(UserError, match="positions"):
        attentions(model, tokenizer, A * 9)
    assert model.training


def test_what_has_no_neurons_is_refused(theirs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="left to right"):
        neurons(their_model("BertLMHeadModel", is_decoder=True), theirs, A)
    gpt = transformers.GPT2Config(n_embd=8, n_layer=1, n_head=2)
    with pytest.raises(UserError, match="gpt2"):
        neurons(transformers.GPT2LMHeadModel(gpt), theirs, A)
    with pytest.raises(UserError, match="26 tokens, but the model has 24 positions"):
        neurons(their_model(), theirs, " ".join([A] * 4))
    monkeypatch.setitem(sys.modules, "bertviz", None)
    with pytest.raises(UserError, match="pip install bertviz"):
        neurons(their_model(), theirs, A)
