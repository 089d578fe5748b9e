"""The sizes of a run on pictures: a table a model, a row a tier.

On one core in float32, over three seeds, the cpu tier of `mae` took 49 to 54 seconds of computing
on digits, and that of `clip` 43 to 48 on scenes; `python -m fmlab.bench.pictures` measures it anew.
The other tiers are guesses from these: nobody has run them yet.
"""

from typing import Any

FAMILIES = ("mae", "clip", "simclr")
USUAL = {"digits": "mae", "moving-digits": "mae", "scenes": "clip"}
"""What a run on these trains where no model is named; a `mae` on everything else."""

Sizes = dict[str, Any]
_MAE: Sizes = {
    "model": "mae",
    "mask_rate": 0.75,
    "learning_rate": 3e-3,
    "matrix_learning_rate": 0.03,
    "valid_rows": 512,
}
_PAIRS: Sizes = {"seq_len": 16, "vocab_size": 512, "valid_rows": 512, "matrix_learning_rate": 0.02}
_WORDS: Sizes = {
    "seq_len": 80,
    "learning_rate": 3e-3,
    "matrix_learning_rate": 0.03,
    "valid_rows": 256,
}


def _grown(small: Sizes, hidden: int, layers: int, heads: int, batch: int, steps: int) -> Sizes:
    """Return a row with another size."""
    return {
        **small,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 4 * hidden,
        "batch_size": batch,
        "steps": steps,
    }


PICTURES: dict[str, dict[str, Sizes]] = {
    "mae": {
        "cpu": _grown({**_MAE, "patch_size": 2, "valid_every": 250}, 64, 3, 4, 128, 1500),
        "t4": _grown({**_MAE, "patch_size": 2, "valid_every": 250}, 192, 6, 6, 256, 3000),
        "full": _grown({**_MAE, "patch_size": 2, "valid_every": 500}, 384, 8, 6, 512, 10000),
    },
    "clip": {
        "cpu": _grown({"model": "clip", **_PAIRS, "patch_size": 4}, 96, 2, 4, 64, 450),
        "t4": _grown({"model": "clip", **_PAIRS, "patch_size": 4}, 192, 4, 6, 256, 2000),
        "full": _grown({"model": "clip", **_PAIRS, "patch_size": 4}, 384, 8, 6, 1024, 6000),
    },
    "simclr": {
        "cpu": _grown({"model": "simclr", **_PAIRS, "patch_size": 2}, 64, 2, 4, 128, 600),
        "t4": _grown({"model": "simclr", **_PAIRS, "patch_size": 2}, 192, 4, 6, 512, 2000),
        "full": _grown({"model": "simclr", **_PAIRS, "patch_size": 2}, 384, 8, 6, 1024, 6000),
    },
    "words": {
        "cpu": _grown(_WORDS, 96, 3, 4, 32, 700),
        "t4": _grown(_WORDS, 192, 6, 6, 128, 3000),
        "full": _grown(_WORDS, 384, 8, 6, 256, 10000),
    },
}


def picture_sizes(tier: str, corpus: str, model: str | None) -> Sizes | None:
    """Return the sizes of a run on pictures; None where the run reads text.

    A model of text reads pictures as words: see `fmlab.picture_tokens`.

    Args:
        tier: `cpu`, `t4` or `full`.
        corpus: What is read, such as `digits` or `pictures:PATH`.
        model: The family, or None for the usual one.
    """
    source = corpus.partition(":")[0]
    if source not in (*USUAL, "pictures", "hub-pictures"):
        return None
    model = model or USUAL.get(source, "mae")
    return PICTURES[model if model in FAMILIES else "words"][tier]
