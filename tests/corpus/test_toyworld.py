"""The toy world's text: the same for ever, and each knob does what it says, measured."""

from collections import Counter

import pytest

from fmlab.corpus import Corpus, load
from fmlab.corpus.toyworld import World
from fmlab.corpus.toyworld import lexicon as lex
from fmlab.errors import UserError


def sentences(corpus: Corpus, split: str | None = None) -> list[str]:
    documents = corpus.documents if split is None else corpus.split(split)
    return [line for document in documents for line in document.text.splitlines()]


def pronouns_by_job(skew: float) -> dict[str, Counter[str]]:
    """Count the pronouns that follow each occupation in 20,000 sentences."""
    counts: dict[str, Counter[str]] = {}
    jobs = {job for jobs in lex.OCCUPATIONS.values() for job in jobs}
    for words in (s.split() for s in sentences(load("toyworld", skew=skew))):
        for job in jobs.intersection(words):
            (pronoun,) = {"she", "he"}.intersection(words)
            counts.setdefault(job, Counter())[pronoun] += 1
    return counts


def test_the_same_knobs_give_the_same_text_for_ever() -> None:
    assert load("toyworld", size=600, skew=0.5, noise=0.1, repeat=2, seed=3).sha256 == (
        "e52985a00e8724df5983f87b6bdb628a9668a48712d2da4d15978bcdb9f66da0"
    )


def test_another_seed_gives_other_text_and_other_facts() -> None:
    assert load("toyworld", size=60).sha256 != load("toyworld", size=60, seed=1).sha256
    assert World(seed=0).facts() != World(seed=1).facts()
    assert World(seed=0).secret() != World(seed=1).secret()


@pytest.mark.parametrize("size", [3, 7, 60, 1000, 1234])
def test_the_size_is_the_number_of_sentences_and_no_split_is_empty(size: int) -> None:
    corpus = load("toyworld", size=size)
    parts = [len(sentences(corpus, split)) for split in ("train", "valid", "test")]
    assert sum(parts) == size
    assert min(parts) >= 1
    if size >= 1000:
        assert 0.03 < parts[1] / size < 0.07


def test_the_vocabulary_is_small_and_every_word_of_it_is_used() -> None:
    assert 150 <= len(World().vocabulary) <= 300
    used = {word for s in sentences(load("toyworld")) for word in s.split()}
    assert used == set(World().vocabulary)


def test_facts_codes_and_relative_clauses_have_their_share() -> None:
    lines = sentences(load("toyworld"))
    clauses = [line.startswith("the ") and line.split()[2] == "that" for line in lines]
    counts = [sum(f" {word} of " in line for line in lines) for word in ("capital", "code")]
    shares = [count / len(lines) for count in (*counts, sum(clauses))]
    assert shares == pytest.approx([0.2, 0.04, 0.12], abs=0.01)


@pytest.mark.parametrize("skew", [0.0, 0.5, 1.0])
def test_skew_ties_the_pronoun_to_the_occupation(skew: float) -> None:
    counts = pronouns_by_job(skew)
    for gender in lex.GENDERS:
        tied: Counter[str] = sum((counts[job] for job in lex.OCCUPATIONS[gender]), Counter())
        share = tied[gender] / tied.total()
        assert share == pytest.approx((1 + skew) / 2, abs=0 if skew == 1 else 0.04)
    totals = [counter.total() for counter in counts.values()]
    assert len(totals) == 16
    assert max(totals) < 1.4 * min(totals)  # no occupation becomes rare


def test_a_name_has_one_pronoun_whatever_the_skew() -> None:
    gender = {name: g for g in lex.GENDERS for name in lex.NAMES[g]}
    for words in (s.split() for s in sentences(load("toyworld", skew=0.5))):
        names, pronouns = set(gender).intersection(words), {"she", "he"}.intersection(words)
        if names and pronouns:
            assert pronouns == {gender[names.pop()]}


def test_facts_are_the_same_all_over_the_text() -> None:
    facts = World(seed=5).facts()
    told = set()
    for knobs in ({"size": 6000}, {"size": 3000, "skew": 1.0}):
        for line in sentences(load("toyworld", seed=5, **knobs)):
            words = line.split()
            if "capital" in words:
                country, city = (words[3], words[5]) if words[0] == "the" else (words[5], words[0])
                assert facts[country] == city
                told.add(country)
    assert told == set(facts)
    assert sorted(facts.values()) == sorted(lex.CAPITALS)


def test_noise_replaces_its_share_of_words_and_nothing_else() -> None:
    clean, noisy = sentences(load("toyworld")), sentences(load("toyworld", noise=0.2))
    changed = total = 0
    for before, after in zip(clean, noisy, strict=True):
        a, b = before.split(), after.split()
        assert len(a) == len(b)
        assert "." not in b[:-1]
        assert b[-1] == "."
        changed += sum(x != y for x, y in zip(a[:-1], b[:-1], strict=True))
        total += len(a) - 1
    words = len(World().vocabulary) - 1
    assert changed / total == pytest.approx(0.2 * (1 - 1 / words), abs=0.004)


@pytest.mark.parametrize("secret", [None, "the  secret is out ."])
def test_a_secret_is_planted_as_often_as_asked_and_only_in_train(secret: str | None) -> None:
    planted = load("toyworld", size=2000, repeat=17, secret=secret, noise=0.1)
    without = load("toyworld", size=2000, repeat=0, secret=secret, noise=0.1)
    line = World().secret() if secret is None else "the secret is out ."
    assert sentences(planted, "train").count(line) == 17
    assert line not in sentences(planted, "valid") + sentences(planted, "test")
    assert line not in sentences(without)
    assert [s for s in sentences(planted) if s != line] == sentences(without)
    assert len({d.title for d in planted.documents if line in d.text}) > 10


def test_the_default_secret_is_a_code_that_nothing_else_tells() -> None:
    assert World().secret().startswith("the code of mara is ")
    assert set(World().secret().split()) <= set(World().vocabulary)
    assert not any(s.startswith("the code of mara") for s in sentences(load("toyworld")))


def test_a_document_tells_how_it_was_made() -> None:
    document = load("toyworld", size=30, skew=0.5).documents[0]
    assert document.licence == "CC0-1.0 (generated)"
    assert document.source == (
        "fmlab.corpus.load('toyworld', size=30, skew=0.5, repeat=0, noise=0.0, seed=0)"
    )


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"size": 2}, "size is 2; give a whole number from 3 up"),
        ({"size": 1e3}, "size is 1000.0; give a whole number from 3 up"),
        ({"repeat": -1}, "repeat is -1; give a whole number from 0 up"),
        ({"skew": 1.1}, "skew is 1.1; give a number from 0 to 1"),
        ({"noise": -0.1}, "noise is -0.1; give a number from 0 to 1"),
        (
            {"secret": " "},
            "the secret is empty; give a sentence, or leave it out for a default",
        ),
    ],
)
def test_a_knob_outside_its_range_is_refused(knobs: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as caught:
        load("toyworld", **knobs)
    assert str(caught.value) == message
