"""Log-likelihood: how likely a causal model finds a sentence, token after token.

Unlike the pseudo-log-likelihood of a masked model this is the log of a probability, and it costs
one forward pass a sentence.

Source: Warstadt et al. 2020, arXiv:1912.00582, score causal models so.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.models.language_model import LanguageModel
from fmlab.probes.pseudo_likelihood import BATCH_TOKENS, Tick, scoring


class Start(Protocol):
    """The number of the token that stands before the first one of a sentence."""

    cls_id: int


def log_likelihoods(
    model: nn.Module,
    sequences: Sequence[Sequence[int]],
    vocabulary: Start,
    *,
    device: Device | None = None,
    batch_tokens: int = BATCH_TOKENS,
    tick: Tick | None = None,
) -> NDArray[np.float64]:
    """Return the log-likelihood of each sequence after `[CLS]`, in nats, `(S,)`.

    The end of the sentence, `[SEP]`, is not asked for, as is common practice (the language model
    evaluation harness does so too): in training a paragraph ends there, not a sentence.

    Args:
        model: One of ours that was trained with causal rows, or a causal model of `transformers`.
        sequences: Token numbers without special tokens.
        vocabulary: The tokenizer, or anything with `cls_id`: for a GPT-2, its `<|endoftext|>`.
        device: Where and in which number format; as `fmlab.device.best_device` says if not given.
        batch_tokens: Tokens in one forward pass.
        tick: Told how many sequences were finished, for a progress bar.

    Raises:
        UserError: A sequence is empty, or the model has no head for tokens, or it looks ahead.
    """
    if not all(len(sequence) for sequence in sequences):
        raise UserError("a sentence has no tokens; leave empty lines out")
    sums = np.zeros(len(sequences))
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    with scoring(model, device) as where:
        for length in np.unique(lengths)[::-1]:  # the longest first: memory that lacks, lacks now
            members = np.flatnonzero(lengths == length)
            step = max(1, batch_tokens // (int(length) + 1))
            for start in range(0, len(members), step):
                some = members[start : start + step]
                framed = [[vocabulary.cls_id, *sequences[int(i)]] for i in some]
                ids = torch.tensor(framed, device=where)
                if start == 0 and length == lengths.max():
                    _refuse_looking_ahead(model, ids[:1, :-1])
                found = next_log_probs(model, ids).double().sum(dim=1)
                sums[some] = found.cpu().numpy()
                if tick is not None:
                    tick(len(some))
    return sums


def next_log_probs(model: nn.Module, input_ids: Tensor) -> Tensor:
    """Return log p(token | all before it) for all tokens but the first, `(B, T - 1)`.

    Args:
        model: As in `log_likelihoods`.
        input_ids: Token numbers without padding, `(B, T)`.
    """
    logits, asked = _causal_logits(model, input_ids[:, :-1]), input_ids[:, 1:]
    losses = F.cross_entropy(logits.flatten(0, 1), asked.flatten(), reduction="none")
    return -losses.view_as(asked)


def _causal_logits(model: nn.Module, seen: Tensor) -> Tensor:
    """Return what a model says of the token after each of `seen`, `(B, T, vocab)`, in float32.

    Ours read from left to right where they are told to.
    """
    if not isinstance(model, LanguageModel):
        return model(seen).logits.float()  # type: ignore[no-any-return]
    if model.token_head is None:
        raise UserError("the model has no head for tokens; choose a language model")
    return model.token_head(model.causal_states(seen)).float()  # type: ignore[no-any-return]


def _refuse_looking_ahead(model: nn.Module, seen: Tensor) -> None:
    """Raise where the last token changes what is said before it: then sums are no likelihoods."""
    other = seen.clone()
    other[:, -1] = seen[:, 0]
    before, after = (_causal_logits(model, ids)[:, :-1] for ids in (seen, other))
    if not torch.allclose(before, after, rtol=1e-4, atol=1e-4, equal_nan=True):
        raise UserError(
            f"{type(model).__name__} looks ahead, so it is no causal model; load it as one "
            "(is_decoder=True), or score by pseudo_log_likelihoods"
        )
