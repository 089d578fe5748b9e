"""One step of training: forward, backward, and the weights move.

On a GPU nothing in it waits for the device: shapes are the same at every step, so it is compiled
once, and the step's numbers travel to the processor by themselves and are read when they are there.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from fmlab.batch import Batch
from fmlab.device import Device
from fmlab.models.attention import blocks_to_look
from fmlab.objectives import Learner, LossOf, pretraining_loss
from fmlab.optimiser import make_optimisers
from fmlab.picture_batches import PictureBatch
from fmlab.processes import Processes, together
from fmlab.seeds import seed_torch
from fmlab.train_config import TrainConfig


@dataclass(frozen=True)
class Values:
    """A step's numbers, which may still be on their way.

    Attributes:
        held: Total, main, causal and next-sentence loss, and the gradient's length before it was
            cut, `(5,)`; not a number where a part is absent.
        arrived: Set when they may be read; None where they are there at once.
    """

    held: Tensor
    arrived: torch.Event | None = None

    def read(self) -> list[float]:
        """Return the numbers, having waited for them and for no later step."""
        if self.arrived is not None:
            self.arrived.synchronize()
        return [float(value) for value in self.held]


@dataclass(frozen=True)
class Launched:
    """A step that was started: its number from 1, its values, the tokens read since the start."""

    step: int
    values: Values
    tokens: int


def settled(device: Device, before: Mapping[str, Any], processes: Processes) -> Device:
    """Return the device with the format that the run computed in before, and all processes now.

    On a CPU the clock chooses the format, and may say one thing today and another tomorrow.

    Args:
        device: What the clock says here.
        before: The state of the last point; empty where a run starts.
        processes: Those of the run.
    """
    if device.name != "cpu":
        return device
    fast = device.autocast == torch.bfloat16
    if before.get("device") == "cpu":
        fast = before["format"] == str(torch.bfloat16)
    fast = processes.any(fast)
    return replace(device, autocast=torch.bfloat16 if fast else torch.float32)


class Stepper:
    """What moves a model: its loss, its optimisers, its number format.

    Attributes:
        optimisers: Muon for the layers' matrices, AdamW for the rest.
        scaler: Of the loss, where float16 needs it.
    """

    def __init__(
        self,
        model: nn.Module,
        config: TrainConfig,
        device: Device,
        processes: Processes,
        loss: LossOf = pretraining_loss,
    ) -> None:
        """Share the model out over the processes, and compile it for a GPU.

        On two cores compiling gained nothing (1.00 times) and took 7 to 54 seconds.
        """
        self.model, self.config, self.device, self.processes = model, config, device, processes
        self.learner: nn.Module = Learner(model, loss)
        if processes.count > 1:
            with together():
                self.learner = DistributedDataParallel(self.learner)
        if device.name == "cuda":
            self.learner.compile(dynamic=False)
        self.optimisers = make_optimisers(
            model,
            config.learning_rate,
            config.matrix_learning_rate,
            config.weight_decay,
            device.autocast,
            processes,
        )
        self.scaler = torch.amp.GradScaler(device.name, enabled=device.loss_scaling)

    def launch(self, batch: Batch | PictureBatch, step: int) -> Values:
        """Start step `step` (from 0) on this process's part of its batch."""
        config = self.config
        self.model.train()
        share = config.learning_rate_at(step)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group.setdefault("full_lr", group["lr"]) * share
        if config.dropout:
            seed_torch(config.seed, "dropout", step, self.processes.rank)

        batch = batch.to(self.device.name)
        blocks = None
        asks = self.device.blocks and not config.dropout
        if asks and isinstance(batch, Batch) and batch.document_ids is not None:
            blocks = blocks_to_look(batch.document_ids, batch.causal)
        with together():
            with self.autocast():
                loss = self.learner(batch, blocks)
            length = self._update(loss.total)

        parts = (loss.total, loss.main, loss.causal, loss.next_sentence, length)
        absent = torch.full_like(length, torch.nan)
        values = torch.stack([(absent if p is None else p.detach()).float() for p in parts])
        values = self.processes.mean(values)
        if self.device.name != "cuda":
            return Values(values)
        here = torch.empty(len(parts), pin_memory=True).copy_(values, non_blocking=True)
        arrived = torch.Event("cuda")
        arrived.record()
        return Values(here, arrived)

    def _update(self, loss: Tensor) -> Tensor:
        """Move the weights; return the gradient's length before it was cut."""
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        for optimiser in self.optimisers:
            self.scaler.unscale_(optimiser)
        length = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        for optimiser in self.optimisers:
            self.scaler.step(optimiser)
        self.scaler.update()
        self.model.zero_grad(set_to_none=True)
        return length

    def autocast(self) -> Any:
        """Return the context in which products are computed in the device's fast format."""
        if self.device.autocast == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.name, self.device.autocast)
