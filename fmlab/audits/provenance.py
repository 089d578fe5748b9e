"""Where the figures of an audit come from: which model, which data, which seed, which versions."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import fmlab
from fmlab.files import sha256_file

LIBRARIES = ("torch", "numpy", "tokenizers", "transformers")


@dataclass(frozen=True)
class Provenance:
    """What somebody needs to check an audit, or to make it again.

    Attributes:
        model: The model's name, without the folders above it.
        weights_sha256: Hash of the file of its weights; None if it was never on disk.
        data: Hash of each file of data, by its name.
        seed: Where chance starts.
        command: The words of the command line, with file names alone where paths were given.
        versions: Of Python, `fmlab` and the libraries under it.
        date: The day of the audit, in UTC.
    """

    model: str
    weights_sha256: str | None
    data: dict[str, str]
    seed: int
    command: tuple[str, ...]
    versions: dict[str, str]
    date: str


def provenance(
    model: str | Path,
    weights: Path | None,
    data: Mapping[str, str],
    seed: int,
    command: Sequence[str],
) -> Provenance:
    """Return the provenance of an audit that is made now.

    Args:
        model: The model's folder or name.
        weights: The file of its weights, if it came from one.
        data: Hash of each file of data, by its name.
        seed: Where chance starts.
        command: The words of the command line.
    """
    folder = Path(model).expanduser()
    return Provenance(
        folder.resolve().name if folder.is_dir() else str(model),
        None if weights is None else sha256_file(weights),
        dict(data),
        seed,
        tuple(_short(word) for word in command),
        {
            "python": platform.python_version(),
            "fmlab": fmlab.__version__,
            **{name: version(name) for name in LIBRARIES},
        },
        datetime.now(UTC).date().isoformat(),
    )


def _short(word: str) -> str:
    """Return a word of a command without what it says of its writer's folders."""
    return Path(word).name if Path(word).is_absolute() else word
