"""Private training: DP-SGD, by Opacus, on one of our masked models.

Paper: Abadi et al. 2016, "Deep Learning with Differential Privacy", CCS, arXiv:1607.00133.
Idea: cut the gradient of each example to a fixed length, add noise to the sum, and keep accounts.
Intuition: no example can push the weights by more than the noise shakes them, so whoever sees the
weights can hardly tell whether it was there.

An example is a row with one piece of text. Rows that hold several pieces, as in `fmlab.pretrain`,
will not do: which pieces share a row depends on all the others, so that leaving one piece out
changes many rows.
"""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmlab.audits.privacy_accounts import (
    Guarantee,
    check_delta,
    check_opacus,
    check_rate,
    epsilon_spent,
)
from fmlab.batch import NOT_ASKED
from fmlab.batches import cut, mask_tokens
from fmlab.errors import UserError
from fmlab.models.bert import BertForPreTraining
from fmlab.seeds import numpy_rng, seed_torch, torch_generator
from fmlab.tokens import Tokenizer


@dataclass(frozen=True)
class PrivateSettings:
    """How to train privately.

    Attributes:
        steps: How many.
        batch_size: Examples a step on average: each is drawn on its own, with the same chance.
        learning_rate: How far a step goes.
        noise_multiplier: The noise's standard deviation, as a share of `max_grad_norm`.
        max_grad_norm: The longest an example's gradient may be.
        delta: By which probability the promise may fail; well below 1 / examples.
        mask_rate: The share of an example's tokens that is asked for.
        optimiser: `adam` or `sgd`; both see nothing but the noisy gradients.
        seed: Where all chance starts.
    """

    steps: int = 200
    batch_size: int = 64
    learning_rate: float = 3e-3
    noise_multiplier: float = 1.0
    max_grad_norm: float = 1.0
    delta: float = 1e-5
    mask_rate: float = 0.3
    optimiser: Literal["adam", "sgd"] = "adam"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot run.

        Raises:
            UserError: A number is out of its range.
        """
        for name in ("steps", "batch_size"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("learning_rate", "max_grad_norm"):
            if not getattr(self, name) > 0:
                raise UserError(f"{name} is {getattr(self, name)}; it must be above 0")
        if not 0 <= self.noise_multiplier < math.inf:
            raise UserError(
                f"noise_multiplier is {self.noise_multiplier}; give 0 (no privacy) or more"
            )
        if not 0 < self.mask_rate < 1:
            raise UserError(f"mask_rate is {self.mask_rate}; it must lie between 0 and 1")
        check_delta(self.delta)


@dataclass(frozen=True)
class PrivateTraining:
    """What a private training came to.

    Attributes:
        guarantee: Of the weights, for one example; its epsilon is by Opacus' accountant.
        losses: The mean loss of each step's examples, in nats a masked token; NaN where none was
            drawn.
        clipped: The share of the examples whose gradient was cut, over all steps.
        sample_rate: The chance of an example to be drawn in a step.
        examples: How many there are.
        settings: As they were given.
    """

    guarantee: Guarantee
    losses: tuple[float, ...]
    clipped: float
    sample_rate: float
    examples: int
    settings: PrivateSettings

    @property
    def epsilon(self) -> float:
        """The epsilon spent, for one example."""
        return self.guarantee.epsilon


def examples(texts: Sequence[str], tokenizer: Tokenizer, longest: int) -> Tensor:
    """Return one row for each piece of the texts, `[CLS] ... [SEP]` and padding, `(N, T)`.

    Args:
        texts: Documents, one paragraph a line: a line is an example, a long one several.
        tokenizer: The model's.
        longest: The most tokens of a row.

    Raises:
        UserError: There is no text.
    """
    pieces = list(cut(texts, tokenizer, longest))
    if not pieces:
        raise UserError("there is no text to train on; give some lines")
    rows = torch.full((len(pieces), max(map(len, pieces))), tokenizer.pad_id)
    for row, piece in zip(rows, pieces, strict=True):
        row[: len(piece)] = torch.tensor(piece)
    return rows


def train_privately(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    rows: Tensor,
    settings: PrivateSettings | None = None,
) -> PrivateTraining:
    """Train a model by DP-SGD, in place, and return its losses and what was spent.

    Args:
        model: With a head for masked tokens; its table of embeddings may be shared with the head.
        tokenizer: The model's. Where it was learned from the same text, that is not accounted for.
        rows: One example a row, as `examples` gives them, `(N, T)`.
        settings: How to train.

    Raises:
        UserError: No head for masked tokens, more examples a step than there are, rows that are
            longer than the model, or no Opacus.

    Does not show: that a secret is safe. The promise is about one example: a secret that stands in
    k of them has k times the epsilon (`Guarantee.for_copies`), and neither the accountant nor the
    clipping knows of copies. It covers the weights alone: not the losses returned here, which come
    from the text itself, nor a tokenizer learned from it, nor settings that were tried on it. A
    large epsilon promises little, even if no attack succeeds; measure exposure beside it. The
    noise is of torch's generator, good for experiments; production needs a secure one.

    Source: Abadi et al. 2016, arXiv:1607.00133; Opacus: Yousefpour et al. 2021, arXiv:2109.12298.
    """
    check_opacus()
    from opacus.grad_sample import GradSampleModule
    from opacus.optimizers import DPOptimizer

    settings = settings or PrivateSettings()
    sample_rate = settings.batch_size / len(rows)
    check_rate(sample_rate)
    if rows.size(1) > model.config.max_position_embeddings:
        raise UserError(
            f"rows of {rows.size(1)} tokens, but the model has "
            f"{model.config.max_position_embeddings} positions; cut the text shorter"
        )
    learner = _Learner(model)
    device = next(model.parameters()).device
    was_training = model.training
    by_example: Any = GradSampleModule(learner, loss_reduction="mean")
    optimiser: Any = DPOptimizer(
        _optimiser(learner, settings),
        noise_multiplier=settings.noise_multiplier,
        max_grad_norm=settings.max_grad_norm,
        expected_batch_size=settings.batch_size,
        generator=torch_generator(settings.seed, "privacy noise", device=device.type),
    )
    losses, cut_short, drawn = [], 0, 0
    model.train()
    try:
        for step in range(settings.steps):
            seed_torch(settings.seed, "privacy dropout", step)
            chosen = numpy_rng(settings.seed, "poisson", step).random(len(rows)) < sample_rate
            loss = torch.zeros(0)
            if chosen.any():
                seen, labels = masked_rows(rows, chosen, tokenizer, settings, step)
                loss = by_example(seen.to(device), labels.to(device), tokenizer.pad_id)  # (B,)
                with _quiet_hooks():
                    loss.mean().backward()
            else:  # nobody was drawn: noise alone moves the weights
                for parameter in optimiser.params:
                    parameter.grad_sample = parameter.new_zeros(0, *parameter.shape)
            lengths = torch.stack(
                [p.grad_sample.flatten(1).norm(dim=1) for p in optimiser.params]
            ).norm(dim=0)
            cut_short += int((lengths > settings.max_grad_norm).sum())
            drawn += len(loss)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            losses.append(float(loss.detach().mean()) if len(loss) else math.nan)
    finally:
        by_example.to_standard_module()
        for parameter in model.parameters():
            parameter.grad = None
        model.train(was_training)
    epsilon = epsilon_spent(settings.noise_multiplier, sample_rate, settings.steps, settings.delta)
    guarantee = Guarantee(epsilon, settings.delta)
    clipped = cut_short / max(1, drawn)
    return PrivateTraining(guarantee, tuple(losses), clipped, sample_rate, len(rows), settings)


class _Learner(nn.Module):
    """The model's parts in a shape for which Opacus knows each example's gradient.

    Opacus watches what goes into and comes out of the layers it knows: linear, embedding, norm.
    Our head multiplies by the table of embeddings itself; here the same table is the weight of a
    linear layer, whose share of the gradient Opacus adds to that of the embedding.
    """

    def __init__(self, model: BertForPreTraining) -> None:
        super().__init__()
        head = model.masked_head
        if head is None:
            raise UserError("the model has no masked-token head; choose a masked language model")
        vocab_size, hidden_size = head.embedding.shape
        self.bert, self.dense, self.activation, self.norm = (
            model.bert,
            head.dense,
            head.activation,
            head.norm,
        )
        self.words = nn.Linear(hidden_size, vocab_size, device="meta")
        table: Any = head.embedding
        self.words.weight, self.words.bias = table, head.bias

    def forward(self, input_ids: Tensor, labels: Tensor, pad_id: int) -> Tensor:
        """Return each example's mean loss over its masked tokens, `(B,)`; 0 where it has none."""
        # Opacus needs the examples' number in every table's input, positions included.
        places = torch.arange(input_ids.size(1), device=input_ids.device).expand_as(input_ids)
        out = self.bert(input_ids, attention_mask=(input_ids != pad_id).long(), position_ids=places)
        logits = self.words(self.norm(self.activation(self.dense(out.last_hidden_state))))
        losses = F.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), reduction="none", ignore_index=NOT_ASKED
        ).view_as(labels)
        return losses.sum(dim=1) / (labels != NOT_ASKED).sum(dim=1).clamp(min=1)


def _optimiser(learner: nn.Module, settings: PrivateSettings) -> torch.optim.Optimizer:
    if settings.optimiser == "sgd":
        return torch.optim.SGD(learner.parameters(), lr=settings.learning_rate)
    if settings.optimiser == "adam":
        return torch.optim.Adam(learner.parameters(), lr=settings.learning_rate)
    raise UserError(f"unknown optimiser {settings.optimiser!r}; choose adam or sgd")


def masked_rows(
    rows: Tensor,
    chosen: np.ndarray[Any, np.dtype[np.bool_]],
    tokenizer: Tokenizer,
    settings: PrivateSettings,
    step: int,
) -> tuple[Tensor, Tensor]:
    """Return the drawn rows with some tokens hidden, and the labels, both `(B, T)`.

    Masks are drawn for all rows, so that which others were drawn changes nothing for one.
    """
    specials = torch.tensor([tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id])
    seen, labels = mask_tokens(
        rows,
        ~torch.isin(rows, specials),
        tokenizer.mask_id,
        tokenizer.vocab_size,
        settings.mask_rate,
        torch_generator(settings.seed, "privacy mask", step),
    )
    here = torch.from_numpy(chosen)
    return seen[here], labels[here]


@contextmanager
def _quiet_hooks() -> Iterator[None]:
    """Leave out torch's warning that token numbers have no gradient, which is as it should be."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Full backward hook is firing when", UserWarning)
        yield
