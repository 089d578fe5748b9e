"""One table of names, read both ways: weights to and from Hugging Face `transformers`.

`from_hf` builds our model from a checkpoint's configuration and weights, `to_hf` gives both back.
Nothing is left over on either side: an unknown or a missing weight is an error.

A model of causal rows alone is their `BertLMHeadModel`, with `is_decoder`. It knows one segment
only, so all segments of such a file are the same: theirs reads text as segment 0 if it isn't told
otherwise, ours reads causal rows as segment 1, and both then see what was trained.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import torch
from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models.bert import (
    Bert,
    BertConfig,
    BertForClassification,
    BertForPreTraining,
    Task,
)

AnyBert = Bert | BertForPreTraining | BertForClassification

# Ours on the left, theirs on the right; {} is the number of a layer.
TRUNK = {
    "embeddings.token": "embeddings.word_embeddings",
    "embeddings.position": "embeddings.position_embeddings",
    "embeddings.token_type": "embeddings.token_type_embeddings",
    "embeddings.norm": "embeddings.LayerNorm",
    "layers.{}.attention.query": "encoder.layer.{}.attention.self.query",
    "layers.{}.attention.key": "encoder.layer.{}.attention.self.key",
    "layers.{}.attention.value": "encoder.layer.{}.attention.self.value",
    "layers.{}.attention.output": "encoder.layer.{}.attention.output.dense",
    "layers.{}.attention_norm": "encoder.layer.{}.attention.output.LayerNorm",
    "layers.{}.up": "encoder.layer.{}.intermediate.dense",
    "layers.{}.down": "encoder.layer.{}.output.dense",
    "layers.{}.feed_forward_norm": "encoder.layer.{}.output.LayerNorm",
    "pooler": "pooler.dense",
}
PRETRAINING_HEADS = {
    "masked_head.dense": "cls.predictions.transform.dense",
    "masked_head.norm": "cls.predictions.transform.LayerNorm",
    "masked_head.bias": "cls.predictions.bias",
    "masked_head.embedding": "cls.predictions.decoder.weight",
    "next_sentence_head": "cls.seq_relationship",
}
CLASSIFIERS: dict[Task, tuple[str, str]] = {
    "sequence": ("BertForSequenceClassification", "classifier"),
    "choice": ("BertForMultipleChoice", "classifier"),
    "token": ("BertForTokenClassification", "classifier"),
    "span": ("BertForQuestionAnswering", "qa_outputs"),
}
CAUSAL = "BertLMHeadModel"
SEGMENTS = "bert.embeddings.token_type_embeddings.weight"
REFUSED = {"is_decoder": False, "add_cross_attention": False, "position_embedding_type": "absolute"}


def from_hf(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> AnyBert:
    """Build the model that a checkpoint of `transformers` describes, with its weights.

    Heads are those that the weights hold, whatever class the configuration names: the files of
    `bert-base-uncased`, for one, name a masked model and hold the next-sentence head too.

    Args:
        config: The content of `config.json`.
        weights: Names of Hugging Face and tensors, as in `model.safetensors`.

    Raises:
        UserError: Another family of models, an unknown weight, a missing one, or a wrong shape.
    """
    theirs = _modern(weights)
    if is_causal(config) and SEGMENTS in theirs:
        theirs[SEGMENTS] = _one_segment(theirs[SEGMENTS], 0)
    model = _empty_model(config, theirs)
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


def to_hf(model: AnyBert, causal: bool = False) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the content of `config.json` and the weights under Hugging Face's names.

    Args:
        model: Any of our BERTs.
        causal: Whether it was trained on causal rows alone.
    """
    state = model.state_dict()
    weights = {there: state[name].detach() for name, there in weight_names(model).items()}
    config: dict[str, Any] = {
        "architectures": [_architecture(model)],
        "model_type": "bert",
        **asdict(model.config),
        "tie_word_embeddings": "cls.predictions.decoder.weight" not in weights,
    }
    if "cls.predictions.decoder.weight" in weights:
        weights["cls.predictions.decoder.bias"] = weights["cls.predictions.bias"].clone()
    if isinstance(model, BertForClassification):
        labels = range(model.classifier.out_features)
        config["id2label"] = {str(i): f"LABEL_{i}" for i in labels}
        config["label2id"] = {f"LABEL_{i}": i for i in labels}
    if causal:
        assert config["architectures"] == ["BertForMaskedLM"], "it has no head for tokens alone"
        config |= {"architectures": [CAUSAL], "is_decoder": True}
        weights[SEGMENTS] = _one_segment(weights[SEGMENTS], 1)
    return config, weights


def is_causal(config: Mapping[str, Any]) -> bool:
    """Return whether `config.json` is that of a causal language model."""
    return config.get("architectures") == [CAUSAL] and config.get("is_decoder") is True


def config_from_hf(config: Mapping[str, Any]) -> BertConfig:
    """Return our configuration for theirs.

    Raises:
        UserError: Not a BERT, or a kind of BERT that is not an encoder with absolute positions.
    """
    family = config.get("model_type", "bert")
    if family != "bert":
        raise UserError(f"this is a {family} checkpoint, not a BERT; load it with its own model")
    for name, wanted in REFUSED.items():
        if name == "is_decoder" and is_causal(config):
            continue
        if config.get(name, wanted) != wanted:
            raise UserError(
                f"{name} is {config[name]!r}; only BERT encoders ({wanted!r}) load here"
            )
    known = {field.name for field in fields(BertConfig)}
    try:
        return BertConfig(**{name: value for name, value in config.items() if name in known})
    except TypeError as error:
        raise UserError(f"config.json holds a value of a wrong type ({error})") from error


def _modern(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename what old checkpoints call otherwise; drop buffers and second copies."""
    renamed = {
        name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
            "LayerNorm.beta", "LayerNorm.bias"
        ): tensor
        for name, tensor in weights.items()
        if not name.endswith("embeddings.position_ids")
    }
    if (bias := renamed.pop("cls.predictions.decoder.bias", None)) is not None:
        renamed["cls.predictions.bias"] = bias  # the one that transformers adds
    decoder = renamed.get("cls.predictions.decoder.weight")
    table = renamed.get("bert.embeddings.word_embeddings.weight")
    if decoder is not None and table is not None and decoder.shape == table.shape:
        if torch.equal(decoder, table):
            del renamed["cls.predictions.decoder.weight"]
    return renamed


def _one_segment(table: Tensor, row: int) -> Tensor:
    """Return a table of segments in which all are as one of them."""
    return table[row].expand_as(table).clone()


def _empty_model(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> AnyBert:
    """Return a model with the heads that `weights` hold, not yet filled."""
    sizes = config_from_hf(config)
    if not any(name.startswith("bert.") for name in weights):
        return Bert(sizes, pooler="pooler.dense.weight" in weights)

    named = (config.get("architectures") or [""])[0]
    for task, (architecture, layer) in CLASSIFIERS.items():
        if architecture == named and f"{layer}.weight" in weights:
            return BertForClassification(sizes, weights[f"{layer}.weight"].size(0), task)

    model = BertForPreTraining(
        sizes,
        masked="cls.predictions.bias" in weights,
        next_sentence="cls.seq_relationship.weight" in weights,
        tied="cls.predictions.decoder.weight" not in weights,
    )
    if "bert.pooler.dense.weight" in weights and model.bert.pooler is None:
        model.bert.pooler = nn.Linear(sizes.hidden_size, sizes.hidden_size)
    return model


def weight_names(model: AnyBert) -> dict[str, str]:
    """Return our name and theirs for every weight that the model's file holds."""
    if isinstance(model, Bert):
        table = TRUNK
    else:
        table = {f"bert.{ours}": f"bert.{theirs}" for ours, theirs in TRUNK.items()}
    if isinstance(model, BertForPreTraining):
        table = {**table, **PRETRAINING_HEADS}
    elif isinstance(model, BertForClassification):
        table = {**table, "classifier": CLASSIFIERS[model.task][1]}

    by_pattern = {}
    for layer in range(model.config.num_hidden_layers):
        by_pattern.update({o.format(layer): t.format(layer) for o, t in table.items()})
    by_pattern.update({o: t for o, t in table.items() if "{}" not in o})

    names = {}
    for name in model.state_dict():
        module, _, kind = name.rpartition(".")
        names[name] = by_pattern[name] if name in by_pattern else f"{by_pattern[module]}.{kind}"
    tied = isinstance(model, BertForPreTraining) and model.masked_head is not None
    if tied and model.masked_head.embedding is model.bert.embeddings.token.weight:  # type: ignore
        del names["masked_head.embedding"]
    return names


def _architecture(model: AnyBert) -> str:
    """Return the class of `transformers` that holds the same weights."""
    if isinstance(model, Bert):
        return "BertModel"
    if isinstance(model, BertForClassification):
        return CLASSIFIERS[model.task][0]
    if model.masked_head is None:
        return "BertForNextSentencePrediction"
    return "BertForMaskedLM" if model.next_sentence_head is None else "BertForPreTraining"
