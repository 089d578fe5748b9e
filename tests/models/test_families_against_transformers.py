"""RoBERTa, ALBERT and GPT are those of `transformers`: same outputs both ways, no key left over."""

import random
from collections.abc import Mapping
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.albert import Albert, AlbertConfig, AlbertForPreTraining
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.models.gpt import Gpt, GptConfig, GptForPreTraining
from fmlab.models.hf import from_hf, is_causal, to_hf, weight_names
from fmlab.models.roberta import Roberta, RobertaConfig, RobertaForPreTraining

ARCHITECTURES = {
    "RobertaModel": Roberta,
    "RobertaForMaskedLM": RobertaForPreTraining,
    "AlbertModel": Albert,
    "AlbertForMaskedLM": AlbertForPreTraining,
    "AlbertForPreTraining": AlbertForPreTraining,
    "GPT2Model": Gpt,
    "GPT2LMHeadModel": GptForPreTraining,
}
TIED = {
    "lm_head.decoder.weight",
    "lm_head.decoder.bias",
    "predictions.decoder.weight",
    "predictions.decoder.bias",
    "lm_head.weight",
}
OUTPUTS = (
    "last_hidden_state", "pooler_output", "logits", "prediction_logits",
    "next_sentence_logits", "sop_logits",
)  # fmt: skip


def sizes(architecture: str, seed: int) -> dict[str, Any]:
    draw = random.Random(seed)
    heads = draw.choice([1, 2, 3, 4])
    hidden = heads * draw.choice([4, 8, 16])
    common = {"vocab_size": draw.randint(20, 90)}
    act = draw.choice(["gelu", "gelu_new", "relu", "silu"])
    layers, inner = draw.randint(1, 4), draw.choice([8, 24, 64])
    if architecture.startswith("GPT2"):
        return common | {
            "n_embd": hidden, "n_head": heads, "n_layer": layers,
            "n_inner": draw.choice([None, inner]), "activation_function": act,
            "n_positions": draw.randint(16, 40), "layer_norm_epsilon": draw.choice([1e-12, 1e-5]),
            "bos_token_id": 0, "eos_token_id": 0,
        }  # fmt: skip
    common |= {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "hidden_act": act,
        "max_position_embeddings": draw.randint(16, 40),
        "type_vocab_size": draw.randint(1, 3),
        "layer_norm_eps": draw.choice([1e-12, 1e-5]),
        "pad_token_id": draw.randint(0, 3),
        "bos_token_id": 0,
        "eos_token_id": 2,
    }
    if architecture.startswith("Albert"):
        common |= {
            "embedding_size": draw.choice([4, 12]),
            "num_hidden_groups": draw.randint(1, layers),
        }
    return common


def their_model(architecture: str, seed: int, **more: Any) -> Any:
    torch.manual_seed(seed)
    kind = getattr(transformers, architecture)
    settings = {**sizes(architecture, seed), **more}
    config = kind.config_class(architectures=[architecture], **settings)
    model = kind(config).eval()
    with torch.no_grad():  # offsets and norms start at 0 and 1: shake them, or nothing is tested
        for weight in model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return model


def inputs(config: Any, seed: int) -> dict[str, Tensor]:
    """Rows with padding at the end of one; no token else is the padding's number."""
    torch.manual_seed(seed + 1)
    pad = config.pad_token_id
    longest = config.max_position_embeddings
    longest -= pad + 1 if config.model_type == "roberta" else 0
    size = (3, random.Random(seed).randint(2, longest))
    ids = torch.randint(4, config.vocab_size, size)
    mask = torch.ones(size, dtype=torch.long)
    mask[1, size[1] // 2 + 1 :] = 0
    given = {"input_ids": ids.masked_fill(mask == 0, pad or 0), "attention_mask": mask}
    if config.model_type == "albert":
        given["token_type_ids"] = torch.randint(0, config.type_vocab_size, size)
    return given


def numbers(out: Any) -> list[Tensor]:
    found = [getattr(out, name, None) for name in OUTPUTS]
    return [tensor for tensor in found if tensor is not None]


def trained(out: Any) -> list[Tensor]:
    """Of our output what theirs of the same class hands out: logits, or else the states."""
    if out.logits is None:
        return numbers(out)
    return [tensor for tensor in (out.logits, out.next_sentence_logits) if tensor is not None]


def assert_close(left: list[Tensor], right: list[Tensor], mask: Tensor) -> None:
    """Compare all numbers, but for those at padding, which nobody reads."""
    assert left
    for a, b in zip(left, right, strict=True):
        real = mask.bool() if a.ndim == 3 else slice(None)
        torch.testing.assert_close(a[real], b[real], atol=1e-5, rtol=0)


def back(architecture: str, ours: Any) -> Any:
    """Give our model to transformers; only the copies of tied weights may be missing."""
    config, weights = to_hf(ours)
    assert config["architectures"] == [architecture]
    kind = getattr(transformers, architecture)
    model = kind(kind.config_class(**config)).eval()
    report = model.load_state_dict(weights, strict=False)
    assert report.unexpected_keys == []
    assert set(report.missing_keys) <= TIED
    return model


@torch.no_grad()
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_outputs_agree_in_both_directions(architecture: str, seed: int) -> None:
    theirs = their_model(architecture, seed)
    given = inputs(theirs.config, seed)
    ours = from_hf(theirs.config.to_dict(), theirs.state_dict())
    assert type(ours) is ARCHITECTURES[architecture]
    assert_close(numbers(theirs(**given)), trained(ours(**given)), given["attention_mask"])
    again = back(architecture, ours)
    assert_close(numbers(again(**given)), trained(ours(**given)), given["attention_mask"])


@torch.no_grad()
@pytest.mark.parametrize(
    "architecture",
    ["RobertaForMaskedLM", "AlbertForMaskedLM", "AlbertForPreTraining", "GPT2LMHeadModel"],
)
def test_an_untied_head_survives(architecture: str) -> None:
    theirs = their_model(architecture, 1, tie_word_embeddings=False)
    given = inputs(theirs.config, 1)
    ours = from_hf(theirs.config.to_dict(), theirs.state_dict())
    config, weights = to_hf(ours)
    assert config["tie_word_embeddings"] is False
    kind = getattr(transformers, architecture)
    again = kind(kind.config_class(**config)).eval()
    assert again.load_state_dict(weights, strict=True)
    assert_close(numbers(theirs(**given)), numbers(again(**given)), given["attention_mask"])


@torch.no_grad()
@pytest.mark.parametrize("architecture", ["RobertaModel", "AlbertModel", "GPT2Model"])
def test_attention_and_states_agree_with_eager_transformers(architecture: str) -> None:
    theirs = their_model(architecture, 3)
    theirs.set_attn_implementation("eager")
    given = {"input_ids": inputs(theirs.config, 3)["input_ids"][:1]}
    ours = from_hf(theirs.config.to_dict(), theirs.state_dict())
    left = theirs(**given, output_attentions=True, output_hidden_states=True)
    right = ours(**given, output_attentions=True, output_hidden_states=True)
    assert len(left.attentions) == len(right.attentions) == theirs.config.num_hidden_layers
    for a, b in zip(left.attentions, right.attentions, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=0)
    for a, b in zip(left.hidden_states, right.hidden_states, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_published_names_of_gpt2_load() -> None:
    """Those files hold the trunk alone, its names without `transformer.`, and masks."""
    theirs = their_model("GPT2LMHeadModel", 5)
    old = {
        name.removeprefix("transformer."): tensor
        for name, tensor in theirs.state_dict().items()
        if name != "lm_head.weight"
    }
    old["h.0.attn.bias"] = torch.ones(1, 1, 8, 8).tril()
    old["h.0.attn.masked_bias"] = torch.tensor(-1e4)
    ours = from_hf(theirs.config.to_dict(), old)
    given = inputs(theirs.config, 5)
    assert isinstance(ours, GptForPreTraining)
    assert_close(numbers(theirs(**given)), trained(ours(**given)), given["attention_mask"])
    assert is_causal(theirs.config.to_dict())


@torch.no_grad()
@pytest.mark.parametrize(
    ("architecture", "pooler"),
    [("RobertaForMaskedLM", "roberta.pooler.dense"), ("AlbertForMaskedLM", "albert.pooler")],
)
def test_a_pooler_that_a_file_brings_is_kept(architecture: str, pooler: str) -> None:
    theirs = their_model(architecture, 2)
    size = theirs.config.hidden_size
    extra = {f"{pooler}.weight": torch.randn(size, size), f"{pooler}.bias": torch.randn(size)}
    ours = from_hf(theirs.config.to_dict(), {**theirs.state_dict(), **extra})
    _, weights = to_hf(ours)
    assert all(torch.equal(weights[name], tensor) for name, tensor in extra.items())


def ours_of_each_family() -> list[Any]:
    return [
        BertForPreTraining(BertConfig(30, 8, 1, 2, 16)),
        RobertaForPreTraining(RobertaConfig(30, 8, 1, 2, 16)),
        AlbertForPreTraining(AlbertConfig(30, 8, 1, 2, 16, embedding_size=4)),
        GptForPreTraining(GptConfig(30, 8, 1, 2, 16)),
    ]


def refused(config: Mapping[str, Any], weights: Mapping[str, Tensor], word: str) -> None:
    with pytest.raises(UserError, match=word) as caught:
        from_hf(config, weights)
    assert "\n" not in str(caught.value)


def test_weights_that_do_not_fit_are_refused_in_one_line() -> None:
    for model in ours_of_each_family():
        config, weights = to_hf(model)
        name = next(n for n in weights if n.endswith("word_embeddings.weight") or "wte" in n)
        refused(config, {**weights, name: torch.zeros(3, 3)}, "shape")
        refused(config, {k: v for k, v in weights.items() if k != name}, "missing")
        refused(config, {**weights, "extra.weight": torch.zeros(1)}, "unknown")
        refused({**config, "model_type": "t5"}, weights, "t5 checkpoint, and no model here")


def test_weights_of_another_family_are_refused_by_name() -> None:
    written = [to_hf(model) for model in ours_of_each_family()]
    for config, _ in written:
        for other, weights in written:
            if config is not other:
                wanted, found = config["model_type"], other["model_type"]
                refused(config, weights, f"says {wanted}, but the weights are of {found}")


@pytest.mark.parametrize(
    ("architecture", "change", "word"),
    [
        ("RobertaForMaskedLM", {"is_decoder": True}, "is_decoder"),
        ("RobertaForMaskedLM", {"position_embedding_type": "relative_key"}, "position_embedding"),
        ("RobertaForMaskedLM", {"num_attention_heads": 7}, "multiple"),
        ("RobertaForMaskedLM", {"max_position_embeddings": 2, "pad_token_id": 1}, "set it to 3"),
        ("RobertaForMaskedLM", {"pad_token_id": None}, "wrong type"),
        ("AlbertForMaskedLM", {"inner_group_num": 2}, "inner_group_num"),
        ("AlbertForMaskedLM", {"embedding_size": 0}, "embedding_size is 0"),
        ("AlbertForMaskedLM", {"num_hidden_groups": 9}, "9 groups"),
        ("GPT2LMHeadModel", {"add_cross_attention": True}, "add_cross_attention"),
        ("GPT2LMHeadModel", {"scale_attn_by_inverse_layer_idx": True}, "inverse_layer"),
        ("GPT2LMHeadModel", {"n_head": 7}, "multiple"),
        ("GPT2LMHeadModel", {"activation_function": "sine"}, "unknown hidden_act 'sine'"),
        ("GPT2LMHeadModel", {"n_layer": "two"}, "wrong type"),
    ],
)
def test_sizes_and_kinds_that_are_not_ours_are_refused(
    architecture: str, change: dict[str, Any], word: str
) -> None:
    theirs = their_model(architecture, 1)
    refused({**theirs.config.to_dict(), **change}, theirs.state_dict(), word)


def test_too_long_a_text_is_refused_and_the_longest_is_read() -> None:
    for model in ours_of_each_family():
        longest = model.config.longest
        with pytest.raises(UserError, match=f"{longest + 1} tokens, but the model has {longest}"):
            model(torch.full((1, longest + 1), 5))
        assert model(torch.full((1, longest), 5)).logits.shape == (1, longest, 30)


def test_an_albert_has_one_layer_and_a_factorised_table() -> None:
    """V E + E H weights for the tokens in the place of V H, and as many layers as groups."""
    config = AlbertConfig(100, 16, 6, 2, 32, max_position_embeddings=8, embedding_size=4)
    model = Albert(config, pooler=False)
    names = weight_names(model)
    assert sum(name.startswith("layers.") for name in names) == 16  # of one layer
    layer = sum(w.numel() for w in model.layers.parameters())
    embeddings = (100 + 8 + 2) * 4 + 2 * 4 + 4 * 16 + 16
    assert sum(w.numel() for w in model.parameters()) == layer + embeddings
    assert len(model.rounds()) == 6
    deeper = Albert(AlbertConfig(100, 16, 12, 2, 32, max_position_embeddings=8, embedding_size=4))
    assert len(weight_names(deeper)) == len(names) + 2  # the pooler's


def test_roberta_counts_positions_from_behind_the_padding() -> None:
    model = Roberta(RobertaConfig(30, 8, 1, 2, 16, max_position_embeddings=9, pad_token_id=3))
    ids = torch.tensor([[5, 6, 7, 3, 3]])
    table = model.embeddings.position.weight
    with torch.no_grad():  # number the rows of the table, and read the numbers back
        table.copy_(torch.arange(9.0)[:, None].expand(9, 8))
    seen = []
    model.embeddings.position.register_forward_hook(lambda _, given, out: seen.append(out[0, :, 0]))
    model(ids)
    model(ids, position_ids=torch.tensor([[0, 1, 0, 0, 0]]))  # two pieces in one row
    assert [numbers.tolist() for numbers in seen] == [[4, 5, 6, 3, 3], [4, 5, 4, 3, 3]]


def test_gpt_starts_with_smaller_matrices_where_they_add_to_the_states() -> None:
    torch.manual_seed(0)
    model = Gpt(GptConfig(30, 128, 8, 4, 256))
    for layer in model.layers:
        for matrix, wanted in [
            (layer.up, 0.02), (layer.attention.value, 0.02),
            (layer.down, 0.02 / 4), (layer.attention.output, 0.02 / 4),
        ]:  # fmt: skip
            assert abs(float(matrix.weight.detach().std()) / wanted - 1) < 0.05


@torch.no_grad()
def test_a_gpt_sees_nothing_ahead_and_a_packed_piece_sees_itself_alone() -> None:
    torch.manual_seed(0)
    model = GptForPreTraining(GptConfig(30, 16, 2, 2, 32, max_position_embeddings=12)).eval()
    ids = torch.randint(0, 30, (2, 10))
    changed = ids.clone()
    changed[:, 6:] = (ids[:, 6:] + 1) % 30
    before, after = model(ids).logits, model(changed).logits
    torch.testing.assert_close(before[:, :6], after[:, :6], atol=1e-6, rtol=0)
    assert (before[:, 6:] - after[:, 6:]).abs().max() > 1e-3
    documents = torch.tensor([[1] * 4 + [2] * 4 + [0] * 2] * 2)
    places = torch.tensor([[*range(4), *range(4), 0, 0]] * 2)
    packed = model(ids, position_ids=places, document_ids=documents).logits
    torch.testing.assert_close(packed[:, 4:8], model(ids[:, 4:8]).logits, atol=1e-5, rtol=0)
