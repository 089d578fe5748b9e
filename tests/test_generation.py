"""Writing: the same tokens as transformers, the same text for a seed, and settings that hold."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor
from transformers.generation import (
    LogitsProcessorList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

import fmlab
from fmlab.checkpoint import Checkpoint, load, save
from fmlab.errors import UserError
from fmlab.generation import distribution, next_tokens_drawn
from fmlab.models.attention import Past
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.models.gpt import GptConfig, GptForPreTraining
from fmlab.models.language_model import LanguageModel
from fmlab.models.roberta import RobertaConfig, RobertaForPreTraining
from fmlab.tokens import Tokenizer

TEXT = "the old dog sees the cat . a small bird sings here , and the cat sleeps ."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([TEXT] * 3, 90)


def shaken(model: LanguageModel) -> Any:
    """Weights far from their start, so that the likeliest token is not always the same."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.3 * torch.randn_like(weight)
    return model.eval()


@pytest.fixture(scope="module")
def gpt(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    sizes = GptConfig(tokenizer.vocab_size, 16, 3, 2, 32, max_position_embeddings=40)
    return load(save(tmp_path_factory.mktemp("gpt"), shaken(GptForPreTraining(sizes)), tokenizer))


@pytest.fixture(scope="module")
def causal_bert(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    sizes = BertConfig(tokenizer.vocab_size, 16, 2, 2, 32, max_position_embeddings=40)
    run = {"config": {"causal_share": 1.0}}
    model = shaken(BertForPreTraining(sizes))
    return load(save(tmp_path_factory.mktemp("bert"), model, tokenizer, run))


def written(model: LanguageModel, ids: list[int], count: int, **how: Any) -> list[int]:
    drawn = next_tokens_drawn(model, ids, **how)
    return [next(drawn) for _ in range(count)]


@pytest.mark.parametrize("kind", ["gpt", "causal_bert"])
def test_greedy_writing_is_that_of_transformers(
    kind: str, tokenizer: Tokenizer, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(kind)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(found.path).eval()
    different = set()
    for text in ("", "the old dog", "a small bird sings here , and the"):
        ids = [tokenizer.cls_id, *tokenizer.encode(text)]
        start = torch.tensor([ids])
        wanted = theirs.generate(
            start, attention_mask=torch.ones_like(start), max_new_tokens=20, do_sample=False,
            eos_token_id=None, pad_token_id=tokenizer.pad_id,
        )[0].tolist()  # fmt: skip
        ours = written(found.causal_language_model, ids, 20, temperature=0)
        assert [*ids, *ours] == wanted
        different |= set(ours)
    assert len(different) > 2


@pytest.mark.parametrize(
    "how",
    [
        {"temperature": 0.7},
        {"top_k": 5},
        {"top_p": 0.8},
        {"temperature": 1.6, "top_k": 12, "top_p": 0.6},
        {"top_k": 500, "top_p": 1.0},
    ],
)
def test_a_token_is_drawn_from_the_distribution_of_transformers(how: dict[str, Any]) -> None:
    generator = torch.Generator().manual_seed(0)
    scores = 3 * torch.randn(8, 50, generator=generator)
    steps = LogitsProcessorList()
    if "temperature" in how:
        steps.append(TemperatureLogitsWarper(how["temperature"]))
    if "top_k" in how:
        steps.append(TopKLogitsWarper(how["top_k"]))
    if "top_p" in how:
        steps.append(TopPLogitsWarper(how["top_p"]))
    wanted = steps(torch.zeros(8, 1, dtype=torch.long), scores).softmax(-1)
    torch.testing.assert_close(distribution(scores, **how), wanted, atol=1e-6, rtol=0)


def test_the_distribution_of_a_case_by_hand() -> None:
    """Probabilities of 1/2, 1/4, 1/8, 1/8."""
    logits = torch.tensor([0.125, 0.5, 0.125, 0.25]).log()
    torch.testing.assert_close(distribution(logits), torch.tensor([0.125, 0.5, 0.125, 0.25]))
    kept = torch.tensor([0, 2 / 3, 0, 1 / 3])
    torch.testing.assert_close(distribution(logits, top_k=2), kept)
    for top_p in (0.51, 0.75):  # a half is too little, three quarters are just enough
        torch.testing.assert_close(distribution(logits, top_p=top_p), kept)
    only = torch.tensor([0.0, 1, 0, 0])
    assert torch.equal(distribution(logits, top_p=0.5), only)
    assert torch.equal(distribution(logits, temperature=0), only)
    squared = torch.tensor([1, 16, 1, 4]) / 22
    torch.testing.assert_close(distribution(logits, temperature=0.5), squared)
    # The nucleus is of what top_k left: 2/3 of two tokens is the first alone.
    assert torch.equal(distribution(logits, top_k=2, top_p=0.6), only)


def test_tokens_are_drawn_as_often_as_the_distribution_says(gpt: Checkpoint) -> None:
    model = gpt.causal_language_model
    ids = [gpt.tokenizer.cls_id]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, -1]
    wanted = distribution(logits, 0.5, top_k=4)
    drawn = [written(model, ids, 1, temperature=0.5, top_k=4, seed=seed)[0] for seed in range(400)]
    found = torch.bincount(torch.tensor(drawn), minlength=len(wanted)) / 400
    assert (found - wanted).abs().max() < 0.08
    assert found[wanted == 0].sum() == 0


def test_the_same_seed_writes_the_same_and_another_writes_otherwise(gpt: Checkpoint) -> None:
    texts = [fmlab.generate(gpt, "the old", max_new_tokens=20, seed=s) for s in (1, 1, 2, 3)]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3
    torch.manual_seed(5)  # nor does it take from or add to torch's own chance
    before = torch.rand(1)
    torch.manual_seed(5)
    assert fmlab.generate(gpt, "the old", max_new_tokens=20, seed=1) == texts[0]
    assert torch.equal(torch.rand(1), before)


@torch.no_grad()
def test_a_gpt_that_keeps_its_past_says_what_one_says_that_reads_all_again(
    gpt: Checkpoint,
) -> None:
    model = gpt.causal_language_model
    ids = torch.randint(5, gpt.tokenizer.vocab_size, (2, 12))
    whole = model.causal_states(ids)
    past = model.empty_past()
    assert past is not None
    pieces = [model.causal_states(ids[:, :5], past)]
    pieces += [model.causal_states(ids[:, at : at + 1], past) for at in range(5, 12)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, atol=1e-5, rtol=0)
    assert [kept.length for kept in past] == [12] * 3
    with pytest.raises(UserError, match="41 tokens, but the model has 40 positions"):
        model.causal_states(torch.zeros(2, 29, dtype=torch.long), past)


def test_each_token_is_read_once(gpt: Checkpoint) -> None:
    read = []
    model = gpt.model
    assert isinstance(model, GptForPreTraining)
    hook = model.gpt.layers[0].register_forward_hook(lambda _, given, out: read.append(out[0]))
    written(model, [gpt.tokenizer.cls_id, 7, 8], 4, temperature=0)
    hook.remove()
    assert [states.size(1) for states in read] == [3, 1, 1, 1]


def test_writing_ends_with_the_paragraph_and_with_the_places(
    tokenizer: Tokenizer, gpt: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = gpt.causal_language_model
    start = [tokenizer.cls_id, *tokenizer.encode("the old dog")]
    assert len(list(next_tokens_drawn(model, start))) == 40 - len(start) + 1

    head = model.token_head
    assert head is not None
    count = 0

    def end_after_three(states: Tensor) -> Tensor:
        nonlocal count
        count += 1
        scores = torch.zeros(*states.shape[:-1], tokenizer.vocab_size)
        scores[..., tokenizer.sep_id if count > 3 else tokenizer.id("cat")] = 100
        return scores

    monkeypatch.setattr(head, "forward", end_after_three)
    assert fmlab.generate(gpt, "the old dog") == "the old dog cat cat cat"
    assert count == 4


def test_a_name_and_a_folder_are_loaded(gpt: Checkpoint) -> None:
    again = fmlab.generate(str(gpt.path), "the old", max_new_tokens=8)
    assert again == fmlab.generate(gpt, "the old", max_new_tokens=8)
    assert again.startswith("the old")
    shipped = fmlab.generate("books-small", "He went to the", max_new_tokens=4, temperature=0)
    assert shipped.startswith("he went to the ")


def refused(word: str, *given: Any, **how: Any) -> None:
    with pytest.raises(UserError, match=word) as caught:
        fmlab.generate(*given, **how)
    assert "\n" not in str(caught.value)


def test_what_cannot_work_costs_one_line(
    gpt: Checkpoint, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    for word, how in {
        "temperature is -1": {"temperature": -1},
        "temperature is nan": {"temperature": float("nan")},
        "top_k is 0": {"top_k": 0},
        "top_p is 0": {"top_p": 0.0},
        r"top_p is 1\.2": {"top_p": 1.2},
        "max_new_tokens is 0": {"max_new_tokens": 0},
    }.items():
        refused(word, gpt, "the", **how)
    refused("leaves 37 to write", gpt, "the old", max_new_tokens=38)
    refused("leaves 0 to write", gpt, "the old " * 30)
    assert fmlab.generate(gpt, "the old", max_new_tokens=37)

    sizes = RobertaConfig(tokenizer.vocab_size, 16, 1, 2, 32, pad_token_id=0)
    roberta = load(save(tmp_path / "r", RobertaForPreTraining(sizes), tokenizer))
    refused("not trained to guess the next token", roberta, "the")
    with pytest.raises(UserError, match="RobertaForPreTraining looks both ways"):
        next(next_tokens_drawn(RobertaForPreTraining(sizes), [2]))


def test_keys_and_values_are_put_behind_those_before() -> None:
    past = Past()
    assert past.length == 0
    first, second = torch.zeros(1, 2, 3, 4), torch.ones(1, 2, 1, 4)
    past.extended(first, first)
    key, value = past.extended(second, 2 * second)
    assert past.length == 4
    assert torch.equal(key, torch.cat([first, second], 2))
    assert torch.equal(value, torch.cat([first, 2 * second], 2))


def test_the_function_is_there_whatever_was_imported_before() -> None:
    program = (
        "import fmlab, sys; assert 'generate' in dir(fmlab) and 'torch' not in sys.modules\n"
        "import fmlab.generation; assert fmlab.generate is fmlab.generation.generate"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
