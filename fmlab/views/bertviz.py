"""bertviz's three views of attention: of a layer's heads, of a whole model, of a head's neurons.

Each takes weights that a model of `fmlab` or of `transformers` gave, and runs none. Each comes with
a description and with the same numbers as a table; `bertviz_page` puts them into a page.

Source: Vig 2019, "A Multiscale Visualization of Attention in the Transformer Model",
arXiv:1906.05714.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.probes.attentions import NO_ATTENTIONS, Neurons
from fmlab.views.bertviz_page import Choice, View
from fmlab.views.bertviz_words import ENGLISH, Words, habit, names, strongest, tables
from fmlab.views.table import Table

HEAD_WIDTH, SQUARE, NEURON_WIDTH = 345, 20, 1010
"""What these drawings need, in pixels; bertviz's scripts have fixed sizes inside."""
THUMBNAIL_WIDTH, MODEL_WIDTHS = 150, (480, 970)
"""What a head gets in the model view, and what the view gets in all, at least and at most."""


class Result(Protocol):
    """What a model returns, in either library; `fmlab.probes.attentions` gives the tokens too."""

    @property
    def attentions(self) -> Tensor | Sequence[Tensor] | None:
        """Weights, `L` of `(1, H, T, T)`, or `(L, H, T, T)`."""


def head_view(
    attentions: Tensor | Sequence[Tensor] | Result,
    tokens: Sequence[str] | None = None,
    *,
    alt: str = "",
    layer: int = 0,
    heads: Sequence[int] | None = None,
    include_layers: Sequence[int] | None = None,
    sentence_b_start: int | None = None,
    words: Words = ENGLISH,
) -> View:
    """Return bertviz's head view: lines from token to token, the heads of a layer in colours.

    Args:
        attentions: What the model returned, or its attentions: `L` of `(1, H, T, T)`, or
            `(L, H, T, T)`.
        tokens: The T tokens; not needed with a result of `fmlab.probes.attentions`.
        alt: What is to be seen here, in your words; what can be computed is added.
        layer: The layer that is drawn first, and that the tables are of.
        heads: The heads that are drawn first, and that have a table each; all if not given.
        include_layers: The layers that can be chosen; all if not given. Fewer make a lighter page.
        sentence_b_start: Where the second text starts, to choose between the two.
        words: The words around the drawing.

    Raises:
        UserError: There are no attentions, or tokens, layers and heads are others than theirs.

    Does not show: which token the result depends on. Check that by changing the token.
    """
    weights, shown, start = _given(attentions, tokens, sentence_b_start)
    layers = _chosen("layer", include_layers, weights.size(0))
    _chosen("layer", [layer], weights.size(0), layers)
    few = _chosen("head", heads, weights.size(1))
    params = {
        "attention": _data({"attn": weights[layers]}, shown, start),
        "default_filter": "all",
        "layer": layer,
        "heads": few,
        "include_layers": layers,
    }
    computed = words.head_alt.format(
        tokens=len(shown),
        layer=layer,
        heads=names(few, words),
        link=strongest(weights[layer], few, shown, words),
    )
    return View(
        "head_view",
        params,
        words.head_view,
        f"{alt} {computed}".strip(),
        list(tables(weights[layer], layer, few, shown, words.weights, words)),
        [Choice("layer", words.menus[0], {}), *_filter(start, words)],
        max(HEAD_WIDTH, SQUARE * weights.size(1)),
        **_around(words.head_how, layer, few, words),
    )


def model_view(
    attentions: Tensor | Sequence[Tensor] | Result,
    tokens: Sequence[str] | None = None,
    *,
    alt: str = "",
    layer: int = 0,
    heads: Sequence[int] | None = None,
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    sentence_b_start: int | None = None,
    words: Words = ENGLISH,
) -> View:
    """Return bertviz's model view: a small drawing for every head of every layer.

    Args:
        attentions: As in `head_view`.
        tokens: As in `head_view`.
        alt: As in `head_view`.
        layer: The layer whose weights are in the tables.
        heads: Its heads that have a table each; all if not given.
        include_layers: The layers to draw; all if not given.
        include_heads: The heads to draw; all if not given.
        sentence_b_start: As in `head_view`.
        words: As in `head_view`.

    Raises:
        UserError: As in `head_view`.

    Does not show: which token the result depends on. Check that by changing the token.
    """
    weights, shown, start = _given(attentions, tokens, sentence_b_start)
    layers = _chosen("layer", include_layers, weights.size(0))
    drawn = _chosen("head", include_heads, weights.size(1))
    _chosen("layer", [layer], weights.size(0))
    few = _chosen("head", heads, weights.size(1))
    least, most = MODEL_WIDTHS
    width = min(max(THUMBNAIL_WIDTH * weights.size(1) + 40, least), most)
    params = {
        "attention": _data({"attn": weights[layers][:, drawn]}, shown, start),
        "default_filter": "all",
        "display_mode": "light",
        "include_layers": layers,
        "include_heads": drawn,
        "total_heads": weights.size(1),
        "width": width,
    }
    habits = [[habit(weights[row, head], shown, words) for head in drawn] for row in layers]
    counted = Counter(name for row in habits for name, _ in row)
    computed = words.model_alt.format(
        layers=len(layers),
        heads=len(drawn),
        tokens=len(shown),
        habits=", ".join(f"{name} ({count})" for name, count in counted.most_common()),
    )
    overview = Table(
        words.overview,
        [words.layer, *(words.heads[0].format(head) for head in drawn)],
        [
            [layers[place], *(f"{name} {share:.2f}" for name, share in row)]
            for place, row in enumerate(habits)
        ],
    )
    return View(
        "model_view",
        params,
        words.model_view,
        f"{alt} {computed}".strip(),
        [overview, *tables(weights[layer], layer, few, shown, words.weights, words)],
        _filter(start, words),
        width,
        **_around(words.model_how, layer, few, words),
    )


def neuron_view(
    neurons: Neurons, *, alt: str = "", layer: int = 0, head: int = 0, words: Words = ENGLISH
) -> View:
    """Return bertviz's neuron view: how queries and keys make the weights of one head.

    Args:
        neurons: What `fmlab.probes.attentions.neurons` found.
        alt: As in `head_view`.
        layer: The layer that is drawn first, and that the tables are of.
        head: The head that is drawn first, and that the tables are of.
        words: As in `head_view`.

    Raises:
        UserError: There is no such layer or head, or no queries and keys.

    Does not show: what the head hands over: the values are left out.
    """
    if not hasattr(neurons, "queries"):
        raise UserError(
            "the neuron view draws queries and keys too; give it what "
            "fmlab.probes.attentions.neurons(model, tokenizer, text) returns"
        )
    weights, shown, start = _given(neurons, None, None)
    _chosen("layer", [layer], weights.size(0))
    few = _chosen("head", [head], weights.size(1))
    size = neurons.queries.size(-1)
    kinds = {"attn": weights, "queries": neurons.queries, "keys": neurons.keys}
    params = {
        "attention": _data(kinds, shown, start),
        "default_filter": "all",
        "bidirectional": True,
        "display_mode": "light",
        "layer": layer,
        "head": head,
    }
    computed = words.neuron_alt.format(
        head=head,
        layer=layer,
        tokens=len(shown),
        size=size,
        link=strongest(weights[layer], few, shown, words),
    )
    scores = neurons.queries[layer] @ neurons.keys[layer].mT / size**0.5  # (H, T, T)
    of_scores = words.scores.replace("{size}", str(size))
    return View(
        "neuron_view",
        params,
        words.neuron_view,
        f"{alt} {computed}".strip(),
        [
            *tables(scores, layer, few, shown, of_scores, words),
            *tables(weights[layer], layer, few, shown, words.weights, words),
        ],
        [
            Choice("layer", words.menus[0], {}),
            Choice("att_head", words.menus[1], {}),
            *_filter(start, words),
        ],
        NEURON_WIDTH,
        **_around(words.neuron_how, layer, few, words),
    )


def _given(
    attentions: Tensor | Sequence[Tensor] | Result,
    tokens: Sequence[str] | None,
    start: int | None,
) -> tuple[Tensor, list[str], int | None]:
    """Return the weights, `(L, H, T, T)`, the tokens, and where the second text starts."""
    given: Any = getattr(attentions, "attentions", attentions)
    tokens = getattr(attentions, "tokens", None) if tokens is None else tokens
    start = getattr(attentions, "sentence_b_start", None) if start is None else start
    if given is None or not len(given):
        raise UserError(NO_ATTENTIONS)
    if not isinstance(given, Tensor):
        shapes = {tuple(layer.shape) for layer in given}
        if len(shapes) > 1 or len(shape := shapes.pop()) != 4 or shape[0] != 1:
            raise UserError(
                f"the attentions of a layer are {tuple(given[0].shape)}; give those of one text, "
                "(1, H, T, T) for each layer, for example [layer[:1] for layer in attentions]"
            )
        given = torch.cat(list(given))
    if given.dim() != 4 or given.size(2) != given.size(3):
        raise UserError(f"the attentions are {tuple(given.shape)}; give (L, H, T, T) of one text")
    if tokens is None or len(tokens) != given.size(-1):
        count = "no" if tokens is None else str(len(tokens))
        raise UserError(
            f"{count} tokens for attentions of {given.size(-1)}; give every token that the model "
            "read, such as tokenizer.convert_ids_to_tokens(input_ids[0])"
        )
    if start is not None and not 0 < start < len(tokens):
        raise UserError(f"sentence_b_start is {start}; it must lie inside the {len(tokens)} tokens")
    readable = [t.replace("Ġ", " ").replace("▁", " ").replace("</w>", "") for t in tokens]
    return given.detach().float().cpu(), readable, start


def _chosen(
    what: str, wanted: Sequence[int] | None, count: int, among: Sequence[int] | None = None
) -> list[int]:
    """Return the layers or heads that are wanted, all of them for None."""
    there = range(count) if among is None else among
    wanted = list(there) if wanted is None else [int(number) for number in wanted]
    wrong = [number for number in wanted if number not in there]
    if wrong or not wanted:
        found = f"there is no {what} {wrong[0]}" if wrong else f"no {what} is named"
        raise UserError(f"{found}; choose from {', '.join(map(str, there))}")
    return wanted


def _data(kinds: Mapping[str, Tensor], tokens: list[str], start: int | None) -> dict[str, Any]:
    """Return what the scripts read, for all tokens, and for each pair of two texts."""
    whole, first, second = slice(None), slice(start), slice(start, None)
    pairs = {"all": (whole, whole)}
    if start is not None:
        pairs |= {"aa": (first, first), "bb": (second, second)}
        pairs |= {"ab": (first, second), "ba": (second, first)}
    # Three places are finer than a screen can show, and make a page a third as heavy.
    exact = {kind: tensor.double().round(decimals=3) for kind, tensor in kinds.items()}
    data = {}
    for pair, (left, right) in pairs.items():
        data[pair] = {"left_text": tokens[left], "right_text": tokens[right]}
        for kind, numbers in exact.items():
            side = {"attn": (left, right), "queries": (left,), "keys": (right,)}[kind]
            data[pair][kind] = numbers[:, :, *side].tolist()
    return data


def _filter(start: int | None, words: Words) -> list[Choice]:
    """Return the menu that chooses between two texts, if there are two."""
    entries = dict(zip(("all", "aa", "bb", "ab", "ba"), words.pairs, strict=True))
    return [] if start is None else [Choice("filter", words.menus[2], entries)]


def _around(how: str, layer: int, heads: Sequence[int], words: Words) -> dict[str, str]:
    """Return the lines around a drawing."""
    which = words.which.format(layer=layer, heads=names(heads, words))
    return {
        "drawing": words.drawing,
        "note": f"{how} {words.by_mouse.format(which=which)}",
        "summary": words.summary.format(which=which),
    }
