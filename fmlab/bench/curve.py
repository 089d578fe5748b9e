"""One run of the curves in a process of its own: `python -m fmlab.bench.curve RUN`, RUN in JSON.

The last line it prints is JSON: the points of its curve.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from fmlab.bench.held_out import HeldOut, ours
from fmlab.bench.setting import SIZES, tokenizer, train_text, trainer_rows
from fmlab.device import best_device
from fmlab.pretrain import Pretraining
from fmlab.train_config import TrainConfig

LOOKS = 8
WORDS_A_STEP = 3_100  # so that a run of some hundred steps sees each row about once
FEWEST_WORDS = 100_000


@dataclass(frozen=True)
class Run:
    """What is trained.

    Attributes:
        engine: `fmlab`, with its own settings, or `trainer`.
        steps: How many; of the Trainer's rows, which are all full.
        rate: The Trainer's learning rate; 0 for `fmlab`.
        warmup: The share of the steps in which the Trainer's rate rises; then it falls to 0.
        attention: The Trainer's.
    """

    engine: str
    steps: int
    rate: float = 0.0
    warmup: float = 0.0
    attention: str = "sdpa"

    @property
    def name(self) -> str:
        """Return what it is called in the table."""
        if self.engine == "fmlab":
            return "fmlab"
        rises = f"warm-up {self.warmup:.0%}" if self.warmup else "no warm-up"
        return f"Trainer, {self.rate:g}, {rises}"


@dataclass(frozen=True)
class Point:
    """One look at held-out text.

    Attributes:
        tokens: Read so far, padding left out.
        cpu_seconds: Of training so far; looking is left out.
        packed, grouped: Losses in nats a masked token; see `HeldOut`.
    """

    tokens: int
    cpu_seconds: float
    packed: float
    grouped: float


class Looks:
    """Looks now and then, with the clock stopped."""

    def __init__(self, steps: int, held_out: HeldOut) -> None:
        """Look `LOOKS` times in `steps`, the last time at the end."""
        self.at = {round(steps * (number + 1) / LOOKS) for number in range(LOOKS)}
        self.held_out = held_out
        self.points: list[Point] = []
        self.step = 0
        self.started = time.process_time()

    def after_step(self, tokens: int, model: Any) -> None:
        """Note a finished step, and look if it is time."""
        self.step += 1
        if self.step not in self.at:
            return
        now = time.process_time()
        losses = self.held_out.losses(model if hasattr(model, "masked_head") else ours(model))
        self.points.append(Point(tokens, now - self.started, losses["packed"], losses["grouped"]))
        self.started += time.process_time() - now


def points_of(run: Run) -> list[Point]:
    """Return the points of a run's curve."""
    tokens = tokenizer()
    corpus = train_text(max(FEWEST_WORDS, run.steps * WORDS_A_STEP))
    held_out = HeldOut(tokens)
    if run.engine == "fmlab":
        config = TrainConfig(steps=run.steps)
        training = Pretraining(config, corpus, tokenizer=tokens, device="cpu")
        # its rows are not quite full: a few more of them make the Trainer's number of tokens
        steps = round(run.steps / training.rows.train.fill)
        if steps != run.steps:
            config = replace(config, steps=steps)
            training = Pretraining(config, corpus, tokenizer=tokens, device="cpu")
        looks = Looks(steps, held_out)
        for record in training:
            looks.after_step(record.tokens, training.model)
        return looks.points

    from fmlab.bench import trainer

    rows = trainer_rows("grouped", corpus, tokens, SIZES.seq_len)
    looks = Looks(run.steps, held_out)

    def after(read: int, loss: float, model: Any) -> bool:
        looks.after_step(read, model)
        return False

    options = trainer.at_its_best(best_device("cpu").autocast == torch.bfloat16) | {
        "attention": run.attention,
        "dropout": 0.0,
        "learning_rate": run.rate,
        "warmup_steps": round(run.warmup * run.steps),
    }
    trainer.train(replace(SIZES, steps=run.steps), rows, tokens, after, **options)
    return looks.points


if __name__ == "__main__":
    found = points_of(Run(**json.loads(sys.argv[1])))
    print("\n" + json.dumps([asdict(point) for point in found]))
