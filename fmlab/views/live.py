"""Live figures: what a page shows before the reader starts one, and what its scripts are told.

On a page the reader's browser runs the model; in a notebook Python does (`notebook_live.py`). The
drawing is the same JavaScript, in `static/live/`.
"""

import html
import importlib.resources
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fmlab.errors import UserError
from fmlab.probes.reading import Reading
from fmlab.views.table import Table

STATIC = importlib.resources.files("fmlab.views") / "static" / "live"

# What a view needs to be told of; the rest has a meaning without.
VIEWS: Mapping[str, str] = {
    "fill-mask": "what the model would put at each covered place",
    "attention": "how the tokens look at each other, head by head",
    "lens": "what each layer would fill in",
    "compare": "two sentences, or two moments of a training, beside each other",
    "pair": "one word changed: what moves",
}
WORDS = {
    "en": {
        "fill": "The model's guesses for “{text}”",
        "lens": "What each layer would put at the covered place of “{text}”",
        "grid": "The first guess of each layer at every token of “{text}”",
        "n_layer": "layer {n}",
        "attention": "Where “{text}” looks, in head {head} of layer {layer}: the strongest links",
        "both": "The model's guesses for both sentences",
        "finished": "The finished model's guesses for “{text}”",
        "pair": "The guesses that move most, from “{text}” to “{second}”",
        "guess_alone": "guess",
        "in_first": "in the first sentence",
        "in_second": "in the second",
        "layer": "layer",
        "embeddings": "none (embeddings)",
        "guess": "guess {n}",
        "sentence": "sentence",
        "from": "token",
        "to": "looks at",
        "weight": "weight",
    }
}
MASK = "[MASK]"
STRONGEST = 8
MOVED = 0.001  # a guess whose probability moves by less is left out of a pair's table


@dataclass(frozen=True)
class LiveOptions:
    """What an author says of a live figure.

    Attributes:
        view: One of `VIEWS`.
        text: The sentence it starts with.
        second: The other sentence, for `compare` and `pair`.
        masked: Words of the sentence that are covered at first, by their place from 0.
        masked_second: The same of the other sentence.
        layer: The layer shown first, from 1.
        head: The head shown first, from 1.
        k: How many guesses.
        asked: Words whose probability is always shown.
        model: A model that comes with the workbook.
        language: Which words the figure speaks.
    """

    view: str
    text: str
    second: str = ""
    masked: Sequence[int] = ()
    masked_second: Sequence[int] = ()
    layer: int = 1
    head: int = 1
    k: int = 5
    asked: Sequence[str] = ()
    model: str = "books-small"
    language: str = "en"

    def __post_init__(self) -> None:
        """Refuse a figure that cannot be drawn.

        Raises:
            UserError: An unknown view, no text, or a number below 1.
        """
        if self.view not in VIEWS:
            raise UserError(f"no live view {self.view!r}; choose one of {', '.join(VIEWS)}")
        if not self.text.strip():
            raise UserError(
                f"the live view {self.view} has no text; give the sentence it starts with"
            )
        for name in ("layer", "head", "k"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}; count from 1")

    def for_scripts(self, **more: Any) -> dict[str, Any]:
        """Return what the figure's scripts read; layers and heads count from 0 there."""
        own = asdict(self) | {"layer": self.layer - 1, "head": self.head - 1}
        return own | more


def still_figure(
    options: LiveOptions, readings: Sequence[Reading], startable: bool = True, **more: Any
) -> str:
    """Return a live figure before it is started, as HTML without a caption."""
    return f'<figure class="fmlab-live">{live_html(options, readings, startable, **more)}</figure>'


def live_html(
    options: LiveOptions, readings: Sequence[Reading], startable: bool = True, **more: Any
) -> str:
    """Return the inside of a live figure: its first state as a table, and what its scripts need.

    Args:
        options: What the author said.
        readings: What the model makes of the text, and of the second one where there is one.
        startable: Whether the site has the model, so that the reader may start the figure.
        more: Further things for the scripts.
    """
    still = "".join(table._repr_html_() for table in still_tables(options, readings))
    if not startable:
        return f'<div class="live-root">{still}</div>'
    data = html.escape(json.dumps(options.for_scripts(**more), ensure_ascii=False), quote=True)
    return f'<div class="live-root" data-live="{data}">{still}</div>'


def still_tables(options: LiveOptions, readings: Sequence[Reading]) -> list[Table]:
    """Return what the figure shows at first, for those who don't start it or cannot."""
    words = WORDS.get(options.language, WORDS["en"])
    if options.view == "attention":
        return [_links(options, readings[0], words)]
    if options.view == "lens":
        show = _layers if MASK in readings[0].sentence.tokens else _grid
        return [show(options, readings[0], words)]
    if options.view == "pair" and options.second and all(reading.fills for reading in readings):
        return [_moved(options, readings, words)]
    key = "both" if options.second else "finished" if options.view == "compare" else "fill"
    return [_guesses(options, readings, words, words[key].format(text=options.text))]


def _guesses(
    options: LiveOptions, readings: Sequence[Reading], words: Mapping[str, str], caption: str
) -> Table:
    names = [words["sentence"], *(words["guess"].format(n=n + 1) for n in range(options.k))]
    rows = []
    for reading in readings:
        covered = " ".join(t for t in reading.sentence.tokens[1:-1])
        for fill in reading.fills:
            cells = [f"{c.token} ({c.probability:.1%})" for c in fill.candidates[: options.k]]
            rows.append([covered, *cells])
    return Table(caption, names, rows)


def _moved(options: LiveOptions, readings: Sequence[Reading], words: Mapping[str, str]) -> Table:
    before, after = (
        {c.token: c.probability for c in reading.fills[0].candidates} for reading in readings
    )
    most = sorted(before, key=lambda token: -abs(after[token] - before[token]))[: 2 * options.k]
    shown = [token for token in most if abs(after[token] - before[token]) >= MOVED] or most[:1]
    rows = [[token, f"{before[token]:.1%}", f"{after[token]:.1%}"] for token in shown]
    caption = words["pair"].format(text=options.text, second=options.second)
    return Table(caption, [words["guess_alone"], words["in_first"], words["in_second"]], rows)


def _layers(options: LiveOptions, reading: Reading, words: Mapping[str, str]) -> Table:
    names = [words["layer"], *(words["guess"].format(n=n + 1) for n in range(options.k))]
    first = min((fill.place for fill in reading.fills), default=0)
    rows = [
        [
            str(fill.layer or words["embeddings"]),
            *(f"{c.token} ({c.probability:.1%})" for c in fill.candidates),
        ]
        for fill in reading.fills
        if fill.place == first
    ]
    return Table(words["lens"].format(text=options.text), names, rows)


def _grid(options: LiveOptions, reading: Reading, words: Mapping[str, str]) -> Table:
    layers = sorted({fill.layer for fill in reading.fills})
    rows = [[token] for token in reading.sentence.tokens]
    for fill in reading.fills:  # layer by layer
        best = fill.candidates[0]
        rows[fill.place].append(f"{best.token} ({best.probability:.1%})")
    names = [words["n_layer"].format(n=layer) if layer else words["embeddings"] for layer in layers]
    return Table(words["grid"].format(text=options.text), [words["from"], *names], rows)


def _links(options: LiveOptions, reading: Reading, words: Mapping[str, str]) -> Table:
    layers, heads, size, _ = reading.attentions.shape
    if options.layer > layers or options.head > heads:
        raise UserError(
            f"no head {options.head} in layer {options.layer}; there are {layers} layers with "
            f"{heads} heads each"
        )
    weights = reading.attentions[options.layer - 1, options.head - 1]
    tokens = reading.sentence.tokens
    best = weights.flatten().topk(min(STRONGEST, size * size))
    rows = [
        [tokens[place // size], tokens[place % size], f"{weight:.0%}"]
        for weight, place in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]
    caption = words["attention"].format(text=options.text, layer=options.layer, head=options.head)
    return Table(caption, [words["from"], words["to"], words["weight"]], rows)
