"""One contender in a process of its own: `python -m fmlab.bench.one NAME SECONDS ATTENTION`.

Its peak memory and its malloc settings are its own this way. The last line it prints is JSON.
"""

import json
import sys
from dataclasses import asdict, replace
from typing import Any

import torch

from fmlab.bench import products
from fmlab.bench.setting import SIZES, Contender, contender, tokenizer, train_text, trainer_rows
from fmlab.bench.stopwatch import Measured, Stopwatch
from fmlab.device import best_device
from fmlab.pretrain import Pretraining

FOR_EVER = 1_000_000  # steps; the stopwatch ends the run


def measure(who: Contender, seconds: float, attention: str = "sdpa") -> Measured:
    """Return what a contender measures in `seconds`.

    Args:
        who: The contender.
        seconds: Timed, after the warm-up.
        attention: The Trainer's, at its best.
    """
    if who.engine == "products":
        return products.measure(SIZES, seconds, best_device("cpu").autocast)
    return _fmlab(seconds) if who.engine == "fmlab" else _trainer(who, seconds, attention)


def _fmlab(seconds: float) -> Measured:
    watch = Stopwatch(seconds)
    config = replace(SIZES, steps=FOR_EVER, valid_every=FOR_EVER, save_every=FOR_EVER)
    run = Pretraining(config, train_text(), tokenizer=tokenizer(), device="cpu")
    for record in run:
        watch.loss = record.loss
        if watch.tick(record.tokens):
            run.stop = True
    return watch.measured(name_of(run.device.autocast))


def _trainer(who: Contender, seconds: float, attention: str) -> Measured:
    from fmlab.bench import (
        trainer,  # brings transformers along, which fmlab's memory is not to hold
    )

    watch, tokens = Stopwatch(seconds), tokenizer()
    rows = trainer_rows(who.rows, train_text(), tokens, SIZES.seq_len)
    fast = best_device("cpu").autocast if who.best else torch.float32
    options: dict[str, Any] = {}
    if who.best:
        options = trainer.at_its_best(fast == torch.bfloat16)
        options |= {"attention": attention, "dropout": 0.0}

    def after(read: int, loss: float, model: Any) -> bool:
        watch.loss = loss
        return watch.tick(read)

    trainer.train(replace(SIZES, steps=FOR_EVER), rows, tokens, after, **options)
    return watch.measured(name_of(fast))


def name_of(dtype: torch.dtype) -> str:
    """Return a number format's name without torch's."""
    return str(dtype).removeprefix("torch.")


if __name__ == "__main__":
    name, seconds_asked, kind = sys.argv[1:]
    found = measure(contender(name), float(seconds_asked), kind)
    print("\n" + json.dumps(asdict(found)))
