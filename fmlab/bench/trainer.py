"""The other side: `transformers.Trainer` on `BertForMaskedLM`, as run_mlm puts them together."""

import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor
from transformers import (
    AutoModelForMaskedLM,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

AFTER_STEP = Callable[[int, float, Any], bool]
"""Called after a step with the tokens so far, the loss and the model; True ends the run."""


class RowsOfTokens(torch.utils.data.Dataset[dict[str, list[int]]]):
    """The examples that run_mlm's preprocessing gives."""

    def __init__(self, rows: NDArray[np.int32], tokens: Tokenizer) -> None:
        """Keep the rows, `(N, T)`."""
        self.rows, self.pad_id = rows, tokens.pad_id
        self.special = np.array([tokens.pad_id, tokens.cls_id, tokens.sep_id])

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        """Return one example: four lists of T numbers."""
        row = self.rows[index]
        return {
            "input_ids": row.tolist(),
            "token_type_ids": [0] * len(row),
            "attention_mask": (row != self.pad_id).astype(int).tolist(),
            "special_tokens_mask": np.isin(row, self.special).astype(int).tolist(),
        }


class CountingTrainer(Trainer):
    """The Trainer, which also counts the tokens that it read."""

    tokens_read = 0
    last_loss: Tensor | None = None

    def training_step(self, model: Any, inputs: Any, *others: Any, **named: Any) -> Tensor:
        """Return the loss of a step, as the Trainer does."""
        self.tokens_read += int(inputs["attention_mask"].sum())
        self.last_loss = super().training_step(model, inputs, *others, **named)
        return self.last_loss


class AfterEachStep(TrainerCallback):
    """Asks after each step whether to go on."""

    def __init__(self, after: AFTER_STEP) -> None:
        """Keep the question."""
        self.after = after
        self.trainer: CountingTrainer | None = None

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        """Stop the Trainer when the answer is yes."""
        assert self.trainer is not None
        assert self.trainer.last_loss is not None
        loss = float(self.trainer.last_loss)
        if self.after(self.trainer.tokens_read, loss, self.trainer.model):
            control.should_training_stop = True
        return control


def bert(config: TrainConfig, vocab_size: int, attention: str, dropout: float) -> Any:
    """Return `transformers`' BERT of the same sizes."""
    sizes = transformers.BertConfig(
        vocab_size=vocab_size,
        hidden_size=config.hidden_size,
        num_hidden_layers=config.num_hidden_layers,
        num_attention_heads=config.num_attention_heads,
        intermediate_size=config.intermediate_size,
        max_position_embeddings=config.seq_len,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    make: Any = AutoModelForMaskedLM.from_config
    return make(sizes, attn_implementation=attention)


def at_its_best(bfloat16: bool) -> dict[str, Any]:
    """Return the arguments with which the Trainer is fastest: nothing is logged, drawn or kept."""
    return {
        "bf16": bfloat16,
        "optim": "adamw_torch_fused",
        "logging_strategy": "no",
        "save_strategy": "no",
        "disable_tqdm": True,
        "report_to": "none",
        "dataloader_pin_memory": False,
        "logging_nan_inf_filter": False,
    }


def train(
    config: TrainConfig,
    rows: NDArray[np.int32],
    tokens: Tokenizer,
    after: AFTER_STEP,
    attention: str = "sdpa",
    dropout: float = 0.1,
    **arguments: Any,
) -> None:
    """Run the Trainer on the processor until `config.steps`, or until `after` says to stop.

    Args:
        config: The sizes; everything else is the Trainer's own.
        rows: What it reads, `(N, T)`.
        tokens: The tokenizer that made the rows.
        after: Called after each step.
        attention: `sdpa`, which the Trainer takes by itself, or `eager`.
        dropout: 0.1 is what a BERT of `transformers` has unless told otherwise.
        arguments: Further `TrainingArguments`.
    """
    transformers.set_seed(config.seed)
    model = bert(config, tokens.vocab_size, attention, dropout)
    collator = DataCollatorForLanguageModeling(
        tokenizer=tokens.hf(config.seq_len), mlm_probability=config.mask_rate
    )
    callback = AfterEachStep(after)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*pin_memory.*")
        trainer = CountingTrainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                max_steps=config.steps,
                per_device_train_batch_size=config.batch_size,
                use_cpu=True,
                seed=config.seed,
                **arguments,
            ),
            train_dataset=RowsOfTokens(rows, tokens),
            data_collator=collator,
            callbacks=[callback],
        )
        callback.trainer = trainer
        trainer.train()
