"""A live figure of any model: in a notebook Python computes, on a built page the reader's browser.

from fmlab.live import live
live("attention", "The cat sat on the mat .")
live("fill-mask", "He opened the door .", cover=["door"], model=my_checkpoint)
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from fmlab import zoo
from fmlab.audits.canaries import SLOT
from fmlab.audits.lockers import PLANTED, exposures, planted
from fmlab.checkpoint import Checkpoint, shipped
from fmlab.errors import UserError
from fmlab.export import about
from fmlab.probes.reading import Reading, read, split
from fmlab.stages import MANIFEST, Stage, load_stage, stages
from fmlab.views.live import LiveOptions
from fmlab.views.live_still import MASK, still_figure
from fmlab.views.notebook_live import StillFigure, notebook_figure

PAGES = "FMLAB_PAGES"
"""Set while the site is built: a figure then waits for the reader's click, as others there do."""


def live(
    view: str,
    text: str,
    *,
    model: str | Path | Checkpoint = "books-small",
    second: str = "",
    cover: Sequence[str] = (),
    cover_second: Sequence[str] | None = None,
    layer: int = 1,
    head: int = 1,
    k: int = 5,
    asked: Sequence[str] = (),
    language: str = "en",
) -> Any:
    """Return a live figure: the last line of a cell shows it.

    Args:
        view: `fill-mask`, `attention`, `lens`, `compare`, `pair` or `exposure`.
        text: The sentence it starts with.
        model: A name, a folder, or a loaded checkpoint.
        second: The other sentence, for `compare` and `pair`.
        cover: Words of the sentence that are covered at first.
        cover_second: The same for the other sentence of `compare`; else those of `cover` that it
            has. In `pair` the same places are covered in both.
        layer: The layer shown first, from 1.
        head: The head shown first, from 1.
        k: How many guesses.
        asked: Tokens whose probability is always shown.
        language: Which words the figure speaks.

    Raises:
        UserError: An unknown view or model, a model that cannot fill masks, a word to be covered
            that is not in the sentence, or `anywidget` is not installed.
    """
    found = model if isinstance(model, Checkpoint) else zoo.load(model)
    name = _name(model, found)
    options, readings = prepare(
        found,
        view,
        text,
        name=name,
        second=second,
        cover=cover,
        cover_second=cover_second,
        layer=layer,
        head=head,
        k=k,
        asked=asked,
        language=language,
    )
    # A model of one's own may bear the name of one that the workbook has.
    on_the_site = name in zoo.local_models() and found.path.resolve() == shipped(name).resolve()
    moments = stages_of(name) if on_the_site else ()
    canaries = canaries_for(options, found)
    if os.environ.get(PAGES):
        told = {"stages": [asdict(stage) for stage in moments], "canaries": canaries}
        return StillFigure(still_figure(options, readings, on_the_site, **told))
    known = about(found.masked_model, name)
    return notebook_figure(options, known, moments, Answers(found, moments), canaries)


def prepare(
    found: Checkpoint,
    view: str,
    text: str,
    *,
    name: str,
    second: str = "",
    cover: Sequence[str] = (),
    cover_second: Sequence[str] | None = None,
    **said: Any,
) -> tuple[LiveOptions, list[Reading]]:
    """Return what a figure is told, and what the model makes of its first sentences.

    Args:
        found: The model.
        view: Which view.
        text: The sentence it starts with.
        name: What the model is called.
        second: The other sentence.
        cover: Words of the sentence that are covered at first.
        cover_second: The same for the other sentence, as in `live`.
        said: The other fields of `LiveOptions`.

    Raises:
        UserError: As in `live`.
    """
    words, others = _words(found, text), _words(found, second)
    masked = _places(words, cover)
    if not second:
        masked_second = []
    elif view == "pair":
        masked_second = opposite_places(words, others, masked)
    elif cover_second is None:
        masked_second = _places(others, [word for word in cover if word in others])
    else:
        masked_second = _places(others, cover_second)
    options = LiveOptions(
        view=view,
        text=text,
        second=second,
        masked=masked,
        masked_second=masked_second,
        model=name,
        **said,
    )
    return options, first_readings(found, options)


def _words(found: Checkpoint, text: str) -> list[str]:
    longest = found.model.config.max_position_embeddings
    return list(split(found.tokenizer, text, (), longest).words)


def _places(words: list[str], cover: Sequence[str]) -> list[int]:
    if missing := [word for word in cover if word not in words]:
        raise UserError(f"cannot cover {missing[0]!r}; the model reads the words {words}")
    return [words.index(word) for word in cover]


def opposite_places(first: list[str], second: list[str], places: Sequence[int]) -> list[int]:
    """Return where the words at some places of a sentence stand in one with single words changed.

    Args:
        first: Words of the sentence.
        second: Words of the other: as many, or all but one the same and several for that one.
        places: Places in the first.

    Raises:
        UserError: The sentences differ in another way, or in a word at one of the places.
    """
    longer = len(second) - len(first)
    same = 0
    while same < min(len(first), len(second)) and first[same] == second[same]:
        same += 1
    one_became_several = same < len(first) and first[same + 1 :] == second[same + 1 + longer :]
    if longer < 0 or (longer > 0 and not one_became_several):
        raise UserError(
            f"a pair is one sentence with single words changed; {' '.join(second)!r} has "
            f"{len(second)} words, and {' '.join(first)!r} has {len(first)}"
        )
    return [place + longer if place > same else place for place in places]


def first_readings(found: Checkpoint, options: LiveOptions) -> list[Reading]:
    """Return what a model makes of the sentences that a figure starts with.

    A pair is about how all of the probability moves, so it gets every token of the vocabulary. The
    lens looks at every place where none is covered.
    """
    sentences = [(options.text, options.masked), (options.second, options.masked_second)]
    return [
        read(
            found.masked_model,
            found.tokenizer,
            text,
            masked=masked,
            lens=options.view == "lens",
            everywhere=options.view == "lens" and not (masked or MASK in text),
            k=found.model.config.vocab_size if options.view == "pair" else options.k,
            asked=options.asked,
        )
        for text, masked in sentences
        if text
    ]


def canaries_for(options: LiveOptions, found: Checkpoint) -> list[dict[str, Any]]:
    """Return the secrets that `exposure` looks for, each with its rank; none for other views.

    Where the model's folder has no list of them, there are none.
    """
    if options.view != "exposure" or not (found.path / PLANTED).is_file():
        return []
    return [
        {
            "name": one.locker.name,
            "times": one.locker.times,
            "code": one.locker.digits,
            "text": one.locker.format.template.replace(SLOT, MASK),
            "rank": one.rank,
            "bits": one.bits,
        }
        for one in exposures(found, planted(found.path))
    ]


def stages_of(name: str) -> tuple[Stage, ...]:
    """Return the moments of a model's training that can be shown; none for most models."""
    there = name in zoo.local_models() and (shipped(name) / MANIFEST).exists()
    return stages(name) if there else ()


class Answers:
    """Answers the questions that the figure's scripts ask, in the place of the browser's engine."""

    def __init__(self, found: Checkpoint, moments: Sequence[Stage] = ()) -> None:
        """Answer for a model, and for the moments of its training that can be shown."""
        self.found = found
        self.moments = {str(moment.step): moment for moment in moments}

    def __call__(self, question: Mapping[str, Any]) -> Reading:
        """Return the reading that a question asks for (see engine.js for its keys).

        Raises:
            UserError: The question names a head or a stage that is not there.
        """
        found = self.found
        if stage := question.get("stage"):
            if str(stage) not in self.moments:
                raise UserError(f"this model has no stage at step {stage}")
            found = _stage(self.found.path.name, self.moments[str(stage)])
        return read(
            found.masked_model,
            found.tokenizer,
            str(question["text"]),
            masked=question.get("masked", ()),
            everywhere=bool(question.get("everywhere")),
            lens=bool(question.get("lens")),
            k=int(question.get("k", 5)),
            asked=question.get("asked", ()),
            off=[(int(layer), int(head)) for layer, head in question.get("off") or ()],
        )


@lru_cache(maxsize=6)
def _stage(name: str, moment: Stage) -> Checkpoint:
    return load_stage(moment, name)


def _name(model: str | Path | Checkpoint, found: Checkpoint) -> str:
    if isinstance(model, Checkpoint):
        return found.path.name or "your model"
    return Path(model).name if Path(model).is_dir() else str(model)
