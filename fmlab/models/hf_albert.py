"""ALBERT's names, here and in `transformers`; {} is the number of a group of layers."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor, nn

from fmlab.models.albert import Albert, AlbertConfig, AlbertForPreTraining
from fmlab.models.hf_table import read_sizes, refuse_family, refuse_kinds, without_copies

MODEL_TYPE, NAME, PREFIX = "albert", "ALBERT", "albert."
AnyAlbert = Albert | AlbertForPreTraining
CLASSES = (Albert, AlbertForPreTraining)
GROUP = "encoder.albert_layer_groups.{}.albert_layers.0"
ENCODER = {
    "embeddings.token": "embeddings.word_embeddings",
    "embeddings.position": "embeddings.position_embeddings",
    "embeddings.token_type": "embeddings.token_type_embeddings",
    "embeddings.norm": "embeddings.LayerNorm",
    "embeddings.widen": "encoder.embedding_hidden_mapping_in",
    "layers.{}.attention.query": f"{GROUP}.attention.query",
    "layers.{}.attention.key": f"{GROUP}.attention.key",
    "layers.{}.attention.value": f"{GROUP}.attention.value",
    "layers.{}.attention.output": f"{GROUP}.attention.dense",
    "layers.{}.attention_norm": f"{GROUP}.attention.LayerNorm",
    "layers.{}.up": f"{GROUP}.ffn",
    "layers.{}.down": f"{GROUP}.ffn_output",
    "layers.{}.feed_forward_norm": f"{GROUP}.full_layer_layer_norm",
    "pooler": "pooler",
}
HEADS = {
    "masked_head.dense": "predictions.dense",
    "masked_head.norm": "predictions.LayerNorm",
    "masked_head.bias": "predictions.bias",
    "masked_head.embedding": "predictions.decoder.weight",
    "sentence_order_head": "sop_classifier.classifier",
}
BIAS, DECODER = "predictions.bias", "predictions.decoder"
TABLE = "albert.embeddings.word_embeddings.weight"
REFUSED = {"inner_group_num": 1, "position_embedding_type": "absolute"}


def is_causal(config: Mapping[str, Any]) -> bool:
    """Return whether it reads from left to right: it doesn't."""
    return False


def config_from_hf(config: Mapping[str, Any]) -> AlbertConfig:
    """Return our configuration for theirs.

    Raises:
        UserError: Not an ALBERT, or one with several layers in a group or relative positions.
    """
    refuse_family(config, MODEL_TYPE, NAME)
    refuse_kinds(config, REFUSED, "ALBERTs with one layer a group and absolute positions")
    return read_sizes(AlbertConfig, config)


def modern(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop buffers and second copies."""
    return without_copies(weights, BIAS, DECODER, TABLE)


def empty_model(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> AnyAlbert:
    """Return a model with the heads and the pooler that `weights` hold, not yet filled."""
    sizes = config_from_hf(config)
    if not any(name.startswith(PREFIX) for name in weights):
        return Albert(sizes, pooler="pooler.weight" in weights)
    model = AlbertForPreTraining(
        sizes,
        sentence_order="sop_classifier.classifier.weight" in weights,
        tied=f"{DECODER}.weight" not in weights,
    )
    if "albert.pooler.weight" in weights and model.albert.pooler is None:
        model.albert.pooler = nn.Linear(sizes.hidden_size, sizes.hidden_size)
    return model


def table(model: nn.Module) -> dict[str, str]:
    """Return our modules and theirs for a model of this family."""
    if isinstance(model, Albert):
        return ENCODER
    return {**{f"albert.{ours}": f"albert.{theirs}" for ours, theirs in ENCODER.items()}, **HEADS}


def written(
    model: nn.Module, weights: dict[str, Tensor], causal: bool
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return `config.json`, and the weights as their class holds them."""
    assert isinstance(model, CLASSES)
    assert not causal, "an ALBERT looks both ways"
    tied = f"{DECODER}.weight" not in weights
    if not tied:
        weights[f"{DECODER}.bias"] = weights[BIAS].clone()
    if isinstance(model, Albert):
        name = "AlbertModel"
    else:
        name = "AlbertForMaskedLM" if model.pair_head is None else "AlbertForPreTraining"
    config = {
        "architectures": [name],
        "model_type": MODEL_TYPE,
        **asdict(model.config),
        "tie_word_embeddings": tied,
    }
    return config, weights
