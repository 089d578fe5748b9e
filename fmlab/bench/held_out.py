"""The loss on held-out text, by one piece of code for whatever model: same rows, same masks."""

from collections.abc import Sequence
from typing import Any

import torch

from fmlab.batches import MaskedBatches, Packed, cut, pack
from fmlab.bench.setting import SIZES, as_packed, grouped, pieces
from fmlab.corpus import load
from fmlab.models.bert import BertForPreTraining
from fmlab.models.hf import from_hf
from fmlab.objectives import pretraining_loss
from fmlab.tokens import Tokenizer

ROWS = 128
SEED = 2_000_003  # no run draws from it


class HeldOut:
    """Two kinds of rows of the same held-out books.

    `packed` rows are as `fmlab` trains on: pieces that don't see each other. `grouped` rows are as
    run_mlm trains the Trainer on: one long line, cut. Each side is at home in one of them.
    """

    def __init__(self, tokens: Tokenizer, texts: Sequence[str] | None = None) -> None:
        """Make the rows.

        Args:
            tokens: The tokenizer of all that will be measured.
            texts: Held-out texts; None for the books' valid split.
        """
        if texts is None:
            texts = [document.text for document in load("books", max_words=1).split("valid")]
        length = SIZES.seq_len
        kinds = {
            "packed": pack(cut(texts, tokens, length), length, tokens.pad_id),
            "grouped": as_packed(grouped(pieces(list(texts), "grouped", tokens), length)),
        }
        self.batches = {name: _batches(rows, tokens) for name, rows in kinds.items()}

    @torch.no_grad()
    def losses(self, model: BertForPreTraining) -> dict[str, float]:
        """Return the mean loss a masked token in nats, for each kind of rows."""
        was_training = model.training
        model.eval()
        found = {name: _loss(model, batches) for name, batches in self.batches.items()}
        model.train(was_training)
        return found


def ours(model: Any) -> BertForPreTraining:
    """Return our model with the weights of a `BertForMaskedLM` of `transformers`."""
    same = from_hf(model.config.to_dict(), model.state_dict())
    assert isinstance(same, BertForPreTraining)
    return same


def _batches(rows: Packed, tokens: Tokenizer) -> MaskedBatches:
    size = min(SIZES.batch_size, len(rows.input_ids))
    return MaskedBatches(rows, tokens, size, SEED, SIZES.mask_rate)


def _loss(model: BertForPreTraining, batches: MaskedBatches) -> float:
    total, count = 0.0, 0
    steps = max(1, min(ROWS, len(batches.packed.input_ids)) // batches.batch_size)
    for step in range(steps):
        batch = batches.batch(step)
        asked = int((batch.labels >= 0).sum())
        total += asked * float(pretraining_loss(model, batch).main)
        count += asked
    return total / count
