"""The model under audit: any masked language model, with its tokenizer, asked for hidden tokens.

An audit hides a place in a sentence and asks how probable some tokens are there. That is all it
needs of a model: logits for `input_ids`, and numbers for words. So `fmlab`'s checkpoints and the
masked models of `transformers` are audited by the same code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fmlab import zoo
from fmlab.checkpoint import CONFIG, WEIGHTS, Checkpoint, read_json
from fmlab.device import Device, best_device
from fmlab.errors import UserError
from fmlab.probes.progress import bar
from fmlab.probes.pseudo_likelihood import (
    BATCH_TOKENS,
    Encoder,
    FromTransformers,
    hidden_log_probs,
    scoring,
)

LOAD_ANOTHER = "choose a masked language model, such as a BERT"


class Words(Encoder, Protocol):
    """What an audit needs of a tokenizer; `unk_id` stands for words that it does not know."""

    unk_id: int


class ForeignWords(FromTransformers):
    """A tokenizer of `transformers`, with the number of its unknown token: -1 if it has none."""

    def __init__(self, tokenizer: Any) -> None:
        """Wrap `tokenizer`; raises as `FromTransformers`."""
        super().__init__(tokenizer)
        unknown = tokenizer.unk_token_id
        self.unk_id = -1 if unknown is None else int(unknown)


@dataclass(frozen=True)
class MaskedModel:
    """A model that fills masks, and what is needed to ask it.

    Attributes:
        model: Gives an object with `logits`, `(B, T, vocab)`, for `input_ids`, `(B, T)`.
        words: Its tokenizer.
        max_length: The most tokens of a sentence, both special ones included; None if any.
        folder: Where its files lie; None if it was never on disk.
    """

    model: nn.Module
    words: Words
    max_length: int | None = None
    folder: Path | None = None

    def encode(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Return the tokens of each text, between the two special ones."""
        first, last = self.words.cls_id, self.words.sep_id
        return [(first, *ids, last) for ids in self.words.encode_batch(texts)]

    def too_long(self, ids: Sequence[int]) -> bool:
        """Return whether the model has no positions for so many tokens."""
        return self.max_length is not None and len(ids) > self.max_length


@dataclass(frozen=True)
class Blank:
    """One question to a model: what stands at a hidden place?

    Attributes:
        ids: A sentence's tokens, with the mask where something is hidden.
        place: The hidden place that is asked about.
        answers: The tokens whose log probabilities are wanted.
    """

    ids: tuple[int, ...]
    place: int
    answers: tuple[int, ...]


def hide(ids: Sequence[int], places: Sequence[int], mask_id: int) -> tuple[int, ...]:
    """Return `ids` with the mask at each of `places`."""
    hidden = set(places)
    return tuple(mask_id if place in hidden else token for place, token in enumerate(ids))


def exact_device(name: str | None = None) -> Device:
    """Return the named device, or the best one here, computing in float32 whatever it has.

    bfloat16 is faster on some machines, but it rounds a log probability of -10 to the nearest
    0.06: small differences become ties, and figures depend on the machine.
    """
    return replace(best_device(name), autocast=torch.float32)


def ask(
    subject: MaskedModel,
    blanks: Sequence[Blank],
    *,
    device: Device | None = None,
    progress: bool = False,
    what: str = "filling blanks",
) -> list[NDArray[np.float64]]:
    """Return the log probabilities of each blank's answers, in nats, each `(answers,)`.

    Sentences of the same length go together, so nothing is padded.

    Args:
        subject: The model under audit.
        blanks: What is asked; each has at least one answer.
        device: Where and in which number format; in float32 where the model is if not given.
        progress: Whether to draw a bar on standard error.
        what: What the bar says.
    """
    device = device or exact_device(next(subject.model.parameters()).device.type)
    found: list[NDArray[np.float64]] = [np.empty(0)] * len(blanks)
    lengths = np.array([len(blank.ids) for blank in blanks], dtype=np.int64)
    with (
        scoring(subject.model, device) as where,
        bar(what, len(blanks), progress) as tick,
    ):
        for length in np.unique(lengths)[::-1]:  # the longest first: memory that lacks, lacks now
            members = np.flatnonzero(lengths == length)
            step = max(1, BATCH_TOKENS // int(length))
            for start in range(0, len(members), step):
                some = [int(member) for member in members[start : start + step]]
                counts = [len(blanks[i].answers) for i in some]
                rows = np.repeat(np.arange(len(some)), counts)
                log_probs = hidden_log_probs(
                    subject.model,
                    torch.tensor([blanks[i].ids for i in some], device=where),
                    torch.from_numpy(rows).to(where),
                    torch.tensor(
                        [blanks[i].place for i in some for _ in blanks[i].answers], device=where
                    ),
                    torch.tensor([a for i in some for a in blanks[i].answers], device=where),
                )
                parts = np.split(log_probs.double().cpu().numpy(), np.cumsum(counts)[:-1])
                for i, part in zip(some, parts, strict=True):
                    found[i] = part
                if tick is not None:
                    tick(len(some))
    return found


def load(name_or_path: str | Path) -> MaskedModel:
    """Return a masked model by its folder or name, `fmlab`'s or any of `transformers`.

    Raises:
        UserError: There is no such model, it reads from left to right, or it cannot fill masks.
    """
    folder = Path(name_or_path).expanduser()
    if folder.is_dir() and read_json(folder / CONFIG).get("model_type", "bert") != "bert":
        return _load_foreign(str(folder), folder)
    try:
        found = zoo.load(name_or_path)
    except UserError:
        cached = _cached_config(str(name_or_path))
        if cached is None or read_json(cached).get("model_type", "bert") == "bert":
            raise
        return _load_foreign(str(name_or_path), cached.parent)
    return from_checkpoint(found)


def from_checkpoint(found: Checkpoint) -> MaskedModel:
    """Return the model of one of `fmlab`'s checkpoints.

    Raises:
        UserError: It reads from left to right, or has no head for masks.
    """
    model = found.masked_model
    return MaskedModel(model, found.tokenizer, model.config.max_position_embeddings, found.path)


def from_transformers(model: Any, tokenizer: Any, folder: Path | None = None) -> MaskedModel:
    """Return a masked model of `transformers` with its tokenizer.

    Raises:
        UserError: The tokenizer has no mask, the model has no head for tokens, or it reads from
            left to right.
    """
    words, name = ForeignWords(tokenizer), type(model).__name__
    special = set(tokenizer.all_special_ids)
    other = [number for number in range(len(tokenizer)) if number not in special][:3]
    if len(other) < 3:
        raise UserError(f"the tokenizer of {name} has no words; use the one it was trained with")
    answers = []
    with scoring(model) as where:
        for last in other[1:]:
            ids = [words.cls_id, other[0], words.mask_id, last, words.sep_id]
            logits = getattr(model(torch.tensor([ids], device=where)), "logits", None)
            if logits is None or logits.ndim != 3 or logits.size(2) < len(tokenizer):
                raise UserError(f"{name} has no head that fills masks; {LOAD_ANOTHER}")
            answers.append(logits[0, 2])
    if torch.equal(*answers):
        raise UserError(
            f"{name} reads from left to right: what follows a mask changes nothing; {LOAD_ANOTHER}"
        )
    return MaskedModel(model, words, _positions(model), folder)


def _positions(model: Any) -> int | None:
    """Return how many tokens a model has positions for; RoBERTa's table starts after the pad."""
    size = getattr(getattr(model, "config", None), "max_position_embeddings", None)
    if not isinstance(size, int):
        return None
    for module in model.modules():
        if isinstance(module, nn.Embedding) and module.num_embeddings == size:
            return size if module.padding_idx is None else size - module.padding_idx - 1
    return size


def _load_foreign(name: str, folder: Path) -> MaskedModel:
    """Load what is no BERT by `transformers` itself: safetensors alone, and no code of its own."""
    import transformers

    auto: Any = transformers
    try:
        model = auto.AutoModelForMaskedLM.from_pretrained(
            name, use_safetensors=True, dtype=torch.float32
        )
        tokenizer = auto.AutoTokenizer.from_pretrained(name)
    except Exception as error:  # it can fail in as many ways as there are models
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{name} does not load as a masked model ({reason}); {LOAD_ANOTHER}"
        ) from error
    return from_transformers(model, tokenizer, folder)


def _cached_config(name: str) -> Path | None:
    """Return the configuration that the hub's cache holds of a model, if it does."""
    from huggingface_hub import try_to_load_from_cache

    if not zoo.HUB_NAME.fullmatch(name):
        return None
    found = try_to_load_from_cache(name, CONFIG)
    return Path(found) if isinstance(found, str) else None


def weights_file(subject: MaskedModel) -> Path | None:
    """Return the file of the model's weights, if it came from one."""
    path = None if subject.folder is None else subject.folder / WEIGHTS
    return path if path is not None and path.is_file() else None
