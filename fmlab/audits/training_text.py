"""The text a checkpoint was trained on, and pieces of it beside pieces that it never read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fmlab.batches import cut
from fmlab.checkpoint import Checkpoint, read_json
from fmlab.corpus import Corpus, Document, load
from fmlab.errors import UserError
from fmlab.evaluate import TEXT
from fmlab.seeds import numpy_rng
from fmlab.tokens import Tokenizer

SHORTEST = 16
"""Tokens that a piece must have: the loss of a few words says next to nothing."""
FROM_EACH = 100
"""Paragraphs that are read of a training document: enough to match lengths from."""

Piece = tuple[int, ...]


@dataclass(frozen=True)
class Pieces:
    """Pieces of text of one split, without special tokens.

    Attributes:
        ids: Token numbers of each.
        documents: The title of the document each is from.
    """

    ids: tuple[Piece, ...]
    documents: tuple[str, ...]


@dataclass(frozen=True)
class TwoSides:
    """As many pieces of training text as of held-out text, of the same lengths.

    Attributes:
        members: From the train split.
        others: From the valid and test splits; the i-th is as long as the i-th member.
        repeated: Held-out paragraphs that stand in the training text too, and were left out.
        unmatched: Held-out pieces for which no member of the same length was at hand.
        pool: More pieces of the training text, to count words in.
    """

    members: Pieces
    others: Pieces
    repeated: int
    unmatched: int
    pool: Pieces


def text_settings(found: Checkpoint) -> dict[str, Any]:
    """Return which corpus a run read and with which options, as its `text.json` tells.

    Raises:
        UserError: It tells of none.
    """
    path = found.path / TEXT
    if not path.exists():
        raise UserError(
            f"{found.path} does not say which text it was trained on (no {TEXT}); choose a run of "
            "fmlab pretrain"
        )
    told = read_json(path)
    return {"corpus": str(told.get("corpus")), "options": dict(told.get("options") or {})}


def training_text(found: Checkpoint) -> Corpus:
    """Return the corpus that a run read.

    Raises:
        UserError: The run does not say which, the text cannot be had, or it is another one by now.
    """
    told = text_settings(found)
    corpus = load(told["corpus"], **told["options"])
    expected = found.run.get("corpus", {}).get("sha256")
    if corpus.sha256 != expected:
        raise UserError(
            f"{corpus.name} is not the text that {found.path} was trained on (its hash is another "
            "one); give the same version of the text, or train again"
        )
    return corpus


def two_sides(
    corpus: Corpus, tokenizer: Tokenizer, longest: int, count: int, seed: int
) -> TwoSides:
    """Return up to `count` held-out pieces, and as many of the training text, of equal lengths.

    Args:
        corpus: The text of a run.
        tokenizer: The run's.
        longest: Tokens a piece in training, `[CLS]` and `[SEP]` included.
        count: How many of each side.
        seed: Which ones.

    Raises:
        UserError: There is no held-out text, or none that can be matched.
    """
    held_out = [*corpus.split("valid"), *corpus.split("test")]
    if not held_out:
        raise UserError(f"{corpus.name} has no held-out text; choose a run with a valid split")
    read = {line for document in corpus.split("train") for line in document.text.split("\n")}
    repeated = sum(line in read for document in held_out for line in _lines(document))
    fresh = [[line for line in _lines(document) if line not in read] for document in held_out]
    titles = [document.title for document in held_out]
    others = _in_turn(_pieces(fresh, titles, tokenizer, longest), count, seed)
    sample = [_some(_lines(d), seed, d.title) for d in corpus.split("train")]
    pool = _pieces(sample, [d.title for d in corpus.split("train")], tokenizer, longest)
    pairs = _matched(pool, others, seed)
    if not pairs:
        raise UserError(
            f"no held-out piece of {corpus.name} has {SHORTEST} tokens and a match in the training "
            "text; choose a larger text"
        )
    members = _chosen(pool, [member for member, _ in pairs])
    kept = _chosen(others, [other for _, other in pairs])
    return TwoSides(members, kept, repeated, len(others.ids) - len(pairs), pool)


def _lines(document: Document) -> list[str]:
    return [line for line in document.text.split("\n") if line.strip()]


def _some(lines: list[str], seed: int, title: str) -> list[str]:
    rng = numpy_rng(seed, "paragraphs", title)
    chosen = rng.permutation(len(lines))[:FROM_EACH]
    return [lines[i] for i in np.sort(chosen)]


def _pieces(
    texts: Sequence[Sequence[str]], titles: Sequence[str], tokenizer: Tokenizer, longest: int
) -> Pieces:
    """Return all pieces that are long enough, cut as in training, each once."""
    ids: dict[Piece, str] = {}
    for lines, title in zip(texts, titles, strict=True):
        for piece in cut(["\n".join(lines)], tokenizer, longest):
            if len(piece) - 2 >= SHORTEST:
                ids.setdefault(tuple(piece[1:-1]), title)
    return Pieces(tuple(ids), tuple(ids.values()))


def _in_turn(pieces: Pieces, count: int, seed: int) -> Pieces:
    """Return up to `count` pieces, as evenly from all documents as these allow."""
    order = numpy_rng(seed, "pieces").permutation(len(pieces.ids))
    taken: dict[str, int] = {}
    turn = []
    for index in order:
        title = pieces.documents[index]
        turn.append((taken.setdefault(title, 0), int(index)))
        taken[title] += 1
    first = sorted(range(len(turn)), key=lambda at: turn[at][0])[:count]  # stable within a turn
    return _chosen(pieces, [turn[at][1] for at in first])


def _matched(pool: Pieces, others: Pieces, seed: int) -> list[tuple[int, int]]:
    """Return pairs of a member and another piece of the same length, each piece used once.

    Members are taken from all documents in turn, so that long ones do not crowd out the rest.
    """
    order = _in_turn(pool, len(pool.ids), seed)
    place = {ids: number for number, ids in enumerate(pool.ids)}
    by_length: dict[int, list[int]] = {}
    for ids in reversed(order.ids):  # so that the first is popped first
        by_length.setdefault(len(ids), []).append(place[ids])
    pairs = []
    for number, ids in enumerate(others.ids):
        if fitting := by_length.get(len(ids)):
            pairs.append((fitting.pop(), number))
    return pairs


def _chosen(pieces: Pieces, numbers: Sequence[int]) -> Pieces:
    return Pieces(
        tuple(pieces.ids[i] for i in numbers), tuple(pieces.documents[i] for i in numbers)
    )
