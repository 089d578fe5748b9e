"""Any masked model is asked the same way, and what cannot fill masks is refused in one line."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from known_model import (
    FAMILIES,
    SIZES,
    bert_of_transformers,
    known,
    random_weights,
    roberta_of_transformers,
)
from transformers import (
    BertForSequenceClassification,
    BertLMHeadModel,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
)

from fmlab.audits.masked_model import Blank, ask, exact_device, from_transformers, hide, load
from fmlab.checkpoint import save
from fmlab.errors import UserError
from fmlab.models.bert import Bert, BertConfig, BertForPreTraining
from fmlab.tokens import Tokenizer


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_the_models_own_log_probabilities(family: str) -> None:
    subject = FAMILIES[family]()
    sentences = subject.encode(["The nurse asked him .", "The man and the woman are home ."])
    blanks = [
        Blank(hide(ids, [2, 4], subject.words.mask_id), 2, answers)
        for ids, answers in zip(sentences, [(7, 8, 9), (11,)], strict=True)
    ]
    for blank, found in zip(blanks, ask(subject, blanks), strict=True):
        with torch.no_grad():
            logits = subject.model(torch.tensor([blank.ids])).logits[0, 2].double()
        assert found == pytest.approx(logits.log_softmax(0)[list(blank.answers)].numpy(), abs=1e-4)


def test_many_blanks_of_many_lengths_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fmlab.audits.masked_model.BATCH_TOKENS", 12)
    subject = random_weights(0, 0.5)
    rng = np.random.default_rng(0)
    blanks = [
        Blank(tuple(rng.integers(5, 8000, size=3 + n % 5).tolist()), 1, tuple(range(9, 10 + n % 3)))
        for n in range(20)
    ]
    together = ask(subject, blanks)
    for blank, found in zip(blanks, together, strict=True):
        assert found == pytest.approx(ask(subject, [blank])[0], abs=1e-5)


def test_it_computes_in_float32_by_default() -> None:
    """bfloat16 would make ties of small differences, and only on machines that have it."""
    assert exact_device("cpu").autocast == torch.float32
    subject = random_weights(0, 0.5)
    blank = Blank(subject.encode(["the man is home ."])[0], 2, (20, 21))
    exact = ask(subject, [blank], device=exact_device("cpu"))[0]
    coarse = ask(subject, [blank], device=replace(exact_device("cpu"), autocast=torch.bfloat16))[0]
    assert ask(subject, [blank])[0].tolist() == exact.tolist() != coarse.tolist()


def test_roberta_has_two_positions_fewer_than_its_table() -> None:
    assert FAMILIES["RoBERTa"]().max_length == 40
    assert FAMILIES["lower-case BERT"]().max_length == 40


def test_checkpoints_load_by_name_and_by_folder(tmp_path: Path) -> None:
    assert load("books-small").max_length == 128
    model, tokenizer = roberta_of_transformers()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    subject = load(tmp_path)
    assert type(subject.model).__name__ == "RobertaForMaskedLM"
    assert (subject.words.mask_id, subject.max_length) == (tokenizer.mask_token_id, 40)


def own(folder: Path, **run: float) -> Path:
    tokenizer = Tokenizer.train(["the dog sees the cat ."] * 9, 60)
    sizes = BertConfig(vocab_size=tokenizer.vocab_size, max_position_embeddings=16, **SIZES)
    model = BertForPreTraining(sizes) if run else Bert(sizes)
    return save(folder, model, tokenizer, {"config": run} if run else None)


def test_our_own_causal_and_headless_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="reads from left to right and cannot fill masks") as told:
        load(own(tmp_path / "gpt", causal_share=1.0))
    assert "\n" not in str(told.value)
    with pytest.raises(UserError, match="cannot fill masks; choose a masked"):
        load(own(tmp_path / "trunk"))


def causal_bert(tokenizer: Any) -> Any:
    model, _ = bert_of_transformers()
    config = model.config
    config.is_decoder = True
    return BertLMHeadModel(config).eval()


REFUSED = {
    "left to right": causal_bert,
    "has no head that fills masks": lambda t: BertModel(bert_of_transformers()[0].config).eval(),
    "BertForSequenceClassification has no head": lambda t: BertForSequenceClassification(
        bert_of_transformers()[0].config
    ).eval(),
    "GPT2LMHeadModel reads from left": lambda t: GPT2LMHeadModel(
        GPT2Config(vocab_size=len(t), n_embd=16, n_layer=1, n_head=2, n_positions=32)
    ).eval(),
}


@pytest.mark.parametrize("message", REFUSED)
def test_other_models_of_transformers_are_refused(message: str) -> None:
    tokenizer = bert_of_transformers()[1]
    with pytest.raises(UserError, match=message) as told:
        from_transformers(REFUSED[message](tokenizer), tokenizer)
    assert "\n" not in str(told.value)


def test_a_tokenizer_without_a_mask_is_refused() -> None:
    model, tokenizer = bert_of_transformers()
    tokenizer.mask_token = None
    with pytest.raises(UserError, match=r"lacks \[CLS\], \[SEP\] or \[MASK\]"):
        from_transformers(model, tokenizer)


def test_a_folder_that_transformers_cannot_read_costs_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "roberta"}')
    with pytest.raises(UserError, match="does not load as a masked model") as told:
        load(tmp_path)
    assert "\n" not in str(told.value)


def test_a_known_model_gives_what_it_was_told() -> None:
    subject = known("she he", {"": {"she": float(np.log(3))}})
    found = ask(subject, [Blank(subject.encode(["he"])[0], 1, (4, 5))])[0]
    assert np.exp(found).tolist() == pytest.approx([3 / 8, 1 / 8])
