"""The model card and data statement are filled from the run, honest about gaps, and offline."""

import json
import socket
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import ModelCard

from fmlab.card import CARD, DATA, repository_url, write_card
from fmlab.checkpoint import load, save
from fmlab.corpus import books
from fmlab.errors import UserError
from fmlab.files import sha256_file
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.records import LOG, Record, line
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig

RUN: dict[str, Any] = {
    "command": ["fmlab", "pretrain", "--corpus", "books", "--tier", "cpu"],
    "finished": "2026-11-24",
    "config": asdict(TrainConfig()),
    "parameters": 4321,
    "corpus": {
        "name": "books",
        "sha256": "c" * 64,
        "documents": {"valid": 5, "test": 3, "train": 20},
        "train_words": 1_234_567,
        "train_tokens": 1_654_321,
        "licences": ["public domain"],
        "row_fill": 0.99,
    },
    "seed": 7,
    "steps": 2400,
    "tokens": 9_876_543,
    "epochs": 5.97,
    "seconds": 5_432.1,
    "tokens_per_second": 1818,
    "device": {
        "name": "cpu",
        "description": "CPU, 2 threads",
        "machine": "Linux x86_64",
        "format": "float32",
    },
    "energy": {"kwh": 0.02345, "method": "modelled by codecarbon 3.3.2"},
    "loss": {"train_last_100_steps": 3.4567, "valid": 3.5678, "unit": "nats per masked token"},
    "versions": {"python": "3.11.7", "torch": "2.13.0"},
}


def accuracy(value: float, sets: int, low: float, high: float) -> dict[str, Any]:
    return {
        "accuracy": value,
        "interval": [low, high],
        "correct": round(value * 1000 * sets),
        "ties": 3,
        "pairs": 1000 * sets,
        "sets": sets,
    }


def loss(nats: float) -> dict[str, Any]:
    return {
        "nats_per_token": nats,
        "interval": [nats - 0.01, nats + 0.01],
        "bits_per_byte": nats / 3,
        "bits_per_byte_interval": [nats / 3 - 0.01, nats / 3 + 0.01],
    }


def figures(weights: str, masked: float = 3.5, low: float = 0.55) -> dict[str, Any]:
    split = {
        "documents": ["A <b>|</b> book"],
        "masked": {**loss(masked), "asked": 9, "mask_rate": 0.15},
        "hidden_alone": {**loss(3.2), "asked": 9},
        "by_document": [{"title": "A <b>|</b> book", **loss(3.4)}],
        "unigram": loss(6.5),
        "trigram": loss(4.6),
    }
    return {
        "weights_sha256": weights,
        "corpus": {"name": "books", "sha256": "c" * 64, "trained_on": True},
        "splits": {"valid": split, "test": split},
        "blimp": {
            "commit": "3e56b06",
            "pairs_per_set": None,
            "overall": accuracy(0.6123, 67, low, 0.65),
            "by_field": {"morphology": accuracy(0.7345, 18, 0.7, 0.76)},
            "by_term": {"island_effects": accuracy(0.4567, 8, 0.4, 0.5)},
            "by_set": {"wh_island": accuracy(0.4, 1, 0.3, 0.5)},
            "format": "float32",
        },
    }


def both_ways(weights: str, share: float, causal: float = 4.0) -> dict[str, Any]:
    """Figures of a model with causal rows; without the masked ones if there are no others."""
    found = figures(weights)
    for split in found["splits"].values():
        split["causal"] = {
            **loss(causal),
            "asked": 99,
            "by_document": [{"title": "A second book", **loss(3.9)}],
        }
    found["blimp"]["scoring"] = "hiding each token"
    found["blimp_causal"] = {
        **found["blimp"],
        "overall": accuracy(0.6789, 67, 0.6, 0.7),
        "by_field": {"morphology": accuracy(0.7654, 18, 0.7, 0.8)},
        "scoring": "reading on",
    }
    if share == 1:
        del found["blimp"]
        for split in found["splits"].values():
            for name in ("masked", "hidden_alone", "by_document"):
                split.pop(name, None)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint without a run; whatever asks the network fails."""

    def refuse(*args: Any) -> None:
        raise AssertionError(f"asked the network for {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    tokenizer = Tokenizer.train(["one two three"] * 3, vocab_size=60)
    model = BertForPreTraining(BertConfig(tokenizer.vocab_size, 8, 1, 2, 16))
    return save(tmp_path / "tiny", model, tokenizer, dtype=torch.float16)


def fill(folder: Path, run: dict[str, Any] | None = None, **changes: float) -> None:
    (folder / "run.json").write_text(json.dumps(RUN if run is None else run))
    weights = sha256_file(folder / "model.safetensors")
    (folder / "eval.json").write_text(json.dumps(figures(weights, **changes)))


def test_all_that_the_run_knows_is_in_the_card(folder: Path) -> None:
    fill(folder)
    written = write_card(folder, maker="a test")
    assert written.not_known == ()
    card = (folder / CARD).read_text()
    for figure in (
        "fmlab pretrain --corpus books --tier cpu",
        "2,400",
        "9,876,543",
        "5.97",
        "3.457",
        "3.568",
        "1 h 30 min",
        "1,818",
        "CPU, 2 threads, Linux x86_64",
        "0.02345 kWh: modelled by codecarbon",
        "torch 2.13.0",
        "3.500 [3.490, 3.510]",
        "| **all** | 61.2 | 55.0 to 65.0 | 67 | 3 |",
        "| morphology | 73.5 | 70.0 to 76.0 | 18 | 3 |",
        "| island effects | 45.7 |",
        "float16",
        sha256_file(folder / "model.safetensors"),
        f"| `matrix_learning_rate` | {TrainConfig().matrix_learning_rate} |",
    ):
        assert figure in card, figure
    for missing in ("not known", "None", "{{", "{%"):
        assert missing not in card.replace("says *not known*", "")


def test_the_metadata_are_what_the_hub_reads(folder: Path) -> None:
    fill(folder)
    write_card(folder, name="books-small")
    data = ModelCard.load(folder / CARD).data
    assert (data.license, data.language, data.pipeline_tag) == ("mit", "en", "fill-mask")
    assert data.datasets == ["mlschmitt/classic-books-markdown"]
    assert data.metrics == ["accuracy", "bits_per_byte"]
    assert data.model_name == "books-small"
    found = {
        (one.dataset_name, one.dataset_config or one.dataset_split, one.metric_type): one
        for one in data.eval_results
    }
    assert found["BLiMP", "all", "accuracy"].metric_value == 0.6123
    assert found["BLiMP", "morphology", "accuracy"].metric_value == 0.7345
    assert found["books", "test", "nats_per_token"].metric_value == 3.5


def causal_run(share: float) -> dict[str, Any]:
    unit = "nats per token" if share == 1 else "nats per masked token"
    return {
        **RUN,
        "config": asdict(TrainConfig(causal_share=share, mask_rate=0.3)),
        "objective": {"masked_rows": 1 - share, "causal_rows": share},
        "loss": {**RUN["loss"], "unit": unit, "causal_last_100_steps": 3.8765},
    }


def causal_folder(folder: Path, share: float, **changes: float) -> str:
    """Make the checkpoint one of a run with causal rows, and return its card."""
    found = load(folder)
    save(folder, found.model, found.tokenizer, causal_run(share))
    weights = sha256_file(folder / "model.safetensors")
    (folder / "eval.json").write_text(json.dumps(both_ways(weights, share, **changes)))
    assert write_card(folder, maker="a test").not_known == ()
    return (folder / CARD).read_text()


def test_a_model_of_both_objectives_gives_both_figures(folder: Path) -> None:
    card = causal_folder(folder, 0.25)
    for words in (
        "filling gaps in text and guessing its next token",
        "75 % of the rows masked: 30 % of the tokens are asked for",
        "25 % causal (segment number 1)",
        "| Loss at the end, nats a masked token | 3.457 in training, 3.568 held out |",
        "| Loss at the end, nats a token of the causal rows | 3.877 in training |",
        "AutoModelForMaskedLM",
        "BertLMHeadModel.from_pretrained",
        "| test | this model, gaps | 3.500 [3.490, 3.510]",
        "| test | this model, next token | 4.000 [3.990, 4.010]",
        "are *not* a code length",
        "are a code length, up to what the tokenizer lost (capital letters",
        "fills gaps better than the 3-gram",
        "guesses the next token better than the 3-gram",
        "By document (next token)",
        "scored by hiding each token:",
        "| **all** | 61.2 | 55.0 to 65.0 | 67 | 3 |",
        "scored by reading on:",
        "| **all** | 67.9 | 60.0 to 70.0 | 67 | 3 |",
        "arXiv:2410.24159",
    ):
        assert words in card, words
    found = {
        (one.task_type, one.dataset_config or one.dataset_split, one.metric_type): one.metric_value
        for one in ModelCard.load(folder / CARD).data.eval_results
    }
    assert found["fill-mask", "all", "accuracy"] == 0.6123
    assert found["text-generation", "all", "accuracy"] == 0.6789
    assert found["fill-mask", "test", "nats_per_token"] == 3.5
    assert found["text-generation", "test", "nats_per_token"] == 4.0
    assert ModelCard.load(folder / CARD).data.pipeline_tag == "fill-mask"


def test_a_causal_model_is_called_one_and_has_no_masked_figures(folder: Path) -> None:
    card = causal_folder(folder, 1.0)
    for words in (
        "pretrained by guessing the next token of text",
        "decoder), causal language model",
        "| Objective | causal: each token is asked for the next one",
        "| Loss at the end, nats a token | 3.457 in training, 3.568 held out |",
        "AutoModelForCausalLM.from_pretrained",
        "this model, next token",
        "guesses the next token better than the 3-gram",
        "scored by reading on:",
    ):
        assert words in card, words
    for absent in ("MaskedLM", "this model, gaps", "*not* a code", "hiding each token", "None"):
        assert absent not in card, absent
    assert ModelCard.load(folder / CARD).data.pipeline_tag == "text-generation"


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_a_causal_model_that_counting_beats_is_called_so(folder: Path, share: float) -> None:
    card = causal_folder(folder, share, causal=4.6)
    assert "does not guess the next token better than the 3-gram" in card
    assert "guesses the next token better than the 3-gram" not in card


def test_older_figures_and_stories_are_of_a_masked_model(folder: Path) -> None:
    """Before there were causal rows neither file said how a model was trained and scored."""
    run = {**RUN, "config": {k: v for k, v in RUN["config"].items() if k != "causal_share"}}
    fill(folder, run)
    write_card(folder)
    card = (folder / CARD).read_text()
    assert "| Objective | masked: 20 % of the tokens are asked for" in card
    assert "scored by pseudo-log-likelihood" in card
    assert "causal language model" not in card


def test_grams_of_co2e_are_right_by_hand(folder: Path) -> None:
    fill(folder)
    write_card(folder)
    # 0.02345 kWh x 713 g = 16.7 g in India, x 41 g = 0.961 g in Sweden
    assert "| 16.7 g | 13.6 g | 8.93 g | 8.65 g | 1.31 g | 0.961 g |" in (folder / CARD).read_text()


@pytest.mark.parametrize(("low", "above"), [(0.51, True), (0.49, False)])
def test_chance_is_called_chance(folder: Path, low: float, above: bool) -> None:
    fill(folder, low=low)
    write_card(folder)
    card = (folder / CARD).read_text()
    assert ("is above chance: the whole interval" in card) is above
    assert ("is not above chance**" in card) is not above


@pytest.mark.parametrize(("masked", "better"), [(3.5, True), (4.6, False), (6.0, False)])
def test_a_model_that_counting_beats_is_called_so(
    folder: Path, masked: float, better: bool
) -> None:
    fill(folder, masked=masked)
    write_card(folder)
    card = (folder / CARD).read_text()
    assert ("fills gaps better than the 3-gram" in card) is better
    assert ("does not beat the 3-gram" in card) is not better


@pytest.mark.parametrize("same", [True, False])
def test_figures_on_other_text_are_called_so(folder: Path, same: bool) -> None:
    fill(folder)
    found = json.loads((folder / "eval.json").read_text())
    found["corpus"]["trained_on"] = same
    (folder / "eval.json").write_text(json.dumps(found))
    write_card(folder)
    assert (
        "another corpus than the model was trained on" in (folder / CARD).read_text()
    ) is not same


def test_the_books_of_the_run_are_counted_from_the_manifest(folder: Path) -> None:
    fill(folder)
    write_card(folder)
    statement = (folder / DATA).read_text()
    train = [book for book in books.read_manifest() if book.split == "train"][:20]
    assert f"20 books by {len({book.author for book in train})} authors" in statement
    assert "The last one is cut short" in statement  # 20 books have more than 1,234,567 words
    assert statement.count("\n| train |") == 20
    assert statement.count("\n| valid |") == 5
    assert train[19].title.replace("|", "\\|") in statement
    assert "1,234,567" in statement
    for row in ("1700-1799", "1900-1925"):
        assert f"| {row} |" in statement
    assert "not known" not in statement.replace("by gender or origin are *not known*", "")


def test_a_silent_run_gives_a_card_that_counts_what_is_missing(folder: Path) -> None:
    written = write_card(folder)
    assert {"command", "kwh", "corpus", "seed", "maker"} <= set(written.not_known)
    card, statement = (folder / CARD).read_text(), (folder / DATA).read_text()
    assert card.count("*not known*") > 15
    assert "Run `fmlab evaluate --blimp` on this folder." in card
    assert "Write it here before you share the model." in statement
    assert ModelCard.load(folder / CARD).data.eval_results is None


@pytest.mark.parametrize("corpus", ["toyworld", "folder:mine", "hub:some/data,en"])
def test_other_corpora_have_their_own_words(folder: Path, corpus: str) -> None:
    fill(folder, {**RUN, "corpus": {**RUN["corpus"], "name": corpus}})
    write_card(folder)
    card, statement = (folder / CARD).read_text(), (folder / DATA).read_text()
    assert "1700" not in card + statement
    assert ("People in it are invented" in card) is (corpus == "toyworld")
    if corpus.startswith("hub:"):
        assert ModelCard.load(folder / CARD).data.datasets == ["some/data"]


def test_titles_cannot_break_a_table(folder: Path) -> None:
    fill(folder)
    write_card(folder)
    assert r"| A &lt;b>\|&lt;/b> book | 1.133 [1.123, 1.143] |" in (folder / CARD).read_text()


def test_the_same_run_gives_the_same_card(folder: Path) -> None:
    fill(folder)
    texts = set()
    for _ in range(2):
        write_card(folder)
        texts.add((folder / CARD).read_text() + (folder / DATA).read_text())
    assert len(texts) == 1


def test_complaints_go_to_the_one_address(folder: Path) -> None:
    fill(folder)
    write_card(folder)
    assert f"{repository_url()}/issues" in (folder / CARD).read_text()
    write_card(folder, repository="https://example.org/mine")
    assert "https://example.org/mine/issues" in (folder / CARD).read_text()


def test_figures_of_other_weights_are_refused(folder: Path) -> None:
    fill(folder)
    (folder / "eval.json").write_text(json.dumps(figures("0" * 64)))
    with pytest.raises(UserError, match="about other weights"):
        write_card(folder)


@pytest.mark.parametrize("content", [b"", b"\x10\0\0\0\0\0\0\0{half", b"\xff" * 20])
def test_a_truncated_model_is_one_clear_line(folder: Path, content: bytes) -> None:
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(UserError, match="damaged or cut short") as caught:
        write_card(folder)
    assert "\n" not in str(caught.value)
    assert not (folder / CARD).exists()


def test_a_folder_without_a_model_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        write_card(tmp_path)


def test_the_runs_curve_is_drawn_beside_what_counting_reaches(folder: Path) -> None:
    fill(folder)
    assert not (folder / "curves.svg").exists()
    steps = [Record(n, 6 - n / 10, None, 5 - n / 10, 1e-3, 100 * n, 1.0 * n) for n in range(1, 21)]
    (folder / LOG).write_text("".join(map(line, steps)))
    card = write_card(folder).card.read_text()
    counted = figures("")["splits"]["valid"]["unigram"]["nats_per_token"]
    assert "](curves.svg)" in card
    assert "over 20 steps" in card
    assert f"the line of unigram (counted) at {counted:.2f}" in card
    drawn = (folder / "curves.svg").read_bytes()
    assert drawn.count(b"<path") > 5
    write_card(folder)
    assert (folder / "curves.svg").read_bytes() == drawn


BIAS: dict[str, Any] = {
    "crows_pairs": {"overall": {"score": {"percent": 61.25, "interval": [58.0, 64.5]}}},
    "winobias": {"overall": {"pro": {"percent": 70.0, "interval": [66.0, 74.0]}}},
    "winogender": {"worker": {"correlation": {"value": 0.625, "interval": [0.5, 0.75]}}},
}
ATTACK = {"auc": 0.75, "auc_interval": [0.5, 1.0], "found": 0.125, "found_interval": [0.0, 0.25]}
PRIVACY: dict[str, Any] = {
    "attacks": [
        {"name": "words alone", "uses_model": False, "result": ATTACK},
        {"name": "loss", "uses_model": True, "result": ATTACK},
    ]
}


def audit(folder: Path, kind: str, found: dict[str, Any], weights: str | None = None) -> None:
    weights = weights or sha256_file(folder / "model.safetensors")
    told = {**found, "provenance": {"weights_sha256": weights}}
    (folder / f"{kind}.json").write_text(json.dumps(told))


def test_audits_stand_in_the_card_with_links_to_their_pages(folder: Path) -> None:
    fill(folder)
    audit(folder, "bias", BIAS)
    audit(folder, "privacy", PRIVACY)
    write_card(folder)
    card = (folder / CARD).read_text()
    assert "(bias.html)" in card
    assert "(privacy.html)" in card
    for row in ("| 61.2% | 58.0 to 64.5 | 50% |", "| 0.62 | 0.50 to 0.75 | 0 |",
                "| 0.75 | 0.50 to 1.00 | 0.50 |", "| 12.5% | 0.0 to 25.0 | 1.0% |"):  # fmt: skip
        assert row in card
    assert card.count("| 12.5% |") == 1, "without a model nothing is found"
    assert "Robustness was not measured" in card


def test_what_was_not_audited_is_named(folder: Path) -> None:
    fill(folder)
    write_card(folder)
    card = (folder / CARD).read_text()
    assert "Bias, memorised text and robustness were not measured" in card
    assert "## Audits" not in card
    audit(folder, "bias", BIAS)
    write_card(folder)
    card = (folder / CARD).read_text()
    assert "Memorised text and robustness were not measured" in card
    assert "privacy.html" not in card


@pytest.mark.parametrize("kind", ["bias", "privacy"])
def test_an_audit_of_other_weights_is_refused(folder: Path, kind: str) -> None:
    audit(folder, kind, BIAS if kind == "bias" else PRIVACY, "0" * 64)
    with pytest.raises(UserError, match=f"run fmlab audit {kind} .* again"):
        write_card(folder)
    assert not (folder / CARD).exists()
