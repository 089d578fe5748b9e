"""A run that starts from a model: it knows what that knew, tells its story, and resumes exactly."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from small_run import SMALL

from fmlab import cli, pretrain
from fmlab.card import write_card
from fmlab.checkpoint import load
from fmlab.corpus import Corpus, Document
from fmlab.errors import UserError
from fmlab.files import sha256_bytes, sha256_file
from fmlab.records import read_log, read_whole_log
from fmlab.start import start_from
from fmlab.train_config import TrainConfig

LINES = ("the dog sees the old cat .", "a big man likes here .", "the bird sleeps there .")


def text(name: str, lines: tuple[str, ...]) -> Corpus:
    content = "\n".join(lines * 20)
    hashed = sha256_bytes(content.encode())
    train = Document("one", content, "ours", "test", hashed, "train")
    valid = Document("two", content, "ours", "test", hashed, "valid")
    return Corpus(name, (train, valid))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return text("small", LINES)


@pytest.fixture(scope="module")
def before(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that has ended."""
    out = tmp_path_factory.mktemp("before")
    quick = {"steps": 60, "learning_rate": 3e-3, "matrix_learning_rate": 0.02}
    list(pretrain.pretrain(TrainConfig(**{**SMALL, **quick}), corpus, out))
    return out


def test_it_begins_where_the_model_ended(corpus: Corpus, before: Path) -> None:
    """Before its first step it is the model; a random one is as bad as the model once was."""
    known = start_from(before)
    run = pretrain.pretrain(TrainConfig(**SMALL, seed=1), corpus, start=known)
    for name, weight in load(before).model.state_dict().items():
        assert torch.equal(run.model.state_dict()[name], weight)
    list(run)
    random = pretrain.pretrain(TrainConfig(**SMALL, seed=1), corpus)
    list(random)
    assert run.records[0].loss < random.records[0].loss - 1


def test_its_story_counts_from_chance_on(corpus: Corpus, before: Path, tmp_path: Path) -> None:
    run = pretrain.pretrain(
        TrainConfig(**SMALL, seed=1), corpus, tmp_path, start=start_from(before)
    )
    list(run)
    told, earlier = (json.loads((path / "run.json").read_text()) for path in (tmp_path, before))
    assert told["started_from"]["name"] == before.name
    assert told["started_from"]["weights_sha256"] == sha256_file(before / "model.safetensors")
    assert told["started_from"]["run"] == earlier
    assert earlier["started_from"] is None
    assert told["steps"] == 12 + 60
    assert told["tokens"] == run.tokens + earlier["tokens"]
    assert told["seconds"] == pytest.approx(run.seconds + earlier["seconds"], abs=0.11)
    assert told["energy"]["kwh"] == pytest.approx(run.kwh + earlier["energy"]["kwh"])
    own = run.tokens / earlier["corpus"]["train_tokens"]
    assert told["epochs"] == pytest.approx(own + earlier["epochs"], abs=2e-3)


def test_another_text_has_epochs_of_its_own(before: Path, tmp_path: Path) -> None:
    other = text("other", ("the cat runs .", "the old bird sees a dog ."))
    run = pretrain.pretrain(TrainConfig(**SMALL), other, tmp_path, start=start_from(before))
    list(run)
    told = json.loads((tmp_path / "run.json").read_text())
    assert told["epochs"] == pytest.approx(run.tokens / told["corpus"]["train_tokens"], abs=2e-3)


def test_the_whole_log_goes_on_where_the_first_ended(
    corpus: Corpus, before: Path, tmp_path: Path
) -> None:
    """Also over three runs, each from the one before."""
    second, third = tmp_path / "second", tmp_path / "third"
    for start, out in ((before, second), (second, third)):
        list(pretrain.pretrain(TrainConfig(**SMALL), corpus, out, start=start_from(start)))
    whole = read_whole_log(third)
    assert [record.step for record in whole] == list(range(1, 60 + 12 + 12 + 1))
    tokens, seconds = ([getattr(r, name) for r in whole] for name in ("tokens", "seconds"))
    assert tokens == sorted(tokens)
    assert seconds == sorted(seconds)
    told = json.loads((third / "run.json").read_text())
    assert (told["steps"], told["tokens"]) == (whole[-1].step, whole[-1].tokens)
    assert read_whole_log(before) == read_log(before / "log.jsonl", 60)


def test_it_resumes_bit_by_bit(corpus: Corpus, before: Path, tmp_path: Path) -> None:
    config = TrainConfig(**SMALL)
    whole = pretrain.pretrain(config, corpus, start=start_from(before))
    list(whole)
    first = pretrain.pretrain(config, corpus, tmp_path, start=start_from(before))
    for record in first:
        first.stop = record.step == 7
    second = pretrain.pretrain(config, corpus, tmp_path, resume=True)
    list(second)
    assert [record.loss for record in second.records] == [record.loss for record in whole.records]
    assert second.started_from == first.started_from
    for left, right in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(left, right)


def test_a_model_of_elsewhere_keeps_its_parts(corpus: Corpus, before: Path, tmp_path: Path) -> None:
    """With positions, pooler and pair head beyond what the run uses; stopped and resumed."""
    torch.manual_seed(0)
    sizes = {name: SMALL[name] for name in SMALL if name.startswith(("num_", "hidden", "interm"))}
    config = transformers.BertConfig(vocab_size=60, max_position_embeddings=64, **sizes)
    theirs = tmp_path / "theirs"
    transformers.BertForPreTraining(config).save_pretrained(theirs)
    load(before).tokenizer.save(theirs, 64)
    known = start_from(theirs)
    pooler = known.checkpoint.model.state_dict()["bert.pooler.weight"].clone()
    run_config = TrainConfig(**{**SMALL, **known.settings, "causal_share": 0.0})
    assert run_config.dropout == 0.1
    run = pretrain.pretrain(run_config, corpus, tmp_path / "run", start=known)
    for record in run:
        run.stop = record.step == 5
    again = pretrain.pretrain(run_config, corpus, tmp_path / "run", resume=True)
    list(again)
    ended = load(tmp_path / "run").model.state_dict()
    assert torch.equal(ended["bert.pooler.weight"], pooler)
    assert len(ended["bert.embeddings.position.weight"]) == 64
    assert "seq_relationship" in str(transformers.BertForPreTraining.from_pretrained(theirs))
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (told["steps"], told["tokens"]) == (12, again.tokens)  # nothing is known of before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": 64}, r"hidden_size is 64, but .* has 32; leave it out"),
        ({"seq_len": 32}, r"seq_len is 32, but .* has 24 positions"),
        ({"model": "roberta"}, r"model is roberta, but .* has bert"),
        ({"next_sentence": True}, r"has no head for pairs"),
    ],
)
def test_other_sizes_are_refused_in_one_line(
    corpus: Corpus, before: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        pretrain.pretrain(TrainConfig(**{**SMALL, **change}), corpus, start=start_from(before))


def test_a_model_without_a_head_for_tokens_is_refused(before: Path, tmp_path: Path) -> None:
    config = transformers.BertConfig.from_pretrained(before)
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    load(before).tokenizer.save(tmp_path, 24)
    with pytest.raises(UserError, match="has no head for tokens"):
        start_from(tmp_path)


def test_the_command_takes_sizes_and_objective_from_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fmlab(*arguments: str) -> int | str | None:
        monkeypatch.setattr("sys.argv", ["fmlab", "pretrain", "--tier", "cpu", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code

    sizes = [f"--set={name}={SMALL[name]}" for name in SMALL if name not in ("steps",)]
    small = ["--text=size=200", "--steps=4"]
    first, second = tmp_path / "first", tmp_path / "second"
    assert not fmlab(*sizes, *small, "--set=causal_share=0.5", f"--out={first}")
    assert not fmlab(f"--from={first}", *small, "--set=seq_len=16", f"--out={second}")
    told = json.loads((second / "run.json").read_text())
    assert (told["config"]["hidden_size"], told["config"]["causal_share"]) == (32, 0.5)
    assert told["steps"] == 8
    card = write_card(second).card.read_text()
    assert "random start" not in card
    assert f"started from `first`, which had read {told['started_from']['run']['tokens']:,}" in card
    assert card.count("`fmlab pretrain") == 2
    other = card.partition("`first`, from which it started, had other settings here:")[2]
    assert "`seq_len` 24" in other
    assert "hidden_size" not in other
    assert fmlab(f"--from={first}", "--resume", f"--out={second}") == 2
    assert "leave --from out" in capsys.readouterr().err
    assert fmlab(f"--from={first}", "--corpus=digits", f"--out={tmp_path / 'third'}") == 2
    assert "--from knows text alone" in capsys.readouterr().err
