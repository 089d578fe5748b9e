"""From a finished run to the model that comes with `fmlab`: weights, log, curves, stages, card.

Nothing is written by hand: what the card says was written down by the run and its evaluation.
"""

import shutil
from pathlib import Path

from fmlab.checkpoint import CONFIG, RUN, WEIGHTS, shipped
from fmlab.errors import UserError
from fmlab.files import write_whole
from fmlab.records import BEFORE, LOG
from fmlab.stages import store_stages

FILES = (WEIGHTS, CONFIG, RUN, LOG, "tokenizer.json", "tokenizer_config.json", "vocab.txt")
ALSO = ("text.json", "eval.json", BEFORE)
LARGEST = 16_000_000  # bytes of weights: what everybody who installs the package fetches


def ship(run: Path, name: str, repository: str) -> Path:
    """Copy a finished run into the package as the model `name`; return its folder.

    Args:
        run: The run's folder, its weights stored in float16 (`--half`).
        name: What the model is called; one that exists is replaced.
        repository: The repository's address, where the stages can be fetched.

    Raises:
        UserError: The run is not finished, or its weights are too large.
    """
    missing = [file for file in FILES if not (run / file).is_file()]
    if missing:
        raise UserError(f"{run} has no {', '.join(missing)}; let the run end first")
    size = (run / WEIGHTS).stat().st_size
    if size > LARGEST:
        raise UserError(
            f"the weights are {size / 1e6:.1f} MB, at most {LARGEST / 1e6:.0f} MB may ship; "
            "store them with --half, or train a smaller model"
        )
    folder = shipped(name)
    for file in (*FILES, *ALSO):
        if (run / file).is_file():
            with write_whole(folder / file) as temporary:
                shutil.copyfile(run / file, temporary)
    if (run / "checkpoints").is_dir():
        store_stages(run, name, repository)
    return folder
