"""One function for all corpora; a name or an option that is not there gets one clear line."""

import pytest

from fmlab import corpus
from fmlab.errors import UserError


@pytest.mark.parametrize("name", ["toywrld", "", "books:x", "wikipedia"])
def test_an_unknown_name_lists_what_there_is(name: str) -> None:
    with pytest.raises(UserError) as caught:
        corpus.load(name)
    assert str(caught.value) == (
        f"unknown corpus {name!r}; there are toyworld, books, hub:NAME[,CONFIG], folder:PATH"
    )


@pytest.mark.parametrize("name", ["hub", "hub:", "folder", "folder:"])
def test_a_hub_or_folder_without_its_name_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="needs to know which: choose one of toyworld, books, hub:"):
        corpus.load(name)


def test_an_unknown_option_lists_the_options_of_that_corpus() -> None:
    with pytest.raises(UserError) as caught:
        corpus.load("toyworld", sise=3)
    assert str(caught.value) == (
        "toyworld has no option 'sise'; it has size, skew, repeat, secret, noise, seed"
    )


def test_an_option_that_is_none_counts_as_not_given() -> None:
    assert corpus.load("toyworld", size=30, max_words=None).sha256 == (
        corpus.load("toyworld", size=30).sha256
    )
