"""What a run on pictures learns: patches, views, captions, or pictures as words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fmlab.batches import MaskedBatches, Packed
from fmlab.errors import UserError
from fmlab.models.attention import Blocks
from fmlab.objectives import Loss
from fmlab.picture_batches import Ask, PictureBatches, PictureRows, lay_out
from fmlab.picture_checkpoint import save_pictures
from fmlab.picture_model import new_picture_model, picture_loss
from fmlab.picture_sizes import FAMILIES
from fmlab.picture_tokens import UnmaskingBatches, pack_pictures, tokenizer_for
from fmlab.prepare import Rows
from fmlab.processes import Processes
from fmlab.recipe import (
    LOOKED_AT,
    Recipe,
    TextRecipe,
    about_documents,
    about_tokenizer,
)
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig
from fmlab.vision import Pictures

ASKS: dict[str, Ask] = {"mae": "patches", "simclr": "views", "clip": "captions"}
UNITS = {
    "patches": "squared error per hidden number, of pixels from -1 to 1",
    "views": "nats per view",
    "captions": "nats per picture and caption",
}


@dataclass(frozen=True)
class Split:
    """The pictures of both splits.

    Attributes:
        train: Those that are learned from.
        valid: Those that are looked at; None if there are none.
    """

    train: PictureRows
    valid: PictureRows | None


class PictureRecipe(Recipe):
    """Patches, views or captions of pictures."""

    def __init__(
        self,
        config: TrainConfig,
        corpus: Pictures,
        tokenizer: Tokenizer | None,
        processes: Processes,
    ) -> None:
        """Lay the pictures out.

        Raises:
            UserError: They have no captions and these are asked for, or cannot be read so.
        """
        self.config, self.corpus, self.ask = config, corpus, ASKS[config.model]
        train, valid = corpus.split("train"), corpus.split("valid")
        self.tokenizer = None
        if self.ask == "captions":
            if not corpus.captioned:
                raise UserError(
                    f"{corpus.name} has pictures without captions, which a clip needs; give each "
                    "one, or choose mae or simclr"
                )
            said = [picture.caption for picture in train]
            self.tokenizer = tokenizer or Tokenizer.train(said, config.vocab_size)
        if self.ask != "patches" and processes.count > 1:
            raise UserError(
                "pictures are compared with all others of their batch; train with one process, or "
                "choose mae"
            )

        def rows(pictures: Any) -> PictureRows:
            return lay_out(pictures, self.tokenizer, config.seq_len)

        new_picture_model(config, corpus.shape, self.tokenizer)  # refuses shapes before all work
        self.rows = Split(rows(train), rows(valid) if valid else None)
        self.batches = self._batches(self.rows.train, config.batch_size, config.seed)
        self.valid = None
        if self.rows.valid is not None and (self.ask == "patches" or len(self.rows.valid) > 1):
            size = min(config.batch_size, len(self.rows.valid))
            self.valid = self._batches(self.rows.valid, size, LOOKED_AT)

    def _batches(self, rows: PictureRows, size: int, seed: int) -> PictureBatches:
        flips = self.corpus.shape[-1] == 3  # a digit that is flipped is none
        return PictureBatches(rows, size, seed, self.ask, self.config.patch_size, flips)

    def new_model(self) -> nn.Module:
        """Return the model before its first step; torch is seeded."""
        return new_picture_model(self.config, self.corpus.shape, self.tokenizer)

    def loss(self, model: Any, batch: Any, blocks: Blocks | None = None) -> Loss:
        """Return the loss of one batch."""
        total = picture_loss(model, batch, self.config.temperature)
        return Loss(total, total)

    def titles(self, rows: Sequence[int]) -> list[str]:
        """Return what some pictures are called."""
        return [self.rows.train.titles[row] for row in rows]

    def save(self, folder: Path | str, model: Any, run: dict[str, Any], dtype: torch.dtype) -> Path:
        """Write a checkpoint with the run's story."""
        return save_pictures(folder, model, self.tokenizer, run, dtype)

    def about(self) -> dict[str, Any]:
        """Return what `run.json` tells of the pictures and of what was asked."""
        shape, batch = self.corpus.shape, self.batches.batch(0)
        count = len(self.rows.train)
        return {
            "objective": {"asked": self.ask},
            "corpus": {**about_documents(self.corpus), "shape": list(shape)},
            "tokenizer": about_tokenizer(self.tokenizer),
            "unit": UNITS[self.ask],
            "epoch": round(batch.tokens / len(batch.pixel_values) * count),
        }


class WordsRecipe(TextRecipe):
    """Pictures as words, for any model of text; one that fills masks can draw afterwards."""

    def _prepare(self, tokenizer: Tokenizer | None) -> Rows:
        train, valid = self.corpus.split("train"), self.corpus.split("valid")
        tokenizer = tokenizer or tokenizer_for(train)
        longest = self.config.seq_len
        return Rows(
            tokenizer,
            pack_pictures(train, tokenizer, longest),
            pack_pictures(valid, tokenizer, longest) if valid else None,
        )

    def _batches(self, rows: Packed, seed: int, size: int, causal_share: float) -> MaskedBatches:
        kind = UnmaskingBatches if causal_share == 0 else MaskedBatches
        how = {**self.config.masks, "causal_share": causal_share}
        return kind(rows, self.tokenizer, size, seed, **how)

    def titles(self, rows: Sequence[int]) -> list[str]:
        """Return what some pictures are called."""
        return [self.corpus.split("train")[row].title for row in rows]

    def most_places(self, parts: int) -> int:
        """Return how many places may be asked: all of them."""
        return self.config.batch_size // parts * int(self.rows.train.input_ids.shape[1])

    def about(self) -> dict[str, Any]:
        """Return what `run.json` tells of the pictures and of what was asked."""
        causal_rows = self.batches.causal_rows / self.config.batch_size
        return {
            "objective": {"masked_rows": 1 - causal_rows, "causal_rows": causal_rows},
            "corpus": {**about_documents(self.corpus), "shape": list(self.corpus.shape)},
            "tokenizer": about_tokenizer(self.tokenizer),
            "unit": "nats per token" if causal_rows == 1 else "nats per masked token",
            "epoch": self.rows.train.tokens,
        }


def recipe_for(
    config: TrainConfig, corpus: Any, tokenizer: Tokenizer | None, processes: Processes
) -> Recipe:
    """Return the recipe of a run: what is read and which family learns it decide.

    Raises:
        UserError: A model of pictures is to read text, or cannot read these pictures.
    """
    if isinstance(corpus, Pictures):
        kind = PictureRecipe if config.model in FAMILIES else WordsRecipe
        return kind(config, corpus, tokenizer, processes)
    if config.model in FAMILIES:
        raise UserError(
            f"{config.model} learns from pictures, but {corpus.name} is text; choose digits, "
            "moving-digits, scenes or pictures:PATH"
        )
    return TextRecipe(config, corpus, tokenizer, processes)
