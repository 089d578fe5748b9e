"""What `run.json` tells of a run: data, sizes, versions, device, speed, energy, result."""

import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import fmlab

if TYPE_CHECKING:
    from fmlab.pretrain import Pretraining


def story(run: "Pretraining") -> dict[str, Any]:
    """Return all that a reader needs to judge a run, or to make it again.

    Steps, tokens, seconds and energy count from chance on: those of the model that the run started
    from are among them. `epochs` counts readings of this text.
    """
    looks = [record.valid_loss for record in run.records if record.valid_loss is not None]
    parameters = sum(weight.numel() for weight in run.model.parameters())
    about = run.recipe.about()
    before = (run.started_from or {}).get("run", {})
    same_text = before.get("corpus", {}).get("sha256") == about["corpus"]["sha256"]
    epochs = run.tokens / max(1, about["epoch"])
    tokens = run.tokens + before.get("tokens", 0)
    seconds = run.seconds + before.get("seconds", 0.0)
    return {
        "command": run.commands[0],
        "resumed_by": run.commands[1:],
        "started_from": run.started_from,
        "finished": datetime.now(UTC).date().isoformat(),
        "config": asdict(run.config),
        "parameters": parameters,
        "objective": about["objective"],
        "corpus": about["corpus"],
        "tokenizer": about["tokenizer"],
        "seed": run.config.seed,
        "steps": run.step + before.get("steps", 0),
        "tokens": tokens,
        "epochs": round(epochs + (before.get("epochs", 0.0) if same_text else 0.0), 3),
        "seconds": round(seconds, 1),
        "tokens_per_second": round(tokens / max(seconds, 1e-9)),
        "device": {
            "name": run.device.name,
            "description": run.device.description,
            "machine": f"{platform.system()} {platform.machine()}",
            "format": str(run.device.autocast).removeprefix("torch."),
        },
        "energy": {
            "kwh": run.kwh + before.get("energy", {}).get("kwh", 0.0),
            "method": run.energy_method,
        },
        "loss": {
            "train_last_100_steps": _mean([record.loss for record in run.records[-100:]]),
            "valid": looks[-1] if looks else None,
            "unit": about["unit"],
            "causal_last_100_steps": _mean(
                [r.causal_loss for r in run.records[-100:] if r.causal_loss is not None]
            ),
        },
        "versions": {
            "python": platform.python_version(),
            "fmlab": fmlab.__version__,
            **{name: version(name) for name in ("torch", "numpy", "tokenizers", "transformers")},
        },
    }


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
