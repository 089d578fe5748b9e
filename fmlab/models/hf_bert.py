"""BERT's names, here and in `transformers`.

A model of causal rows alone is their `BertLMHeadModel`, with `is_decoder`. It knows one segment
only, so all segments of such a file are the same: theirs reads text as segment 0 if it isn't told
otherwise, ours reads causal rows as segment 1, and both then see what was trained.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor, nn

from fmlab.models.bert import Bert, BertConfig, BertForClassification, BertForPreTraining, Task
from fmlab.models.hf_table import read_sizes, refuse_family, refuse_kinds, without_copies

MODEL_TYPE, NAME, PREFIX = "bert", "BERT", "bert."
AnyBert = Bert | BertForPreTraining | BertForClassification
CLASSES = (Bert, BertForPreTraining, BertForClassification)

# Ours on the left, theirs on the right; {} is the number of a layer.
ENCODER = {
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
HEADS = {
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
BIAS, DECODER = "cls.predictions.bias", "cls.predictions.decoder"
TABLE = "bert.embeddings.word_embeddings.weight"
SEGMENTS = "bert.embeddings.token_type_embeddings.weight"
REFUSED = {"is_decoder": False, "add_cross_attention": False, "position_embedding_type": "absolute"}


def is_causal(config: Mapping[str, Any]) -> bool:
    """Return whether `config.json` is that of a causal language model."""
    return config.get("architectures") == [CAUSAL] and config.get("is_decoder") is True


def config_from_hf(config: Mapping[str, Any]) -> BertConfig:
    """Return our configuration for theirs.

    Raises:
        UserError: Not a BERT, or a kind of BERT that is not an encoder with absolute positions.
    """
    refuse_family(config, MODEL_TYPE, NAME)
    refused = dict(REFUSED)
    if is_causal(config):
        del refused["is_decoder"]
    refuse_kinds(config, refused, "BERT encoders")
    return read_sizes(BertConfig, config)


def modern(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename what old checkpoints call otherwise; drop buffers and second copies."""
    renamed = {
        name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
            "LayerNorm.beta", "LayerNorm.bias"
        ): tensor
        for name, tensor in weights.items()
    }
    kept = without_copies(renamed, BIAS, DECODER, TABLE)
    if is_causal(config) and SEGMENTS in kept:
        kept[SEGMENTS] = _one_segment(kept[SEGMENTS], 0)
    return kept


def empty_model(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> AnyBert:
    """Return a model with the heads that `weights` hold, not yet filled.

    Heads are those that the weights hold, whatever class the configuration names: the files of
    `bert-base-uncased`, for one, name a masked model and hold the next-sentence head too.
    """
    sizes = config_from_hf(config)
    if not any(name.startswith(PREFIX) for name in weights):
        return Bert(sizes, pooler="pooler.dense.weight" in weights)

    named = (config.get("architectures") or [""])[0]
    for task, (architecture, layer) in CLASSIFIERS.items():
        if architecture == named and f"{layer}.weight" in weights:
            return BertForClassification(sizes, weights[f"{layer}.weight"].size(0), task)

    model = BertForPreTraining(
        sizes,
        masked=BIAS in weights,
        next_sentence="cls.seq_relationship.weight" in weights,
        tied=f"{DECODER}.weight" not in weights,
    )
    if "bert.pooler.dense.weight" in weights and model.bert.pooler is None:
        model.bert.pooler = nn.Linear(sizes.hidden_size, sizes.hidden_size)
    return model


def table(model: nn.Module) -> dict[str, str]:
    """Return our modules and theirs for a model of this family."""
    if isinstance(model, Bert):
        return ENCODER
    trunk = {f"bert.{ours}": f"bert.{theirs}" for ours, theirs in ENCODER.items()}
    if isinstance(model, BertForClassification):
        return {**trunk, "classifier": CLASSIFIERS[model.task][1]}
    return {**trunk, **HEADS}


def written(
    model: nn.Module, weights: dict[str, Tensor], causal: bool
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return `config.json`, and the weights as their class holds them."""
    assert isinstance(model, CLASSES)
    tied = f"{DECODER}.weight" not in weights
    config: dict[str, Any] = {
        "architectures": [_architecture(model)],
        "model_type": MODEL_TYPE,
        **asdict(model.config),
        "tie_word_embeddings": tied,
    }
    if not tied:
        weights[f"{DECODER}.bias"] = weights[BIAS].clone()
    if isinstance(model, BertForClassification):
        labels = range(model.classifier.out_features)
        config["id2label"] = {str(i): f"LABEL_{i}" for i in labels}
        config["label2id"] = {f"LABEL_{i}": i for i in labels}
    if causal:
        assert config["architectures"] == ["BertForMaskedLM"], "it has no head for tokens alone"
        config |= {"architectures": [CAUSAL], "is_decoder": True}
        weights[SEGMENTS] = _one_segment(weights[SEGMENTS], 1)
    return config, weights


def _architecture(model: AnyBert) -> str:
    """Return the class of `transformers` that holds the same weights."""
    if isinstance(model, Bert):
        return "BertModel"
    if isinstance(model, BertForClassification):
        return CLASSIFIERS[model.task][0]
    if model.masked_head is None:
        return "BertForNextSentencePrediction"
    return "BertForMaskedLM" if model.next_sentence_head is None else "BertForPreTraining"


def _one_segment(table: Tensor, row: int) -> Tensor:
    """Return a table of segments in which all are as one of them."""
    return table[row].expand_as(table).clone()
