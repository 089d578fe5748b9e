"""The audit of a run: fair pieces, figures that follow from them, the canary, and the page."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from fmlab.audits import privacy
from fmlab.audits.privacy import audit_privacy, format_of, planted, word_losses
from fmlab.audits.training_text import Pieces, TwoSides, training_text, two_sides
from fmlab.checkpoint import load as load_checkpoint
from fmlab.cli import app
from fmlab.corpus import Corpus, Document, load
from fmlab.errors import UserError
from fmlab.pretrain import pretrain
from fmlab.tokens import Tokenizer
from fmlab.train_config import TrainConfig
from fmlab.views.audit_page import render_page
from fmlab.views.privacy_page import privacy_page

OPTIONS: dict[str, Any] = {"size": 500, "repeat": 64, "secret": "the code of mara is 2 9 4 ."}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that read the toy world with a canary in it, in both ways."""
    folder = tmp_path_factory.mktemp("run")
    config = TrainConfig(
        vocab_size=350,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        seq_len=32,
        batch_size=32,
        steps=60,
        mask_rate=0.3,
        causal_share=0.5,
        learning_rate=5e-3,
        matrix_learning_rate=0.03,
        valid_every=1000,
    )
    trained = pretrain(config, load("toyworld", **OPTIONS), device="cpu")
    for _ in trained:
        pass
    trained.save_checkpoint(folder)
    told = {"corpus": "toyworld", "options": OPTIONS}
    (folder / "text.json").write_text(json.dumps(told))
    return folder


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fmlab.audits.training_text.SHORTEST", 5)


@cache
def books() -> tuple[Corpus, Tokenizer]:
    """Four documents of invented sentences; the third and fourth are held out."""
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(60)]

    def text(count: int) -> str:
        lengths = rng.integers(6, 12, size=count)
        return "\n".join(" ".join(rng.choice(words, size=n)) for n in lengths)

    shared = "this very line stands in both of them ."
    texts = {"a": text(60), "b": text(60) + f"\n{shared}", "c": text(30) + f"\n{shared}", "d": "x"}
    splits: dict[str, Any] = {"a": "train", "b": "train", "c": "valid", "d": "test"}
    documents = tuple(Document(t, texts[t], "CC0", "made", t, splits[t]) for t in texts)
    return Corpus("books", documents), Tokenizer.train(list(texts.values()), 200)


def test_members_and_others_are_pairs_of_one_length_from_the_right_splits() -> None:
    corpus, tokenizer = books()
    sides = two_sides(corpus, tokenizer, 32, 20, seed=0)
    assert len(sides.members.ids) == len(sides.others.ids) == 20 - sides.unmatched
    for member, other in zip(sides.members.ids, sides.others.ids, strict=True):
        assert len(member) == len(other) >= 5
    assert set(sides.members.documents) == {"a", "b"}
    assert set(sides.others.documents) == {"c"}
    assert len(set(sides.members.ids)) == len(sides.members.ids)
    assert sides.repeated == 1
    shared = tuple(tokenizer.encode("this very line stands in both of them ."))
    assert shared not in sides.others.ids


def test_the_same_seed_takes_the_same_pieces_and_another_one_not() -> None:
    corpus, tokenizer = books()
    first, again, other = (two_sides(corpus, tokenizer, 32, 10, seed) for seed in (0, 0, 1))
    assert first == again
    assert first.others != other.others


def test_words_are_counted_without_the_members_own_document() -> None:
    """Vocabulary of 3. Pool: a has token 0 twice, b has token 1 twice; one is added to each."""
    pool = Pieces(((0, 0), (1, 1)), ("a", "b"))
    sides = TwoSides(Pieces(((0, 1),), ("a",)), Pieces(((0, 1),), ("c",)), 0, 0, pool)
    member, other = word_losses(sides, 3)
    assert member == pytest.approx(-(np.log(1 / 5) + np.log(3 / 5)) / 2)
    assert other == pytest.approx(-(np.log(3 / 7) + np.log(3 / 7)) / 2)


def test_a_run_is_audited_in_both_ways_and_its_canary_is_found(run: Path) -> None:
    found = audit_privacy(run, pieces=20, device="cpu")
    names = [attack.name for attack in found.attacks]
    assert names == [
        "words alone, no model",
        "loss, from left to right",
        "loss, from left to right, less that of words",
        "loss, filling gaps",
        "loss, filling gaps, less that of words",
    ]
    assert [attack.uses_model for attack in found.attacks] == [False, True, True, True, True]
    assert found.repeated > 0  # short sentences come again in a world of templates
    assert found.canary is not None
    assert found.canary.repeated == 64
    assert [one.causal for one in found.canary.exposures] == [False, True]
    for one in found.canary.exposures:
        assert one.bits > 6
        assert one.size == 1000
    assert any(one.place == 1 for one in found.canary.extractions)
    assert found.provenance.data.keys() == {"the text, toyworld"}
    assert {one.member for one in found.documents} == {True, False}


def test_a_reference_that_is_the_model_itself_tells_nothing(run: Path) -> None:
    """The ratio is 0 for every piece: all ties, an area of exactly a half."""
    found = audit_privacy(run, pieces=10, reference=run, device="cpu")
    same = [a.result.auc for a in found.attacks if a.name.endswith("of the reference")]
    assert same == [0.5, 0.5]


def test_the_command_writes_figures_and_a_page_that_agree(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["fmlab", "audit", "privacy", str(run)])
    asked = ["audit", "privacy", str(run), "--out", str(tmp_path), "--pieces", "20"]
    answer = CliRunner().invoke(app, [*asked, "--device", "cpu"])
    assert answer.exit_code == 0, answer.output
    figures = json.loads((tmp_path / "privacy.json").read_text())
    page = (tmp_path / "privacy.html").read_text()
    assert str(run.parent) not in page
    first = figures["attacks"][1]["result"]
    assert len(first["roc"]) == 101
    assert first["roc"][1] == pytest.approx(first["found"], abs=1e-4)
    assert f"{first['auc']:.2f}" in page
    assert "the code of mara is 2 9 4 ." in page
    assert "stands at its rank" in page
    assert not re.search(r"<script|https?://(?!www\.w3\.org)", page)


def test_a_run_that_planted_nothing_says_so(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "planted", lambda corpus, options: ("", 0))
    found = audit_privacy(run, pieces=5, device="cpu")
    assert found.canary is None
    page = render_page(privacy_page(found))
    assert "Not asked: the run says of no canary" in page
    assert "with 5 others" in page


def test_what_was_planted_is_read_from_the_runs_own_words() -> None:
    assert planted("toyworld", {"repeat": 3, "seed": 0})[0].startswith("the code of mara is ")
    assert planted("toyworld", {"repeat": 3, "secret": "a  7"}) == ("a 7", 3)
    for corpus, options in (
        ("toyworld", {}),
        ("toyworld", {"repeat": 0}),
        ("books", {"repeat": 3}),
    ):
        assert planted(corpus, options) == ("", 0)


def test_the_digits_of_a_secret_are_its_slots() -> None:
    found = format_of("the code 7 of mara is 2 .")
    assert found is not None
    assert found.template == "the code {} of mara is {} ."
    assert found.size == 100
    assert format_of("no digits here") is None


def test_what_cannot_be_audited_is_one_clear_line(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pieces is 0"):
        audit_privacy(run, pieces=0)
    files = ("config.json", "model.safetensors", "run.json", "tokenizer.json", "vocab.txt")
    for name in files:
        (tmp_path / name).write_bytes((run / name).read_bytes())
    with pytest.raises(UserError, match=r"does not say which text .*\(no text.json\)") as caught:
        audit_privacy(tmp_path)
    assert "\n" not in str(caught.value)
    other = {"corpus": "toyworld", "options": {**OPTIONS, "seed": 5}}
    (tmp_path / "text.json").write_text(json.dumps(other))
    with pytest.raises(UserError, match="is not the text that"):
        training_text(load_checkpoint(tmp_path))
    corpus, tokenizer = books()
    train_only = Corpus("books", corpus.split("train"))
    with pytest.raises(UserError, match="has no held-out text"):
        two_sides(train_only, tokenizer, 32, 5, seed=0)
