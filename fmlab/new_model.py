"""From the sizes of a run to a model that knows nothing yet: one function a family."""

from collections.abc import Callable
from typing import Any

from fmlab.models.albert import AlbertConfig, AlbertForPreTraining
from fmlab.models.bert import BertForPreTraining
from fmlab.models.gpt import GptConfig, GptForPreTraining
from fmlab.models.language_model import LanguageModel
from fmlab.models.roberta import RobertaConfig, RobertaForPreTraining
from fmlab.tokens import Tokenizer
from fmlab.train_config import FAMILIES, TrainConfig

PUBLISHED = 128  # the length of a token's vector in every ALBERT (Lan et al. 2019, table 1)


def new_model(config: TrainConfig, tokenizer: Tokenizer) -> LanguageModel:
    """Return the model of a run before its first step; seed torch first.

    Args:
        config: The run's sizes, and its family.
        tokenizer: Its vocabulary, and which number padding has.
    """
    return MODELS[config.model](config, tokenizer)


def bert(config: TrainConfig, tokenizer: Tokenizer) -> BertForPreTraining:
    """Return a BERT, with a second head where sentences come in pairs."""
    pairs = config.next_sentence or config.sentence_order
    return BertForPreTraining(config.bert(tokenizer.vocab_size), next_sentence=pairs)


def roberta(config: TrainConfig, tokenizer: Tokenizer) -> RobertaForPreTraining:
    """Return a RoBERTa, whose positions begin behind the number of padding."""
    sizes = _sizes(config, tokenizer) | {
        "max_position_embeddings": config.seq_len + tokenizer.pad_id + 1,
        "pad_token_id": tokenizer.pad_id,
    }
    return RobertaForPreTraining(RobertaConfig(**sizes))


def albert(config: TrainConfig, tokenizer: Tokenizer) -> AlbertForPreTraining:
    """Return an ALBERT, whose layers are one, gone through num_hidden_layers times."""
    short = config.embedding_size or min(PUBLISHED, config.hidden_size)
    sizes = _sizes(config, tokenizer) | {
        "embedding_size": short,
        "pad_token_id": tokenizer.pad_id,
    }
    pairs = config.next_sentence or config.sentence_order
    return AlbertForPreTraining(AlbertConfig(**sizes), sentence_order=pairs)


def gpt(config: TrainConfig, tokenizer: Tokenizer) -> GptForPreTraining:
    """Return a GPT."""
    return GptForPreTraining(GptConfig(**_sizes(config, tokenizer)))


def _sizes(config: TrainConfig, tokenizer: Tokenizer) -> dict[str, Any]:
    return {
        "vocab_size": tokenizer.vocab_size,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads,
        "intermediate_size": config.intermediate_size,
        "hidden_dropout_prob": config.dropout,
        "attention_probs_dropout_prob": config.dropout,
        "max_position_embeddings": config.seq_len,
    }


MODELS: dict[str, Callable[[TrainConfig, Tokenizer], LanguageModel]] = {
    "bert": bert,
    "roberta": roberta,
    "albert": albert,
    "gpt": gpt,
}
assert tuple(MODELS) == FAMILIES
