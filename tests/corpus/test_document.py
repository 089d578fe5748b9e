"""Documents and corpora: hashes that are stable and notice a change, splits, limits."""

from dataclasses import replace

import pytest

from fmlab.corpus.books import read_manifest
from fmlab.corpus.document import (
    Corpus,
    Document,
    Split,
    check_max_words,
    limit_train,
    paragraphs,
    split_all,
    split_of,
)
from fmlab.errors import UserError


def document(text: str, split: Split = "train", sha256: str = "ab") -> Document:
    return Document("a title", text, "CC0-1.0", "made here", sha256, split)


CORPUS = Corpus("two", (document("one two\nthree"), document("vier fünf", "valid", "cd")))


def test_words_and_bytes_are_counted() -> None:
    assert CORPUS.words == 5
    assert CORPUS.bytes == len("one two\nthree") + len("vier fünf") + 1


def test_the_hash_of_a_corpus_is_the_same_for_ever() -> None:
    assert CORPUS.sha256 == ("b40b5dc60bb854d79b0e1034a15da8f2d2bec8821141d7fde4f937d25d3285cd")


@pytest.mark.parametrize("change", [{"text": "one two\nthre"}, {"split": "test"}, {"sha256": "ac"}])
def test_the_hash_of_a_corpus_notices_a_change(change: dict[str, str]) -> None:
    first, second = CORPUS.documents
    assert Corpus("two", (replace(first, **change), second)).sha256 != CORPUS.sha256


def test_the_hash_of_a_corpus_notices_the_order() -> None:
    assert Corpus("two", CORPUS.documents[::-1]).sha256 != CORPUS.sha256


def test_a_split_gives_its_own_documents() -> None:
    assert CORPUS.split("valid") == CORPUS.documents[1:]
    assert CORPUS.split("test") == ()
    with pytest.raises(UserError, match="unknown split 'dev'; choose one of train, valid, test"):
        CORPUS.split("dev")


def test_hard_wrapped_lines_are_joined_at_blank_lines() -> None:
    assert paragraphs("\n one\n  two \n \n\nthree\t four\r\n") == "one two\nthree four"


def test_without_blank_lines_every_line_is_a_paragraph() -> None:
    assert paragraphs("one  two\nthree\n") == "one two\nthree"


def test_the_split_by_hash_is_the_one_of_the_books() -> None:
    assert all(split_of(book.path) == book.split for book in read_manifest())


@pytest.mark.parametrize("count", [*range(1, 12), 200])
def test_no_split_is_empty_where_there_are_documents_enough(count: int) -> None:
    splits = split_all([f"file {number}.txt" for number in range(count)])
    wanted = {1: {"train"}, 2: {"train", "valid"}}.get(count, {"train", "valid", "test"})
    assert set(splits.values()) == wanted
    assert list(splits.values()).count("train") >= count - max(2, 0.1 * count)


def test_train_is_cut_after_whole_paragraphs() -> None:
    documents = [
        document("a b\nc"),
        document("v w x y z", "valid"),
        document("d e\nf g h"),
        document("i"),
    ]
    limited = limit_train(documents, 6)
    assert [d.text for d in limited] == ["a b\nc", "v w x y z", "d e"]
    assert limit_train(documents, 9)[2:] == tuple(documents[2:])
    assert limit_train(documents, None) == tuple(documents)


def test_a_limit_below_the_first_paragraph_gives_its_first_words() -> None:
    assert [d.text for d in limit_train([document("a b c\nd")], 2)] == ["a b"]


@pytest.mark.parametrize("value", [0, -3, 1.5])
def test_a_limit_that_is_no_count_is_refused(value: float) -> None:
    with pytest.raises(UserError, match=f"max_words is {value}; give a whole number"):
        check_max_words(value)  # type: ignore[arg-type]
