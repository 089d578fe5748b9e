"""What a live figure shows before it is started, and to those who cannot start it."""

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fmlab.errors import UserError
from fmlab.probes.fill_mask import Candidate
from fmlab.probes.reading import Reading
from fmlab.views.live import LiveOptions
from fmlab.views.table import Table

WORDS = {
    "en": {
        "fill": "The model's guesses for “{text}”",
        "lens": "What each layer would put at the covered place of “{text}”",
        "grid": "The first guess of each layer at every token of “{text}”",
        "n_layer": "layer {n}",
        "attention": "Where “{text}” looks, in head {head} of layer {layer}: the strongest links",
        "both": "The model's guesses for “{text}” and for “{second}”",
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
        "exposure": "Place and exposure of each code",
        "said": "said",
        "times": "{n}\u00a0\u00d7",
        "n_secret": "locker {n}",
        "secret": "{name}: place {rank}, {bits:.1f} bits",
        "mean": "mean bits",
    }
}
MASK = "[MASK]"
STRONGEST = 8
MOVED = 0.001  # a guess whose probability moves by less is left out of a pair's table


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
    still = still_html(options, readings, more.get("canaries", ()))
    if not startable:
        return f'<div class="live-root">{still}</div>'
    data = html.escape(json.dumps(options.for_scripts(**more), ensure_ascii=False), quote=True)
    return f'<div class="live-root" data-live="{data}">{still}</div>'


def still_html(
    options: LiveOptions, readings: Sequence[Reading], canaries: Sequence[Mapping[str, Any]] = ()
) -> str:
    """Return the first state of a figure as HTML: bars for one covered place, else a table."""
    if options.view == "fill-mask" and len(readings[0].fills) == 1:
        return _bars(options, readings[0])
    return "".join(table._repr_html_() for table in still_tables(options, readings, canaries))


def still_tables(
    options: LiveOptions, readings: Sequence[Reading], canaries: Sequence[Mapping[str, Any]] = ()
) -> list[Table]:
    """Return what the figure shows at first, for those who don't start it or cannot.

    `canaries` are secrets with their ranks, for `exposure`.
    """
    words = WORDS.get(options.language, WORDS["en"])
    if canaries:
        return [_exposed(canaries, words)]
    if options.view == "attention":
        return [_links(options, readings[0], words)]
    if options.view == "lens":
        show = _layers if MASK in readings[0].sentence.tokens else _grid
        return [show(options, readings[0], words)]
    if options.view == "pair" and options.second and all(reading.fills for reading in readings):
        return [_moved(options, readings, words)]
    if options.view == "compare" and options.second and all(one.fills for one in readings):
        return [_beside(options, readings, words)]
    key = "finished" if options.view == "compare" else "fill"
    return [_guesses(options, readings, words, words[key].format(text=options.text))]


def _exposed(canaries: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> Table:
    times = sorted({one["times"] for one in canaries})
    rows = []
    for count in times:
        own = [one for one in canaries if one["times"] == count]
        mean = sum(one["bits"] for one in own) / len(own)
        cells = [words["secret"].format(**one) for one in own]
        rows.append([words["times"].format(n=count), f"{mean:.1f}", *cells])
    names = [words["n_secret"].format(n=n + 1) for n in range(len(rows[0]) - 2)]
    return Table(words["exposure"], [words["said"], words["mean"], *names], rows)


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


def _beside(options: LiveOptions, readings: Sequence[Reading], words: Mapping[str, str]) -> Table:
    firsts = [reading.fills[0].candidates[: options.k] for reading in readings]
    rows = [
        [str(n), *(f"{c.token} ({c.probability:.1%})" for c in both)]
        for n, both in enumerate(zip(*firsts, strict=True), 1)
    ]
    caption = words["both"].format(text=options.text, second=options.second)
    return Table(caption, [words["guess_alone"], words["in_first"], words["in_second"]], rows)


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


def _bars(options: LiveOptions, reading: Reading) -> str:
    """Return the guesses for one covered place as a table with a bar in each row."""
    words = WORDS.get(options.language, WORDS["en"])
    fill = reading.fills[0]
    tokens = [html.escape(token) for token in reading.sentence.words]
    place = reading.sentence.word_of[fill.place]
    tokens[place] = '<span class="live-mask">[MASK]</span>'
    rows = "".join(map(_bar, fill.candidates))
    caption = html.escape(words["fill"].format(text=options.text))
    return (
        f'<p class="live-still-text">{" ".join(tokens)}</p><table class="live-still">'
        f'<caption class="visually-hidden">{caption}</caption><tbody>{rows}</tbody></table>'
    )


def _bar(candidate: Candidate) -> str:
    share = f"{candidate.probability:.1%}"
    bar = f'<span class="live-track"><span class="live-bar" style="width:{share}"></span></span>'
    return (
        f'<tr><th scope="row">{html.escape(candidate.token)}</th>'
        f'<td aria-hidden="true">{bar}</td><td>{share}</td></tr>'
    )
