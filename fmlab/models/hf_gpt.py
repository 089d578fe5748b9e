"""GPT-2's names, here and in `transformers`, where sizes and matrices look different too.

Theirs keeps query, key and value in one matrix, and all matrices of the layers on their side,
`(in, out)`: they are cut apart and turned on the way in, and put together and turned back on the
way out. The published files of `gpt2` hold the trunk alone; the head is its table of tokens.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from fmlab.models.gpt import Gpt, GptConfig, GptForPreTraining
from fmlab.models.hf_table import read_sizes, refuse_family, refuse_kinds

MODEL_TYPE, NAME, PREFIX = "gpt2", "GPT", "transformer."
AnyGpt = Gpt | GptForPreTraining
CLASSES = (Gpt, GptForPreTraining)
DECODER = {
    "embeddings.token": "wte",
    "embeddings.position": "wpe",
    "layers.{}.attention_norm": "h.{}.ln_1",
    "layers.{}.attention.query": "h.{}.attn.c_attn.query",
    "layers.{}.attention.key": "h.{}.attn.c_attn.key",
    "layers.{}.attention.value": "h.{}.attn.c_attn.value",
    "layers.{}.attention.output": "h.{}.attn.c_proj",
    "layers.{}.feed_forward_norm": "h.{}.ln_2",
    "layers.{}.up": "h.{}.mlp.c_fc",
    "layers.{}.down": "h.{}.mlp.c_proj",
    "norm": "ln_f",
}
THREE = ("query", "key", "value")
TURNED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
MASKS = (".attn.bias", ".attn.masked_bias")  # old files keep which tokens stand before which
HEAD, TABLE = "lm_head.weight", "transformer.wte.weight"
SIZES = {
    "hidden_size": "n_embd",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
    "intermediate_size": "n_inner",
    "hidden_act": "activation_function",
    "hidden_dropout_prob": "resid_pdrop",
    "attention_probs_dropout_prob": "attn_pdrop",
    "max_position_embeddings": "n_positions",
    "layer_norm_eps": "layer_norm_epsilon",
}
REFUSED = {
    "add_cross_attention": False,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
}


def is_causal(config: Mapping[str, Any]) -> bool:
    """Return whether it reads from left to right: it does."""
    return True


def config_from_hf(config: Mapping[str, Any]) -> GptConfig:
    """Return our configuration for theirs.

    Raises:
        UserError: Not a GPT-2, or a decoder that looks at something else too.
    """
    refuse_family(config, MODEL_TYPE, NAME)
    refuse_kinds(config, REFUSED, "GPT-2s as they were published")
    sizes = {ours: config[theirs] for ours, theirs in SIZES.items() if theirs in config}
    if sizes.get("intermediate_size") is None:
        sizes["intermediate_size"] = 4 * sizes.get("hidden_size", GptConfig.hidden_size)
    return read_sizes(GptConfig, {**config, **sizes})


def modern(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop masks and a tied head's copy; cut the three apart, and turn what lies on its side."""
    kept = {name: w for name, w in weights.items() if not name.endswith(MASKS)}
    whole = not _trunk_alone(config)
    if whole and not any(name.startswith(PREFIX) for name in kept):
        kept = {name if name == HEAD else f"{PREFIX}{name}": w for name, w in kept.items()}
    if HEAD in kept and TABLE in kept and torch.equal(kept[HEAD], kept[TABLE]):
        del kept[HEAD]
    found: dict[str, Tensor] = {}
    for name, tensor in kept.items():
        turned = tensor.mT if name.endswith(TURNED) and tensor.ndim == 2 else tensor
        stem, middle, kind = name.rpartition(".c_attn.")
        if middle and turned.size(0) % 3 == 0:
            parts = zip(THREE, turned.chunk(3), strict=True)
            found |= {f"{stem}.c_attn.{part}.{kind}": t.contiguous() for part, t in parts}
        else:
            found[name] = turned.contiguous()
    return found


def empty_model(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> AnyGpt:
    """Return the trunk alone where the configuration names it, else the model with its head."""
    sizes = config_from_hf(config)
    return Gpt(sizes) if _trunk_alone(config) else GptForPreTraining(sizes, HEAD not in weights)


def table(model: nn.Module) -> dict[str, str]:
    """Return our modules and theirs for a model of this family."""
    if isinstance(model, Gpt):
        return DECODER
    trunk = {f"gpt.{ours}": f"{PREFIX}{theirs}" for ours, theirs in DECODER.items()}
    return {**trunk, "next_token_head.embedding": HEAD}


def written(
    model: nn.Module, weights: dict[str, Tensor], causal: bool
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return `config.json`, and the weights as their class holds them."""
    assert isinstance(model, CLASSES)
    found: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        stem, middle, rest = name.rpartition(".c_attn.")
        part, _, kind = rest.partition(".")
        if not middle:
            found[name] = tensor.mT.contiguous() if name.endswith(TURNED) else tensor
        elif part == THREE[0]:
            three = torch.cat([weights[f"{stem}.c_attn.{p}.{kind}"] for p in THREE])
            found[f"{stem}.c_attn.{kind}"] = three.mT.contiguous() if three.ndim == 2 else three
    ours = asdict(model.config)
    config = {
        "architectures": ["GPT2Model" if isinstance(model, Gpt) else "GPT2LMHeadModel"],
        "model_type": MODEL_TYPE,
        **{SIZES.get(name, name): value for name, value in ours.items()},
        "embd_pdrop": model.config.hidden_dropout_prob,
        "tie_word_embeddings": HEAD not in found,
    }
    return config, found


def _trunk_alone(config: Mapping[str, Any]) -> bool:
    return config.get("architectures") == ["GPT2Model"]
