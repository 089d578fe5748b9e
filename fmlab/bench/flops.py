r"""How many operations a step of pretraining needs, counted from the shapes.

Only matrix products count, two operations (multiply, add) for each number of each of their terms;
the backward pass needs twice what the forward pass does. Of one step, with h = `hidden_size`,
i = `intermediate_size`, V = `vocab_size`, L layers:

    3 x ( L x tokens x (8 h^2 + 4 h i)        query, key, value, output; up and down
        + L x looks x 4 h                     scores, and averages of the values
        + asked x 2 (h^2 + h V) )             the head, where a token is asked for

`tokens` leaves padding out, and `looks` counts the pairs of tokens that do look at each other: a
piece of n tokens has n^2, so a packed row has fewer than T^2. What a kernel computes beyond that,
or computes twice, is no use to the model and does not count: this is MFU, not how busy a chip is.

Source: Chowdhery et al. 2022, PaLM, arXiv:2204.02311, appendix B (model FLOPs utilization).
"""

from dataclasses import dataclass

import numpy as np

from fmlab.batches import Packed
from fmlab.train_config import TrainConfig


@dataclass(frozen=True)
class Work:
    """What rows ask of a model.

    Attributes:
        tokens: Padding left out.
        looks: Pairs of a token that looks and one that is looked at.
        asked: Tokens that the head is asked for.
    """

    tokens: float
    looks: float
    asked: float


def work_of(packed: Packed, special_ids: tuple[int, ...], mask_rate: float) -> Work:
    """Return what all rows together ask for, of the masked tokens as many as are expected.

    Args:
        packed: The rows.
        special_ids: Tokens that are never masked.
        mask_rate: The share of the others that is.
    """
    lengths = piece_lengths(packed)
    real = packed.document_ids > 0
    maskable = real & ~np.isin(packed.input_ids, special_ids)
    return Work(
        tokens=float(lengths.sum()),
        looks=float((lengths.astype(np.float64) ** 2).sum()),
        asked=mask_rate * float(maskable.sum()),
    )


def piece_lengths(packed: Packed) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return how many tokens each piece has, row by row."""
    rows, length = packed.document_ids.shape
    number = np.arange(rows)[:, None] * (length + 1) + packed.document_ids
    counts = np.bincount(number[packed.document_ids > 0], minlength=1)
    return counts[counts > 0]


def flops(config: TrainConfig, vocab_size: int, work: Work) -> float:
    """Return the operations of forward and backward pass over `work`.

    Args:
        config: The sizes.
        vocab_size: Of the tokenizer, which may have fewer tokens than `config` allows.
        work: What is asked for.
    """
    h, layers = config.hidden_size, config.num_hidden_layers
    products = layers * work.tokens * (8 * h**2 + 4 * h * config.intermediate_size)
    attention = layers * work.looks * 4 * h
    head = work.asked * 2 * (h**2 + h * vocab_size)
    return 3 * (products + attention + head)
