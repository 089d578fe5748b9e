"""An exported model computes what Python computes, from one file that holds all it needs."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import safetensors.torch
import torch

from fmlab import checkpoint, cli, zoo
from fmlab.checkpoint import Checkpoint
from fmlab.errors import UserError
from fmlab.export import Exported, export, half_weights, parts_of
from fmlab.models.bert import BertConfig, BertForClassification, BertForPreTraining
from fmlab.models.hf import AnyBert, from_hf, to_hf
from fmlab.probes.ablation import heads_scaled
from fmlab.probes.reading import read
from fmlab.tokens import Tokenizer

TEXTS = ["the cat sat on the mat .", "a dog ran over the mat and the cat ran too ."] * 3
SMALL = BertConfig(
    vocab_size=60,
    hidden_size=24,
    num_hidden_layers=3,
    num_attention_heads=2,
    intermediate_size=40,
    max_position_embeddings=16,
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TEXTS, vocab_size=60)


def made(tokenizer: Tokenizer, config: BertConfig = SMALL, tied: bool = True) -> Checkpoint:
    """Return a model with random weights, large enough that no two rows are alike."""
    torch.manual_seed(0)
    model = BertForPreTraining(config, tied=tied).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return Checkpoint(model, tokenizer, {}, Path("made"))


@pytest.fixture(scope="module")
def written(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Return a small model's file; tracing takes seconds, so tests share it."""
    return export(made(tokenizer), tmp_path_factory.mktemp("file") / "mine", "my model", "# A card")


@pytest.fixture(scope="module")
def shipped_file(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(zoo.load("books-small"), tmp_path_factory.mktemp("shipped") / "s", "s", "card")


def session(path: Path, folder: Path) -> onnxruntime.InferenceSession:
    """Open an exported model as a page does: the graph, and its weights from their own file."""
    for name, content in parts_of(path).items():
        (folder / name).write_bytes(content)
    return onnxruntime.InferenceSession(folder / "model.onnx")


def answers(
    opened: onnxruntime.InferenceSession, ids: list[int], layers: list[int], keep: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    feeds = {
        "input_ids": np.array([ids], np.int32),
        "layers": np.array(layers, np.int32),
        "places": np.arange(len(ids), dtype=np.int32),
        "keep": keep.numpy(),
    }
    logits, attentions = opened.run(["logits", "attentions"], feeds)
    return logits, attentions


def halved(model: AnyBert) -> AnyBert:
    """Return the model with the weights that its file holds."""
    stored = safetensors.torch.load(half_weights(model))  # type: ignore[arg-type]
    return from_hf(to_hf(model)[0], {name: weight.float() for name, weight in stored.items()})


@pytest.mark.parametrize(
    ("config", "tied"),
    [
        (SMALL, True),
        (SMALL, False),
        (replace(SMALL, num_hidden_layers=1, num_attention_heads=1, hidden_act="relu"), True),
        (replace(SMALL, hidden_act="gelu_new", max_position_embeddings=512), True),
    ],
    ids=["tied", "untied", "one head", "512 tokens"],
)
def test_the_graph_computes_what_python_computes(
    tokenizer: Tokenizer, tmp_path: Path, config: BertConfig, tied: bool
) -> None:
    found = made(tokenizer, config, tied)
    opened = session(export(found, tmp_path / "m", "m", "card").path, tmp_path)
    model = halved(found.model)
    assert isinstance(model, BertForPreTraining)
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    keep = torch.ones(layers, heads)
    keep[0, 0] = 0
    for length in (1, 2, 7, config.max_position_embeddings):
        ids = [n % config.vocab_size for n in range(3, 3 + length)]
        for factors in (torch.ones(layers, heads), keep):
            logits, attentions = answers(opened, ids, list(range(layers + 1)), factors)
            with torch.inference_mode(), heads_scaled(model, factors):
                out = model(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
                read_at = torch.stack([model.masked_head(s[0]) for s in out.hidden_states])
            np.testing.assert_allclose(logits, read_at.numpy(), atol=2e-4, rtol=1e-4)
            expected = torch.stack(out.attentions)[:, 0].numpy()
            np.testing.assert_allclose(attentions, expected, atol=1e-5)


def test_only_the_layers_and_places_asked_for_are_answered(
    written: Exported, tmp_path: Path
) -> None:
    opened = session(written.path, tmp_path)
    keep = torch.ones(3, 2)
    whole, _ = answers(opened, [5, 6, 7, 8], [0, 1, 2, 3], keep)
    feeds = {
        "input_ids": np.array([[5, 6, 7, 8]], np.int32),
        "layers": np.array([3, 1], np.int32),
        "places": np.array([2], np.int32),
        "keep": keep.numpy(),
    }
    logits, attentions = opened.run(["logits", "attentions"], feeds)
    np.testing.assert_allclose(logits[:, 0], whole[[3, 1], 2], atol=1e-5)
    assert attentions.shape == (3, 2, 4, 4)


def test_a_head_that_is_switched_off_changes_the_logits(written: Exported, tmp_path: Path) -> None:
    opened = session(written.path, tmp_path)
    on = torch.ones(3, 2)
    off = on.clone()
    off[1, 1] = 0
    before, _ = answers(opened, [5, 6, 7, 8], [3], on)
    after, _ = answers(opened, [5, 6, 7, 8], [3], off)
    assert np.abs(before - after).max() > 0.01


def test_the_file_is_a_zip_with_all_that_a_figure_needs(
    tokenizer: Tokenizer, written: Exported
) -> None:
    assert written.path.name == "mine.fmlab"
    assert written.bytes == written.path.stat().st_size
    with zipfile.ZipFile(written.path) as archive:
        assert archive.testzip() is None
        about = json.loads(archive.read("live.json"))
        assert archive.read("README.md") == b"# A card"
        words = json.loads(archive.read("tokenizer.json"))["model"]["vocab"]
    assert about == {
        "format": 1,
        "name": "my model",
        "layers": 3,
        "heads": 2,
        "positions": 16,
        "vocab": 60,
    }
    assert words == tokenizer.fast.get_vocab()


def test_the_weights_stay_outside_the_graph_and_open_alone(
    tokenizer: Tokenizer, written: Exported, shipped_file: Exported
) -> None:
    found = made(tokenizer)
    parts = parts_of(written.path)
    stored = safetensors.torch.load(parts["model.safetensors"])
    assert stored.keys() == to_hf(found.model)[1].keys()
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    again = from_hf(json.loads(parts["config.json"]), {n: t.float() for n, t in stored.items()})
    assert isinstance(again, BertForPreTraining)
    assert again.config == SMALL
    assert shipped_file.parts["model.onnx"] < 100_000  # where its weights are 10.7 MB


def test_the_same_model_gives_the_same_file(
    tokenizer: Tokenizer, written: Exported, tmp_path: Path
) -> None:
    again = export(made(tokenizer), tmp_path / "again", "my model", "# A card")
    assert again.path.read_bytes() == written.path.read_bytes()


def test_what_cannot_be_shown_is_refused(tokenizer: Tokenizer, tmp_path: Path) -> None:
    classifier = Checkpoint(BertForClassification(SMALL, 2), tokenizer, {}, Path("labels"))
    with pytest.raises(UserError, match="cannot fill masks"):
        export(classifier, tmp_path / "m", "m", "card")
    with pytest.raises(UserError, match="no layers"):
        export(made(tokenizer, replace(SMALL, num_hidden_layers=0)), tmp_path / "m", "m", "card")
    large = made(tokenizer)
    with torch.no_grad():
        next(large.model.parameters())[3, 3] = 70_000
    with pytest.raises(UserError, match="float16 cannot hold it"):
        export(large, tmp_path / "m", "m", "card")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"\x00" * 50])
def test_what_is_no_exported_model_gets_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.fmlab").write_bytes(content)
    with pytest.raises(UserError, match="is no exported model"):
        parts_of(tmp_path / "x.fmlab")


def test_a_zip_of_something_else_gets_one_line(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("live.json", "{}")
    (tmp_path / "x.fmlab").write_bytes(packed.getvalue())
    with pytest.raises(UserError, match=r"lacks model\.onnx, model\.safetensors, tokenizer\.json"):
        parts_of(tmp_path / "x.fmlab")


def test_the_command_writes_a_run_with_its_card(
    tokenizer: Tokenizer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = checkpoint.save(tmp_path / "run", made(tokenizer).model, tokenizer, {"seed": 3})
    kept = sorted(file.name for file in run.iterdir())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["fmlab", "export", "run"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert "run.fmlab" in capsys.readouterr().out
    assert "# run" in parts_of(tmp_path / "run.fmlab")["README.md"].decode()
    assert sorted(file.name for file in run.iterdir()) == kept


def test_the_command_names_an_unknown_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["fmlab", "export", "no/such/place"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("fmlab: no folder no/such/place")
    assert told.count("\n") == 1


def test_a_reading_is_what_the_graph_says(shipped_file: Exported, tmp_path: Path) -> None:
    shipped = zoo.load("books-small")
    opened = session(shipped_file.path, tmp_path)
    reading = read(
        shipped.masked_model, shipped.tokenizer, "He opened the [MASK] .", off=[(1, 2)], lens=True
    )
    keep = torch.ones(4, 4)
    keep[1, 2] = 0
    ids = list(reading.sentence.ids)
    logits, attentions = answers(opened, ids, [0, 1, 2, 3, 4], keep)
    np.testing.assert_allclose(attentions, reading.attentions.numpy(), atol=1e-5)
    place = reading.fills[0].place
    for layer, fill in enumerate(reading.fills):
        assert fill.layer == layer
        shares = torch.tensor(logits[layer, place]).softmax(-1)
        best = fill.candidates[0]
        assert abs(float(shares[best.id]) - best.probability) < 1e-5
        assert int(shares.argmax()) == best.id
