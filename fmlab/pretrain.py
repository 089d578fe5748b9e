"""The pretraining loop: one record a step; stopped at any moment, it resumes bit by bit.

What a step sees depends on the seed and its number alone. What it changes is the weights and the
optimisers' memory, and these are what a resume point holds.

A GPU works through steps that were launched before; nothing in a step waits for it. Its numbers
are read some steps later, and all of them before a look at held-out text and before a save.
"""

import math
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from fmlab import processes, resume
from fmlab.alarm import last_words, what_is_wrong
from fmlab.batch import Batch
from fmlab.corpus import Corpus
from fmlab.device import best_device
from fmlab.energy import EnergyMeter
from fmlab.errors import UserError
from fmlab.loader import ahead_of_time
from fmlab.memory import keep_freed_memory
from fmlab.picture_batches import PictureBatch
from fmlab.picture_recipe import recipe_for
from fmlab.records import LOG, Record, line, open_log, read_log
from fmlab.run_story import story
from fmlab.seeds import seed_torch
from fmlab.start import Start, kept_start
from fmlab.step import Launched, Stepper, settled
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig
from fmlab.vision import Pictures

LAG = 4  # steps that a GPU may have before it, while the oldest one's numbers are read


class Pretraining:
    """A run: iterate over it for its records; `model` and `tokenizer` are there all the time.

    What is learned, from text or from pictures, stands in its `recipe`.

    Started by `torchrun`, it is one of several processes that take each step together.

    Attributes:
        recipe: Its rows, its model, its loss, and how it is kept.
        model: What is trained.
        tokenizer: Trained on the corpus, or the one given; None where nothing is read.
        records: Those of the steps done, also of earlier parts of a resumed run.
        started_from: What `run.json` tells of the model that it started from; None for chance.
        stop: Set it to True and the run ends after the step in progress, saved.
    """

    def __init__(
        self,
        config: TrainConfig,
        corpus: Corpus | Pictures,
        out: Path | str | None = None,
        tokenizer: Tokenizer | None = None,
        go_on: bool = False,
        device: str | None = None,
        workers: int | None = None,
        keep: Sequence[int] = (),
        start: Start | None = None,
    ) -> None:
        """Prepare the text and the model, and go to the last resume point if asked.

        Args:
            config: The sizes.
            corpus: The text or the pictures; the train split is read, the valid split looked at.
            out: The run's folder; None to keep nothing.
            tokenizer: One that exists, or None to train one.
            go_on: Whether to resume the run in `out`.
            device: `cpu`, `cuda`, or None for the best one here.
            workers: Threads that make batches ahead of time; None for what suits the device.
            keep: Steps whose weights are kept for good, in `out`/checkpoints, in float16.
            start: The model to start from, with its tokenizer; None for one that knows nothing.
                A run that is resumed has it in its folder.

        Raises:
            UserError: `out` holds a run and `go_on` is not set, or holds another run; the rows
                of a batch cannot be shared out evenly; or the model to start from has other sizes.
        """
        self.config, self.corpus, self.keep = config, corpus, frozenset(keep)
        self.processes = processes.join()
        if config.batch_size % self.processes.count:
            raise UserError(
                f"batch_size {config.batch_size} cannot be shared by {self.processes.count} "
                "processes; set it to a multiple"
            )
        self.out = Path(out) if out is not None else None
        if self.out is not None and not go_on and resume.points(self.out):
            raise UserError(
                f"{self.out} holds a run; add --resume to go on, or choose another --out"
            )
        if self.out is not None and go_on and (self.out / "tokenizer.json").exists():
            tokenizer = tokenizer or Tokenizer.load(self.out)
        self.start = kept_start(self.out) if go_on and self.out is not None else start
        if self.start is not None:
            self.start.check(config)
            tokenizer = self.start.checkpoint.tokenizer
        self.started_from = None if self.start is None else self.start.story()
        self.recipe = recipe_for(config, corpus, tokenizer, self.processes)
        self.rows: Any = self.recipe.rows
        self.tokenizer: Any = self.recipe.tokenizer
        self.batches, self.valid = self.recipe.batches, self.recipe.valid
        before = resume.last_state(self.out) if self.out is not None and go_on else {}
        self.device = settled(best_device(device), before, self.processes)
        keep_freed_memory()
        self.workers = (2 if self.on_gpu else 0) if workers is None else workers

        seed_torch(config.seed, "weights")
        known = None if self.start is None else self.start.ready(config)
        self.model: Any = (known or self.recipe.new_model()).to(self.device.name)
        loss = self.recipe.loss
        self.stepper = Stepper(self.model, config, self.device, self.processes, loss)
        self.records: list[Record] = []
        self.step, self.tokens, self.seconds, self.kwh = 0, 0, 0.0, 0.0
        self.energy_method = "not measured"
        self.commands = [["fmlab", *sys.argv[1:]]]
        self.stop, self._tokenizer_is_kept = False, False
        if self._folder is not None:
            resume.sweep(self._folder)
        if self.out is not None and go_on:
            self._resume(self.out)

    @property
    def on_gpu(self) -> bool:
        """Whether an NVIDIA GPU computes."""
        return self.device.name == "cuda"

    def __iter__(self) -> Iterator[Record]:
        """Yield a record a step until the run's end, or until `stop`.

        Raises:
            UserError: The loss is no number or has jumped; the line names the step, the documents
                of its batch, and the last good point.
        """
        self.stop = False
        if self.step == 0 and self.start is not None and self._folder is not None:
            self.start.keep(self._folder)  # before a step moves it
        earlier_kwh = self.kwh
        with EnergyMeter() as meter, open_log(self._folder, self.records) as log:
            for record in self._steps():
                self.records.append(record)
                if log is not None:
                    log.write(line(record))
                self.kwh = earlier_kwh + meter.kwh
                self.energy_method = meter.method
                # The point comes last: whoever goes on from it finds all that belongs to its step.
                if self._folder is not None and record.step in self.keep:
                    folder = self._folder / "checkpoints" / f"step-{record.step:08d}"
                    self.save_checkpoint(folder, torch.float16)
                if record.step % self.config.save_every == 0:
                    self.save_point()
                yield record
        if self._folder is not None:
            self.save_point()
            if self.step == self.config.steps:
                self.save_checkpoint(self._folder)

    @property
    def _folder(self) -> Path | None:
        """The run's folder, for the one process that writes to it."""
        return self.out if self.processes.first else None

    def _steps(self) -> Iterator[Record]:
        """Launch step after step, and yield their records as their numbers come in."""
        started = time.perf_counter() - self.seconds  # as if in one go
        waiting: deque[Launched] = deque()
        made = ahead_of_time(self._ready, self.step, self.config.steps, self.workers)
        with closing(made) as ready:
            for batch, tokens in ready:
                if self.processes.any(self.stop):
                    self.stop = True
                    break
                values = self.stepper.launch(batch, self.step)
                self.step, self.tokens = self.step + 1, self.tokens + tokens
                waiting.append(Launched(self.step, values, self.tokens))
                lag = 0 if self._pauses(self.step) or not self.on_gpu else LAG
                while len(waiting) > lag:
                    yield self._record(waiting.popleft(), started)
        while waiting:
            yield self._record(waiting.popleft(), started)

    def _pauses(self, step: int) -> bool:
        return self._looks(step) or step % self.config.save_every == 0 or step in self.keep

    def _looks(self, step: int) -> bool:
        return step % self.config.valid_every == 0 or step == self.config.steps

    def _ready(self, step: int) -> tuple[Batch | PictureBatch, int]:
        """Return this process's part of a step's batch, and the tokens of the whole."""
        batch = self.batches.batch(step)
        tokens = batch.tokens
        if self.processes.count > 1:
            batch = batch.part(self.processes.rank, self.processes.count)
        if self.on_gpu:
            most = self.recipe.most_places(self.processes.count)
            return batch.padded(most).pinned(), tokens
        return batch.narrowed(), tokens

    def _record(self, done: Launched, started: float) -> Record:
        """Return a step's record, once its numbers are here and nothing is wrong with them."""
        total, main, causal, follows, length = done.values.read()
        scaled = self.device.loss_scaling  # and then steps with endless gradients are left out
        gradient = 0.0 if scaled else length
        wrong = what_is_wrong(total, main, gradient, self.records)
        if wrong is not None:
            told = self._what_happened(done.step, wrong) if self.processes.first else wrong
            self.processes.wait()  # a process that ended first would end the one that looks
            raise UserError(told)
        valid_loss = self.valid_loss() if self._looks(done.step) else None
        self.seconds = time.perf_counter() - started
        config = self.config
        return Record(
            done.step,
            main,
            None if math.isnan(follows) else follows,
            valid_loss,
            config.learning_rate * config.learning_rate_at(done.step - 1),
            done.tokens,
            round(self.seconds, 3),
            None if math.isnan(causal) else causal,
        )

    def _what_happened(self, step: int, wrong: str) -> str:
        """Return the line that ends a run that went wrong."""
        rows = [int(row) for row in self.batches.rows(step - 1)]
        titles = self.recipe.titles(rows)
        if self._folder is not None:
            resume.set_aside(self._folder, step - 1)
        good = resume.points(self.out) if self.out is not None else []
        return last_words(wrong, step, titles, good[-1] if good else None)

    @torch.no_grad()
    def valid_loss(self) -> float | None:
        """Return the mean loss on held-out rows; what is hidden in them never changes.

        Of text in nats a masked token; of pictures in the units that `run.json` names.
        """
        if self.valid is None:
            return None
        self.model.eval()
        rows = min(self.config.valid_rows, len(self.valid.packed))
        losses = []
        for step in range(max(1, rows // self.valid.batch_size)):
            with self.stepper.autocast():
                batch = self.valid.batch(step).to(self.device.name)
                losses.append(self.recipe.loss(self.model, batch).main)
        return float(torch.stack(losses).mean())

    def save_checkpoint(self, folder: Path | str, dtype: torch.dtype = torch.float32) -> Path:
        """Write the model as it is now, with the run's story, as a checkpoint."""
        return self.recipe.save(folder, self.model, story(self), dtype)

    def save_point(self) -> None:
        """Write a point to resume from; older ones go once it is whole."""
        if self._folder is None:
            return
        state = {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "kwh": self.kwh,
            "scaler": self.stepper.scaler.state_dict(),
            "config": asdict(self.config),
            "device": self.device.name,
            "format": str(self.device.autocast),
            "corpus": self.corpus.sha256,
            "energy_method": self.energy_method,
            "commands": self.commands,
            "started_from": self.started_from,
        }
        if not self._tokenizer_is_kept:  # before the point, which is nothing without it
            self.recipe.keep_tokenizer(self._folder)
            self._tokenizer_is_kept = True
        # named_parameters names a shared table once; safetensors refuses two names for one
        weights = dict(self.model.named_parameters())
        memory = resume.memory_of(self.stepper.optimisers)
        resume.write_point(self._folder, self.step, weights, memory, state)

    def _resume(self, out: Path) -> None:
        state, weights, memory = resume.read_last_point(out)
        # A setting that came later than the run had the value that it has by default.
        state["config"] = {**asdict(TrainConfig()), **state["config"]}
        resume.refuse_another_run(out, state, asdict(self.config), self.corpus.sha256)
        own = dict(self.model.named_parameters())
        if set(weights) != set(own):
            raise UserError(
                f"the last point of {out} holds another model; delete it to go one back"
            )
        self.model.load_state_dict(weights, strict=False)  # strict but for the shared table
        resume.give_memory(self.stepper.optimisers, memory)
        self.stepper.scaler.load_state_dict(state["scaler"])
        self.step, self.tokens = state["step"], state["tokens"]
        self.seconds, self.kwh = state["seconds"], state["kwh"]
        self.energy_method = state["energy_method"]
        self.commands = state["commands"] + self.commands
        self.started_from = state.get("started_from")
        self.records = read_log(out / LOG, self.step)


def pretrain(
    config: TrainConfig,
    corpus: Corpus | Pictures,
    out: Path | str | None = None,
    *,
    tokenizer: Tokenizer | None = None,
    resume: bool = False,
    device: str | None = None,
    workers: int | None = None,
    keep: Sequence[int] = (),
    start: Start | None = None,
) -> Pretraining:
    """Return a run to iterate over, a record a step; arguments as in `Pretraining`."""
    return Pretraining(config, corpus, out, tokenizer, resume, device, workers, keep, start)


def resumed_config(out: Path | str, **changes: Any) -> TrainConfig:
    """Return the sizes that the run in `out` was started with, with changes by name.

    Raises:
        UserError: There is no run.
    """
    state, *_ = resume.read_last_point(Path(out))
    return replace(TrainConfig(**state["config"]), **changes)


@contextmanager
def stopping_kindly(run: Pretraining) -> Iterator[None]:
    """Let Ctrl-C (or a polite kill) end the run after its step, saved; a second one at once."""

    def ask(number: int, frame: FrameType | None) -> None:
        if run.stop:
            raise KeyboardInterrupt
        run.stop = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
