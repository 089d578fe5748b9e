"""The loss of a language model on held-out text, in nats a token and in bits a byte.

Nats a token depend on how the tokenizer cuts; bits a byte do not, so models with different
vocabularies can be compared. A causal model's bits a byte are the length of a code: they say how
short the text could be packed, because each token is guessed from those before it alone, which
the reader of the code has by then. A masked model's are not. It sees both sides of a gap, and all
gaps of a text cannot be filled from one another. Compare masked models with masked models, causal
ones with causal ones and with the n-gram models, which are causal too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fmlab.batches import cut
from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.probes.likelihood import log_likelihoods
from fmlab.probes.pseudo_likelihood import (
    BATCH_TOKENS,
    Tick,
    hidden_log_probs,
    pseudo_log_likelihoods,
    scoring,
)
from fmlab.probes.units import Interval, bits_per_byte, bootstrap_mean
from fmlab.seeds import numpy_rng
from fmlab.tokens import Tokenizer

Pieces = list[list[int]]


@dataclass(frozen=True)
class HeldOutLoss:
    """How well a model fills gaps in held-out text, or guesses its next token.

    Attributes:
        nats_per_token: Mean loss of a token that was asked for.
        interval: Its 95 % interval, from drawing whole pieces (paragraphs) again and again. It
            is about more text of these documents, not about other documents.
        asked: How many tokens were asked for.
        tokens: How many tokens the documents have.
        text_bytes: Their length in bytes of UTF-8.
        mask_rate: The share that is hidden at once; None where one token is hidden at a time, or
            none at all.
        by_text: The same for each document alone; None for one in which nothing was asked.
    """

    nats_per_token: float
    interval: Interval
    asked: int
    tokens: int
    text_bytes: int
    mask_rate: float | None
    by_text: tuple["HeldOutLoss | None", ...] = ()

    @property
    def bits_per_byte(self) -> float:
        """The loss in bits for a byte of the text."""
        return bits_per_byte(self.nats_per_token, self.tokens, self.text_bytes)

    @property
    def bits_per_byte_interval(self) -> Interval:
        """The interval in bits for a byte."""
        low, high = (bits_per_byte(end, self.tokens, self.text_bytes) for end in self.interval)
        return low, high


def masked_loss(
    model: nn.Module,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    longest: int = 128,
    mask_rate: float = 0.15,
    max_tokens: int | None = None,
    device: Device | None = None,
    seed: int = 0,
    tick: Tick | None = None,
) -> HeldOutLoss:
    """Return the loss of a masked model where tokens are hidden at random.

    Every chosen token becomes `[MASK]`. In training one in ten stays as it is and one in ten
    becomes another token, so the loss in a training log, where some answers are in sight, is a
    little lower than this one.

    Args:
        model: A masked language model.
        tokenizer: The one it was trained with.
        texts: Held-out documents, one paragraph a line.
        longest: Tokens a piece, `[CLS]` and `[SEP]` included: as in training.
        mask_rate: The share of the tokens that is hidden.
        max_tokens: Stop after about so many tokens, pieces drawn from all over the texts.
        device: Where and in which number format; the best one here if not given.
        seed: Which tokens are hidden.
        tick: Told how many pieces were done, for a progress bar.

    Does not show: the length of a code (see the top of this file), nor the cost of what the
    tokenizer threw away: capital letters and unknown signs are free.

    Raises:
        UserError: The texts are empty or very short, or the rate is not between 0 and 1.
    """
    if not 0 < mask_rate < 1:
        raise UserError(f"mask_rate is {mask_rate}; it must lie between 0 and 1")
    held_out = _HeldOut(tokenizer, texts, longest, max_tokens, seed)
    pieces = held_out.pieces
    sums, asked = np.zeros(len(pieces)), np.zeros(len(pieces), dtype=np.int64)
    rng = numpy_rng(seed, "hidden")
    with scoring(model, device) as where:
        for members, ids in _batches(pieces):
            chosen = _choose(rng, ids.shape, mask_rate)
            rows, columns = (torch.from_numpy(at) for at in np.nonzero(chosen))
            truth = torch.from_numpy(ids)
            targets = truth[rows, columns]
            truth[rows, columns] = tokenizer.mask_id
            found = hidden_log_probs(
                model, truth.to(where), rows.to(where), columns.to(where), targets.to(where)
            )
            np.add.at(sums, members[rows.numpy()], -found.double().cpu().numpy())
            asked[members] = chosen.sum(axis=1)
            if tick is not None:
                tick(len(members))
    return held_out.summary(sums, asked, mask_rate)


def pseudo_likelihood_loss(
    model: nn.Module,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    longest: int = 128,
    max_tokens: int | None = 2_000,
    device: Device | None = None,
    seed: int = 0,
) -> HeldOutLoss:
    """Return the loss of a masked model where each token is hidden once, alone.

    It sees more than in training, where others are hidden too, so its loss is lower than
    `masked_loss`. It costs one forward pass a token: hence the sample.

    Arguments, and what it does not show, as in `masked_loss`.

    Raises:
        UserError: The texts are empty.
    """
    held_out = _HeldOut(tokenizer, texts, longest, max_tokens, seed)
    bare = [piece[1:-1] for piece in held_out.pieces]
    sums = -pseudo_log_likelihoods(model, bare, tokenizer, device=device)
    return held_out.summary(sums, np.array([len(piece) for piece in bare]), None)


def causal_loss(
    model: nn.Module,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    longest: int = 128,
    max_tokens: int | None = None,
    device: Device | None = None,
    seed: int = 0,
    tick: Tick | None = None,
) -> HeldOutLoss:
    """Return the loss of a causal model, which guesses each token from those before it.

    The tokens are those that the n-gram models of `fmlab.probes.ngram` are asked for: each piece
    begins anew after `[CLS]`, and its end is not asked for. So the losses can be laid side by side.

    Here bits a byte are the length of a code: with arithmetic coding a token costs -log2 of its
    probability, and whoever has the model and the tokens so far can read the next one. What the
    code gives back is the tokens. What the tokenizer lost is not in it (capital letters, the signs
    behind `[UNK]`, spaces), nor where a piece ends; for that a few bits a piece would be added.

    Args:
        model: One of ours that was trained with causal rows, or a causal model of `transformers`.
        tokenizer: The one it was trained with.
        texts: Held-out documents, one paragraph a line.
        longest: Tokens a piece, `[CLS]` and `[SEP]` included: as in training.
        max_tokens: Stop after about so many tokens, pieces drawn from all over the texts.
        device: Where and in which number format; the best one here if not given.
        seed: Of the sample and of the interval's draws.
        tick: Told how many pieces were done, for a progress bar.

    Raises:
        UserError: The texts are empty.

    Source: Shannon 1948, Bell System Technical Journal 27 (3), 379-423, section 9.
    """
    held_out = _HeldOut(tokenizer, texts, longest, max_tokens, seed)
    bare = [piece[1:-1] for piece in held_out.pieces]
    sums = -log_likelihoods(model, bare, tokenizer, device=device, tick=tick)
    return held_out.summary(sums, np.array([len(piece) for piece in bare]), None)


class _HeldOut:
    """Held-out documents in pieces, as in training, and what belongs to which document."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        texts: Sequence[str],
        longest: int,
        max_tokens: int | None,
        seed: int,
    ) -> None:
        """Cut the texts, and draw pieces from all over them if not all are wanted.

        Raises:
            UserError: There is no text.
        """
        by_text = [list(cut([text], tokenizer, longest)) for text in texts]
        pieces = [piece for some in by_text for piece in some]
        if not pieces:
            raise UserError("there is no held-out text; choose a corpus with a valid or test split")
        self.tokens = [sum(len(piece) - 2 for piece in some) for some in by_text]
        self.text_bytes = [len(text.encode()) for text in texts]
        self.seed = seed
        kept = _sample(pieces, max_tokens, seed)
        self.pieces = [pieces[i] for i in kept]
        self.owner = np.repeat(np.arange(len(texts)), [len(some) for some in by_text])[kept]

    def summary(
        self, sums: NDArray[np.float64], asked: NDArray[np.int64], mask_rate: float | None
    ) -> HeldOutLoss:
        """Return the loss of all documents, and of each, from the losses of the pieces.

        Raises:
            UserError: Nothing was asked.
        """

        def loss(of: NDArray[np.bool_], tokens: int, text_bytes: int) -> HeldOutLoss | None:
            of = of & (asked > 0)
            if not of.any():
                return None
            mean = bootstrap_mean(sums[of], asked[of], seed=self.seed)
            count = int(asked[of].sum())
            return HeldOutLoss(mean.value, mean.interval, count, tokens, text_bytes, mask_rate)

        everything = loss(self.owner >= 0, sum(self.tokens), sum(self.text_bytes))
        if everything is None:
            raise UserError("no token of so short a text was hidden; give more text")
        return replace(
            everything,
            by_text=tuple(
                loss(self.owner == number, tokens, text_bytes)
                for number, (tokens, text_bytes) in enumerate(
                    zip(self.tokens, self.text_bytes, strict=True)
                )
            ),
        )


def _sample(pieces: Pieces, max_tokens: int | None, seed: int) -> NDArray[np.int64]:
    """Return which pieces, drawn from all over, hold about `max_tokens` tokens; at least one."""
    if max_tokens is None:
        return np.arange(len(pieces))
    order = numpy_rng(seed, "sample").permutation(len(pieces))
    lengths = np.array([len(pieces[i]) - 2 for i in order])
    count = max(1, int((np.cumsum(lengths) <= max_tokens).sum()))
    return np.sort(order[:count])


def _batches(pieces: Pieces) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield pieces of one length together, so that nothing is padded: which, and their tokens."""
    lengths = np.array([len(piece) for piece in pieces])
    for length in np.unique(lengths):
        members = np.flatnonzero(lengths == length)
        step = max(1, BATCH_TOKENS // int(length))
        for start in range(0, len(members), step):
            some = members[start : start + step]
            yield some, np.array([pieces[i] for i in some], dtype=np.int64)


def _choose(
    rng: np.random.Generator, shape: tuple[int, ...], mask_rate: float
) -> NDArray[np.bool_]:
    """Return which tokens to hide, `(B, T)`: each with the same chance, never the two ends.

    The number in a row is rounded up or down by chance, so that it is right on average.
    """
    count = np.floor(mask_rate * (shape[1] - 2) + rng.random(shape[0]))
    draws = rng.random(shape)
    draws[:, [0, -1]] = 2.0
    ranks = draws.argsort(axis=1).argsort(axis=1)
    chosen: NDArray[np.bool_] = ranks < count[:, None]
    return chosen
