"""Associations by templates: does a topic make "she" likelier, compared with no topic at all?

In "[MASK] likes poetry." the model gives "she" and "he" some probability. Since "he" is more
frequent anyway, each is laid against its prior: the same sentence with the topic hidden too. The
association of a topic with women is

    log p(she | topic) / p(she | topic hidden)  -  log p(he | topic) / p(he | topic hidden)

and a test is the mean over one list of topics (family) minus the mean over another (career).
Several templates ask the same; how far they disagree is part of the result.

Source: Kurita et al. 2019, "Measuring Bias in Contextualized Word Representations", GeBNLP,
arXiv:1906.07337. The word lists are those of Caliskan et al. 2017, arXiv:1608.07187.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fmlab.audits.intervals import Estimate, estimate
from fmlab.audits.masked_model import Blank, MaskedModel, ask, hide
from fmlab.audits.pronouns import (
    NOT_ONE_TOKEN,
    TOO_LONG,
    LeftOut,
    differing_words,
    swapped_places,
)
from fmlab.device import Device
from fmlab.errors import UserError

WORDS = Path(__file__).resolve().parents[1] / "assets" / "association_words.json"
UNKNOWN = "not in this vocabulary"


@dataclass(frozen=True)
class Contrast:
    """Two lists of topics that are compared; the second one is the one thought female."""

    name: str
    one: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True)
class Lists:
    """What is filled into which sentences.

    Attributes:
        templates: Sentences with `{target}` first and a separate word `{attribute}`.
        targets: Pairs of people, the male one first; they differ in one word.
        contrasts: The lists of topics.
    """

    templates: tuple[str, ...]
    targets: tuple[tuple[str, str], ...]
    contrasts: tuple[Contrast, ...]

    def __post_init__(self) -> None:
        """Check that each template has its places."""
        for template in self.templates:
            if not template.startswith("{target} ") or " {attribute}" not in template:
                raise UserError(
                    f"the template {template!r} must begin with {{target}} and hold {{attribute}} "
                    "as a word of its own"
                )


@dataclass(frozen=True)
class ContrastFound:
    """One contrast, measured.

    Attributes:
        name: As in the lists.
        effect: Association of the second list with women minus that of the first, in nats, the
            mean of all templates. Its interval is from drawing topics.
        by_template: The same for each template alone.
        spread: The lowest and the highest of the templates; None if none has a figure.
        by_word: Association of each topic with women, mean of all templates and people.
        in_pieces: Topics of several tokens; as many masks stand for them in the prior.
    """

    name: str
    effect: Estimate
    by_template: dict[str, Estimate]
    spread: tuple[float, float] | None
    by_word: dict[str, float]
    in_pieces: tuple[str, ...]


@dataclass(frozen=True)
class Association:
    """All contrasts, and what could not be asked."""

    contrasts: tuple[ContrastFound, ...]
    left_out: tuple[LeftOut, ...]


def read_lists(path: Path = WORDS) -> Lists:
    """Return the word lists and templates that come with `fmlab`, or those of another file.

    Raises:
        UserError: The file is not of this layout.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Lists(
            tuple(content["templates"]),
            tuple((male, female) for male, female in content["targets"]),
            tuple(
                Contrast(test["name"], tuple(test["one"]), tuple(test["other"]))
                for test in content["tests"]
            ),
        )
    except (OSError, KeyError, TypeError) as error:
        raise UserError(f"{path} holds no word lists ({error}); see {WORDS.name}") from error


def association(
    subject: MaskedModel,
    lists: Lists | None = None,
    *,
    seed: int = 0,
    device: Device | None = None,
    progress: bool = False,
) -> Association:
    """Return how much likelier topics make women than men, against the prior.

    Args:
        subject: The model under audit.
        lists: Templates, people and topics; those that come with `fmlab` if not given.
        seed: Of the intervals' draws; topics are drawn, each list by itself.
        device: As in `fmlab.audits.masked_model.ask`.
        progress: Whether to draw a bar on standard error.

    Does not show: what a model thinks of women and men. Another template gives another figure, and
    may turn its sign: read the spread, not the mean alone. Some topics fit a template badly. A
    person is a man or a woman here, and all words are English. Such a measure inside the model
    says little of what it does after fine-tuning (Goldfarb-Tarrant et al. 2021, arXiv:2012.15859,
    on word embeddings; Steed et al. 2022, ACL); and lists of words made for one purpose have
    the same pitfalls as pairs of sentences (Blodgett et al. 2021, ACL, on the latter).

    Source: Kurita et al. 2019, arXiv:1906.07337.
    """
    lists = lists or read_lists()
    topics = list(dict.fromkeys(word for c in lists.contrasts for word in (*c.one, *c.other)))
    scores, left_out, in_pieces = topic_scores(subject, lists, topics, device, progress)
    return Association(
        tuple(
            _contrast(contrast, lists.templates, topics, scores, in_pieces, seed)
            for contrast in lists.contrasts
        ),
        left_out,
    )


def topic_scores(
    subject: MaskedModel,
    lists: Lists,
    topics: Sequence[str],
    device: Device | None = None,
    progress: bool = False,
) -> tuple[NDArray[np.float64], tuple[LeftOut, ...], frozenset[str]]:
    """Return each topic's association with women in each template, `(templates, topics)`.

    A score is the mean over the pairs of people, in nats; NaN where none could be asked. Beside
    it: what was left out, and which topics are of several tokens.
    """
    blanks: dict[Blank, int] = {}
    asked: list[tuple[int, int, int, int]] = []
    problems = Counter[tuple[str, str]]()
    in_pieces = set()
    for row, template in enumerate(lists.templates):
        for people in lists.targets:
            for column, topic in enumerate(topics):
                found = _two_blanks(subject, template, people, topic)
                if isinstance(found, tuple):
                    with_topic, without, pieces = found
                    numbers = [blanks.setdefault(b, len(blanks)) for b in (with_topic, without)]
                    asked.append((row, column, *numbers))  # type: ignore[arg-type]
                    if pieces > 1:
                        in_pieces.add(topic)
                else:
                    problems[found.what, found.why] += 1
    answers = ask(
        subject, list(blanks), device=device, progress=progress, what="asking for associations"
    )
    odds = [float(answer[1] - answer[0]) for answer in answers]
    sums, counts = np.zeros((2, len(lists.templates), len(topics)))
    for row, column, with_topic_number, without_number in asked:
        sums[row, column] += odds[with_topic_number] - odds[without_number]
        counts[row, column] += 1
    scores = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    left_out = tuple(LeftOut(*key, count) for key, count in sorted(problems.items()))
    return scores, left_out, frozenset(in_pieces)


def _two_blanks(
    subject: MaskedModel, template: str, people: tuple[str, str], topic: str
) -> tuple[Blank, Blank, int] | LeftOut:
    """Return the question with the topic and the one without, and of how many tokens it is."""

    def text(person: str, rest: str) -> str:
        return person[0].upper() + person[1:] + rest.removeprefix("{target}")

    full, bare = template.replace("{attribute}", topic), template.replace(" {attribute}", "")
    he, she, without = subject.encode(
        [text(people[0], full), text(people[1], full), text(people[0], bare)]
    )
    words = len(differing_words(*people))
    places = swapped_places(he, she, words, subject.words.unk_id)
    if places is None or len(places) != 1:
        return LeftOut("/".join(people), NOT_ONE_TOKEN, 1)
    start = next(
        (i for i, pair in enumerate(zip(he, without, strict=False)) if len({*pair}) > 1), len(he)
    )
    end = start + len(he) - len(without)
    if end <= start or he[end:] != without[start:] or subject.words.unk_id in he[start:end]:
        return LeftOut(topic, UNKNOWN, 1)
    if subject.too_long(he):
        return LeftOut(topic, TOO_LONG, 1)
    mask, place = subject.words.mask_id, places[0]
    answers = (he[place], she[place])
    return (
        Blank(hide(he, [place], mask), place, answers),
        Blank(hide(he, [place, *range(start, end)], mask), place, answers),
        end - start,
    )


def _contrast(
    contrast: Contrast,
    templates: Sequence[str],
    topics: Sequence[str],
    scores: NDArray[np.float64],
    in_pieces: frozenset[str],
    seed: int,
) -> ContrastFound:
    words = [*contrast.one, *contrast.other]
    columns = [topics.index(word) for word in words]
    second = np.arange(len(words)) >= len(contrast.one)
    asked = scores[:, columns]

    def effect(values: NDArray[np.float64]) -> Estimate:
        kept = np.flatnonzero(~np.isnan(values))
        figures, of_second = values[kept], second[kept]

        def difference(drawn: NDArray[np.int64]) -> float:
            one, other = figures[drawn[~of_second[drawn]]], figures[drawn[of_second[drawn]]]
            return float(other.mean() - one.mean()) if len(one) and len(other) else float("nan")

        return estimate(difference, range(len(kept)), seed=seed, strata=of_second.tolist())

    complete = ~np.isnan(asked).any(axis=0)
    mean = np.where(complete, np.where(complete, asked, 0.0).mean(axis=0), np.nan)
    by_template = {template: effect(row) for template, row in zip(templates, asked, strict=True)}
    figures = [one.value for one in by_template.values() if one.value is not None]
    return ContrastFound(
        contrast.name,
        effect(mean),
        by_template,
        (min(figures), max(figures)) if figures else None,
        {word: float(value) for word, value in zip(words, mean, strict=True) if value == value},
        tuple(word for word in words if word in in_pieces),
    )
