"""Fill-mask: what a model would put where a token is covered.

Paper: Devlin et al. 2019, arXiv:1810.04805, section 3.1 (the masked-token task).
Idea: put `[MASK]` where a word is, run the model once, and read its probabilities at that place.
Intuition: it is the very question that the model was trained on, so it is the fairest first look.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.language_model import LanguageModel
from fmlab.tokens import Tokenizer


@dataclass(frozen=True)
class Candidate:
    """One token of the vocabulary, and how probable the model finds it at one place."""

    token: str
    id: int
    probability: float


@dataclass(frozen=True)
class Blank:
    """One `[MASK]` and what the model would put there.

    Attributes:
        position: Where it stands among the tokens; 0 is `[CLS]`.
        candidates: The best ones, or the ones asked about, most probable first.
        entropy_bits: Spread of the whole distribution: 0 when sure, `log2(vocab)` when clueless.
    """

    position: int
    candidates: tuple[Candidate, ...]
    entropy_bits: float

    def probability(self, token: str) -> float:
        """Return the probability of a token that is among the candidates.

        Raises:
            UserError: It is not among them.
        """
        for candidate in self.candidates:
            if candidate.token == token:
                return candidate.probability
        known = ", ".join(candidate.token for candidate in self.candidates)
        raise UserError(f"{token!r} is not among the candidates ({known}); ask for it by `words`")


@dataclass(frozen=True)
class FillMask:
    """The answer of a model to a text with blanks.

    Attributes:
        text: What was asked.
        tokens: How the tokenizer split it, `[CLS]` and `[SEP]` included.
        blanks: One entry for each `[MASK]`, from left to right.
    """

    text: str
    tokens: tuple[str, ...]
    blanks: tuple[Blank, ...]


@torch.inference_mode()
def fill_mask(
    model: LanguageModel,
    tokenizer: Tokenizer,
    text: str,
    k: int = 5,
    words: Sequence[str] | None = None,
) -> FillMask:
    """Return the most probable tokens for each `[MASK]` in `text`.

    Args:
        model: A model with a masked-token head.
        tokenizer: The tokenizer it was trained with.
        text: A text that holds `[MASK]` at least once.
        k: How many candidates to return.
        words: Tokens to return instead of the best `k`, for example `["is", "are"]`.

    Raises:
        UserError: No `[MASK]` in the text, no masked-token head, a `k` that is not positive, a
            text that is too long, or a word that is not one token of the vocabulary.

    Does not show: what the model believes. A probable token is one that fits text like the
    training text, true or not. Several blanks are filled each on its own, not jointly.

    Source: Devlin et al. 2019, arXiv:1810.04805.
    """
    if model.token_head is None:
        raise UserError("this model has no masked-token head; load one that was trained to fill")
    if k < 1:
        raise UserError(f"k is {k}; ask for at least one candidate")
    written = text.replace("[MASK]", tokenizer.mask_token)
    ids = [tokenizer.cls_id, *tokenizer.encode(written), tokenizer.sep_id]
    positions = [place for place, number in enumerate(ids) if number == tokenizer.mask_id]
    if not positions:
        raise UserError(f"no [MASK] in {text!r}; write [MASK] where a word is to be filled in")
    wanted = None if words is None else [tokenizer.id(word) for word in words]

    training = model.training
    model.eval()
    device = next(model.parameters()).device
    logits = model(torch.tensor([ids], device=device)).logits[0, positions].float().cpu()
    model.train(training)
    return FillMask(
        text,
        tuple(tokenizer.tokens(ids)),
        tuple(
            read_blank(place, row, tokenizer, k, wanted)
            for place, row in zip(positions, logits.softmax(dim=-1), strict=True)
        ),
    )


def read_blank(
    position: int, probabilities: Tensor, tokenizer: Tokenizer, k: int, wanted: list[int] | None
) -> Blank:
    """Return one place's answer for its distribution, `(vocab,)`."""
    if wanted is None:
        chosen = probabilities.topk(min(k, len(probabilities))).indices.tolist()
    else:
        chosen = sorted(wanted, key=lambda number: -float(probabilities[number]))
    nats = -torch.special.xlogy(probabilities, probabilities).sum()
    names = tokenizer.tokens(chosen)
    return Blank(
        position,
        tuple(
            Candidate(name, number, float(probabilities[number]))
            for name, number in zip(names, chosen, strict=True)
        ),
        float(nats) / math.log(2),
    )
