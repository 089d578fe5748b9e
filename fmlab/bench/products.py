"""How fast pretraining could be at most on this CPU: its matrix products, and nothing between them.

A step of any loop must compute these products. What the loop does beside them (norms, softmaxes,
optimiser, data) takes time on top; so the time of the products alone is a floor, and the ratio of
two floors a ceiling. It is measured at the shapes of the model, since small products are slower
than the large ones that a maker's figure is about, and in turn with the loops, on the same busy
machine.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fmlab.bench.stopwatch import Measured, Stopwatch
from fmlab.train_config import TrainConfig


@dataclass(frozen=True)
class Product:
    """`(count, rows, inner)` times `(count, inner, columns)`, so many times a step."""

    count: int
    rows: int
    inner: int
    columns: int
    times: int

    @property
    def flops(self) -> int:
        """Operations of forward and backward pass, a multiplication and an addition each."""
        return 3 * 2 * self.count * self.rows * self.inner * self.columns * self.times


def products_of(config: TrainConfig) -> tuple[Product, ...]:
    """Return the products of one step, as few as will do.

    Only what is asked for goes through the vocabulary, and through the last layer after its keys
    and values: the Trainer computes more, so this floor is lower than its own.

    Args:
        config: The sizes; rows are full.
    """
    h, i, heads = config.hidden_size, config.intermediate_size, config.num_attention_heads
    rows, length, layers = config.batch_size, config.seq_len, config.num_hidden_layers
    asked = max(1, round(config.mask_rate * length))  # of a row
    tokens, few, together = rows * length, rows * asked, rows * heads
    return (
        # all layers but the last: query, key, value, output; up and down; scores and averages
        Product(1, tokens, h, h, 4 * (layers - 1)),
        Product(1, tokens, h, i, layers - 1),
        Product(1, tokens, i, h, layers - 1),
        Product(together, length, h // heads, length, layers - 1),
        Product(together, length, length, h // heads, layers - 1),
        # the last layer: keys and values of all, the rest of those that are asked
        Product(1, tokens, h, h, 2),
        Product(1, few, h, h, 2),
        Product(1, few, h, i, 1),
        Product(1, few, i, h, 1),
        Product(together, asked, h // heads, length, 1),
        Product(together, asked, length, h // heads, 1),
        # the head
        Product(1, few, h, h, 1),
        Product(1, few, h, config.vocab_size, 1),
    )


def measure(config: TrainConfig, seconds: float, dtype: torch.dtype) -> Measured:
    """Return how many tokens a second the products of their steps would allow.

    Args:
        config: The sizes.
        seconds: Timed, after the warm-up.
        dtype: The format of the products.
    """
    work = [(product, *_matrices(product, dtype)) for product in products_of(config)]
    watch, read = Stopwatch(seconds), 0
    with torch.no_grad():
        while True:
            for product, left, right, back in work:
                for _ in range(product.times):
                    left @ right  # forward
                    back @ right.mT  # the gradient of what came in
                    left.mT @ back  # the gradient of the weights
            read += config.batch_size * config.seq_len
            if watch.tick(read):
                return watch.measured(str(dtype).removeprefix("torch."))


def _matrices(product: Product, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Return what is multiplied, and a gradient of the result; plain matrices where it is one."""
    shapes = (
        (product.count, product.rows, product.inner),
        (product.count, product.inner, product.columns),
        (product.count, product.rows, product.columns),
    )
    made = [torch.full(shape, 0.01, dtype=dtype) for shape in shapes]
    left, right, back = (one[0] if product.count == 1 else one for one in made)
    return left, right, back
