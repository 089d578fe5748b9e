"""Faithfulness: does the score follow the tokens that an attribution names.

Paper: DeYoung et al. 2020, "ERASER: A Benchmark to Evaluate Rationalized NLP Models",
arXiv:1911.03429.
Idea: cover the tokens that are said to matter most, and cover all the others instead.
Intuition: if an attribution tells the truth, the score falls in the first case and stays in the
second.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.probes.attribution import Ids, Score, may_be_covered


@dataclass(frozen=True)
class Faithfulness:
    """Scores of a text of which a share of the tokens is covered.

    Attributes:
        score: Of the whole text.
        shares: Which shares of the tokens were taken, those with the largest attribution first.
        without: The score with these tokens covered, one for each share.
        only: The score with all tokens covered but these, one for each share.
    """

    score: float
    shares: tuple[float, ...]
    without: tuple[float, ...]
    only: tuple[float, ...]

    @property
    def comprehensiveness(self) -> float:
        """How far the score falls without the top tokens, mean over shares; large is faithful."""
        return self.score - sum(self.without) / len(self.without)

    @property
    def sufficiency(self) -> float:
        """How far it falls with the top tokens alone, mean over shares; near 0 is faithful."""
        return self.score - sum(self.only) / len(self.only)


def faithfulness(
    score: Score,
    ids: Ids,
    attribution: Tensor,
    mask_id: int,
    shares: Sequence[float] = (0.1, 0.2, 0.5),
) -> Faithfulness:
    """Return how far a score falls without the tokens an attribution names, and with them alone.

    `[MASK]` takes a covered token's place, so that no other token moves; the paper deletes. `[CLS]`
    and `[SEP]` are never covered and don't count. Of equal attributions the earlier comes first.

    Args:
        score: What was explained, for example `class_probability(model, target)`. It is called
            once, and twice for each share.
        ids: One text, `[CLS] ... [SEP]`, `(T,)`.
        attribution: One number a token, large where it speaks for the score, `(T,)`.
        mask_id: The number of `[MASK]`.
        shares: Of the tokens that may be covered; each is rounded, to one token at least.

    Raises:
        UserError: Not one text, an attribution of another length or with a number that is none, or
            a share that is not above 0 and at most 1.

    Does not show: if a person would find the explanation good, nor if it is the only one. The model
    gets texts with holes, which it never saw: a fall may come from the holes and not from what
    they hid (Hase et al. 2021, arXiv:2106.00786). What a figure is worth shows only beside that of
    a random attribution of the same text. Figures of different models don't compare, since how
    far a score can fall is the model's own (Edin et al. 2024, arXiv:2408.08137). And occlusion is
    made by the same covering that judges it here, which favours it.

    Source: DeYoung et al. 2020, arXiv:1911.03429.
    """
    row = torch.as_tensor(ids)
    free = may_be_covered(row)
    numbers = torch.as_tensor(attribution).detach().to(row.device)
    if numbers.shape != row.shape:
        raise UserError(
            f"the attribution is {tuple(numbers.shape)}, the text {tuple(row.shape)}; "
            "give one number a token, [CLS] and [SEP] included"
        )
    if not numbers.isfinite().all():
        raise UserError("the attribution holds numbers that are none (nan or inf); compute it anew")
    if not shares or not all(0 < share <= 1 for share in shares):
        raise UserError(f"shares are {list(shares)}; give some, each above 0 and at most 1")

    places = free.nonzero()[:, 0]
    order = places[numbers[places].argsort(descending=True, stable=True)]
    without, only = [], []
    for share in shares:
        count = max(1, round(share * len(order)))
        without.append(float(score(row.index_fill(0, order[:count], mask_id))))
        only.append(float(score(row.index_fill(0, order[count:], mask_id))))
    return Faithfulness(float(score(row)), tuple(shares), tuple(without), tuple(only))
