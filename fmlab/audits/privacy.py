"""The privacy audit: what can be told from outside of what a checkpoint has kept of its text."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmlab import zoo
from fmlab.audits.canaries import DIGITS, SLOT, CanaryFormat
from fmlab.audits.exposure import Exposure, exposure_of
from fmlab.audits.extraction import Extraction, extract
from fmlab.audits.membership import Membership, loss_scores, membership, ratio_scores
from fmlab.audits.provenance import Provenance, provenance
from fmlab.audits.slots import model_to_ask, ways_to_ask
from fmlab.audits.text_losses import text_losses
from fmlab.audits.training_text import Pieces, TwoSides, text_settings, training_text, two_sides
from fmlab.checkpoint import WEIGHTS, Checkpoint
from fmlab.corpus.toyworld import World
from fmlab.device import best_device
from fmlab.errors import UserError
from fmlab.probes.progress import bar

WAY = {False: "filling gaps", True: "from left to right"}
PIECES = 500

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Attack:
    """One score that was tried, and how well it tells members from others.

    Attributes:
        name: What the score is.
        uses_model: Whether the model was asked at all.
        result: What came of it.
    """

    name: str
    uses_model: bool
    result: Membership


@dataclass(frozen=True)
class DocumentLoss:
    """The mean loss of one document's pieces, in nats a token."""

    title: str
    member: bool
    pieces: int
    loss: float


@dataclass(frozen=True)
class Canary:
    """A sentence that the run planted, and what the model knows of it."""

    repeated: int
    exposures: tuple[Exposure, ...]
    extractions: tuple[Extraction, ...]


@dataclass(frozen=True)
class PrivacyAudit:
    """What can be told from outside of a checkpoint.

    Attributes:
        corpus: The name of the text it was trained on.
        epochs: How often it read that text; None if the run does not say.
        tokens: The fewest, the median and the most tokens of a piece.
        repeated: Held-out paragraphs that were left out, since the training text has them too.
        unmatched: Held-out pieces left out for want of a member of the same length.
        attacks: In the order of the page; the first one asks no model.
        documents: Their mean losses, in the first way in which the model was asked.
        canary: Of a run that planted one, else None.
        no_canary: Why there is none; empty if there is one.
        seconds: How long the audit took.
        provenance: Where the figures come from.
    """

    corpus: str
    epochs: float | None
    tokens: tuple[int, int, int]
    repeated: int
    unmatched: int
    attacks: tuple[Attack, ...]
    documents: tuple[DocumentLoss, ...]
    canary: Canary | None
    no_canary: str
    seconds: float
    provenance: Provenance

    def as_json(self) -> dict[str, Any]:
        """Return the audit for a file; of a curve, the share found at each per cent of alarms."""
        plain = asdict(self)
        for one, attack in zip(plain["attacks"], self.attacks, strict=True):
            curve = attack.result.roc
            one["result"]["roc"] = [
                round(curve.found_at(percent / 100), 4) for percent in range(101)
            ]
        return plain


def audit_privacy(
    name_or_path: str | Path,
    *,
    pieces: int = PIECES,
    reference: str | Path | None = None,
    seed: int = 0,
    device: str | None = None,
    command: Sequence[str] = (),
    progress: bool = False,
) -> PrivacyAudit:
    """Return the privacy audit of a checkpoint, by its folder or name.

    Args:
        name_or_path: A run's folder, or one of `fmlab`'s models.
        pieces: How many pieces of training text, and of held-out text.
        reference: A model that has read neither, for the ratio attack; none if not given.
        seed: Which pieces, and of the intervals' draws.
        device: `cpu` or `cuda`; the best one here if not given.
        command: The words of the command line, for the record.
        progress: Whether to draw bars on standard error.

    Raises:
        UserError: The checkpoint does not say what it was trained on, that text cannot be had, or
            it has no held-out part.

    Does not show: membership alone. Documents, not pieces, were split, so members and others differ
    in author and style as well; the first attack, which asks no model, tells how far that goes.
    Pieces that are hard to tell apart here may be easy for an attacker with many models of their
    own. And nothing is said of text that no canary stands for.
    """
    if pieces < 1:
        raise UserError(f"pieces is {pieces}; take at least one of each side")
    started = time.perf_counter()
    found = zoo.load(name_or_path)
    where = best_device(device).name
    found.model.to(where)
    corpus = training_text(found)
    longest = found.model.config.max_position_embeddings
    sides = two_sides(corpus, found.tokenizer, longest, pieces, seed)
    other = None if reference is None else zoo.load(reference)
    if other is not None:
        other.model.to(where)

    losses = _losses(found, sides, seed, progress)
    words = word_losses(sides, found.tokenizer.vocab_size)
    attacks = [_attack("words alone, no model", False, loss_scores(words), sides, seed)]
    for causal, own in losses.items():
        name = f"loss, {WAY[causal]}"
        attacks.append(_attack(name, True, loss_scores(own), sides, seed))
        ratio = ratio_scores(own, words)
        attacks.append(_attack(f"{name}, less that of words", True, ratio, sides, seed))
        if other is not None and causal in ways_to_ask(other):
            apart = ratio_scores(own, _reference_losses(other, found, sides, causal, seed))
            name = f"{name}, less that of the reference"
            attacks.append(_attack(name, True, apart, sides, seed))
    canary, why_not = _canary(found)
    epochs = found.run.get("epochs")
    return PrivacyAudit(
        corpus.name,
        None if epochs is None else float(epochs),
        _spread([len(ids) for ids in sides.members.ids]),
        sides.repeated,
        sides.unmatched,
        tuple(attacks),
        _documents(sides, next(iter(losses.values()))),
        canary,
        why_not,
        round(time.perf_counter() - started, 1),
        provenance(
            name_or_path,
            found.path / WEIGHTS,
            {f"the text, {corpus.name}": corpus.sha256},
            seed,
            command,
        ),
    )


def word_losses(sides: TwoSides, vocab_size: int) -> Floats:
    """Return how rare the words of each piece are, members first, in nats a token, `(M + N,)`.

    Words are counted in the training text, but for each member without its own document: so a piece
    gains nothing from having been counted itself.
    """
    names = dict.fromkeys(sides.pool.documents)
    counts = {name: np.zeros(vocab_size) for name in names}
    for ids, name in zip(sides.pool.ids, sides.pool.documents, strict=True):
        np.add.at(counts[name], list(ids), 1)
    total = sum(counts.values(), np.ones(vocab_size))  # one more of each, for words never seen
    found = []
    for side in (sides.members, sides.others):
        for ids, name in zip(side.ids, side.documents, strict=True):
            kept = total - counts[name] if side is sides.members else total
            found.append(-float(np.log(kept[list(ids)] / kept.sum()).mean()))
    return np.array(found)


def planted(corpus: str, options: dict[str, Any]) -> tuple[str, int]:
    """Return the sentence that a run planted and how many times; ("", 0) if it planted none."""
    repeat = int(options.get("repeat") or 0)
    if corpus != "toyworld" or repeat < 1:
        return "", 0
    secret = options.get("secret") or World(seed=int(options.get("seed") or 0)).secret()
    return " ".join(str(secret).split()), repeat


def format_of(secret: str) -> CanaryFormat | None:
    """Return the format of a secret whose digits are what was drawn; None if it has none."""
    words = secret.split()
    slots = [word in DIGITS for word in words]
    if not any(slots):
        return None
    template = " ".join(SLOT if is_slot else w for w, is_slot in zip(words, slots, strict=True))
    return CanaryFormat(template, (DIGITS,) * sum(slots))


def _losses(found: Checkpoint, sides: TwoSides, seed: int, progress: bool) -> dict[bool, Floats]:
    """Return the losses of all pieces, members first, in each way the model can be asked."""
    both = _both(sides)
    losses = {}
    for causal in reversed(ways_to_ask(found)):  # from left to right first: it is the quicker one
        with bar(WAY[causal], len(both), progress) as tick:
            losses[causal] = text_losses(found, both, causal=causal, seed=seed, tick=tick)
    return losses


def _reference_losses(
    other: Checkpoint, found: Checkpoint, sides: TwoSides, causal: bool, seed: int
) -> Floats:
    """Return a reference's losses of the same pieces, in nats a token of the audited model."""
    own = _both(sides)
    texts = [found.tokenizer.decode(ids) for ids in own]
    ids = other.tokenizer.encode_batch(texts)
    most = other.model.config.max_position_embeddings - 2
    if max(map(len, ids)) > most:
        raise UserError(
            f"the reference reads {most} tokens, but a piece has {max(map(len, ids))} of its; "
            "choose one with more positions"
        )
    means = text_losses(other, ids, causal=causal, seed=seed)
    lengths = np.array([[len(theirs), len(ours)] for theirs, ours in zip(ids, own, strict=True)])
    per_own: Floats = means * lengths[:, 0] / lengths[:, 1]
    return per_own


def _both(sides: TwoSides) -> list[tuple[int, ...]]:
    return [*sides.members.ids, *sides.others.ids]


def _attack(name: str, uses_model: bool, scores: Floats, sides: TwoSides, seed: int) -> Attack:
    count = len(sides.members.ids)
    result = membership(
        scores[:count],
        scores[count:],
        member_groups=sides.members.documents,
        other_groups=sides.others.documents,
        seed=seed,
    )
    return Attack(name, uses_model, result)


def _documents(sides: TwoSides, losses: Floats) -> tuple[DocumentLoss, ...]:
    count, found = len(sides.members.ids), []
    parts: tuple[tuple[bool, Pieces, Floats], ...] = (
        (True, sides.members, losses[:count]),
        (False, sides.others, losses[count:]),
    )
    for member, side, own in parts:
        titles = np.array(side.documents)
        for title in dict.fromkeys(side.documents):
            here = own[titles == title]
            found.append(DocumentLoss(title, member, len(here), float(here.mean())))
    return tuple(sorted(found, key=lambda one: one.loss))


def _canary(found: Checkpoint) -> tuple[Canary | None, str]:
    told = text_settings(found)
    secret, repeated = planted(told["corpus"], told["options"])
    if not secret:
        return None, "the run says of no canary that it planted one"
    canary_format = format_of(secret)
    if canary_format is None:
        return None, f"the planted sentence {secret!r} has no digits, so no format is known of it"
    exposures = exposure_of(found, canary_format, secret)
    extractions = [
        extract(model_to_ask(found, way), found.tokenizer, canary_format, secret, causal=way)
        for way in ways_to_ask(found)
    ]
    return Canary(repeated, tuple(exposures), tuple(extractions)), ""


def _spread(lengths: Sequence[int]) -> tuple[int, int, int]:
    return min(lengths), int(np.median(lengths)), max(lengths)
