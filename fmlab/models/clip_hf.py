"""CLIP's names in Hugging Face `transformers`.

The pair is their `CLIPModel`, the tower for pictures alone their `CLIPVisionModelWithProjection`.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.clip import Clip, ClipConfig, ProjectedVision, TextConfig, VisionConfig
from fmlab.models.fit import all_names, fill, layer_names

MODEL_TYPE, VISION_TYPE = "clip", "clip_vision_model"
IN_LAYERS = {
    "norm1": "layer_norm1",
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "o": "self_attn.out_proj",
    "norm2": "layer_norm2",
    "fc1": "mlp.fc1",
    "fc2": "mlp.fc2",
}
VISION = {
    "vision.patch": "vision_model.embeddings.patch_embedding",
    "vision.class_token": "vision_model.embeddings.class_embedding",
    "vision.position": "vision_model.embeddings.position_embedding",
    "vision.first_norm": "vision_model.pre_layrnorm",  # their spelling
    "vision.norm": "vision_model.post_layernorm",
}
TEXT = {
    "text.token": "text_model.embeddings.token_embedding",
    "text.position": "text_model.embeddings.position_embedding",
    "text.norm": "text_model.final_layer_norm",
}
Config = TypeVar("Config", TextConfig, VisionConfig)


def clip_from_hf(
    config: Mapping[str, Any], weights: Mapping[str, Tensor]
) -> Clip | ProjectedVision:
    """Return the model that a checkpoint of CLIP describes, with its weights.

    Args:
        config: The content of `config.json`.
        weights: Names of Hugging Face and tensors, as in `model.safetensors`.

    Raises:
        UserError: Another family, sizes that cannot work, or weights that don't fit.
    """
    family = config.get("model_type", MODEL_TYPE)
    if family not in (MODEL_TYPE, VISION_TYPE):
        raise UserError(f"this is a {family} checkpoint, not a CLIP; load it with its own model")
    model: Clip | ProjectedVision
    if family == VISION_TYPE:
        size = config.get("projection_dim", 512)
        model = ProjectedVision(_sizes(VisionConfig, config), size)
    else:
        model = Clip(
            ClipConfig(
                _sizes(TextConfig, config.get("text_config") or {}),
                _sizes(VisionConfig, config.get("vision_config") or {}),
                config.get("projection_dim", 512),
                config.get("logit_scale_init_value", 2.6592),
            )
        )
    # files of 2021 also hold the numbers of the places, 0, 1, 2, ...
    theirs = {name: t for name, t in weights.items() if not name.endswith(".position_ids")}
    fill(model, theirs, _names(model))
    return model.eval()


def clip_to_hf(model: Clip | ProjectedVision) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the content of `config.json` and the weights under Hugging Face's names."""
    state = model.state_dict()
    weights = {there: state[name].detach() for name, there in _names(model).items()}
    if isinstance(model, ProjectedVision):
        about = {"architectures": ["CLIPVisionModelWithProjection"], "model_type": VISION_TYPE}
        sizes = asdict(model.config)
        return {**about, **sizes, "projection_dim": model.projection_dim}, weights
    config = model.config
    about = {"architectures": ["CLIPModel"], "model_type": MODEL_TYPE}
    space = {"projection_dim": config.projection_dim}
    return {
        **about,
        **space,
        "logit_scale_init_value": config.logit_scale_init_value,
        "text_config": {"model_type": "clip_text_model", **asdict(config.text), **space},
        "vision_config": {"model_type": VISION_TYPE, **asdict(config.vision), **space},
    }, weights


def _sizes(kind: type[Config], config: Mapping[str, Any]) -> Config:
    """Return one tower's sizes for theirs."""
    known = {field.name for field in fields(kind)}
    given = {name: value for name, value in config.items() if name in known}
    end = given.get("eos_token_id", 0)
    if not isinstance(end, int):
        raise UserError(f"eos_token_id is {end!r}; only captions with one end load here")
    try:
        return kind(**given)
    except TypeError as error:
        raise UserError(f"config.json holds a value of a wrong type ({error})") from error


def _names(model: Clip | ProjectedVision) -> dict[str, str]:
    whole = isinstance(model, Clip)
    vision = model.config.vision if isinstance(model, Clip) else model.config
    table = {
        **VISION,
        **layer_names(
            "vision.layers", "vision_model.encoder.layers", vision.num_hidden_layers, IN_LAYERS
        ),
        "vision_projection" if whole else "projection": "visual_projection",
    }
    if isinstance(model, Clip):
        count = model.config.text.num_hidden_layers
        table |= TEXT
        table |= layer_names("text.layers", "text_model.encoder.layers", count, IN_LAYERS)
        table |= {"text_projection": "text_projection", "logit_scale": "logit_scale"}
    return all_names(model, table)
