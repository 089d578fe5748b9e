"""What privacy costs and what it protects: loss and exposure of planted codes, by epsilon.

Papers: Abadi et al. 2016, arXiv:1607.00133 (DP-SGD); Carlini et al. 2019, arXiv:1802.08232
(exposure, and that DP-SGD lowers it).
Idea: train the same small model on the same text with more and more noise, and look at the codes.
Intuition: the promise is about one example. A code that is told in many examples is many times
less protected.

`python -m fmlab.audits.private_sweep` computes the sweep that a lab shows, a point a line, and
writes it to `fmlab/assets/private_sweep.json`: about four minutes on one processor core. It needs
Opacus, whose accountant says how much noise each epsilon takes; a point alone does not.
"""

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fmlab.audits.exposure import exposure
from fmlab.audits.planted_codes import CodeText, code_text, code_tokenizer
from fmlab.audits.privacy_accounts import noise_for_epsilon
from fmlab.audits.private_step import Step, private_gradient, train_by_steps
from fmlab.audits.private_training import PrivateSettings, examples
from fmlab.audits.text_losses import gap_losses
from fmlab.checkpoint import read_json
from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.seeds import seed_torch

STORED = Path(__file__).resolve().parents[1] / "assets" / "private_sweep.json"
COMMAND = "python -m fmlab.audits.private_sweep"
EPSILONS = (None, 8.0, 2.0, 0.5)
"""None: the same training, cut gradients too, but no noise and no promise."""
SEEDS = 5
LONGEST = 16
HELD_OUT = 1000


@dataclass(frozen=True)
class Sizes:
    """Of the text, of the model, and of its training."""

    sentences: int = 1000
    hidden_size: int = 32
    num_hidden_layers: int = 1
    steps: int = 200
    batch_size: int = 128
    learning_rate: float = 1e-2
    max_grad_norm: float = 1.0
    delta: float = 1e-5


@dataclass(frozen=True)
class Point:
    """One model of the sweep.

    Attributes:
        epsilon: What was asked for; None for no promise.
        noise_multiplier: The noise that it takes.
        seed: Of the text, the weights, the draws and the noise.
        loss: Of held-out sentences of the same world, in nats a token.
        exposures: Of each planted code: how often it was told, and its exposure in bits.
    """

    epsilon: float | None
    noise_multiplier: float
    seed: int
    loss: float
    exposures: tuple[tuple[int, float], ...]

    def bits_at(self, repeats: int) -> list[float]:
        """Return the exposures of the codes that were told so often."""
        return [bits for times, bits in self.exposures if times == repeats]


def noise_of(epsilon: float | None, sizes: Sizes, examples: int) -> float:
    """Return the noise multiplier for an epsilon; 0 for None. Needs Opacus.

    Raises:
        UserError: Opacus is missing.
    """
    if epsilon is None:
        return 0.0
    return noise_for_epsilon(
        epsilon, sizes.delta, examples=examples, batch_size=sizes.batch_size, steps=sizes.steps
    )


def sweep_model(
    epsilon: float | None,
    noise_multiplier: float,
    seed: int,
    *,
    sizes: Sizes | None = None,
    step_of: Step = private_gradient,
    device: str = "cpu",
) -> Point:
    """Return one point of the sweep, computed here and now.

    Args:
        epsilon: What to call it.
        noise_multiplier: The noise that it takes.
        seed: Where all chance starts.
        sizes: Of text and training.
        step_of: Makes one gradient of the examples' gradients.
        device: Where to train.

    Does not show: what `train_privately` and `exposure` do not show. One point is one run.
    """
    sizes = sizes or Sizes()
    text, tokenizer = code_text_of(sizes, seed), code_tokenizer()
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=sizes.hidden_size,
        num_hidden_layers=sizes.num_hidden_layers,
        num_attention_heads=4,
        intermediate_size=2 * sizes.hidden_size,
        max_position_embeddings=LONGEST,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    seed_torch(seed, "private sweep")
    model = BertForPreTraining(config).to(device)
    settings = PrivateSettings(
        steps=sizes.steps,
        batch_size=sizes.batch_size,
        learning_rate=sizes.learning_rate,
        noise_multiplier=noise_multiplier,
        max_grad_norm=sizes.max_grad_norm,
        delta=sizes.delta,
        seed=seed,
    )
    rows = examples(["\n".join(text.lines)], tokenizer, LONGEST)
    train_by_steps(model, tokenizer, rows, settings, step_of)
    model.eval()
    held_out = tokenizer.encode_batch(list(text.others[:HELD_OUT]))
    loss = float(np.mean(gap_losses(model, tokenizer, held_out, seed=seed)))
    bits = tuple(
        (code.repeats, exposure(model, tokenizer, code.canary_format, code.canary).bits)
        for code in text.codes
    )
    return Point(epsilon, noise_multiplier, seed, loss, bits)


def sweep(
    epsilons: Sequence[float | None] = EPSILONS, seeds: int = SEEDS, sizes: Sizes | None = None
) -> Iterator[Point]:
    """Yield the points of a sweep, seed after seed within an epsilon. Needs Opacus."""
    sizes = sizes or Sizes()
    count = len(code_text_of(sizes, 0).lines)
    for epsilon in epsilons:
        noise = noise_of(epsilon, sizes, count)
        for seed in range(seeds):
            yield sweep_model(epsilon, noise, seed, sizes=sizes)


def as_json(points: Sequence[Point], sizes: Sizes) -> dict[str, Any]:
    """Return a sweep for a file."""
    return {"made_by": COMMAND, "sizes": asdict(sizes), "points": [asdict(p) for p in points]}


def stored(path: Path = STORED) -> tuple[Sizes, tuple[Point, ...]]:
    """Return the sweep that comes with the workbook, and its sizes.

    Raises:
        UserError: The file is missing or is no sweep.
    """
    try:
        told = read_json(path)
        points = tuple(
            Point(**{**one, "exposures": tuple((int(k), float(b)) for k, b in one["exposures"])})
            for one in told["points"]
        )
        return Sizes(**told["sizes"]), points
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is no sweep ({error!r}); make it again: {COMMAND}") from error


def code_text_of(sizes: Sizes, seed: int) -> CodeText:
    """Return the text that a point's model reads."""
    return code_text(sizes.sentences, seed)


def main() -> None:
    """Compute the sweep and write it, whole or not at all."""
    torch.set_num_threads(1)
    points = []
    for point in sweep():
        points.append(point)
        shown = dataclasses.replace(point, exposures=())
        print(shown, file=sys.stderr, flush=True)
    write_text(STORED, json.dumps(as_json(points, Sizes()), indent=1) + "\n")
    print(STORED)


if __name__ == "__main__":
    main()
