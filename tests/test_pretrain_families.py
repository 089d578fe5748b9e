"""Every family trains through the one loop: it learns, resumes, is saved, opened and evaluated."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from small_run import SMALL

from fmlab import cli, pretrain, resume
from fmlab.card import write_card
from fmlab.checkpoint import load
from fmlab.corpus import Corpus, Document
from fmlab.errors import UserError
from fmlab.evaluate import evaluate
from fmlab.export import export
from fmlab.files import sha256_bytes
from fmlab.models.albert import AlbertForPreTraining
from fmlab.models.gpt import GptForPreTraining
from fmlab.models.language_model import LanguageModel
from fmlab.models.roberta import RobertaForPreTraining
from fmlab.train_config import TrainConfig

TWO_LAYERS: dict[str, Any] = {**SMALL, "num_hidden_layers": 2, "steps": 8}
RUNS: dict[str, dict[str, Any]] = {
    "roberta": {"model": "roberta", "dropout": 0.1, "whole_words": True},
    "roberta, static": {"model": "roberta", "masking": "static", "mask_copies": 1},
    "albert": {"model": "albert", "embedding_size": 8},
    "albert, order": {"model": "albert", "sentence_order": True},
    "albert, next": {"model": "albert", "next_sentence": True},
    "bert, order": {"model": "bert", "sentence_order": True},
    "gpt": {"model": "gpt", "dropout": 0.1},
}
THEIRS = {
    "roberta": "RobertaForMaskedLM",
    "roberta, static": "RobertaForMaskedLM",
    "albert": "AlbertForMaskedLM",
    "albert, order": "AlbertForPreTraining",
    "albert, next": "AlbertForPreTraining",
    "bert, order": "BertForPreTraining",
    "gpt": "GPT2LMHeadModel",
}
WORDS = "the a dog cat bird sees likes big old man . runs sleeps here there".split()


def document(number: int, split: Any) -> Document:
    draw = torch.Generator().manual_seed(number)
    lines = [
        " ".join(WORDS[int(i)] for i in torch.randint(len(WORDS), (9,), generator=draw)) + " ."
        for _ in range(20)
    ]
    text = "\n".join(lines)
    return Document(str(number), text, "ours", "test", sha256_bytes(text.encode()), split)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    train = [document(number, "train") for number in range(4)]
    return Corpus("small", (*train, document(9, "valid")))


def config(name: str, **more: Any) -> TrainConfig:
    return TrainConfig(**{**TWO_LAYERS, **RUNS[name], **more})


def told(run: pretrain.Pretraining) -> list[Any]:
    return [(r.loss, r.next_sentence_loss, r.causal_loss, r.valid_loss) for r in run.records]


@torch.no_grad()
@pytest.mark.parametrize("name", RUNS)
def test_a_run_resumes_bit_by_bit_and_is_that_model_of_transformers(
    name: str, corpus: Corpus, tmp_path: Path
) -> None:
    with torch.enable_grad():
        whole = pretrain.pretrain(config(name), corpus)
        list(whole)
        first = pretrain.pretrain(config(name), corpus, tmp_path)
        for record in first:
            first.stop = record.step == 5
        second = pretrain.pretrain(config(name), corpus, tmp_path, resume=True)
        assert second.step == 5
        list(second)
    assert told(second) == told(whole)
    for left, right in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(left, right)
    in_pairs = {"next_sentence", "sentence_order"} & RUNS[name].keys()
    assert (whole.records[0].next_sentence_loss is not None) == bool(in_pairs)

    found = load(tmp_path)
    assert isinstance(found.model, LanguageModel)
    theirs = getattr(transformers, THEIRS[name]).from_pretrained(tmp_path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    ids = tokenizer("the old dog sees a cat .", return_tensors="pt")["input_ids"]
    assert ids[0].tolist()[1:-1] == found.tokenizer.encode("the old dog sees a cat .")
    out = theirs(ids)
    logits = out.logits if "logits" in out else out.prediction_logits
    torch.testing.assert_close(found.model(ids).logits, logits, atol=1e-5, rtol=0)


@pytest.mark.parametrize("model", ["roberta", "albert", "gpt"])
def test_a_small_text_is_learned_by_heart(model: str) -> None:
    line = "the dog sees the old cat . the bird sleeps here ."
    text = "\n".join([line] * 40)
    one = Document("one", text, "ours", "test", sha256_bytes(text.encode()), "train")
    quick = {"steps": 200, "learning_rate": 3e-3, "matrix_learning_rate": 0.01}
    config = TrainConfig(**{**TWO_LAYERS, **quick, "model": model, "embedding_size": 32})
    run = pretrain.pretrain(config, Corpus("1", (one,)))
    list(run)
    start, end = run.records[0].loss, sum(r.loss for r in run.records[-10:]) / 10
    assert start > 2.5
    assert end < 0.6


def test_the_order_of_sentences_is_learned_by_heart() -> None:
    """Cat follows dog, bird follows cat, dog follows bird: two neighbours tell their order."""
    text = "\n".join(["the dog runs .", "the cat sleeps .", "a bird sings ."] * 40)
    one = Document("one", text, "ours", "test", sha256_bytes(text.encode()), "train")
    quick = {"steps": 400, "learning_rate": 3e-3, "matrix_learning_rate": 0.02, "batch_size": 16}
    changes = {**TWO_LAYERS, **quick, "sentence_order": True, "seq_len": 16}
    run = pretrain.pretrain(TrainConfig(**changes), Corpus("1", (one,)))
    losses = [record.next_sentence_loss or 0.0 for record in run]
    assert losses[0] == pytest.approx(0.693, abs=0.1)
    assert sum(losses[-10:]) / 10 < 0.2


@pytest.mark.parametrize("name", ["roberta", "albert", "gpt"])
def test_a_run_is_evaluated_has_a_card_and_no_file_for_live_figures(
    name: str, corpus: Corpus, tmp_path: Path
) -> None:
    list(pretrain.pretrain(config(name), corpus, tmp_path))
    found = evaluate(tmp_path, corpus)
    kinds = {"causal"} if name == "gpt" else {"masked", "hidden_alone"}
    figures = found["splits"]["valid"]
    assert kinds <= set(figures)
    for kind in kinds:
        assert 0 < figures[kind]["nats_per_token"] < 10
    card = write_card(tmp_path).card.read_text()
    assert {"roberta": "RoBERTa", "albert": "ALBERT", "gpt": "GPT"}[name] in card
    with pytest.raises(UserError, match=r"BERTs alone|cannot fill masks") as caught:
        export(load(tmp_path), tmp_path / "x", "x", "")
    assert "\n" not in str(caught.value)


def test_the_sizes_of_a_run_become_those_of_its_model(corpus: Corpus) -> None:
    made = {name: pretrain.pretrain(config(name), corpus).model for name in RUNS}
    roberta, albert, gpt = made["roberta"], made["albert"], made["gpt"]
    assert isinstance(roberta, RobertaForPreTraining)
    assert isinstance(albert, AlbertForPreTraining)
    assert isinstance(gpt, GptForPreTraining)
    assert roberta.config.longest == albert.config.longest == gpt.config.longest == 24
    assert albert.config.embedding_size == 8
    assert albert.sentence_order_head is None
    ordered = made["albert, order"]
    assert isinstance(ordered, AlbertForPreTraining)
    assert ordered.sentence_order_head is not None
    assert ordered.config.embedding_size == 32
    assert (gpt.config.hidden_dropout_prob, gpt.config.attention_probs_dropout_prob) == (0.1, 0.1)
    weights = {name: sum(w.numel() for w in model.parameters()) for name, model in made.items()}
    assert weights["albert"] < weights["gpt"] < weights["roberta"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"model": "llama"}, "unknown model 'llama'; choose one of bert, roberta, albert, gpt"),
        ({"model": "gpt", "causal_share": 0.5}, "left to right alone"),
        ({"model": "roberta", "causal_share": 1.0}, "looks both ways"),
        ({"model": "albert", "causal_share": 0.2}, "looks both ways"),
        ({"model": "roberta", "next_sentence": True}, "roberta has no next_sentence"),
        ({"model": "gpt", "sentence_order": True}, "gpt has no sentence_order"),
        ({"next_sentence": True, "sentence_order": True}, "choose one of them"),
        ({"sentence_order": True, "causal_share": 0.5}, "segment numbers"),
        ({"mask_copies": 0}, "mask_copies is 0"),
        ({"embedding_size": -1}, "embedding_size is -1"),
    ],
)
def test_what_a_family_cannot_learn_is_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(UserError, match=word) as caught:
        TrainConfig(**changes)
    assert "\n" not in str(caught.value)


def test_a_gpt_is_causal_whether_it_is_said_or_not() -> None:
    assert TrainConfig(model="gpt").causal_share == 1
    assert TrainConfig(model="gpt", causal_share=1.0) == TrainConfig(model="gpt")


def test_a_point_of_another_family_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    run = pretrain.pretrain(config("roberta"), corpus, tmp_path)
    next(iter(run))
    run.save_point()
    with pytest.raises(UserError, match="another model"):
        pretrain.pretrain(config("roberta", model="bert"), corpus, tmp_path, resume=True)


def test_a_run_from_before_there_were_families_goes_on(corpus: Corpus, tmp_path: Path) -> None:
    """Its point does not tell of settings that came later."""
    run = pretrain.pretrain(TrainConfig(**TWO_LAYERS), corpus, tmp_path)
    next(iter(run))
    run.save_point()
    path = resume.points(tmp_path)[-1] / "state.json"
    state = json.loads(path.read_text())
    for later in ("model", "mask_copies", "whole_words", "sentence_order", "embedding_size"):
        del state["config"][later]
    path.write_text(json.dumps(state))
    assert pretrain.resumed_config(tmp_path) == TrainConfig(**TWO_LAYERS)
    assert pretrain.pretrain(TrainConfig(**TWO_LAYERS), corpus, tmp_path, resume=True).step == 1
    changed = TrainConfig(**TWO_LAYERS, whole_words=True)
    with pytest.raises(UserError, match="whole_words"):
        pretrain.pretrain(changed, corpus, tmp_path, resume=True)


def test_the_command_line_chooses_the_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sizes = [f for n, v in {**TWO_LAYERS, "steps": 2}.items() for f in ("--set", f"{n}={v}")]
    given = ["fmlab", "pretrain", "--tier", "cpu", "--text", "size=200", "--model", "gpt", *sizes]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in (0, None)
    assert "runs/toyworld-cpu-gpt" in capsys.readouterr().out
    assert isinstance(load(tmp_path / "runs" / "toyworld-cpu-gpt").model, GptForPreTraining)
