"""The words and the numbers around bertviz's views, for readers who do not see the drawing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fmlab.views.table import Table


@dataclass(frozen=True)
class Words:
    """The words around the drawings; another language brings its own.

    Those inside a drawing are bertviz's. Layers and heads are counted from 0, as it counts them.
    """

    head_view: str = "Attention of one layer, head by head"
    model_view: str = "Attention of all heads in all layers"
    neuron_view: str = "Queries, keys and attention of one head"
    head_how: str = (
        "Point at a token to see its lines alone. Click on a colour to switch its head off or on."
    )
    model_how: str = "Click on a small drawing to see it large, with its tokens."
    neuron_how: str = (
        "Point at a token to see its lines alone. The plus beside it opens its query and the keys."
    )
    head_alt: str = (
        "Two columns with the {tokens} tokens, and a line from each token on the left to each one "
        "that it looks at: the greater the weight, the darker. Drawn at first: layer {layer}, "
        "{heads}. The strongest link between two places: {link}."
    )
    model_alt: str = (
        "A small drawing for each head, {layers} rows of {heads}: lines between two columns of "
        "{tokens} tokens. Where most of a head's attention goes, and for how many heads: {habits}."
    )
    neuron_alt: str = (
        "The attention of head {head} in layer {layer} between two columns of {tokens} tokens. "
        "Opened up, it shows each token's query and key as {size} coloured bars, blue above 0 and "
        "orange below, then their products, and the sum of these. The strongest link between two "
        "places: {link}."
    )
    link: str = "{looks!r} looks at {seen!r} with weight {weight:.2f} (head {head})"
    drawing: str = "Drawing; it scrolls sideways where the screen is narrow"
    by_mouse: str = (
        "Layers and heads are counted from 0. The drawing itself cannot be used with the keyboard; "
        "below it are the same numbers for {which}."
    )
    summary: str = "The numbers of {which}"
    which: str = "layer {layer}, {heads}"
    heads: tuple[str, str] = ("head {}", "heads {}")
    weights: str = "Layer {layer}, head {head}: how a token (row) spreads its attention (columns)"
    scores: str = (
        "Layer {layer}, head {head}: query of a token (row) times key of a token (column), by the "
        "root of {size}; softmax over a row gives the weights"
    )
    overview: str = "Where most of a head's attention goes, and the mean weight there"
    looks: str = "token"
    layer: str = "layer"
    same: str = "itself"
    before: str = "the token before"
    after: str = "the token after"
    menus: tuple[str, str, str] = ("Layer:", "Head:", "Attention:")
    pairs: tuple[str, str, str, str, str] = ("all", "A to A", "B to B", "A to B", "B to A")


ENGLISH = Words()


def names(heads: Sequence[int], words: Words) -> str:
    """Return some heads in words."""
    return words.heads[len(heads) > 1].format(", ".join(map(str, heads)))


def tables(
    numbers: Tensor,
    layer: int,
    heads: Sequence[int],
    tokens: Sequence[str],
    caption: str,
    words: Words,
) -> Iterator[Table]:
    """Yield a table for each of the chosen heads of a layer, `(H, T, T)`."""
    for head in heads:
        rows = [[token, *row] for token, row in zip(tokens, numbers[head].tolist(), strict=True)]
        named = caption.format(layer=layer, head=head)
        yield Table(named, [words.looks, *tokens], rows, decimals=2)


def strongest(weights: Tensor, heads: Sequence[int], tokens: Sequence[str], words: Words) -> str:
    """Return in words the greatest of some heads' weights, `(H, T, T)`, but for those on itself."""
    few = weights[list(heads)] * (1 - torch.eye(len(tokens)))
    head, looks, seen = (int(n) for n in torch.unravel_index(few.argmax(), few.shape))
    return words.link.format(
        looks=tokens[looks],
        seen=tokens[seen],
        weight=float(few[head, looks, seen]),
        head=heads[head],
    )


def habit(weights: Tensor, tokens: Sequence[str], words: Words) -> tuple[str, float]:
    """Return where most of one head's attention goes, `(T, T)`, and the mean weight there.

    That is a neighbour, the token itself, or one token of the vocabulary for all.
    """
    shares = {words.same: float(weights.diagonal().mean())}
    if len(tokens) > 1:
        shares[words.before] = float(weights.diagonal(-1).mean())
        shares[words.after] = float(weights.diagonal(1).mean())
    for token in dict.fromkeys(tokens):
        same = [place for place, other in enumerate(tokens) if other == token]
        shares[repr(token)] = float(weights[:, same].sum(dim=1).mean())
    return max(shares.items(), key=lambda item: item[1])
