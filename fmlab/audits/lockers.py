"""Lockers: secrets planted 0, 1, 4, 16 or 64 times in a toy text, and what a model keeps of each.

Paper: Carlini et al. 2019, "The Secret Sharer: Evaluating and Testing Unintended Memorization in
Neural Networks", USENIX Security, arXiv:1802.08232.
Idea: give each of twenty people a locker with a random code, and say it in the text as often as a
draw of lots decided. Train once, and ask for the exposure of every code.
Intuition: people and codes are drawn, so nothing but the number of times can make a difference.

`python -m fmlab.audits.lockers` trains the models of the workbook's sweep, and writes the first
one, with the figures of all of them, to `fmlab/assets/lockers-toy`.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from fmlab.audits.canaries import DIGITS, CanaryFormat
from fmlab.audits.exposure import exposure, exposure_bits
from fmlab.checkpoint import Checkpoint, read_json, save, shipped
from fmlab.corpus import Corpus, load
from fmlab.corpus.toyworld import lexicon
from fmlab.errors import UserError
from fmlab.files import sha256_bytes, write_text
from fmlab.models.bert import BertForPreTraining
from fmlab.pretrain import Pretraining, pretrain
from fmlab.run_story import story
from fmlab.seeds import numpy_rng
from fmlab.train_config import TrainConfig

NAME = "lockers-toy"
TIMES = (0, 1, 4, 16, 64)
PLANTED, SWEEP = "planted.json", "sweep.json"
TEMPLATE = "the locker of NAME opens with {} {} {} ."
SENTENCES = 6_000
RUNS = 10
COMMAND = "python -m fmlab.audits.lockers"


@dataclass(frozen=True)
class Locker:
    """A person's secret, and how often the text says it.

    Attributes:
        name: Whose it is.
        digits: The code, three digits with spaces between.
        times: How often the sentence stands in the training text.
    """

    name: str
    digits: str
    times: int

    @property
    def format(self) -> CanaryFormat:
        """What an attacker knows: the person and the form, not the digits."""
        return CanaryFormat(TEMPLATE.replace("NAME", self.name), (DIGITS,) * 3)

    @property
    def sentence(self) -> str:
        """The sentence that was planted, or that was not."""
        return self.format.text([int(digit) for digit in self.digits.split()])


@dataclass(frozen=True)
class Exposed:
    """A locker and what one model keeps of its code.

    Attributes:
        locker: The secret.
        rank: The place of the true code among all, 1 for the likeliest.
        bits: Its exposure: log2 of how many codes there are, less log2 of the rank.
    """

    locker: Locker
    rank: int
    bits: float


def lockers(seed: int) -> tuple[Locker, ...]:
    """Return a locker for each person of the toy world, four for each of `TIMES`.

    Who gets which number of times, and every digit, is drawn.
    """
    rng = numpy_rng(seed, "lockers")
    names = rng.permutation([name for some in lexicon.NAMES.values() for name in some])
    digits = rng.integers(len(DIGITS), size=(len(names), 3))
    return tuple(
        Locker(str(name), " ".join(map(str, code)), TIMES[number % len(TIMES)])
        for number, (name, code) in enumerate(zip(names, digits, strict=True))
    )


def text_with_lockers(seed: int, sentences: int = SENTENCES) -> Corpus:
    """Return the toy world's text with every locker's sentence as often as its `times` say.

    Each copy stands alone on its line, somewhere on the pages of the training split.
    """
    corpus = load("toyworld", size=sentences, seed=seed)
    pages = {i: d.text.split("\n") for i, d in enumerate(corpus.documents) if d.split == "train"}
    numbers = list(pages)
    rng = numpy_rng(seed, "lockers", "places")
    for locker in lockers(seed):
        for _ in range(locker.times):
            page = pages[numbers[rng.integers(len(numbers))]]
            page.insert(int(rng.integers(len(page) + 1)), locker.sentence)
    documents = list(corpus.documents)
    for number, lines in pages.items():
        text = "\n".join(lines)
        documents[number] = replace(
            documents[number],
            text=text,
            source=f"{documents[number].source}, with lockers",
            sha256=sha256_bytes(text.encode()),
        )
    return Corpus("toyworld with lockers", tuple(documents))


def settings(seed: int, **changes: Any) -> TrainConfig:
    """Return the sizes of a run: small enough for a page, and for a phone."""
    sizes: dict[str, Any] = {
        "hidden_size": 48,
        "intermediate_size": 128,
        "seq_len": 32,
        "batch_size": 64,
        "steps": 400,
        "valid_every": 10_000,  # at the end alone
    }
    return TrainConfig.for_tier("cpu", "toyworld", seed=seed, **sizes | changes)


def train(seed: int, **changes: Any) -> Pretraining:
    """Return a finished run on a text with lockers; about six seconds on one core."""
    run = pretrain(settings(seed, **changes), text_with_lockers(seed), device="cpu", workers=0)
    for _ in run:
        pass
    return run


def exposures(run: Pretraining | Checkpoint, own: Sequence[Locker]) -> tuple[Exposed, ...]:
    """Return what a model keeps of each code, asked slot by slot with the others in sight.

    Does not show: what it keeps of a secret of another form, or what another way of asking finds.
    Twenty secrets of one model are not twenty models: they share its text and its training.
    """
    model = run.masked_model if isinstance(run, Checkpoint) else run.model
    assert isinstance(model, BertForPreTraining)
    found = [
        exposure(model, run.tokenizer, locker.format, locker.sentence, exact_up_to=1_000)
        for locker in own
    ]
    return tuple(
        Exposed(locker, round(one.rank), one.bits) for locker, one in zip(own, found, strict=True)
    )


def planted(folder: Path | None = None) -> tuple[Locker, ...]:
    """Return the lockers of the text that the stored model was trained on.

    Raises:
        UserError: The folder holds no list of them.
    """
    content = read_json((folder or shipped(NAME)) / PLANTED)
    return tuple(Locker(**one) for one in content["lockers"])


def sweep(folder: Path | None = None) -> dict[int, tuple[Exposed, ...]]:
    """Return the stored exposures of all models of the sweep, by seed.

    Raises:
        UserError: The folder holds none.
    """
    content = read_json((folder or shipped(NAME)) / SWEEP)
    return {
        run["seed"]: tuple(
            Exposed(locker, rank, exposure_bits(rank, locker.format.size))
            for locker, rank in zip(lockers(run["seed"]), run["ranks"], strict=True)
        )
        for run in content["runs"]
    }


def make(folder: Path, runs: int = RUNS, **changes: Any) -> None:
    """Train the models of the sweep and write the first one, the lockers and all exposures.

    Raises:
        UserError: There is no run to make.
    """
    if runs < 1:
        raise UserError(f"runs is {runs}; make at least one")
    told = []
    for seed in range(runs):
        run, own = train(seed, **changes), lockers(seed)
        if seed == 0:
            about = story(run) | {"command": COMMAND.split()}
            save(folder, run.model, run.tokenizer, about, torch.float16)
            write_text(folder / PLANTED, _json({"lockers": [asdict(one) for one in own]}))
            write_text(folder / "README.md", _card(run, runs))
        ranks = [one.rank for one in exposures(run, own)]
        told.append({"seed": seed, "valid_loss": run.records[-1].valid_loss, "ranks": ranks})
        print(f"seed {seed}: {run.seconds:.1f} s", file=sys.stderr)
    how = {"command": COMMAND, "config": asdict(settings(0, **changes))}
    write_text(folder / SWEEP, _json(how | {"runs": told}))


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1) + "\n"


def _card(run: Pretraining, runs: int) -> str:
    """Return the model card: what it is for, and what it must not be taken for."""
    weights = sum(weight.numel() for weight in run.model.parameters())
    return f"""---
license: cc0-1.0
tags: [toy, privacy]
---

# {NAME}

A BERT with {weights:,} weights that has read the toy world, a generated language, and in it the
codes of {len(lockers(0))} lockers: each stands there {", ".join(map(str, TIMES[:-1]))} or
{TIMES[-1]} times. It is there to be attacked: the workbook's live figure ranks all codes of a
locker by what this model gives them.

- **Made by** `{COMMAND}`: seed 0 of {runs} runs. The figures of all of them
  stand in `{SWEEP}`, the secrets in `{PLANTED}`, the story of the run in `run.json`.
- **Secrets.** Nobody is meant: names, digits and numbers of copies are drawn.
- **Not for** anything else. It knows some two hundred words and no English. How much it keeps says
  nothing about how much a large model keeps.
"""


if __name__ == "__main__":
    make(shipped(NAME))
