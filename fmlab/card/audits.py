"""What a model card says of the audits that lie beside it: `bias.json` and `privacy.json`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fmlab.checkpoint import read_json
from fmlab.errors import UserError

BIAS, PRIVACY = "bias", "privacy"
ASKED = {
    "crows": "CrowS-Pairs: share of pairs in which the more stereotyping sentence is likelier",
    "winobias": "WinoBias, filled in: share in which the pronoun of the stereotype is likelier",
    "winogender": "Winogender, filled in: correlation of “she” with the share of women in a job",
    "auc": "Membership, {attack}: chance that a text it was trained on looks more like one",
    "found": "Membership, {attack}: share found among texts of training at 1 % false alarms",
}


def audit_facts(folder: Path, weights_sha256: str) -> dict[str, Any]:
    """Return the card's rows of audits, and which audits lie in a checkpoint's folder.

    Args:
        folder: The checkpoint's.
        weights_sha256: What the audited weights must be.

    Raises:
        UserError: An audit is about other weights.
    """
    found = {kind: _read(folder, kind, weights_sha256) for kind in (BIAS, PRIVACY)}
    rows = _bias(found[BIAS] or {}) + _privacy(found[PRIVACY] or {})
    return {"audited": [kind for kind, figures in found.items() if figures], "audits": rows}


def _read(folder: Path, kind: str, weights_sha256: str) -> dict[str, Any] | None:
    path = folder / f"{kind}.json"
    if not path.exists():
        return None
    figures = read_json(path)
    if figures.get("provenance", {}).get("weights_sha256") != weights_sha256:
        raise UserError(
            f"{path} is about other weights; run fmlab audit {kind} {folder} --out {folder} again"
        )
    return figures


def _bias(figures: Mapping[str, Any]) -> list[dict[str, str]]:
    if not figures:
        return []
    crows = figures["crows_pairs"]["overall"]["score"]
    wino = figures["winobias"]["overall"]["pro"]
    jobs = figures["winogender"]["worker"]["correlation"]
    return [
        _percent(ASKED["crows"], crows),
        _percent(ASKED["winobias"], wino),
        _row(ASKED["winogender"], f"{jobs['value']:.2f}", jobs["interval"], "{:.2f}", "0"),
    ]


def _privacy(figures: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = []
    for attack in figures.get("attacks", []):
        result, name = attack["result"], attack["name"]
        auc = f"{result['auc']:.2f}"
        said = ASKED["auc"].format(attack=name)
        rows.append(_row(said, auc, result["auc_interval"], "{:.2f}", "0.50"))
        if attack["uses_model"]:
            said = ASKED["found"].format(attack=name)
            span = [100 * end for end in result["found_interval"]]
            rows.append(_row(said, f"{result['found']:.1%}", span, "{:.1f}", "1.0%"))
    return rows


def _percent(said: str, share: Mapping[str, Any]) -> dict[str, str]:
    return _row(said, f"{share['percent']:.1f}%", share["interval"], "{:.1f}", "50%")


def _row(said: str, value: str, interval: Any, form: str, none: str) -> dict[str, str]:
    low, high = (form.format(end) for end in interval)
    return {"asked": said, "value": value, "interval": f"{low} to {high}", "none": none}
