"""Text becomes the rows that run_mlm makes of it, and no token is lost or invented."""

import numpy as np
import pytest

from fmlab.bench.setting import CONTENDERS, MALLOC, as_packed, contender, grouped, padded, pieces
from fmlab.corpus import load
from fmlab.tokens import Tokenizer

TEXT = "the cat sat. the dog ran!\nthe end"


@pytest.fixture(scope="module")
def tokens() -> Tokenizer:
    corpus = load("toyworld", size=200)
    lines = [line for d in corpus.documents for line in d.text.split("\n")]
    return Tokenizer.train([*lines, TEXT], 300)


def test_lines_and_sentences_are_wrapped_each(tokens: Tokenizer) -> None:
    lines = pieces([TEXT], "paragraphs", tokens)
    assert [tokens.decode(piece) for piece in lines] == ["the cat sat. the dog ran!", "the end"]
    sentences = pieces([TEXT], "sentences", tokens)
    assert [tokens.decode(piece) for piece in sentences] == [
        "the cat sat.",
        "the dog ran!",
        "the end",
    ]
    for piece in [*lines, *sentences]:
        assert (piece[0], piece[-1]) == (tokens.cls_id, tokens.sep_id)


def test_grouped_rows_are_one_line_cut() -> None:
    rows = grouped([[1, 2, 3], [4, 5], [6, 7, 8, 9]], seq_len=4)
    assert rows.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_padded_rows_hold_a_piece_each_and_keep_its_end() -> None:
    rows = padded([[2, 7, 3], [2, 7, 8, 9, 10, 3]], seq_len=4, pad_id=0)
    assert rows.tolist() == [[2, 7, 3, 0], [2, 7, 8, 3]]


def test_grouped_rows_are_one_document_each_to_fmlab() -> None:
    packed = as_packed(np.arange(8, dtype=np.int32).reshape(2, 4))
    assert packed.position_ids.tolist() == [[0, 1, 2, 3]] * 2
    assert packed.fill == 1.0


def test_only_those_at_their_best_are_started_with_malloc_settings() -> None:
    assert contender("fmlab").environment == {}
    assert contender("trainer-best").environment == MALLOC
    assert [each.name for each in CONTENDERS if each.best] == ["trainer-best"]
