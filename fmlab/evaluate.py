"""The figures of a checkpoint: held-out text beside counting baselines, and BLiMP; in `eval.json`.

The measurements are those of `fmlab.probes`; here they are put together for one folder. A model is
asked what it was trained on: to fill gaps, to guess the next token, or both, each with its figures.
"""

import json
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import fmlab
from fmlab import checkpoint
from fmlab.baselines import counting_models
from fmlab.batches import cut
from fmlab.checkpoint import Checkpoint
from fmlab.corpus import Corpus, Document, load
from fmlab.device import Device, best_device
from fmlab.errors import UserError
from fmlab.files import sha256_file, write_text
from fmlab.probes.bits_per_byte import (
    HeldOutLoss,
    causal_loss,
    masked_loss,
    pseudo_likelihood_loss,
)
from fmlab.probes.blimp import COMMIT, load_blimp
from fmlab.probes.likelihood import log_likelihoods
from fmlab.probes.minimal_pairs import Accuracy, MinimalPairs, Score, minimal_pairs
from fmlab.probes.ngram import CountingModel, NgramScore, score
from fmlab.probes.progress import bar
from fmlab.probes.pseudo_likelihood import pseudo_log_likelihoods
from fmlab.tokens import Tokenizer

EVALUATION = "eval.json"
TEXT = "text.json"  # in a run's folder: which corpus it read, with which settings
SPLITS = ("valid", "test")
BLIMP: dict[str, tuple[Score, str]] = {
    "blimp": (
        pseudo_log_likelihoods,
        "pseudo-log-likelihood of `[CLS] sentence [SEP]`: each token is hidden once, and guessed "
        "from all the others (Salazar et al. 2020)",
    ),
    "blimp_causal": (
        log_likelihoods,
        "log-likelihood of the sentence after `[CLS]`: each token is guessed from those before it; "
        "the end, `[SEP]`, is not asked for (Warstadt et al. 2020)",
    ),
}
"""How a masked and a causal model are scored, in code and in words."""


def evaluate(
    folder: Path | str,
    corpus: Corpus | str = "books",
    *,
    other: Sequence[Corpus | str] = (),
    blimp: bool = False,
    pairs_per_set: int | None = None,
    causal_pairs_per_set: int | None = None,
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
        other: Texts of another kind, or their names: all their documents are read, beside the
            same baselines.
        blimp: Whether to measure BLiMP too: minutes on a CPU.
        pairs_per_set: Only the first so many of each of the 67 sets.
        causal_pairs_per_set: The same for log-likelihoods, which take a pass a sentence where
            pseudo-log-likelihoods take one a token; as `pairs_per_set` if None.
        max_tokens: Measure on about so many held-out tokens of each split; all if None.
        device: `cpu` or `cuda`; the best one here if None.
        progress: Whether to draw progress bars on standard error.
        seed: Which tokens are hidden, and of the intervals' draws.

    Raises:
        UserError: There is no checkpoint with a head for tokens, or the corpus has no held-out
            text.
    """
    started = time.perf_counter()
    found = checkpoint.load(folder)
    text = _text_of_run(found, corpus) if isinstance(corpus, str) else corpus
    if not any(text.split(split) for split in SPLITS):
        raise UserError(f"{text.name} has no valid and no test split; choose another corpus")
    where = best_device(device)
    left_to_right = found.causal_share == 1
    (found.causal_language_model if left_to_right else found.masked_language_model).to(where.name)
    weights = sha256_file(found.path / checkpoint.WEIGHTS)

    figures: dict[str, Any] = {
        "weights_sha256": weights,
        "corpus": {
            "name": text.name,
            "sha256": text.sha256,
            "trained_on": text.sha256 == found.run.get("corpus", {}).get("sha256"),
        },
    }
    baselines = counting_models(text, found.tokenizer, found.model.config.longest)
    options = {"device": where, "seed": seed, "max_tokens": max_tokens}

    def measured(name: str, documents: Sequence[Document]) -> dict[str, Any]:
        return _one_text(found, name, documents, baselines, options, progress)

    held_out = {split: text.split(split) for split in SPLITS}
    figures["splits"] = {
        split: measured(split, documents)
        for split, documents in held_out.items()
        if any(document.text.strip() for document in documents)
    }
    for corpus_or_name in other:
        more = load(corpus_or_name) if isinstance(corpus_or_name, str) else corpus_or_name
        about = {"sha256": more.sha256, **measured(more.name, more.documents)}
        figures.setdefault("other", {})[more.name] = about
    figures |= _earlier(found.path, weights)
    if blimp:
        limits = {"blimp": pairs_per_set, "blimp_causal": causal_pairs_per_set or pairs_per_set}
        figures |= _grammar(found, where, limits, progress, seed)
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


def _one_text(
    found: Checkpoint,
    name: str,
    documents: Sequence[Document],
    baselines: Mapping[str, CountingModel],
    options: Mapping[str, Any],
    progress: bool,
) -> dict[str, Any]:
    """Return the figures of some documents: the model's, and the baselines'."""
    tokenizer, longest = found.tokenizer, found.model.config.longest
    pieces = [p[1:-1] for p in cut([document.text for document in documents], tokenizer, longest)]
    about = _about(documents, pieces, tokenizer)
    total = None if options["max_tokens"] else len(pieces)
    figures: dict[str, Any] = {}
    if found.causal_share < 1:
        with bar(f"filling gaps ({name})", total, progress) as tick:
            figures |= _masked(found, documents, {**options, "longest": longest, "tick": tick})
    if found.causal_share > 0:
        with bar(f"guessing what comes next ({name})", total, progress) as tick:
            figures |= _causal(found, documents, {**options, "longest": longest, "tick": tick})
    counted = {
        kind: _figures(score(model, pieces, about["bytes"], options["seed"]))
        for kind, model in baselines.items()
    }
    return {**about, **figures, **counted}


def _masked(
    found: Checkpoint, documents: Sequence[Document], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return how well the model fills gaps, where many are open at once and where one is."""
    texts = [document.text for document in documents]
    masked = masked_loss(found.masked_language_model, found.tokenizer, texts, **options)
    one = {name: options[name] for name in ("longest", "device", "seed")}
    alone = pseudo_likelihood_loss(found.masked_language_model, found.tokenizer, texts, **one)
    return {
        "masked": {**_figures(masked), "asked": masked.asked, "mask_rate": masked.mask_rate},
        "by_document": _by_document(documents, masked),
        "hidden_alone": {**_figures(alone), "asked": alone.asked},
    }


def _causal(
    found: Checkpoint, documents: Sequence[Document], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return how well the model guesses the next token."""
    texts = [document.text for document in documents]
    loss = causal_loss(found.causal_language_model, found.tokenizer, texts, **options)
    by_document = _by_document(documents, loss)
    return {"causal": {**_figures(loss), "asked": loss.asked, "by_document": by_document}}


def _by_document(documents: Sequence[Document], found: HeldOutLoss) -> list[dict[str, Any]]:
    return [
        {"title": document.title, **_figures(loss)}
        for document, loss in zip(documents, found.by_text, strict=True)
        if loss is not None
    ]


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


def _figures(found: HeldOutLoss | NgramScore) -> dict[str, Any]:
    return {
        "nats_per_token": round(found.nats_per_token, 4),
        "interval": [round(end, 4) for end in found.interval],
        "bits_per_byte": round(found.bits_per_byte, 4),
        "bits_per_byte_interval": [round(end, 4) for end in found.bits_per_byte_interval],
    }


def _grammar(
    found: Checkpoint,
    device: Device,
    limits: Mapping[str, int | None],
    progress: bool,
    seed: int,
) -> dict[str, Any]:
    """Return the figures of BLiMP, in each way in which the model was trained to be asked."""
    fits = {"blimp": found.causal_share < 1, "blimp_causal": found.causal_share > 0}
    figures = {}
    for name, (score_sentences, words) in BLIMP.items():
        if fits[name]:
            result = minimal_pairs(
                found.model,
                found.tokenizer,
                load_blimp(limits[name]),
                score=score_sentences,
                device=device,
                progress=progress,
                seed=seed,
            )
            about = {"scoring": words, "format": _format(device)}
            figures[name] = {**_blimp(result, limits[name]), **about}
    return figures


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


def _earlier(folder: Path, weights: str) -> dict[str, Any]:
    """Return BLiMP figures that are in the folder already, if they are of these weights."""
    path = folder / EVALUATION
    if not path.exists():
        return {}
    try:
        figures = checkpoint.read_json(path)
    except UserError:  # damaged: it is about to be written anew
        return {}
    if figures.get("weights_sha256") != weights:
        return {}
    return {name: figures[name] for name in BLIMP if name in figures}


def _format(device: Device) -> str:
    return str(device.autocast).removeprefix("torch.")
