r"""What a row is asked for: hidden tokens, or from each token the next one.

Masked language modelling, with M the places that are hidden and x̃ what the model sees of x:

    L = -1/|M| sum over i in M of log p(x_i | x̃)

Its variants differ in how M is drawn, and in nothing else:

- any rate: each token is hidden with probability r, in BERT 0.15; 0.4 was better for a large BERT
  (Wettig et al. 2022, arXiv:2202.08005);
- whole words: all tokens of a word are hidden together, or none, so that a word cannot be guessed
  from its own end (Cui et al. 2019, arXiv:1906.08101, who tell of it as Google's idea);
- static: M is drawn before the run, K times for each row, and epoch e takes number e mod K; with
  K = 1 it is fixed once and for all (Devlin et al. 2019, with K = 10);
- dynamic: M is drawn anew whenever a row comes round (Liu et al. 2019, arXiv:1907.11692).

Causal language modelling hides nothing, and each token sees only what stands before it:

    L = -1/(T - 1) sum over t > 1 of log p(x_t | x_1 ... x_(t-1))      (Radford et al. 2018)
"""

from typing import Literal

import torch
from torch import Tensor

from fmlab.batch import NOT_ASKED

Masking = Literal["dynamic", "static"]
STATIC_COPIES = 10  # BERT masked each text ten times in advance (Devlin et al. 2019)


def mask_tokens(
    input_ids: Tensor,
    maskable: Tensor,
    mask_id: int,
    vocab_size: int,
    rate: float = 0.15,
    generator: torch.Generator | None = None,
    words: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return corrupted tokens and the labels that ask for the true ones.

    Each maskable token is chosen with probability `rate`. Of the chosen, 80 % become `[MASK]`,
    10 % a random token, and 10 % stay, so that the model cannot trust what it sees.

    Args:
        input_ids: True tokens, `(B, T)`.
        maskable: False for `[CLS]`, `[SEP]` and padding, `(B, T)`.
        mask_id: The number of `[MASK]`.
        vocab_size: Random tokens come from 0 to this.
        rate: The share that is asked for.
        generator: Where chance comes from.
        words: The place of the first token of each token's word, `(B, T)`, where whole words are
            to be chosen; each of their tokens still has a fate of its own.

    Returns:
        Corrupted tokens and labels, both `(B, T)`; a label is -100 where nothing is asked.

    Source: Devlin et al. 2019, section 3.1; Cui et al. 2019, section 2.2, for whole words.
    """
    draw = torch.rand(input_ids.shape, generator=generator)
    if words is not None:
        draw = draw.take_along_dim(words, -1)
    chosen = (draw < rate) & maskable
    fate = torch.rand(input_ids.shape, generator=generator)
    other = torch.randint(vocab_size, input_ids.shape, generator=generator)
    corrupted = input_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.9), other, corrupted)
    return corrupted, input_ids.masked_fill(~chosen, NOT_ASKED)


def first_of_words(input_ids: Tensor, continuing: Tensor) -> Tensor:
    """Return for each token the place of the first one of its word, `(B, T)`.

    Args:
        input_ids: Token numbers, `(B, T)`.
        continuing: Whether a token goes on with a word, by its number, `(vocab,)`.
    """
    place = torch.arange(input_ids.size(-1)).expand_as(input_ids)
    return place.masked_fill(continuing[input_ids], 0).cummax(dim=-1).values


def next_tokens(input_ids: Tensor, document_ids: Tensor) -> Tensor:
    """Return each token's successor in its piece, -100 where there is none, `(B, T)`.

    Args:
        input_ids: True tokens, `(B, T)`.
        document_ids: Which piece of its row a token belongs to; 0 for padding, `(B, T)`.
    """
    labels = torch.full_like(input_ids, NOT_ASKED)
    same = (document_ids[:, 1:] == document_ids[:, :-1]) & (document_ids[:, 1:] > 0)
    labels[:, :-1] = input_ids[:, 1:].masked_fill(~same, NOT_ASKED)
    return labels
