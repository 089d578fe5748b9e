"""A model and a run that take a second: what tests of the loop train."""

from typing import Any

SIZES: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "seq_len": 24,
}
SMALL: dict[str, Any] = {**SIZES, "batch_size": 4, "steps": 12, "valid_every": 4, "save_every": 4}
