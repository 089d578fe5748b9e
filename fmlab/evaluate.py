"""The figures of a checkpoint: held-out text beside counting baselines, and BLiMP; in `eval.json`.

The measurements are those of `fmlab.probes`; here they are put together for one folder.
"""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fmlab
from fmlab import checkpoint
from fmlab.batches import Packed, cut
from fmlab.checkpoint import Checkpoint
from fmlab.corpus import Corpus, Document, load
from fmlab.device import Device, best_device
from fmlab.errors import UserError
from fmlab.files import sha256_file, write_text
from fmlab.prepare import prepare
from fmlab.probes.bits_per_byte import MaskedLoss, masked_loss, pseudo_likelihood_loss
from fmlab.probes.blimp import COMMIT, load_blimp
from fmlab.probes.minimal_pairs import Accuracy, MinimalPairs, minimal_pairs
from fmlab.probes.ngram import CountingModel, NgramScore, Trigram, Unigram, score
from fmlab.probes.progress import bar
from fmlab.tokens import Tokenizer

EVALUATION = "eval.json"
TEXT = "text.json"  # in a run's folder: which corpus it read, with which settings
SPLITS = ("valid", "test")


def evaluate(
    folder: Path | str,
    corpus: Corpus | str = "books",
    *,
    blimp: bool = False,
    pairs_per_set: int | None = None,
    max_tokens: int | None = None,
    device: str | None = None,
    progress: bool = False,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the figures of the checkpoint in `folder`, and write them to its `eval.json`.

    BLiMP figures that are in the file stay there when only the text is measured again, as long as
    the weights are the same.

    Args:
        folder: A checkpoint.
        corpus: The text, or its name; the baselines are counted in its train split. By name, as
            much of it is read as the run read, so that the baselines had the same text.
        blimp: Whether to measure BLiMP too: minutes on a CPU.
        pairs_per_set: Only the first so many of each of the 67 sets.
        max_tokens: Measure on about so many held-out tokens of each split; all if None.
        device: `cpu` or `cuda`; the best one here if None.
        progress: Whether to draw progress bars on standard error.
        seed: Which tokens are hidden, and of the intervals' draws.

    Raises:
        UserError: There is no checkpoint with a masked head, or the corpus has no held-out text.
    """
    started = time.perf_counter()
    found = checkpoint.load(folder)
    text = _text_of_run(found, corpus) if isinstance(corpus, str) else corpus
    if not any(text.split(split) for split in SPLITS):
        raise UserError(f"{text.name} has no valid and no test split; choose another corpus")
    where = best_device(device)
    model = found.masked_model.to(where.name)
    weights = sha256_file(found.path / checkpoint.WEIGHTS)

    figures: dict[str, Any] = {
        "weights_sha256": weights,
        "corpus": {
            "name": text.name,
            "sha256": text.sha256,
            "trained_on": text.sha256 == found.run.get("corpus", {}).get("sha256"),
        },
        "splits": _held_out(found, text, where, max_tokens, progress, seed),
    }
    if blimp:
        pairs = load_blimp(pairs_per_set)
        result = minimal_pairs(
            model, found.tokenizer, pairs, device=where, progress=progress, seed=seed
        )
        figures["blimp"] = {**_blimp(result, pairs_per_set), "format": _format(where)}
    elif (earlier := _earlier(found.path, weights)) is not None:
        figures["blimp"] = earlier
    figures["made"] = {
        "seed": seed,
        "device": where.description,
        "format": _format(where),
        "seconds": round(time.perf_counter() - started, 1),
        "fmlab": fmlab.__version__,
        "torch": version("torch"),
        "python": platform.python_version(),
    }
    write_text(found.path / EVALUATION, json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    return figures


def _text_of_run(found: Checkpoint, name: str) -> Corpus:
    """Return the corpus called `name`, with the settings that the run had, where they are known."""
    chosen = found.path / TEXT
    settings = checkpoint.read_json(chosen) if chosen.exists() else {}
    if settings.get("corpus") == name:
        return load(name, **settings.get("options", {}))
    about = found.run.get("corpus", {})
    if about.get("name") == name and name != "toyworld":
        return load(name, max_words=about.get("train_words"))
    return load(name)


def _held_out(
    found: Checkpoint,
    text: Corpus,
    device: Device,
    max_tokens: int | None,
    progress: bool,
    seed: int,
) -> dict[str, Any]:
    """Return the figures of each held-out split: the model's, and the baselines'."""
    tokenizer, longest = found.tokenizer, found.model.config.max_position_embeddings
    baselines = _baselines(text, tokenizer, longest)
    splits = {}
    for split in SPLITS:
        documents = text.split(split)
        texts = [document.text for document in documents]
        if not any(text.strip() for text in texts):
            continue
        pieces = [piece[1:-1] for piece in cut(texts, tokenizer, longest)]
        with bar(f"filling gaps ({split})", None if max_tokens else len(pieces), progress) as tick:
            masked = masked_loss(
                found.masked_model,
                tokenizer,
                texts,
                longest=longest,
                max_tokens=max_tokens,
                device=device,
                seed=seed,
                tick=tick,
            )
        alone = pseudo_likelihood_loss(
            found.masked_model, tokenizer, texts, longest=longest, device=device, seed=seed
        )
        splits[split] = {
            **_about(documents, pieces, tokenizer),
            "masked": {**_figures(masked), "asked": masked.asked, "mask_rate": masked.mask_rate},
            "by_document": [
                {"title": document.title, **_figures(loss)}
                for document, loss in zip(documents, masked.by_text, strict=True)
                if loss is not None
            ],
            "hidden_alone": {**_figures(alone), "asked": alone.asked},
            **{
                name: _figures(score(model, pieces, masked.text_bytes, seed))
                for name, model in baselines.items()
            },
        }
    return splits


def _baselines(text: Corpus, tokenizer: Tokenizer, longest: int) -> Mapping[str, CountingModel]:
    """Return the counting models of the train split; none if there is no train split."""
    if not text.split("train"):
        return {}
    rows = prepare(text, tokenizer.vocab_size, longest, tokenizer).train
    sequences = bare_pieces(rows, tokenizer)
    return {
        "unigram": Unigram(sequences, tokenizer.vocab_size),
        "trigram": Trigram(sequences, tokenizer.vocab_size),
    }


def bare_pieces(rows: Packed, tokenizer: Tokenizer) -> list[NDArray[np.int64]]:
    """Return the pieces that were packed into `rows`, without `[CLS]`, `[SEP]` and padding."""
    tokens = rows.input_ids[rows.document_ids > 0].astype(np.int64)
    starts = np.flatnonzero(tokens == tokenizer.cls_id)
    return [piece[1:-1] for piece in np.split(tokens, starts[1:])]


def _about(
    documents: Sequence[Document], pieces: Sequence[Sequence[int]], tokenizer: Tokenizer
) -> dict[str, Any]:
    tokens = sum(map(len, pieces))
    unknown = sum(piece.count(tokenizer.unk_id) for piece in pieces)
    return {
        "documents": [document.title for document in documents],
        "words": sum(document.words for document in documents),
        "bytes": sum(len(document.text.encode()) for document in documents),
        "tokens": tokens,
        "unknown_share": round(unknown / max(1, tokens), 6),
    }


def _figures(found: MaskedLoss | NgramScore) -> dict[str, Any]:
    return {
        "nats_per_token": round(found.nats_per_token, 4),
        "interval": [round(end, 4) for end in found.interval],
        "bits_per_byte": round(found.bits_per_byte, 4),
        "bits_per_byte_interval": [round(end, 4) for end in found.bits_per_byte_interval],
    }


def _blimp(found: MinimalPairs, pairs_per_set: int | None) -> dict[str, Any]:
    return {
        "commit": COMMIT,
        "pairs_per_set": pairs_per_set,
        "overall": _accuracy(found.overall),
        "by_field": {name: _accuracy(part) for name, part in found.by_field.items()},
        "by_term": {name: _accuracy(part) for name, part in found.by_term.items()},
        "by_set": {name: _accuracy(part) for name, part in found.by_set.items()},
    }


def _accuracy(found: Accuracy) -> dict[str, Any]:
    return {
        "accuracy": round(found.accuracy, 4),
        "interval": [round(end, 4) for end in found.interval],
        "correct": found.correct,
        "ties": found.ties,
        "pairs": found.total,
        "sets": found.sets,
    }


def _earlier(folder: Path, weights: str) -> dict[str, Any] | None:
    """Return BLiMP figures that are in the folder already, if they are of these weights."""
    path = folder / EVALUATION
    if not path.exists():
        return None
    try:
        figures = checkpoint.read_json(path)
    except UserError:  # damaged: it is about to be written anew
        return None
    found: dict[str, Any] | None = figures.get("blimp")
    return found if figures.get("weights_sha256") == weights else None


def _format(device: Device) -> str:
    return str(device.autocast).removeprefix("torch.")
