"""Pseudo-log-likelihood: how well a masked model knows a sentence, each token hidden once.

A masked model gives no probability of a sentence. It can be asked for each token in turn, with
the token hidden and all the others in sight; the sum of the log probabilities is the sentence's
pseudo-log-likelihood. It ranks sentences, but it is not the log of a probability: over all
sentences the "probabilities" do not sum to one.

Source: Salazar et al. 2020, "Masked Language Model Scoring", ACL, arXiv:1910.14659.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fmlab.device import Device, best_device
from fmlab.errors import UserError
from fmlab.models.language_model import LanguageModel

BATCH_TOKENS = 4096
"""Tokens in one forward pass: enough to keep the cores busy, few enough to stay in their cache."""

Tick = Callable[[int], None]
"""Called with the number of sequences that were finished since the last call."""


class Vocabulary(Protocol):
    """The numbers of three special tokens."""

    cls_id: int
    sep_id: int
    mask_id: int


class Encoder(Vocabulary, Protocol):
    """What scoring a text needs of a tokenizer: `fmlab`'s has it, others by `FromTransformers`."""

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token numbers of each text, without special tokens."""
        ...


class FromTransformers:
    """Lets a tokenizer of `transformers` stand where `fmlab`'s is asked for."""

    def __init__(self, tokenizer: Any) -> None:
        """Wrap `tokenizer`.

        Raises:
            UserError: It lacks a special token that a masked model needs.
        """
        self.tokenizer = tokenizer
        numbers = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id)
        if None in numbers:
            raise UserError(
                f"{type(tokenizer).__name__} lacks [CLS], [SEP] or [MASK]; "
                "use the tokenizer of a masked language model"
            )
        self.cls_id, self.sep_id, self.mask_id = (int(number) for number in numbers)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token numbers of each text, without special tokens."""
        found = self.tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [list(ids) for ids in found["input_ids"]]


def hidden_log_probs(
    model: nn.Module, input_ids: Tensor, rows: Tensor, columns: Tensor, targets: Tensor
) -> Tensor:
    """Return the log probabilities of the tokens hidden at some places, `(M,)`.

    Works with `fmlab`'s models and those of `transformers`. Where a model comes apart into trunk
    and head, the head sees the asked places only; they are a seventh of all or fewer, and the
    head's matrix is the largest of the model.

    Args:
        model: A masked language model.
        input_ids: Token numbers without padding, `(B, T)`.
        rows: Which sequence, `(M,)`.
        columns: Which place in it, `(M,)`.
        targets: The token that stood there, `(M,)`.
    """
    parts = _trunk_and_head(model)
    if parts is None:
        logits = model(input_ids).logits[rows, columns]
    elif isinstance(model, LanguageModel) and len(rows) == len(input_ids):
        out = parts[0](input_ids[rows], only=columns[:, None])  # one place a row
        logits = parts[1](out.last_hidden_state[:, 0])
    else:
        logits = parts[1](parts[0](input_ids).last_hidden_state[rows, columns])  # (M, vocab)
    logits = logits.float()
    found: Tensor = logits.gather(1, targets[:, None])[:, 0] - logits.logsumexp(dim=1)
    return found


def _trunk_and_head(model: nn.Module) -> tuple[nn.Module, nn.Module] | None:
    """Return the two parts of a masked model: `fmlab`'s, or BERT's and RoBERTa's elsewhere."""
    parts: Any = model
    if isinstance(model, LanguageModel):
        return None if model.token_head is None else (model.trunk, model.token_head)
    trunk = getattr(parts, "base_model", None)
    head = getattr(parts, "cls", None) or getattr(parts, "lm_head", None)
    if head is None or trunk is None or trunk is model:
        return None
    return trunk, getattr(head, "predictions", head)  # beside it BERT may have a second head


@contextmanager
def scoring(model: nn.Module, device: Device | None = None) -> Iterator[torch.device]:
    """Ready a model for being measured: no dropout, no gradients, the device's fast format.

    The model's mode is put back afterwards. Without `device` the model stays where it is.
    """
    here = next(model.parameters()).device
    device = device or best_device(here.type)
    was_training = model.training
    precise = device.autocast == torch.float32
    autocast: AbstractContextManager[Any] = (
        nullcontext() if precise else torch.autocast(device.name, dtype=device.autocast)
    )
    model.eval()
    try:
        with torch.no_grad(), autocast:
            yield here
    finally:
        model.train(was_training)


def pseudo_log_likelihoods(
    model: nn.Module,
    sequences: Sequence[Sequence[int]],
    vocabulary: Vocabulary,
    *,
    device: Device | None = None,
    batch_tokens: int = BATCH_TOKENS,
    tick: Tick | None = None,
) -> NDArray[np.float64]:
    """Return the pseudo-log-likelihood of each sequence, in nats, `(S,)`.

    Each sequence becomes `[CLS] ... [SEP]`, and one copy for each token with that token hidden.
    Copies of sequences of the same length go together, so nothing is padded.

    Args:
        model: A masked language model.
        sequences: Token numbers without special tokens.
        vocabulary: The tokenizer, or anything with `cls_id`, `sep_id` and `mask_id`.
        device: Where and in which number format; as `fmlab.device.best_device` says if not given.
        batch_tokens: Tokens in one forward pass.
        tick: Told how many sequences were finished, for a progress bar.

    Raises:
        UserError: A sequence is empty.
    """
    if not all(len(sequence) for sequence in sequences):
        raise UserError("a sentence has no tokens; leave empty lines out")
    sums = np.zeros(len(sequences))
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    with scoring(model, device) as where:
        for length in np.unique(lengths):
            members = np.flatnonzero(lengths == length)
            framed = np.array(
                [[vocabulary.cls_id, *sequences[int(i)], vocabulary.sep_id] for i in members]
            )
            step = max(1, batch_tokens // (int(length) + 2))
            for start in range(0, len(members) * int(length), step):
                copies = np.arange(start, min(start + step, len(members) * int(length)))
                member, place = np.divmod(copies, length)
                ids = torch.from_numpy(framed[member])
                rows, columns = torch.arange(len(ids)), torch.from_numpy(place + 1)
                targets = ids[rows, columns]
                ids[rows, columns] = vocabulary.mask_id
                found = hidden_log_probs(
                    model, ids.to(where), rows.to(where), columns.to(where), targets.to(where)
                )
                np.add.at(sums, members[member], found.double().cpu().numpy())
                if tick is not None:
                    tick(int((place == length - 1).sum()))
    return sums
