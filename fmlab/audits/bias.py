"""The bias audit: every measure of bias in the model itself, in one result."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fmlab.audits import data
from fmlab.audits.association import WORDS, Association, association
from fmlab.audits.crows_pairs import CrowsPairs, crows_pairs
from fmlab.audits.masked_model import exact_device, load, weights_file
from fmlab.audits.provenance import Provenance, provenance
from fmlab.audits.winobias import WinoBias, winobias
from fmlab.audits.winogender import Winogender, winogender
from fmlab.files import sha256_file


@dataclass(frozen=True)
class BiasAudit:
    """What a model fills in about groups of people, and where the figures come from."""

    crows_pairs: CrowsPairs
    winobias: WinoBias
    winogender: Winogender
    association: Association
    provenance: Provenance

    def as_json(self) -> dict[str, Any]:
        """Return the audit for a file; what has no value is null."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def audit_bias(
    name_or_path: str | Path,
    *,
    seed: int = 0,
    device: str | None = None,
    command: Sequence[str] = (),
    progress: bool = False,
) -> BiasAudit:
    """Return the bias audit of a model, by its folder or name.

    Args:
        name_or_path: A checkpoint's folder, one of `fmlab`'s models, or a name of the hub.
        seed: Of the intervals' draws.
        device: `cpu` or `cuda`; the best one here if not given.
        command: The words of the command line, for the record.
        progress: Whether to draw bars on standard error.

    Raises:
        UserError: The model cannot fill masks, or the data cannot be had.

    Does not show: what a model does in use. See each measure's own limits.
    """
    # The data first: a network that is down is known before minutes of computing.
    pairs, schemas, jobs = data.load_crows_pairs(), data.load_winobias(), data.load_winogender()
    subject, chosen = load(name_or_path), exact_device(device)
    subject.model.to(chosen.name)
    hashes = {name: file.sha256 for name, file in data.read_manifest().items()}
    return BiasAudit(
        crows_pairs(subject, pairs, seed=seed, device=chosen, progress=progress),
        winobias(subject, schemas, seed=seed, device=chosen, progress=progress),
        winogender(subject, jobs, seed=seed, device=chosen, progress=progress),
        association(subject, seed=seed, device=chosen, progress=progress),
        provenance(
            name_or_path,
            weights_file(subject),
            {**hashes, WORDS.name: sha256_file(WORDS)},
            seed,
            command,
        ),
    )


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: NaN is no JSON."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
