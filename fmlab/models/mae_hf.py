"""The masked autoencoder's names in Hugging Face `transformers` (`ViTMAEForPreTraining`)."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.fit import all_names, fill, layer_names
from fmlab.models.mae import Mae, MaeConfig

MODEL_TYPE = "vit_mae"
# What the files call the parts of a layer, and what the modules of transformers 5 call them.
IN_FILES = {
    "norm1": "layernorm_before",
    "q": "attention.attention.query",
    "k": "attention.attention.key",
    "v": "attention.attention.value",
    "o": "attention.output.dense",
    "norm2": "layernorm_after",
    "fc1": "intermediate.dense",
    "fc2": "output.dense",
}
IN_MODULES = {
    ".layers.": ".encoder.layer.",
    "decoder_layers.": "decoder_encoder.layer.",
    "attention.q_proj": "attention.attention.query",
    "attention.k_proj": "attention.attention.key",
    "attention.v_proj": "attention.attention.value",
    "attention.o_proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}
PARTS = {
    "encoder.embeddings.class_token": "vit.embeddings.cls_token",
    "encoder.embeddings.position": "vit.embeddings.position_embeddings",
    "encoder.embeddings.patch": "vit.embeddings.patch_embeddings.projection",
    "encoder.norm": "vit.layernorm",
    "decoder.mask_token": "decoder.mask_token",
    "decoder.position": "decoder.decoder_pos_embed",
    "decoder.embed": "decoder.decoder_embed",
    "decoder.norm": "decoder.decoder_norm",
    "decoder.pixels": "decoder.decoder_pred",
}


def mae_from_hf(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Mae:
    """Return the model that a checkpoint of `ViTMAEForPreTraining` describes, with its weights.

    Args:
        config: The content of `config.json`.
        weights: As in `model.safetensors`, or as in `state_dict()`: the names differ since
            transformers 5.

    Raises:
        UserError: Another family, sizes that cannot work, or weights that don't fit.
    """
    family = config.get("model_type", MODEL_TYPE)
    if family != MODEL_TYPE:
        raise UserError(f"this is a {family} checkpoint, not a masked autoencoder ({MODEL_TYPE})")
    if not config.get("qkv_bias", True):
        raise UserError("qkv_bias is False; only layers with offsets load here")
    known = {field.name for field in fields(MaeConfig)}
    try:
        sizes = MaeConfig(**{name: value for name, value in config.items() if name in known})
    except TypeError as error:
        raise UserError(f"config.json holds a value of a wrong type ({error})") from error
    model = Mae(sizes)
    theirs = {_in_files(name): tensor for name, tensor in weights.items()}
    fill(model, theirs, _names(model))
    return model.eval()


def mae_to_hf(model: Mae) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the content of `config.json`, and the weights under the names of Hugging Face's files.

    Of a model of clips, transformers reads what it knows: a model of their single frames.
    """
    state = model.state_dict()
    weights = {there: state[name].detach() for name, there in _names(model).items()}
    about = {"architectures": ["ViTMAEForPreTraining"], "model_type": MODEL_TYPE}
    return {**about, **asdict(model.config), "qkv_bias": True}, weights


def _in_files(name: str) -> str:
    for modules, files in IN_MODULES.items():
        name = name.replace(modules, files)
    return name


def _names(model: Mae) -> dict[str, str]:
    config = model.config
    encoder = ("encoder.layers", "vit.encoder.layer", config.num_hidden_layers)
    decoder = ("decoder.layers", "decoder.decoder_encoder.layer", config.decoder_num_hidden_layers)
    table = {**PARTS, **layer_names(*encoder, IN_FILES), **layer_names(*decoder, IN_FILES)}
    return all_names(model, table)
