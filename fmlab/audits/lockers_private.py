"""Lockers read with differential privacy: what a promise for one example does for 64 copies.

Papers: Abadi et al. 2016, "Deep Learning with Differential Privacy", CCS, arXiv:1607.00133; for
copies Dwork & Roth 2014, "The Algorithmic Foundations of Differential Privacy", section 2.3.
Idea: train twice on the text with lockers, by the same steps, once with cut gradients and noise.
Intuition: the noise hides one line. Sixty-four lines that say the same push in one direction.

`python -m fmlab.audits.lockers_private` trains the workbook's runs and writes their figures to
`fmlab/assets/lockers-toy/private.json`.
"""

import json
import math
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fmlab.audits.exposure import exposure_bits
from fmlab.audits.lockers import NAME, Exposed, exposures, lockers, settings, text_with_lockers
from fmlab.audits.privacy_accounts import noise_for_epsilon
from fmlab.audits.private_training import PrivateSettings, examples, train_privately
from fmlab.audits.text_losses import text_losses
from fmlab.checkpoint import Checkpoint, read_json, shipped
from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.models.bert import BertForPreTraining
from fmlab.seeds import seed_torch
from fmlab.tokens import Tokenizer

PRIVATE = "private.json"
COMMAND = "python -m fmlab.audits.lockers_private"
EPSILON = 8.0
RUNS = 4
SETTINGS = PrivateSettings(steps=400, batch_size=256, learning_rate=1e-2, mask_rate=0.15)
NEVER_CUT = 1e9
"""The longest gradient of a run without privacy: none is as long."""


@dataclass(frozen=True)
class PrivateRun:
    """One training and what it came to.

    Attributes:
        seed: Of the text, the weights and the noise.
        epsilon: What was spent, for one line; endless without privacy.
        delta: By which probability the promise may fail.
        examples: How many lines were read.
        loss: Held out, in nats a token.
        exposed: What the model keeps of each locker's code.
    """

    seed: int
    epsilon: float
    delta: float
    examples: int
    loss: float
    exposed: tuple[Exposed, ...]


def run(seed: int, epsilon: float = math.inf, how: PrivateSettings = SETTINGS) -> PrivateRun:
    """Return a training on a text with lockers, each line an example; about a minute on one core.

    Args:
        seed: Of all that is drawn.
        epsilon: What may be spent; endless for the same steps without privacy.
        how: The steps; noise and seed are set here.
    """
    corpus = text_with_lockers(seed)
    tokenizer = Tokenizer.load(shipped(NAME))  # not of this text, so it gives nothing of it away
    sizes = settings(seed)
    lines = [document.text for document in corpus.split("train")]
    rows = examples(lines, tokenizer, sizes.seq_len)
    sums = {"examples": len(rows), "batch_size": how.batch_size, "steps": how.steps}
    if math.isinf(epsilon):
        how = replace(how, noise_multiplier=0.0, max_grad_norm=NEVER_CUT, seed=seed)
    else:
        noise = noise_for_epsilon(epsilon, how.delta, **sums)
        how = replace(how, noise_multiplier=noise, seed=seed)
    seed_torch(seed, "weights")
    model = BertForPreTraining(sizes.bert(tokenizer.vocab_size))
    done = train_privately(model, tokenizer, rows, how)
    found = Checkpoint(model.eval(), tokenizer, {}, Path())
    held_out = [line for d in corpus.split("valid") for line in d.text.split("\n")]
    loss = float(np.mean(text_losses(found, tokenizer.encode_batch(held_out), causal=False)))
    own = exposures(found, lockers(seed))
    return PrivateRun(seed, done.epsilon, how.delta, len(rows), loss, own)


def private_runs(folder: Path | None = None) -> tuple[PrivateRun, ...]:
    """Return the stored runs, with privacy and without.

    Raises:
        UserError: The folder holds none.
    """
    content = read_json((folder or shipped(NAME)) / PRIVATE)
    found = []
    for one in content["runs"]:
        exposed = tuple(
            Exposed(locker, rank, exposure_bits(rank, locker.format.size))
            for locker, rank in zip(lockers(one["seed"]), one.pop("ranks"), strict=True)
        )
        spent = math.inf if one["epsilon"] is None else one["epsilon"]
        found.append(PrivateRun(**one | {"epsilon": spent, "exposed": exposed}))
    return tuple(found)


def make(folder: Path, runs: int = RUNS, how: PrivateSettings = SETTINGS) -> None:
    """Train with privacy and without, with several seeds, and write the figures.

    Raises:
        UserError: There is no run to make.
    """
    if runs < 1:
        raise UserError(f"runs is {runs}; make at least one")
    told: list[dict[str, Any]] = []
    for seed in range(runs):
        for epsilon in (math.inf, EPSILON):
            one = run(seed, epsilon, how)
            figures = asdict(one) | {"ranks": [e.rank for e in one.exposed]}
            del figures["exposed"]
            figures["epsilon"] = None if math.isinf(one.epsilon) else one.epsilon
            told.append(figures)
            print(f"seed {seed}, epsilon {one.epsilon:.2f}: loss {one.loss:.2f}", file=sys.stderr)
    about = {"command": COMMAND, "settings": asdict(how), "runs": told}
    write_text(folder / PRIVATE, json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    make(shipped(NAME))
