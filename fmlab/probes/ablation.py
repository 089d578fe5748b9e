"""Ablation: what becomes of a measure when one attention head is switched off.

Paper: Michel et al. 2019, "Are Sixteen Heads Really Better than One?", arXiv:1905.10650; heads that
do the heavy lifting: Voita et al. 2019, arXiv:1905.09418.
Idea: multiply a head's output with 0 before it is mixed with the others', and measure again.
Intuition: weights say where a head looks; taking it away says whether anyone needed what it saw.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models.bert import Bert, BertForClassification, BertForPreTraining, Layer


@dataclass(frozen=True)
class Ablation:
    """A measure of the whole model, and of the model without each head.

    Attributes:
        intact: The measure of the model as it is.
        without: The measure with one head switched off, `(L, H)`.
    """

    intact: float
    without: Tensor

    @property
    def effect(self) -> Tensor:
        """What switching a head off adds to the measure, `(L, H)`; below 0 where it is lost."""
        return self.without - self.intact


@contextmanager
def heads_scaled(
    model: Bert | BertForPreTraining | BertForClassification, keep: Tensor
) -> Iterator[None]:
    """Multiply the output of each head by a factor while the block lasts.

    A head's output is its share of the columns that go into `attention.output`. Gradients flow
    into `keep`, and `torch.export.export(strict=False)` traces it. Blocks inside one another
    multiply their factors.

    Args:
        model: A trunk, or a model with heads on a trunk.
        keep: Factors, `(L, H)`: 0 switches a head off, 1 leaves it as it is.

    Raises:
        UserError: `keep` is not `(L, H)`.
    """
    trunk = model if isinstance(model, Bert) else model.bert
    sizes = trunk.config.num_hidden_layers, trunk.config.num_attention_heads
    if tuple(keep.shape) != sizes:
        raise UserError(
            f"keep is {tuple(keep.shape)}, but the model has {sizes[0]} layers of {sizes[1]} "
            f"heads; give {sizes}"
        )
    with ExitStack() as hooks:
        for layer, factors in zip(trunk.layers, keep.unbind(), strict=True):
            assert isinstance(layer, Layer)
            output = layer.attention.output
            hooks.enter_context(output.register_forward_pre_hook(_scaling(factors)))
        yield


def ablation(
    model: Bert | BertForPreTraining | BertForClassification, measure: Callable[[], float]
) -> Ablation:
    """Return a measure with every head in place, and with each head switched off alone.

    Args:
        model: The model that `measure` uses. It is measured without dropout.
        measure: Called once for the whole model and once for each of the `L x H` heads, so it
            should be quick.

    Does not show: what a head does when it is there. A model with a head at 0 is one that was
    never trained: states lie where they never lay before, and a part of the effect is that shock.
    Nor does a small effect show that a head is idle: two heads may do the same work, and each is
    missed only when both are gone.

    Source: Michel et al. 2019, arXiv:1905.10650, section 3.
    """
    parameter = next(model.parameters())
    keep = parameter.new_ones(model.config.num_hidden_layers, model.config.num_attention_heads)
    without = torch.empty(keep.shape, dtype=torch.float64)
    training = model.training
    model.eval()
    try:
        intact = float(measure())
        for layer, head in torch.cartesian_prod(*map(torch.arange, keep.shape)).tolist():
            one_off = keep.clone()
            one_off[layer, head] = 0
            with heads_scaled(model, one_off):
                without[layer, head] = float(measure())
    finally:
        model.train(training)
    return Ablation(intact, without)


def _scaling(factors: Tensor) -> Callable[[nn.Module, tuple[Tensor]], Tensor]:
    """Return a hook that multiplies each head's columns by its factor, `(H,)`."""

    def scale(module: nn.Module, inputs: tuple[Tensor]) -> Tensor:
        columns = inputs[0]  # (B, T, H x D)
        heads = columns.view(*columns.shape[:-1], len(factors), -1)
        return (heads * factors.to(heads)[:, None]).flatten(-2)

    return scale
