"""One step of DP-SGD in plain torch: cut each example's gradient, add noise to the sum.

Paper: Abadi et al. 2016, "Deep Learning with Differential Privacy", CCS, arXiv:1607.00133,
algorithm 1.
Idea: the gradient of an example is a row of numbers; cut it to a fixed length, add all rows up, and
add noise as large as the longest row could be.
Intuition: what one example can do to the sum is drowned in noise that has its size.

`private_training.py` has Opacus do this. Here it is a function that can be read, and replaced: the
two are tested against each other.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from fmlab.audits.private_training import PrivateSettings, masked_rows
from fmlab.batch import NOT_ASKED
from fmlab.errors import UserError
from fmlab.models.bert import BertForPreTraining
from fmlab.seeds import numpy_rng, torch_generator
from fmlab.tokens import Tokenizer

Step = Callable[[Tensor, float, float, int, torch.Generator], Tensor]
"""What `private_gradient` is: anything that makes one gradient of those of the examples."""


def private_gradient(
    gradients: Tensor,
    max_grad_norm: float,
    noise_multiplier: float,
    batch_size: int,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the noisy mean of cut gradients, `(P,)`.

    Args:
        gradients: One row an example, `(B, P)`; B may be 0.
        max_grad_norm: The length to which longer rows are cut.
        noise_multiplier: The noise's standard deviation, as a share of `max_grad_norm`.
        batch_size: What the sum is divided by: the examples a step on average, not B, which says
            how many were drawn.
        generator: Where the noise comes from.

    Source: Abadi et al. 2016, arXiv:1607.00133, algorithm 1.
    """
    lengths = gradients.norm(dim=1)  # (B,)
    shrink = (max_grad_norm / lengths.clamp(min=1e-12)).clamp(max=1)
    total = shrink @ gradients  # (P,)
    noise = torch.randn(total.shape, generator=generator, device=total.device)
    noisy: Tensor = (total + noise_multiplier * max_grad_norm * noise) / batch_size
    return noisy


def train_by_steps(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    rows: Tensor,
    settings: PrivateSettings,
    step_of: Step = private_gradient,
) -> tuple[float, ...]:
    """Train a model by DP-SGD, in place, and return each step's mean loss in nats a masked token.

    The same draws of examples and masks as `train_privately`; only the noise is another.

    Args:
        model: With a head for masked tokens, on the CPU or a GPU, without dropout.
        tokenizer: The model's.
        rows: One example a row, `(N, T)`.
        settings: How to train.
        step_of: Makes one gradient of the examples' gradients.

    Raises:
        UserError: The model has dropout, or `step_of` gives another shape.

    Does not show: what `train_privately` does not show.
    """
    config = model.config
    if config.hidden_dropout_prob or config.attention_probs_dropout_prob:
        raise UserError("the model has dropout; make it without, as an example's gradient needs it")
    device = next(model.parameters()).device
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    optimiser = _optimiser(model, settings)
    by_example = vmap(grad(_loss_of(model, tokenizer.pad_id), has_aux=True), (None, 0, 0))
    noise = torch_generator(settings.seed, "privacy noise", device=device.type)
    rate = settings.batch_size / len(rows)
    losses = []
    for step in range(settings.steps):
        chosen = numpy_rng(settings.seed, "poisson", step).random(len(rows)) < rate
        seen, labels = masked_rows(rows, chosen, tokenizer, settings, step)
        size = sum(p.numel() for p in parameters.values())
        flat, loss = torch.zeros(0, size, device=device), torch.zeros(0)
        if chosen.any():
            # vmap has no rule for the CPU's fused attention, and would go example by example
            with sdpa_kernel(SDPBackend.MATH):
                found, loss = by_example(parameters, seen.to(device), labels.to(device))
            flat = torch.cat([part.flatten(1) for part in found.values()], dim=1)  # (B, P)
        gradient = step_of(
            flat, settings.max_grad_norm, settings.noise_multiplier, settings.batch_size, noise
        )
        if tuple(gradient.shape) != (size,):
            raise UserError(f"a step gave {tuple(gradient.shape)}; one number a weight, ({size},)")
        _set_gradients(model, gradient)
        optimiser.step()
        losses.append(float(loss.mean()) if len(loss) else math.nan)
    model.zero_grad(set_to_none=True)
    return tuple(losses)


def _optimiser(model: BertForPreTraining, settings: PrivateSettings) -> torch.optim.Optimizer:
    kind = torch.optim.SGD if settings.optimiser == "sgd" else torch.optim.Adam
    return kind(model.parameters(), lr=settings.learning_rate)


def _loss_of(model: BertForPreTraining, pad_id: int) -> Callable[..., tuple[Tensor, Tensor]]:
    """Return a function that gives the loss of one row, twice: to differentiate, and to keep."""

    def loss(parameters: dict[str, Tensor], seen: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        row = seen[None]
        out = functional_call(model, parameters, (row,), {"attention_mask": row != pad_id})
        each = F.cross_entropy(out.logits[0], labels, reduction="none", ignore_index=NOT_ASKED)
        mean = each.sum() / (labels != NOT_ASKED).sum().clamp(min=1)
        return mean, mean

    return loss


def _set_gradients(model: BertForPreTraining, gradient: Tensor) -> None:
    start = 0
    for parameter in model.parameters():
        part = gradient[start : start + parameter.numel()]
        parameter.grad = part.view_as(parameter).to(parameter.dtype)
        start += parameter.numel()
