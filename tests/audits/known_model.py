"""Models whose probabilities are known, and tokenizers of every family, for the tests of audits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch
from tokenizers import Tokenizer as FastTokenizer
from tokenizers import decoders, models, pre_tokenizers, trainers
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForMaskedLM,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from fmlab.audits.masked_model import MaskedModel, from_transformers
from fmlab.models import bert
from fmlab.seeds import seed_torch
from fmlab.tokens import Tokenizer

CLS, SEP, MASK, UNK = 0, 1, 2, 3


@dataclass
class Split:
    """A tokenizer that knows some words, in lower case, and marks; a word in pieces has a `+`."""

    words: Sequence[str]
    pieces: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cls_id: int = CLS
    sep_id: int = SEP
    mask_id: int = MASK
    unk_id: int = UNK

    def id(self, word: str) -> int:
        return 4 + list(self.words).index(word) if word in self.words else self.unk_id

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return [
            [
                self.id(piece)
                for word in text.lower().replace(".", " .").split()
                for piece in self.pieces.get(word, [word])
            ]
            for text in texts
        ]


class Known(nn.Module):
    """Gives each word a known log probability, which may depend on words in sight.

    `weights[seen][word]` is the log weight of `word` where `seen` is in the sentence; under `""`
    stand the weights for any sentence. What is not named has the weight 0.
    """

    def __init__(self, words: Split, weights: Mapping[str, Mapping[str, float]]) -> None:
        """Take the words and their weights."""
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))
        self.words, self.weights = words, weights

    def forward(self, input_ids: Tensor) -> Any:
        size = 4 + len(self.words.words)
        logits = torch.zeros(*input_ids.shape, size)
        for row, ids in enumerate(input_ids.tolist()):
            for seen, weights in self.weights.items():
                if seen == "" or self.words.id(seen) in ids:
                    for word, weight in weights.items():
                        logits[row, :, self.words.id(word)] += weight
        return SimpleNamespace(logits=logits)


def known(
    words: str,
    weights: Mapping[str, Mapping[str, float]],
    pieces: Mapping[str, Sequence[str]] | None = None,
    max_length: int | None = None,
) -> MaskedModel:
    split = Split(words.split(), pieces or {})
    return MaskedModel(Known(split, weights), split, max_length)


TEXT = (
    "The technician told the customer that he could pay with cash . "
    "The technician told the customer that she could pay with cash . "
    "the nurse asked him if his brother likes math . The nurse asked her if her sister likes art . "
    "He said that the man and the woman are home . She said that the boy and the girl are home . "
) * 4
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}


def bert_of_transformers(lowercase: bool = True, seed: int = 0) -> tuple[Any, Any]:
    """A random BERT of `transformers` and its tokenizer."""
    tokenizer = Tokenizer.train([TEXT], 300, lowercase=lowercase).hf()
    seed_torch(seed, "test")
    config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=40, **SIZES)
    return BertForMaskedLM(config).eval(), tokenizer


def roberta_of_transformers(seed: int = 0) -> tuple[Any, Any]:
    """A random RoBERTa and a byte-level tokenizer, whose words carry the space before them."""
    fast = FastTokenizer(models.BPE(unk_token="<unk>"))
    fast.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    fast.train_from_iterator([TEXT], trainer=trainer)
    wrap: Any = PreTrainedTokenizerFast
    tokenizer = wrap(
        tokenizer_object=fast, cls_token="<s>", sep_token="</s>", pad_token="<pad>",
        unk_token="<unk>", mask_token="<mask>", bos_token="<s>", eos_token="</s>",
    )  # fmt: skip
    seed_torch(seed, "test")
    config = RobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=42, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, **SIZES,
    )  # fmt: skip
    return RobertaForMaskedLM(config).eval(), tokenizer


FAMILIES = {
    "lower-case BERT": lambda: from_transformers(*bert_of_transformers()),
    "upper-case BERT": lambda: from_transformers(*bert_of_transformers(lowercase=False)),
    "RoBERTa": lambda: from_transformers(*roberta_of_transformers()),
}


def random_weights(seed: int, spread: float = 0.02) -> MaskedModel:
    """A small random model of `fmlab` with the vocabulary of the model that comes with it."""
    from fmlab.checkpoint import shipped

    tokenizer = Tokenizer.load(shipped())
    seed_torch(seed, "random weights")
    sizes = bert.BertConfig(
        vocab_size=tokenizer.vocab_size, max_position_embeddings=128, initializer_range=spread,
        **{**SIZES, "num_hidden_layers": 1},
    )  # fmt: skip
    return MaskedModel(bert.BertForPreTraining(sizes).eval(), tokenizer, 128)
