"""What a run learns: its rows, its model, its loss, and how it is kept.

The loop of `fmlab.pretrain` is one for text and for pictures: what differs between them stands
here, and in `fmlab.picture_recipe`.
"""

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fmlab.alarm import documents_of
from fmlab.batches import MaskedBatches, Packed
from fmlab.checkpoint import save
from fmlab.corpus import Corpus
from fmlab.files import sha256_bytes
from fmlab.models.attention import Blocks
from fmlab.models.language_model import LanguageModel
from fmlab.new_model import new_model
from fmlab.objectives import Loss, pretraining_loss
from fmlab.prepare import Rows, prepare
from fmlab.processes import Processes
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

LOOKED_AT = 1_000_003  # the seed of held-out rows: what is hidden in them never changes


class Recipe(ABC):
    """What the loop asks.

    Attributes:
        config: The sizes.
        rows: What training reads: `train`, and `valid` or None.
        tokenizer: Of the text; None where there is none.
        batches: Of the train split: `batch(step)`, `rows(step)`, `causal_rows`.
        valid: Of the valid split, or None.
    """

    config: TrainConfig
    rows: Any
    tokenizer: Tokenizer | None
    batches: Any
    valid: Any

    @abstractmethod
    def new_model(self) -> nn.Module:
        """Return the model before its first step; torch is seeded."""

    @abstractmethod
    def loss(self, model: Any, batch: Any, blocks: Blocks | None = None) -> Loss:
        """Return the loss of one batch."""

    @abstractmethod
    def titles(self, rows: Sequence[int]) -> list[str]:
        """Return what the documents or pictures of some rows are called."""

    @abstractmethod
    def save(self, folder: Path | str, model: Any, run: dict[str, Any], dtype: torch.dtype) -> Path:
        """Write a checkpoint with the run's story."""

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """Return what `run.json` tells of the data and of what was asked.

        These are `corpus`, `tokenizer`, `objective`, `unit` of the loss, and `epoch`: how many
        tokens there are to read.
        """

    def keep_tokenizer(self, folder: Path) -> None:
        """Write the tokenizer beside the first point to resume from."""
        if self.tokenizer is not None:
            self.tokenizer.save(folder, self.config.seq_len)

    def most_places(self, parts: int) -> int:
        """Return how many places may be asked in one of the `parts` of a batch, for a GPU."""
        return 0


class TextRecipe(Recipe):
    """Tokens that are asked for, in text."""

    def __init__(
        self,
        config: TrainConfig,
        corpus: Any,
        tokenizer: Tokenizer | None,
        processes: Processes,
    ) -> None:
        """Prepare the rows, one process first."""
        self.config, self.corpus = config, corpus
        self.rows: Rows = processes.in_turn(lambda: self._prepare(tokenizer))
        self.tokenizer: Tokenizer = self.rows.tokenizer
        size = config.batch_size
        self.batches = self._batches(self.rows.train, config.seed, size, config.causal_share)
        self.valid = None
        if self.rows.valid is not None:
            size = min(size, len(self.rows.valid.input_ids))
            share = config.causal_share // 1
            self.valid = self._batches(self.rows.valid, LOOKED_AT, size, share)

    def _prepare(self, tokenizer: Tokenizer | None) -> Rows:
        config = self.config
        sizes = (config.vocab_size, config.seq_len, tokenizer)
        pairs = (config.next_sentence, config.seed, config.sentence_order)
        corpus: Corpus = self.corpus
        return prepare(corpus, *sizes, *pairs)

    def _batches(self, rows: Packed, seed: int, size: int, causal_share: float) -> MaskedBatches:
        how = {**self.config.masks, "causal_share": causal_share}
        return MaskedBatches(rows, self.tokenizer, size, seed, **how)

    def new_model(self) -> LanguageModel:
        """Return the model before its first step; torch is seeded."""
        return new_model(self.config, self.tokenizer)

    def loss(self, model: LanguageModel, batch: Any, blocks: Blocks | None = None) -> Loss:
        """Return the loss of one batch."""
        return pretraining_loss(model, batch, blocks)

    def titles(self, rows: Sequence[int]) -> list[str]:
        """Return the titles of the documents that some rows come from, the most tokens first."""
        return documents_of(rows, self.corpus.split("train"), self.tokenizer, self.config)

    def save(self, folder: Path | str, model: Any, run: dict[str, Any], dtype: torch.dtype) -> Path:
        """Write a checkpoint with the run's story."""
        return save(folder, model, self.tokenizer, run, dtype)

    def most_places(self, parts: int) -> int:
        """Return how many places may be asked in a part of a batch, six deviations above."""
        rows = self.config.batch_size // parts
        causal: int = -(-self.batches.causal_rows // parts)
        masked = (rows - causal) * self.config.seq_len * self.config.mask_rate
        return causal * self.config.seq_len + -(-int(masked + 6 * math.sqrt(masked)) // 64) * 64

    def about(self) -> dict[str, Any]:
        """Return what `run.json` tells of the text and of what was asked."""
        causal_rows = self.batches.causal_rows / self.config.batch_size
        train, documents = self.rows.train, self.corpus.split("train")
        return {
            "objective": {"masked_rows": 1 - causal_rows, "causal_rows": causal_rows},
            "corpus": {
                **about_documents(self.corpus),
                "train_words": sum(len(d.text.split()) for d in documents),
                "train_tokens": train.tokens,
                "row_fill": round(train.fill, 4),
            },
            "tokenizer": about_tokenizer(self.tokenizer),
            "unit": "nats per token" if causal_rows == 1 else "nats per masked token",
            "epoch": train.tokens,
        }


def about_documents(corpus: Any) -> dict[str, Any]:
    """Return what is told of a corpus of text or of pictures."""
    return {
        "name": corpus.name,
        "sha256": corpus.sha256,
        "documents": dict(Counter(document.split for document in corpus.documents)),
        "licences": sorted({document.licence for document in corpus.documents}),
    }


def about_tokenizer(tokenizer: Tokenizer | None) -> dict[str, Any] | None:
    """Return what is told of a tokenizer, if there is one."""
    if tokenizer is None:
        return None
    return {
        "vocab_size": tokenizer.vocab_size,
        "sha256": sha256_bytes(tokenizer.fast.to_str().encode()),
    }
