"""Codes stand in the text as often as is said, and texts of one pot do not overlap."""

from collections import Counter

import pytest

from fmlab.audits.planted_codes import (
    EACH,
    OTHERS,
    REPEATS,
    code_text,
    code_tokenizer,
    made_up_names,
    word_tokenizer,
)
from fmlab.corpus.toyworld import lexicon
from fmlab.errors import UserError

TEXT = code_text(200, seed=3)


def test_each_code_is_told_as_often_as_is_said() -> None:
    counts = Counter(TEXT.lines)
    assert [code.repeats for code in TEXT.codes] == [n for n in REPEATS for _ in range(EACH)]
    for code in TEXT.codes:
        assert counts[code.canary] == code.repeats
    assert len(TEXT.lines) == 200 + EACH * sum(REPEATS)


def test_every_other_sentence_is_told_once_and_stands_on_one_side_only() -> None:
    sides = (TEXT.members, TEXT.others, TEXT.reference)
    assert [len(side) for side in sides] == [200, OTHERS * 200, OTHERS * 200]
    assert len({line for side in sides for line in side}) == sum(map(len, sides))


def test_canaries_are_of_their_form_and_names_are_their_own() -> None:
    assert all(
        c.canary_format.text(c.canary_format.values(c.canary)) == c.canary for c in TEXT.codes
    )
    assert len({code.canary_format.template for code in TEXT.codes}) == len(TEXT.codes)


def test_another_seed_draws_other_codes_and_gives_the_repeats_to_others() -> None:
    other = code_text(200, seed=4)
    assert {c.canary for c in other.codes}.isdisjoint(c.canary for c in TEXT.codes)

    def most_told(text: object) -> str:
        return str(text.codes[-1].canary_format.template)  # type: ignore[attr-defined]

    assert most_told(other) != most_told(TEXT)
    assert code_text(200, seed=3) == TEXT


def test_made_up_names_are_nobodys_in_the_toy_world() -> None:
    names = made_up_names(300)
    assert len(set(names)) == 300
    assert names[:16] == made_up_names(16)
    assert set(names).isdisjoint(name for some in lexicon.NAMES.values() for name in some)


def test_each_word_of_the_text_is_one_token() -> None:
    tokenizer = code_tokenizer(("keko",), ("door",))
    for line in (*TEXT.lines, "keko door"):
        ids = tokenizer.encode(line)
        assert len(ids) == len(line.split())
        assert tokenizer.unk_id not in ids


def test_a_word_that_is_given_twice_is_one_token() -> None:
    tokenizer = word_tokenizer(["a", "b", "a"])
    assert tokenizer.vocab_size == 5 + 2


def test_too_many_sentences_or_names_are_refused_in_one_line() -> None:
    with pytest.raises(UserError, match="different sentences a part; ask for no more than these"):
        code_text(20_000, seed=0)
    with pytest.raises(UserError, match="names are wanted, but there are"):
        made_up_names(10_000)
