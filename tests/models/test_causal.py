"""Causal rows see only what stands before them, here and in the models of `transformers`."""

import json
import warnings
from pathlib import Path

import pytest
import torch
import transformers
from torch import Tensor

from fmlab.checkpoint import load, save
from fmlab.errors import UserError
from fmlab.models.attention import attention, blocks_to_look, may_look
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.models.hf import from_hf, to_hf
from fmlab.probes.fill_mask import fill_mask
from fmlab.tokens import Tokenizer

GPT = {"config": {"causal_share": 1.0}}
HYBRID = {"config": {"causal_share": 0.5}}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["the old dog sees the cat . a bird sings here ."] * 3, 60)


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> BertForPreTraining:
    torch.manual_seed(0)
    config = BertConfig(tokenizer.vocab_size, 16, 2, 2, 32, max_position_embeddings=16)
    made = BertForPreTraining(config).eval()
    with torch.no_grad():  # offsets and norms start at 0 and 1: shake them, or nothing is tested
        for weight in made.parameters():
            weight += 0.2 * torch.randn_like(weight)
    return made


@pytest.fixture(scope="module")
def ids(tokenizer: Tokenizer) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(5, tokenizer.vocab_size, (3, 12), generator=generator)


def causal_logits(model: BertForPreTraining, ids: Tensor) -> Tensor:
    causal = torch.ones(len(ids), dtype=torch.bool)
    out = model.bert(ids, token_type_ids=torch.ones_like(ids), causal=causal)
    assert model.masked_head is not None
    logits: Tensor = model.masked_head(out.last_hidden_state).detach()
    return logits


def test_a_causal_row_does_not_see_ahead_and_a_masked_row_does(
    model: BertForPreTraining, ids: Tensor
) -> None:
    causal = torch.tensor([True, False, True])
    changed = ids.clone()
    changed[:, 7:] = ids[:, 7:].flip(1)
    before, after = (model.bert(x, causal=causal).last_hidden_state[:, :7] for x in (ids, changed))
    torch.testing.assert_close(before[causal], after[causal], atol=1e-6, rtol=0)
    assert (before[1] - after[1]).abs().min() > 1e-4


def test_in_a_packed_row_a_causal_document_sees_itself_alone(
    model: BertForPreTraining, ids: Tensor
) -> None:
    documents = torch.tensor([[1] * 5 + [2] * 5 + [0] * 2])
    positions = torch.tensor([[*range(5), *range(5), 0, 0]])
    causal = torch.tensor([True])
    row = ids[:1]
    packed = model.bert(
        row, position_ids=positions, document_ids=documents, causal=causal
    ).last_hidden_state
    alone = model.bert(row[:, 5:10], causal=causal).last_hidden_state
    torch.testing.assert_close(packed[:, 5:10], alone, atol=1e-5, rtol=0)


def test_the_weights_of_a_causal_row_are_zero_above_the_diagonal(
    model: BertForPreTraining, ids: Tensor
) -> None:
    out = model.bert(ids, causal=torch.tensor([True, False, True]), output_attentions=True)
    assert out.attentions is not None
    for weights in out.attentions:
        assert (weights[[0, 2]].triu(1) == 0).all()
        assert (weights[1] > 0).all()


@pytest.mark.parametrize("causal", [None, torch.tensor([True, False])])
@pytest.mark.parametrize("length", [40, 200])
def test_blocks_for_a_gpu_say_the_same_as_the_mask(causal: Tensor | None, length: int) -> None:
    """Two rows of three documents and padding; 200 tokens are more than one block of 128."""
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(2, 2, length, 8, generator=generator) for _ in range(3))
    borders = torch.tensor([[7, 19, 33], [1, 20, length]])
    place = torch.arange(length)
    documents = (place[None, :, None] >= borders[:, None, :]).sum(2) + 1  # (2, T), from 1
    documents[documents == 4] = 0
    slow, _ = attention(query, key, value, may_look(None, documents, causal, length))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "flex_attention called without torch.compile")
        fast, _ = attention(query, key, value, blocks_to_look(documents, causal))
    torch.testing.assert_close(fast, slow, atol=1e-5, rtol=0)


def test_one_file_is_a_masked_and_a_causal_model_of_transformers(
    model: BertForPreTraining, tokenizer: Tokenizer, ids: Tensor, tmp_path: Path
) -> None:
    save(tmp_path, model, tokenizer, HYBRID)
    assert json.loads((tmp_path / "config.json").read_text())["architectures"] == [
        "BertForMaskedLM"
    ]
    masked = transformers.BertForMaskedLM.from_pretrained(tmp_path).eval()
    causal = transformers.BertLMHeadModel.from_pretrained(tmp_path, is_decoder=True).eval()
    torch.testing.assert_close(masked(ids).logits, model(ids).logits, atol=1e-5, rtol=0)
    found = causal(ids, token_type_ids=torch.ones_like(ids)).logits
    torch.testing.assert_close(found, causal_logits(model, ids), atol=1e-5, rtol=0)
    assert (found - model(ids).logits).abs().max() > 0.1  # the two ways do differ


def test_a_model_of_both_fills_masks_as_before(
    model: BertForPreTraining, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    found = load(save(tmp_path, model, tokenizer, HYBRID))
    assert (found.causal_share, found.causal) == (0.5, False)
    text = "the old [MASK] sees the cat ."
    asked = [fill_mask(m, tokenizer, text) for m in (found.masked_model, model)]
    assert asked[0] == asked[1]
    assert found.causal_model is found.masked_model


def test_a_causal_model_opens_as_one_in_transformers_and_comes_back(
    model: BertForPreTraining, tokenizer: Tokenizer, ids: Tensor, tmp_path: Path
) -> None:
    wanted = causal_logits(model, ids)
    save(tmp_path / "once", model, tokenizer, GPT)
    first = load(tmp_path / "once")
    save(tmp_path / "twice", first.causal_model, first.tokenizer, first.run)
    for folder in (tmp_path / "once", tmp_path / "twice"):
        config = json.loads((folder / "config.json").read_text())
        assert (config["architectures"], config["is_decoder"]) == (["BertLMHeadModel"], True)
        found = load(folder)
        assert (found.causal_share, found.causal) == (1.0, True)
        torch.testing.assert_close(
            causal_logits(found.causal_model, ids), wanted, atol=1e-5, rtol=0
        )
        theirs = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
        assert isinstance(theirs, transformers.BertLMHeadModel)
        # Whatever segment it is told, and if it is told none: it knows one only.
        for told in (None, torch.zeros_like(ids), torch.ones_like(ids)):
            logits = theirs(ids, token_type_ids=told).logits
            torch.testing.assert_close(logits, wanted, atol=1e-5, rtol=0)


def test_a_causal_model_is_known_by_its_file_if_its_story_is_lost(
    model: BertForPreTraining, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    (save(tmp_path, model, tokenizer, GPT) / "run.json").unlink()
    assert load(tmp_path).causal_share == 1


def test_transformers_writes_on_where_our_logits_point(
    model: BertForPreTraining, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """Greedy, token after token, until `[SEP]`; their cache of keys makes no difference."""
    save(tmp_path, model, tokenizer, GPT)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    start = torch.tensor([[tokenizer.cls_id, *tokenizer.encode("the old")]])
    found = theirs.generate(
        start, attention_mask=torch.ones_like(start), max_new_tokens=6, do_sample=False
    )
    wanted = start
    for _ in range(6):
        following = causal_logits(model, wanted)[:, -1:].argmax(2)
        wanted = torch.cat([wanted, following], dim=1)
        if int(following) == tokenizer.sep_id:
            break
    assert found.tolist() == wanted.tolist()
    settings = theirs.generation_config
    assert (settings.bos_token_id, settings.eos_token_id) == (tokenizer.cls_id, tokenizer.sep_id)


def test_a_causal_bert_of_others_reads_text_as_segment_0(ids: Tensor) -> None:
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, is_decoder=True, architectures=["BertLMHeadModel"],
    )  # fmt: skip
    theirs = transformers.BertLMHeadModel(config).eval()
    ours = from_hf(config.to_dict(), theirs.state_dict())
    assert isinstance(ours, BertForPreTraining)
    torch.testing.assert_close(
        causal_logits(ours, ids), theirs(ids).logits.detach(), atol=1e-5, rtol=0
    )


def test_other_decoders_are_refused(model: BertForPreTraining) -> None:
    config, weights = to_hf(model, causal=True)
    for change in (
        {"architectures": ["BertForMaskedLM"]},
        {"add_cross_attention": True},
        {"is_decoder": 1, "architectures": None},
    ):
        with pytest.raises(UserError, match="load here"):
            from_hf({**config, **change}, weights)


def test_what_a_model_was_not_trained_for_costs_one_line(
    model: BertForPreTraining, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    gpt = load(save(tmp_path / "gpt", model, tokenizer, GPT))
    with pytest.raises(UserError, match="reads from left to right and cannot fill masks") as caught:
        _ = gpt.masked_model
    assert "\n" not in str(caught.value)
    bert = load(save(tmp_path / "bert", model, tokenizer, {"config": {"causal_share": 0.0}}))
    with pytest.raises(UserError, match="not trained to guess the next token") as caught:
        _ = bert.causal_model
    assert "\n" not in str(caught.value)
