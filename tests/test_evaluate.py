"""`evaluate` writes figures that are complete, of these weights, and the same each time."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fmlab import evaluate as module
from fmlab.checkpoint import load, save
from fmlab.corpus import Corpus, Document
from fmlab.errors import UserError
from fmlab.evaluate import EVALUATION, evaluate
from fmlab.models.bert import Bert, BertConfig, BertForPreTraining
from fmlab.probes.minimal_pairs import Pair
from fmlab.tokens import Tokenizer

WORDS = "one two three four five six seven eight".split()


def document(split: str, start: int, lines: int = 40) -> Document:
    text = "\n".join(
        " ".join(WORDS[(start + i + j) % 8] for j in range(4 + i % 5)) for i in range(lines)
    )
    return Document(f"{split} {start}", text, "CC0", "made here", "0" * 64, split)  # type: ignore[arg-type]


@pytest.fixture
def corpus() -> Corpus:
    return Corpus("numbers", (document("train", 0), document("valid", 1), document("test", 2)))


@pytest.fixture
def tokenizer(corpus: Corpus) -> Tokenizer:
    return Tokenizer.train([d.text for d in corpus.documents], vocab_size=100)


@pytest.fixture
def folder(tmp_path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FMLAB_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(0)
    config = BertConfig(tokenizer.vocab_size, 16, 1, 2, 32, max_position_embeddings=16)
    return save(tmp_path / "model", BertForPreTraining(config), tokenizer)


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    made = tuple(
        Pair(f"one {word} three", f"three {word} one", f"set{i % 2}", "order", f"field{i % 2}")
        for i, word in enumerate(WORDS)
    )
    monkeypatch.setattr(module, "load_blimp", lambda limit: made[:limit])


@pytest.mark.usefixtures("pairs")
def test_everything_is_measured_and_written(folder: Path, corpus: Corpus) -> None:
    figures = evaluate(folder, corpus, blimp=True)
    assert json.loads((folder / EVALUATION).read_text()) == figures
    assert set(figures["splits"]) == {"valid", "test"}
    for split in figures["splits"].values():
        for kind in ("masked", "hidden_alone", "unigram", "trigram"):
            low, high = split[kind]["interval"]
            assert low <= split[kind]["nats_per_token"] <= high
            assert split[kind]["bits_per_byte"] > 0
        # This text is one long count from one to eight: two words tell the third.
        assert split["trigram"]["nats_per_token"] < 1 < split["unigram"]["nats_per_token"]
        assert split["unknown_share"] == 0
        assert [one["title"] for one in split["by_document"]] == split["documents"]
    assert figures["blimp"]["overall"]["pairs"] == 8
    assert set(figures["blimp"]["by_field"]) == {"field0", "field1"}
    assert figures["corpus"] == {"name": "numbers", "sha256": corpus.sha256, "trained_on": False}


def trained(folder: Path, tokenizer: Tokenizer, causal_share: float) -> Path:
    """Give the model in `folder` the story of a run with so many causal rows."""
    found = load(folder)
    return save(folder, found.model, tokenizer, {"config": {"causal_share": causal_share}})


MASKED_FIGURES = {"masked", "hidden_alone", "by_document"}


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize(
    ("share", "ways", "figures"),
    [
        (0.0, {"blimp"}, MASKED_FIGURES),
        (0.25, {"blimp", "blimp_causal"}, {*MASKED_FIGURES, "causal"}),
        (1.0, {"blimp_causal"}, {"causal"}),
    ],
)
def test_a_model_is_asked_what_it_was_trained_on(
    folder: Path,
    corpus: Corpus,
    tokenizer: Tokenizer,
    share: float,
    ways: set[str],
    figures: set[str],
) -> None:
    found = evaluate(trained(folder, tokenizer, share), corpus, blimp=True)
    assert json.loads((folder / EVALUATION).read_text()) == found
    assert {name for name in found if name.startswith("blimp")} == ways
    for name in ways:
        causal = name == "blimp_causal"
        assert found[name]["scoring"].startswith("log-lik" if causal else "pseudo-log-lik")
        assert ("[SEP]`, is not asked for" in found[name]["scoring"]) is causal
        assert set(found[name]["by_set"]) == {"set0", "set1"}
        assert found[name]["overall"]["pairs"] == 8
    for split in found["splits"].values():
        assert figures <= set(split)
        assert not ({*MASKED_FIGURES, "causal"} - figures) & set(split)
        if "causal" in figures:
            causal_figures = split["causal"]
            assert causal_figures["asked"] == split["tokens"]
            low, high = causal_figures["bits_per_byte_interval"]
            assert low <= causal_figures["bits_per_byte"] <= high
            titles = [one["title"] for one in causal_figures["by_document"]]
            assert titles == split["documents"]
    again = evaluate(folder, corpus)  # the text alone
    assert {name: again[name] for name in ways} == {name: found[name] for name in ways}


@pytest.mark.usefixtures("pairs")
def test_the_two_ways_of_scoring_give_figures_of_their_own(
    folder: Path, corpus: Corpus, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model whose causal rows like the good sentences, and whose masked rows do not."""

    def always(sign: int) -> Any:
        def score(model: Any, sequences: list[list[int]], *_: Any, **__: Any) -> Any:
            return sign * np.array([sequence[0] == tokenizer.id("one") for sequence in sequences])

        return score

    words = {name: words for name, (_, words) in module.BLIMP.items()}
    monkeypatch.setitem(module.BLIMP, "blimp", (always(-1), words["blimp"]))
    monkeypatch.setitem(module.BLIMP, "blimp_causal", (always(1), words["blimp_causal"]))
    found = evaluate(trained(folder, tokenizer, 0.5), corpus, blimp=True)
    right = {name: found[name]["overall"]["correct"] for name in module.BLIMP}
    assert right == {"blimp": 0, "blimp_causal": 8}
    some = evaluate(folder, corpus, blimp=True, pairs_per_set=3, causal_pairs_per_set=5)
    assert [some[name]["overall"]["pairs"] for name in module.BLIMP] == [3, 5]


def test_the_same_again_gives_the_same_figures(folder: Path, corpus: Corpus) -> None:
    first, again = (evaluate(folder, corpus)["splits"] for _ in range(2))
    assert first == again


@pytest.mark.usefixtures("pairs")
def test_blimp_figures_stay_only_for_the_same_weights(
    folder: Path, corpus: Corpus, tokenizer: Tokenizer
) -> None:
    blimp = evaluate(folder, corpus, blimp=True)["blimp"]
    assert evaluate(folder, corpus)["blimp"] == blimp
    torch.manual_seed(1)
    config = BertConfig(tokenizer.vocab_size, 16, 1, 2, 32, max_position_embeddings=16)
    save(folder, BertForPreTraining(config), tokenizer)
    assert "blimp" not in evaluate(folder, corpus)


@pytest.mark.parametrize(
    ("text", "run", "options"),
    [
        ({"corpus": "books", "options": {"max_words": 9}}, {}, {"max_words": 9}),
        ({"corpus": "toyworld", "options": {"skew": 1}}, {}, {}),
        (None, {"corpus": {"name": "books", "train_words": 7}}, {"max_words": 7}),
        (None, {"corpus": {"name": "toyworld", "train_words": 7}}, {}),
        (None, {}, {}),
    ],
)
def test_a_corpus_by_name_is_read_as_the_run_read_it(
    folder: Path,
    corpus: Corpus,
    monkeypatch: pytest.MonkeyPatch,
    text: dict[str, Any] | None,
    run: dict[str, Any],
    options: dict[str, Any],
) -> None:
    asked: dict[str, Any] = {}

    def load(name: str, **given: Any) -> Corpus:
        asked.update(name=name, **given)
        return corpus

    monkeypatch.setattr(module, "load", load)
    if text is not None:
        (folder / "text.json").write_text(json.dumps(text))
    run = {**run, "corpus": {**run.get("corpus", {}), "sha256": corpus.sha256}}
    (folder / "run.json").write_text(json.dumps(run))
    assert evaluate(folder, "books")["corpus"]["trained_on"]
    assert asked == {"name": "books", **options}


def test_a_damaged_older_file_is_written_anew(folder: Path, corpus: Corpus) -> None:
    (folder / EVALUATION).write_text("{ half")
    evaluate(folder, corpus)
    assert "splits" in json.loads((folder / EVALUATION).read_text())


def test_a_corpus_without_held_out_text_is_one_clear_line(folder: Path) -> None:
    only_train = Corpus("numbers", (document("train", 0),))
    with pytest.raises(UserError, match="numbers has no valid and no test split"):
        evaluate(folder, only_train)
    assert not (folder / EVALUATION).exists()


def test_a_corpus_without_a_train_split_has_no_baselines(folder: Path) -> None:
    figures = evaluate(folder, Corpus("numbers", (document("test", 0),)))
    assert set(figures["splits"]) == {"test"}
    assert "unigram" not in figures["splits"]["test"]


def test_a_model_that_cannot_fill_is_one_clear_line(
    tmp_path: Path, corpus: Corpus, tokenizer: Tokenizer
) -> None:
    config = BertConfig(tokenizer.vocab_size, 16, 1, 2, 32, max_position_embeddings=16)
    trunk = save(tmp_path / "trunk", Bert(config), tokenizer)
    with pytest.raises(UserError, match="cannot fill masks"):
        evaluate(trunk, corpus)


def test_text_of_another_kind_is_measured_beside_the_same_baselines(
    folder: Path, corpus: Corpus
) -> None:
    """All its documents are read, whatever their split; the counting models know the first text."""
    backwards = [
        Document(
            f"backwards {n}",
            "\n".join(
                " ".join(reversed(line.split())) for line in document("train", n).text.split("\n")
            ),
            "CC0",
            "made here",
            "1" * 64,
            split,  # type: ignore[arg-type]
        )
        for n, split in enumerate(("train", "test"))
    ]
    found = evaluate(folder, corpus, other=[Corpus("backwards", tuple(backwards))])
    assert set(found["splits"]) == {"valid", "test"}
    other = found["other"]["backwards"]
    assert other["documents"] == ["backwards 0", "backwards 1"]
    assert other["sha256"] == Corpus("backwards", tuple(backwards)).sha256
    assert other["masked"]["asked"] > 0
    # Counted forwards, two words tell nothing good of the third.
    assert (
        other["trigram"]["nats_per_token"]
        > found["splits"]["test"]["trigram"]["nats_per_token"] + 1
    )
