"""The pretraining loop: one record a step; stopped at any moment, it resumes bit by bit.

What a step sees depends on the seed and its number alone. What it changes is the weights and the
optimisers' memory, and these are what a resume point holds.
"""

import json
import math
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from fmlab import resume
from fmlab.batches import MaskedBatches
from fmlab.checkpoint import save
from fmlab.corpus import Corpus
from fmlab.device import best_device
from fmlab.energy import EnergyMeter
from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.models.bert import BertForPreTraining
from fmlab.objectives import pretraining_loss
from fmlab.optimiser import make_optimisers
from fmlab.prepare import prepare
from fmlab.run_story import story
from fmlab.seeds import seed_torch
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

LOG = "log.jsonl"


@dataclass(frozen=True)
class Record:
    """What one step did.

    Attributes:
        step: From 1.
        loss: Mean loss of the masked tokens of the step's batch, in nats.
        next_sentence_loss: In nats, or None without that task.
        valid_loss: Mean loss on held-out rows, in nats, at the steps that look; else None.
        learning_rate: AdamW's at this step.
        tokens: Tokens read since the start, padding left out.
        seconds: Of computing since the start, also before it was resumed.
    """

    step: int
    loss: float
    next_sentence_loss: float | None
    valid_loss: float | None
    learning_rate: float
    tokens: int
    seconds: float


class Pretraining:
    """A run: iterate over it for its records; `model` and `tokenizer` are there all the time.

    Attributes:
        model: What is trained.
        tokenizer: Trained on the corpus, or the one given.
        records: Those of the steps done, also of earlier parts of a resumed run.
        stop: Set it to True and the run ends after the step in progress, saved.
    """

    def __init__(
        self,
        config: TrainConfig,
        corpus: Corpus,
        out: Path | str | None = None,
        tokenizer: Tokenizer | None = None,
        go_on: bool = False,
        device: str | None = None,
    ) -> None:
        """Prepare the text and the model, and go to the last resume point if asked.

        Args:
            config: The sizes.
            corpus: The text; its train split is read, its valid split looked at.
            out: The run's folder; None to keep nothing.
            tokenizer: One that exists, or None to train one.
            go_on: Whether to resume the run in `out`.
            device: `cpu`, `cuda`, or None for the best one here.

        Raises:
            UserError: `out` holds a run and `go_on` is not set, or holds another run.
        """
        self.config, self.corpus = config, corpus
        self.out = Path(out) if out is not None else None
        if self.out is not None and not go_on and resume.points(self.out):
            raise UserError(
                f"{self.out} holds a run; add --resume to go on, or choose another --out"
            )
        if self.out is not None and go_on and (self.out / "tokenizer.json").exists():
            tokenizer = tokenizer or Tokenizer.load(self.out)
        rows = prepare(
            corpus, config.vocab_size, config.seq_len, tokenizer, config.next_sentence, config.seed
        )
        self.rows, self.tokenizer, self.device = rows, rows.tokenizer, best_device(device)

        def batches(split: Any, seed: int, size: int) -> MaskedBatches:
            return MaskedBatches(
                split, self.tokenizer, size, seed, config.mask_rate, config.masking
            )

        self.batches = batches(rows.train, config.seed, config.batch_size)
        self.valid = None
        if rows.valid is not None:
            size = min(config.batch_size, len(rows.valid.input_ids))
            self.valid = batches(rows.valid, 1_000_003, size)

        seed_torch(config.seed, "weights")
        self.model = BertForPreTraining(
            config.bert(self.tokenizer.vocab_size), next_sentence=config.next_sentence
        ).to(self.device.name)
        self.optimisers = make_optimisers(
            self.model,
            config.learning_rate,
            config.matrix_learning_rate,
            config.weight_decay,
            self.device.autocast,
        )
        self.scaler = torch.amp.GradScaler(self.device.name, enabled=self.device.loss_scaling)
        self.records: list[Record] = []
        self.step, self.tokens, self.seconds, self.kwh = 0, 0, 0.0, 0.0
        self.energy_method = "not measured"
        self.commands = [["fmlab", *sys.argv[1:]]]
        self.stop = False
        if self.out is not None and go_on:
            self._resume(self.out)

    def __iter__(self) -> Iterator[Record]:
        """Yield a record a step until the run's end, or until `stop`."""
        self.stop = False
        earlier_seconds, earlier_kwh = self.seconds, self.kwh
        with EnergyMeter() as meter, self._log() as log:
            started = time.perf_counter()
            while self.step < self.config.steps and not self.stop:
                record = self._one_step(started, earlier_seconds)
                self.records.append(record)
                if log is not None:
                    log.write(json.dumps(asdict(record)) + "\n")
                    log.flush()
                self.kwh = earlier_kwh + meter.kwh
                self.energy_method = meter.method
                if self.step % self.config.save_every == 0:
                    self.save_point()
                yield record
        if self.out is not None:
            self.save_point()
            if self.step == self.config.steps:
                self.save_checkpoint(self.out)

    def _one_step(self, started: float, earlier_seconds: float) -> Record:
        config = self.config
        self.model.train()
        share = config.learning_rate_at(self.step)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group.setdefault("full_lr", group["lr"]) * share
        if config.dropout:
            seed_torch(config.seed, "dropout", self.step)

        batch = self.batches.batch(self.step)
        self.tokens += batch.tokens
        with self._autocast():
            loss = pretraining_loss(self.model, batch.to(self.device.name))
        total = float(loss.total.detach())
        if not math.isfinite(total):
            raise UserError(
                f"the loss is {total} at step {self.step + 1}; lower the learning rate "
                f"and resume from {resume.last_point_name(self.out)}"
            )
        self._update(loss.total)
        self.step += 1

        look = self.step % config.valid_every == 0 or self.step == config.steps
        valid_loss = self.valid_loss() if look else None
        self.seconds = earlier_seconds + time.perf_counter() - started
        follows = loss.next_sentence
        return Record(
            self.step,
            float(loss.masked.detach()),
            None if follows is None else float(follows.detach()),
            valid_loss,
            config.learning_rate * share,
            self.tokens,
            round(self.seconds, 3),
        )

    def _update(self, loss: Tensor) -> None:
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        for optimiser in self.optimisers:
            self.scaler.unscale_(optimiser)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        for optimiser in self.optimisers:
            self.scaler.step(optimiser)
        self.scaler.update()
        self.model.zero_grad(set_to_none=True)

    def _autocast(self) -> Any:
        if self.device.autocast == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.name, self.device.autocast)

    @torch.no_grad()
    def valid_loss(self) -> float | None:
        """Return the mean loss on held-out rows in nats a masked token; the masks never change."""
        if self.valid is None:
            return None
        self.model.eval()
        rows = min(self.config.valid_rows, len(self.valid.packed.input_ids))
        losses = []
        for step in range(max(1, rows // self.valid.batch_size)):
            with self._autocast():
                batch = self.valid.batch(step).to(self.device.name)
                losses.append(float(pretraining_loss(self.model, batch).masked))
        return sum(losses) / len(losses)

    def save_checkpoint(self, folder: Path | str, dtype: torch.dtype = torch.float32) -> Path:
        """Write the model as it is now, with the run's story, as a checkpoint."""
        return save(folder, self.model, self.tokenizer, story(self), dtype)

    def save_point(self) -> None:
        """Write a point to resume from; older ones go once it is whole."""
        if self.out is None:
            return
        state = {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "kwh": self.kwh,
            "scaler": self.scaler.state_dict(),
            "config": asdict(self.config),
            "corpus": self.corpus.sha256,
            "energy_method": self.energy_method,
            "commands": self.commands,
        }
        # named_parameters names a shared table once; safetensors refuses two names for one
        weights = dict(self.model.named_parameters())
        resume.write_point(self.out, self.step, weights, resume.memory_of(self.optimisers), state)
        if not (self.out / "tokenizer.json").exists():
            self.tokenizer.save(self.out, self.config.seq_len)

    def _resume(self, out: Path) -> None:
        state, weights, memory = resume.read_last_point(out)
        resume.refuse_another_run(out, state, asdict(self.config), self.corpus.sha256)
        own = dict(self.model.named_parameters())
        if set(weights) != set(own):
            raise UserError(
                f"the last point of {out} holds another model; delete it to go one back"
            )
        self.model.load_state_dict(weights, strict=False)  # strict but for the shared table
        resume.give_memory(self.optimisers, memory)
        self.scaler.load_state_dict(state["scaler"])
        self.step, self.tokens = state["step"], state["tokens"]
        self.seconds, self.kwh = state["seconds"], state["kwh"]
        self.energy_method = state["energy_method"]
        self.commands = state["commands"] + self.commands
        self.records = _read_log(out / LOG, self.step)

    @contextmanager
    def _log(self) -> Iterator[Any]:
        """Open the run's log, cut back to the steps that are done."""
        if self.out is None:
            yield None
            return
        self.out.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(asdict(record)) + "\n" for record in self.records]
        write_text(self.out / LOG, "".join(lines))
        with (self.out / LOG).open("a", encoding="utf-8") as log:
            yield log


def pretrain(
    config: TrainConfig,
    corpus: Corpus,
    out: Path | str | None = None,
    *,
    tokenizer: Tokenizer | None = None,
    resume: bool = False,
    device: str | None = None,
) -> Pretraining:
    """Return a run to iterate over, a record a step; arguments as in `Pretraining`."""
    return Pretraining(config, corpus, out, tokenizer, go_on=resume, device=device)


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


def _read_log(path: Path, steps: int) -> list[Record]:
    """Return the records up to `steps`; a line cut short by a crash is of a later step."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()[:steps]
    return [Record(**json.loads(line)) for line in lines]
