"""Our BERT is the BERT of `transformers`: same outputs, both directions, no key left over."""

import random
import warnings
from typing import Any

import pytest
import torch
import transformers

from fmlab.errors import UserError
from fmlab.models.bert import Bert, BertConfig, BertForPreTraining
from fmlab.models.hf import AnyBert, from_hf, to_hf

ARCHITECTURES = [
    "BertModel",
    "BertForMaskedLM",
    "BertForPreTraining",
    "BertForNextSentencePrediction",
    "BertForSequenceClassification",
    "BertForMultipleChoice",
    "BertForTokenClassification",
    "BertForQuestionAnswering",
]


def random_config(seed: int) -> dict[str, Any]:
    draw = random.Random(seed)
    heads = draw.choice([1, 2, 3, 4])
    return {
        "vocab_size": draw.randint(20, 90),
        "hidden_size": heads * draw.choice([4, 8, 16]),
        "num_hidden_layers": draw.randint(1, 4),
        "num_attention_heads": heads,
        "intermediate_size": draw.choice([8, 24, 64]),
        "hidden_act": draw.choice(["gelu", "gelu_new", "relu", "silu"]),
        "max_position_embeddings": draw.randint(16, 40),
        "type_vocab_size": draw.randint(1, 3),
        "layer_norm_eps": draw.choice([1e-12, 1e-5]),
        "num_labels": draw.randint(1, 5),
    }


def their_model(architecture: str, seed: int, **more: Any) -> Any:
    torch.manual_seed(seed)
    settings = {**random_config(seed), **more}
    if architecture == "BertForQuestionAnswering":
        settings["num_labels"] = 2
    if architecture == "BertForMultipleChoice":
        settings["num_labels"] = 1
    config = transformers.BertConfig(architectures=[architecture], **settings)
    model = getattr(transformers, architecture)(config).eval()
    with torch.no_grad():  # offsets and norms start at 0 and 1: shake them, or nothing is tested
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return model


def inputs(config: Any, seed: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed + 1)
    size = (3, random.Random(seed).randint(2, config.max_position_embeddings))
    mask = torch.ones(size, dtype=torch.long)
    mask[1, size[1] // 2 + 1 :] = 0
    return {
        "input_ids": torch.randint(0, config.vocab_size, size),
        "attention_mask": mask,
        "token_type_ids": torch.randint(0, config.type_vocab_size, size),
    }


def numbers(out: Any) -> list[torch.Tensor]:
    """The tensors of either side's output, in the same order."""
    names = [
        "last_hidden_state", "pooler_output", "logits", "prediction_logits",
        "next_sentence_logits", "seq_relationship_logits",
    ]  # fmt: skip
    found = [getattr(out, name, None) for name in names]
    return [tensor for tensor in found if tensor is not None]


def theirs_of(model: Any, given: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    if isinstance(model, transformers.BertForMultipleChoice):
        return [model(**{k: v[:, None] for k, v in given.items()}).logits]
    out = model(**given)
    if isinstance(model, transformers.BertForQuestionAnswering):
        return [torch.stack([out.start_logits, out.end_logits], dim=-1)]
    return numbers(out)


def ours_of(model: AnyBert, given: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    out = model(**given)
    if isinstance(model, Bert):
        return numbers(out)
    return [t for t in (out.logits, out.next_sentence_logits) if t is not None]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_outputs_agree_in_both_directions(architecture: str, seed: int) -> None:
    theirs = their_model(architecture, seed)
    given = inputs(theirs.config, seed)
    ours = from_hf(theirs.config.to_dict(), theirs.state_dict())
    with torch.no_grad():
        pairs = list(zip(theirs_of(theirs, given), ours_of(ours, given), strict=True))
        assert pairs
        for left, right in pairs:
            torch.testing.assert_close(left, right, atol=1e-5, rtol=0)

        config, weights = to_hf(ours)
        assert config["architectures"] == [architecture]
        settings = transformers.BertConfig(**config)
        back = getattr(transformers, architecture)(settings).eval()
        report = back.load_state_dict(weights, strict=False)
        tied = {"cls.predictions.decoder.weight", "cls.predictions.decoder.bias"}
        assert set(report.missing_keys) <= tied
        assert report.unexpected_keys == []
        for left, right in zip(theirs_of(back, given), ours_of(ours, given), strict=True):
            torch.testing.assert_close(left, right, atol=1e-5, rtol=0)


@pytest.mark.parametrize("architecture", ["BertForMaskedLM", "BertForPreTraining"])
def test_an_untied_decoder_survives(architecture: str) -> None:
    theirs = their_model(architecture, 1, tie_word_embeddings=False)
    given = inputs(theirs.config, 1)
    config, weights = to_hf(from_hf(theirs.config.to_dict(), theirs.state_dict()))
    assert config["tie_word_embeddings"] is False
    back = getattr(transformers, architecture)(transformers.BertConfig(**config)).eval()
    assert back.load_state_dict(weights, strict=True)
    for left, right in zip(theirs_of(theirs, given), theirs_of(back, given), strict=True):
        torch.testing.assert_close(left, right, atol=1e-5, rtol=0)


def test_attention_weights_agree_with_eager_transformers() -> None:
    theirs = their_model("BertModel", 3)
    theirs.set_attn_implementation("eager")
    given = inputs(theirs.config, 3)
    ours = from_hf(theirs.config.to_dict(), theirs.state_dict())
    left = theirs(**given, output_attentions=True, output_hidden_states=True)
    right = ours(**given, output_attentions=True, output_hidden_states=True)
    assert len(left.attentions) == len(right.attentions) == theirs.config.num_hidden_layers
    for a, b in zip(left.attentions, right.attentions, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=0)
    for a, b in zip(left.hidden_states, right.hidden_states, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=0)


def test_names_of_2018_load() -> None:
    """Files of that time say gamma and beta, and hold heads that their config doesn't name."""
    theirs = their_model("BertForPreTraining", 5)
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in theirs.state_dict().items()
    }
    old["bert.embeddings.position_ids"] = torch.arange(8)[None]
    config = {**theirs.config.to_dict(), "architectures": ["BertForMaskedLM"]}
    ours = from_hf(config, old)
    given = inputs(theirs.config, 5)
    for left, right in zip(theirs_of(theirs, given), ours_of(ours, given), strict=True):
        torch.testing.assert_close(left, right, atol=1e-5, rtol=0)


def test_files_that_do_not_fit_are_refused_in_one_line() -> None:
    config, weights = to_hf(BertForPreTraining(BertConfig(30, 8, 1, 2, 16)))
    name = "bert.encoder.layer.0.output.dense.weight"
    for broken, word in [
        ({**weights, name: torch.zeros(3, 3)}, "shape"),
        ({k: v for k, v in weights.items() if k != name}, "missing"),
        ({**weights, "bert.extra": torch.zeros(1)}, "unknown"),
    ]:
        with pytest.raises(UserError, match=word) as caught:
            from_hf(config, broken)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="roberta"):
        from_hf({**config, "model_type": "roberta"}, weights)
    with pytest.raises(UserError, match="is_decoder"):
        from_hf({**config, "is_decoder": True}, weights)
    with pytest.raises(UserError, match="multiple"):
        from_hf({**config, "num_attention_heads": 3}, weights)


def test_no_warning_is_hidden() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from_hf(*to_hf(Bert(BertConfig(30, 8, 1, 2, 16))))
