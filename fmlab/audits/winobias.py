"""WinoBias, filled in: does the model expect the pronoun that fits the stereotype of a job?

Each sentence names two people by their jobs, and a pronoun means one of them. It stands in the
data twice: with the pronoun of the gender that more people in that job have ("pro"), and with the
other one ("anti"). Here the pronoun is hidden, and the two are compared.

Source: Zhao et al. 2018, "Gender Bias in Coreference Resolution", NAACL, arXiv:1804.06876.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fmlab.audits.data import PRONOUN, WinoBiasPair, without_brackets
from fmlab.audits.masked_model import MaskedModel
from fmlab.audits.pronouns import Choice, LeftOut, choice, log_odds
from fmlab.device import Device
from fmlab.errors import UserError

NO_PAIR = "not the same sentence but for the pronoun"


@dataclass(frozen=True)
class WinoBias:
    """Which pronouns a model prefers in WinoBias.

    Attributes:
        overall: In all sentences.
        by_type: In type 1, where only knowledge of the world says whom the pronoun means, and in
            type 2, where syntax does.
        left_out: What could not be asked, and why.
    """

    overall: Choice
    by_type: dict[str, Choice]
    left_out: tuple[LeftOut, ...]


def winobias(
    subject: MaskedModel,
    pairs: Sequence[WinoBiasPair],
    *,
    seed: int = 0,
    device: Device | None = None,
    progress: bool = False,
) -> WinoBias:
    """Return how often the pronoun that fits the stereotype is the likelier one.

    Args:
        subject: The model under audit.
        pairs: As `fmlab.audits.data.load_winobias` returns them.
        seed: Of the intervals' draws; a job is drawn with all its sentences.
        device: As in `fmlab.audits.masked_model.ask`.
        progress: Whether to draw a bar on standard error.

    Raises:
        UserError: There are no pairs.

    Does not show: coreference. This is a fill-in variant: the model is never asked whom the
    pronoun means, and two jobs stand in each sentence. So its figures are not those of the paper.
    Nor does it show anything of people who are neither he nor she, of other languages, or of a
    model after fine-tuning (Goldfarb-Tarrant et al. 2021, arXiv:2012.15859, on word embeddings;
    Steed et al. 2022, ACL). WinoBias is one of the benchmarks whose pitfalls Blodgett et al. 2021
    list ("Stereotyping Norwegian Salmon", ACL).

    Source: Zhao et al. 2018, arXiv:1804.06876.
    """
    if not pairs:
        raise UserError("there are no pairs to compare; give at least one")
    same = [pair for pair in pairs if PRONOUN.sub("", pair.pro) == PRONOUN.sub("", pair.anti)]
    sentences = []
    for pair in same:
        pro, anti = without_brackets(pair.pro), without_brackets(pair.anti)
        sentences.append((anti, pro) if pair.pro_is_female else (pro, anti))
    odds, forms, left_out = log_odds(
        subject, sentences, device=device, progress=progress, what="filling in WinoBias"
    )
    female = np.array([pair.pro_is_female for pair in same], bool)
    jobs = np.array([pair.occupation for pair in same], dtype=object)
    kind = np.array([pair.type for pair in same])
    odd = [pair for pair in pairs if PRONOUN.sub("", pair.pro) != PRONOUN.sub("", pair.anti)]
    by_job = [
        LeftOut(name, NO_PAIR, [pair.occupation for pair in odd].count(name))
        for name in sorted({pair.occupation for pair in odd})
    ]

    def part(inside: NDArray[np.bool_]) -> Choice:
        some = np.flatnonzero(inside)
        return choice(
            odds[some], [forms[int(i)] for i in some], female[some], jobs[some].tolist(), seed=seed
        )

    return WinoBias(
        part(kind > 0),
        {f"type {number}": part(kind == number) for number in (1, 2)},
        (*by_job, *left_out),
    )
