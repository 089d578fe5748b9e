"""Weights to and from Hugging Face `transformers`, by one table of names a family, read both ways.

`from_hf` builds our model from a checkpoint's configuration and weights, `to_hf` gives both back.
Nothing is left over on either side: an unknown or a missing weight is an error.

A new family is one file beside `hf_bert`, with the same names in it, and a place in `FAMILIES`.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models import clip_hf, hf_albert, hf_bert, hf_gpt, hf_roberta, mae_hf
from fmlab.models.hf_albert import AnyAlbert
from fmlab.models.hf_bert import AnyBert
from fmlab.models.hf_gpt import AnyGpt
from fmlab.models.hf_roberta import AnyRoberta
from fmlab.models.hf_table import look_up

__all__ = ["AnyBert", "AnyModel", "family", "from_hf", "is_causal", "to_hf", "weight_names"]

BERT = hf_bert.MODEL_TYPE
AnyModel = AnyBert | AnyRoberta | AnyAlbert | AnyGpt
FAMILIES: dict[str, ModuleType] = {
    module.MODEL_TYPE: module for module in (hf_bert, hf_roberta, hf_albert, hf_gpt)
}
"""By the `model_type` of `config.json`."""
OF_PICTURES = (mae_hf.MODEL_TYPE, clip_hf.MODEL_TYPE, clip_hf.VISION_TYPE)
"""Those that read no text alone, and have tables of their own."""


def family(config: Mapping[str, Any]) -> ModuleType:
    """Return the family that `config.json` names; a file of 2018 names none, and is a BERT.

    Raises:
        UserError: It is none of ours.
    """
    named = config.get("model_type", BERT)
    if named in OF_PICTURES:
        raise UserError(
            f"this is a {named} checkpoint, a model of pictures; load it with "
            "fmlab.picture_checkpoint.load_pictures"
        )
    if named not in FAMILIES:
        raise UserError(
            f"this is a {named} checkpoint, and no model here is of this kind; "
            f"choose one of {', '.join(FAMILIES)}"
        )
    return FAMILIES[named]


def family_of(model: nn.Module) -> ModuleType:
    """Return the family of one of our models."""
    return next(found for found in FAMILIES.values() if isinstance(model, found.CLASSES))


def from_hf(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> AnyModel:
    """Build the model that a checkpoint of `transformers` describes, with its weights.

    Args:
        config: The content of `config.json`.
        weights: Names of Hugging Face and tensors, as in `model.safetensors`.

    Raises:
        UserError: A kind of model that is not ours, an unknown weight, a missing one, or a wrong
            shape.
    """
    kind = family(config)
    _refuse_others_weights(kind, weights)
    theirs = kind.modern(config, weights)
    model: AnyModel = kind.empty_model(config, theirs)
    names = weight_names(model)
    ours = {name: theirs[there] for name, there in names.items() if there in theirs}

    missing = [there for there in names.values() if there not in theirs]
    unknown = [there for there in theirs if there not in set(names.values())]
    own = model.state_dict()
    for name, tensor in ours.items():
        if tensor.shape != own[name].shape:
            raise UserError(
                f"weight {names[name]} has shape {tuple(tensor.shape)}, but config.json asks for "
                f"{tuple(own[name].shape)}; config.json and model.safetensors don't belong together"
            )
    if missing or unknown:
        raise UserError(
            f"config.json and the weights don't fit: missing {missing[:3]}, unknown {unknown[:3]} "
            f"({len(missing)} and {len(unknown)} in all); use files of one checkpoint"
        )
    model.load_state_dict(ours, strict=False)  # strict but for the tied copy of a table
    return model.eval()


def to_hf(model: nn.Module, causal: bool = False) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the content of `config.json` and the weights under Hugging Face's names.

    Args:
        model: Any of ours, one of `AnyModel`.
        causal: Whether a BERT was trained on causal rows alone.
    """
    state = model.state_dict()
    weights = {there: state[name].detach() for name, there in weight_names(model).items()}
    found: tuple[dict[str, Any], dict[str, Tensor]]
    found = family_of(model).written(model, weights, causal)
    return found


def is_causal(config: Mapping[str, Any]) -> bool:
    """Return whether `config.json` is that of a causal language model."""
    kind = FAMILIES.get(config.get("model_type", BERT))
    return kind is not None and bool(kind.is_causal(config))


def weight_names(model: nn.Module) -> dict[str, str]:
    """Return our name and theirs for every weight that the model's file holds."""
    names = look_up(model.state_dict(), family_of(model).table(model))
    held = dict(model.named_parameters())  # a shared table has its first name here, and no other
    return {name: there for name, there in names.items() if name in held}


def _refuse_others_weights(kind: ModuleType, weights: Mapping[str, Tensor]) -> None:
    """Raise where the weights are plainly of another family than the configuration."""
    for other in FAMILIES.values():
        others = any(name.startswith(other.PREFIX) for name in weights)
        if other is not kind and others and not any(n.startswith(kind.PREFIX) for n in weights):
            raise UserError(
                f"config.json says {kind.MODEL_TYPE}, but the weights are of {other.MODEL_TYPE}; "
                "use files of one checkpoint"
            )
