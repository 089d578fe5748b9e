"""RoBERTa's names, here and in `transformers`: BERT's, but for the head."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor, nn

from fmlab.models.hf_bert import ENCODER
from fmlab.models.hf_table import read_sizes, refuse_family, refuse_kinds, without_copies
from fmlab.models.roberta import Roberta, RobertaConfig, RobertaForPreTraining

MODEL_TYPE, NAME, PREFIX = "roberta", "RoBERTa", "roberta."
AnyRoberta = Roberta | RobertaForPreTraining
CLASSES = (Roberta, RobertaForPreTraining)
HEAD = {
    "masked_head.dense": "lm_head.dense",
    "masked_head.norm": "lm_head.layer_norm",
    "masked_head.bias": "lm_head.bias",
    "masked_head.embedding": "lm_head.decoder.weight",
}
BIAS, DECODER = "lm_head.bias", "lm_head.decoder"
TABLE = "roberta.embeddings.word_embeddings.weight"
REFUSED = {"is_decoder": False, "add_cross_attention": False, "position_embedding_type": "absolute"}


def is_causal(config: Mapping[str, Any]) -> bool:
    """Return whether it reads from left to right: it doesn't."""
    return False


def config_from_hf(config: Mapping[str, Any]) -> RobertaConfig:
    """Return our configuration for theirs.

    Raises:
        UserError: Not a RoBERTa, or one that is not an encoder with absolute positions.
    """
    refuse_family(config, MODEL_TYPE, NAME)
    refuse_kinds(config, REFUSED, "RoBERTa encoders")
    return read_sizes(RobertaConfig, config)


def modern(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop buffers and second copies."""
    return without_copies(weights, BIAS, DECODER, TABLE)


def empty_model(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> AnyRoberta:
    """Return a model with the head and the pooler that `weights` hold, not yet filled."""
    sizes = config_from_hf(config)
    if not any(name.startswith(PREFIX) for name in weights):
        return Roberta(sizes, pooler="pooler.dense.weight" in weights)
    model = RobertaForPreTraining(sizes, tied=f"{DECODER}.weight" not in weights)
    if "roberta.pooler.dense.weight" in weights:  # the first files have one that nobody trained
        model.roberta.pooler = nn.Linear(sizes.hidden_size, sizes.hidden_size)
    return model


def table(model: nn.Module) -> dict[str, str]:
    """Return our modules and theirs for a model of this family."""
    if isinstance(model, Roberta):
        return ENCODER
    trunk = {f"roberta.{ours}": f"roberta.{theirs}" for ours, theirs in ENCODER.items()}
    return {**trunk, **HEAD}


def written(
    model: nn.Module, weights: dict[str, Tensor], causal: bool
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return `config.json`, and the weights as their class holds them."""
    assert isinstance(model, CLASSES)
    assert not causal, "a RoBERTa looks both ways"
    tied = f"{DECODER}.weight" not in weights
    if not tied:
        weights[f"{DECODER}.bias"] = weights[BIAS].clone()
    name = "RobertaModel" if isinstance(model, Roberta) else "RobertaForMaskedLM"
    config = {
        "architectures": [name],
        "model_type": MODEL_TYPE,
        **asdict(model.config),
        "tie_word_embeddings": tied,
    }
    return config, weights
