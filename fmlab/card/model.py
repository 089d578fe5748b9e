"""What a model card says of the model: facts of the run, sizes of the file, rows of results."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from fmlab.card.data import NOT_KNOWN, cell
from fmlab.checkpoint import WEIGHTS, causal_share, read_json
from fmlab.energy import GRID_GRAMS_PER_KWH
from fmlab.errors import UserError
from fmlab.evaluate import BLIMP
from fmlab.models.hf import family, is_causal

MEASURES = {
    "masked": "this model, gaps",
    "hidden_alone": "this model, alone",
    "causal": "this model, next token",
    "trigram": "3-gram (counted)",
    "unigram": "unigram (counted)",
}
BETTER = "On every held-out split it fills gaps better than the 3-gram guesses the next token."
OTHER_TEXT = (
    "**Measured with another corpus than the model was trained on**: the counting models read "
    "other text than it did, and it may have read some of the held-out text."
)
NOT_BETTER = (
    "**It does not beat the 3-gram on every held-out split**, though it sees both sides: it has "
    "learned little."
)
PUBLISHED = Path(__file__).parents[1] / "assets" / "blimp_published.json"
TASKS = {"masked": "fill-mask", "causal": "text-generation"}
BETTER_AT_NEXT = "On every held-out split it guesses the next token better than the 3-gram."
NOT_BETTER_AT_NEXT = (
    "**It does not guess the next token better than the 3-gram on every held-out split**: it has "
    "learned little."
)
ABOVE_CHANCE = "Overall it is above chance: the whole interval lies above 50 %."
AT_CHANCE = (
    "**Overall it is not above chance**: the interval reaches 50 %. It has not learned the "
    "grammar that BLiMP asks about."
)


def run_facts(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `run.json` says, by the names that the templates ask for."""

    def at(*keys: str) -> Any:
        value: Any = run
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def number(*keys: str, form: str = "{:,}") -> str | None:
        value = at(*keys)
        return None if value is None else form.format(value)

    device = [at("device", key) for key in ("description", "machine")]
    documents = at("corpus", "documents") or {}
    return {
        "finished": at("finished"),
        "command": ", then ".join(f"`{' '.join(command)}`" for command in _commands(run)) or None,
        "steps": number("steps"),
        "tokens": number("tokens"),
        "epochs": number("epochs", form="{:.2f}"),
        "train_loss": number("loss", "train_last_100_steps", form="{:.3f}"),
        "valid_loss": number("loss", "valid", form="{:.3f}"),
        "causal_loss": number("loss", "causal_last_100_steps", form="{:.3f}"),
        "loss_unit": (at("loss", "unit") or "nats per masked token").replace("per", "a"),
        "duration": _duration(at("seconds")),
        "speed": number("tokens_per_second"),
        "device": ", ".join(part for part in device if part),
        "format": at("device", "format"),
        "seed": number("seed"),
        "versions": ", ".join(f"{key} {value}" for key, value in (at("versions") or {}).items()),
        "kwh": number("energy", "kwh", form="{:.4g}"),
        "energy_method": at("energy", "method"),
        "corpus": at("corpus", "name"),
        "corpus_sha256": at("corpus", "sha256"),
        "documents": ", ".join(f"{count} {split}" for split, count in documents.items()),
        "train_words": number("corpus", "train_words"),
        "train_tokens": number("corpus", "train_tokens"),
        "licences": "; ".join(at("corpus", "licences") or []),
    }


def _commands(run: Mapping[str, Any]) -> list[list[str]]:
    """Return the commands that made the model, first those of the model that it started from."""
    before = run.get("started_from")
    own = [command for command in (run.get("command"), *(run.get("resumed_by") or [])) if command]
    return [*(_commands(before["run"]) if before else []), *own]


def origin(run: Mapping[str, Any]) -> str:
    """Return where the training began: at chance, or from which models, the nearest first."""
    before = run.get("started_from")
    if before is None:
        return "random start, no earlier model"
    tokens = before["run"].get("tokens")
    read = f"{tokens:,} tokens" if tokens is not None else "text that is not known here"
    found = (
        f"started from `{cell(before['name'])}`, which had read {read} "
        f"(weights `{before['weights_sha256'][:12]}`)"
    )
    return f"{found}; that {origin(before['run'])}" if before["run"].get("started_from") else found


def earlier_settings(run: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return, for each run before this one, the nearest first, the settings that it had otherwise.

    Settings that only one of the two runs knows are left out.
    """
    before = run.get("started_from")
    if before is None:
        return []
    now, then = run.get("config", {}), before["run"].get("config", {})
    changed = [f"`{name}` {then[name]}" for name in now if name in then and now[name] != then[name]]
    told = {"name": cell(before["name"]), "settings": ", ".join(changed) or "the same"}
    return [told, *earlier_settings(before["run"])] if then else []


def objective(run: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the model was trained to do: the share of causal rows, the hub's task, words."""
    share = 1.0 if is_causal(config) else causal_share(run)
    rate = run.get("config", {}).get("mask_rate")
    hidden = "some of the tokens are" if rate is None else f"{100 * rate:g} % of the tokens are"
    gaps = f"{hidden} asked for and mostly hidden"
    named = {"family": family(config).MODEL_TYPE}
    name = family(config).NAME
    read = f"{name} read from left to right" if name == "BERT" else name
    following = "each token is asked for the next one, and sees only what stands before"
    if share == 1:
        return named | {
            "share": share,
            "task": TASKS["causal"],
            "learned": "guessing the next token of text",
            "kind": f"{read} (decoder), causal language model",
            "rows": f"causal: {following}",
        }
    if share == 0:
        return named | {
            "share": share,
            "task": TASKS["masked"],
            "learned": "filling gaps in text",
            "kind": f"{name}, encoder, masked language model",
            "rows": f"masked: {gaps}",
        }
    return named | {
        "share": share,
        "task": TASKS["masked"],
        "learned": "filling gaps in text and guessing its next token",
        "kind": "BERT, masked and causal language model in one (GPT-BERT)",
        "rows": (
            f"both. {100 * (1 - share):.3g} % of the rows masked: {gaps}. "
            f"{100 * share:.3g} % causal (segment number 1): {following}"
        ),
    }


def _duration(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def corpus_line(known: Mapping[str, Any]) -> str:
    """Return one sentence on the text."""
    if not known["corpus"]:
        return f"The text: {NOT_KNOWN}."
    words = known["train_words"] or NOT_KNOWN
    return f"The corpus `{known['corpus']}`: {words} words to train on."


def size(config: Mapping[str, Any], header: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the sizes of the model, from its configuration and from its file."""
    tensors = [value for key, value in header.items() if key != "__metadata__"]
    formats = {"F16": "float16", "BF16": "bfloat16", "F32": "float32"}
    stored = sorted({formats.get(tensor["dtype"], tensor["dtype"]) for tensor in tensors})
    settings = folder / "tokenizer_config.json"
    sizes = family(config).config_from_hf(config)
    return {
        "parameters": sum(math.prod(tensor["shape"]) for tensor in tensors),
        "megabytes": (folder / WEIGHTS).stat().st_size / 1e6,
        "stored_as": ", ".join(stored),
        "layers": sizes.num_hidden_layers,
        "hidden": sizes.hidden_size,
        "heads": sizes.num_attention_heads,
        "positions": sizes.longest,
        "vocabulary": sizes.vocab_size,
        "lowercase": read_json(settings).get("do_lower_case", True) if settings.exists() else True,
    }


def safetensors_header(path: Path) -> dict[str, Any]:
    """Return names, shapes and formats of the tensors, without reading them.

    Raises:
        UserError: The file is missing or damaged.
    """
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            found: dict[str, Any] = json.loads(stream.read(min(length, 10**8)))
    except OSError as error:
        raise UserError(f"cannot read {path} ({error.strerror}); name a checkpoint") from error
    except ValueError as error:
        raise UserError(f"{path} is damaged or cut short; fetch or save it again") from error
    return found


def co2e(kwh: float | None) -> dict[str, str]:
    """Return grams of CO2e by the place the electricity may come from; nothing without energy."""
    if not kwh:
        return {}
    return {place: f"{kwh * grams:.3g} g" for place, grams in GRID_GRAMS_PER_KWH.items()}


def evaluation(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows of the card's tables of results."""
    splits = figures.get("splits", {})
    other = {f"other: {cell(name)}": found for name, found in figures.get("other", {}).items()}
    rows = [
        {
            "split": split,
            "measure": words,
            "nats": _with_interval(found[measure], "nats_per_token", "interval"),
            "bits": _with_interval(found[measure], "bits_per_byte", "bits_per_byte_interval"),
        }
        for split, found in {**splits, **other}.items()
        for measure, words in MEASURES.items()
        if measure in found
    ]
    rates = {
        round(100 * found["masked"]["mask_rate"]) for found in splits.values() if "masked" in found
    }
    return {
        "splits": rows,
        "measured": {kind for found in splits.values() for kind in TASKS if kind in found},
        "documents": {
            "gaps": _documents([found.get("by_document", []) for found in splits.values()]),
            "next token": _documents(
                [found.get("causal", {}).get("by_document", []) for found in splits.values()]
            ),
        },
        "mask_percent": next(iter(rates), 15),
        "other_text": "" if figures.get("corpus", {}).get("trained_on", True) else OTHER_TEXT,
        "against_trigram": [
            line
            for kind, better, worse in (
                ("masked", BETTER, NOT_BETTER),
                ("causal", BETTER_AT_NEXT, NOT_BETTER_AT_NEXT),
            )
            if (line := _against_trigram(splits, kind, better, worse))
        ],
        "blimp": [_blimp(name, figures[name]) for name in BLIMP if name in figures],
        "published": json.loads(PUBLISHED.read_text(encoding="utf-8")),
    }


def _documents(lists: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, str]]:
    return [
        {
            "title": cell(one["title"]),
            "bits": _with_interval(one, "bits_per_byte", "bits_per_byte_interval"),
        }
        for documents in lists
        for one in documents
    ]


def _against_trigram(splits: Mapping[str, Any], kind: str, better: str, worse: str) -> str:
    """Return who wins, or nothing where one of the two was not measured."""
    wins = [
        found[kind]["interval"][1] < found["trigram"]["interval"][0]
        for found in splits.values()
        if "trigram" in found and kind in found
    ]
    return (better if all(wins) else worse) if wins else ""


def _blimp(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    def row(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
        low, high = (f"{100 * end:.1f}" for end in one["interval"])
        return {
            "name": name.replace("_", " "),
            "accuracy": f"{100 * one['accuracy']:.1f}",
            "interval": f"{low} to {high}",
            "sets": one["sets"],
            "ties": one["ties"],
        }

    overall = found["overall"]
    return {
        "scoring": found.get("scoring", BLIMP[name][1]),
        "pairs": overall["pairs"],
        "limit": found["pairs_per_set"],
        "rows": [
            row("**all**", overall),
            *(row(name, one) for name, one in found["by_field"].items()),
        ],
        "terms": [row(name, one) for name, one in found["by_term"].items()],
        "verdict": ABOVE_CHANCE if overall["interval"][0] > 0.5 else AT_CHANCE,
    }


def _with_interval(found: Mapping[str, Any], value: str, interval: str) -> str:
    low, high = found[interval]
    return f"{found[value]:.3f} [{low:.3f}, {high:.3f}]"


def metadata(
    name: str,
    licence: str,
    corpus: str,
    figures: Mapping[str, Any],
    trained: Mapping[str, Any],
) -> ModelCardData:
    """Return what the hub reads: licence, language, data sets, metrics, results."""
    text = corpus or "text"
    results = [
        EvalResult(TASKS[kind], text, text, metric, found[kind][metric], dataset_split=split)
        for split, found in figures.get("splits", {}).items()
        for kind in TASKS
        if kind in found
        for metric in ("bits_per_byte", "nats_per_token")
    ]
    for of_task, blimp in zip(TASKS.values(), map(figures.get, BLIMP), strict=True):
        parts = {"all": blimp["overall"], **blimp["by_field"]} if blimp else {}
        results += [
            EvalResult(
                of_task, "nyu-mll/blimp", "BLiMP", "accuracy", one["accuracy"], dataset_config=part
            )
            for part, one in parts.items()
        ]
    known = {"books": ["mlschmitt/classic-books-markdown"]}
    hub = [corpus.removeprefix("hub:").partition(",")[0]] if corpus.startswith("hub:") else None
    return ModelCardData(
        language="en" if corpus in ("books", "toyworld") else None,
        license=licence,
        library_name="transformers",
        pipeline_tag=trained["task"],
        tags=[trained["family"], "teaching"],
        datasets=known.get(corpus, hub),
        metrics=["accuracy", "bits_per_byte"] if results else None,
        model_name=name,
        eval_results=results or None,
    )
