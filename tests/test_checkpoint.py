"""Damaged, missing or mixed-up files are refused in one line; what is whole comes back whole."""

import json
from pathlib import Path

import pytest
import torch

from fmlab.checkpoint import load, save
from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.tokens import Tokenizer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokenizer = Tokenizer.train(["the dog sees the cat ."] * 3, 40)
    model = BertForPreTraining(BertConfig(tokenizer.vocab_size, 8, 1, 2, 16))
    return save(tmp_path / "model", model, tokenizer, {"seed": 0})


def test_what_is_saved_comes_back(folder: Path) -> None:
    first = load(folder)
    save(folder.parent / "again", first.model, first.tokenizer, first.run)
    second = load(folder.parent / "again")
    assert first.run == second.run == {"seed": 0}
    for left, right in zip(
        first.model.state_dict().values(), second.model.state_dict().values(), strict=True
    ):
        assert torch.equal(left, right)
    assert second.tokenizer.encode("the cat") == first.tokenizer.encode("the cat")


def test_half_precision_halves_the_file_and_loads_as_float32(folder: Path) -> None:
    whole = load(folder)
    save(folder.parent / "half", whole.model, whole.tokenizer, dtype=torch.float16)
    sizes = [
        sum(len(t.numpy().tobytes()) for t in load(f).model.state_dict().values())
        for f in (folder, folder.parent / "half")
    ]
    assert sizes[0] == sizes[1]
    ratio = (folder.parent / "half" / "model.safetensors").stat().st_size / (
        folder / "model.safetensors"
    ).stat().st_size
    assert ratio < 0.75
    for left, right in zip(
        whole.model.parameters(), load(folder.parent / "half").model.parameters(), strict=True
    ):
        torch.testing.assert_close(left, right, atol=1e-3, rtol=1e-3)


def refused(folder: Path, word: str) -> None:
    with pytest.raises(UserError, match=word) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    for share in (0.0, 0.001, 0.5, 0.99):
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        refused(folder, "damaged")
        path.write_bytes(content)
    load(folder)


def test_a_config_that_does_not_fit_its_weights_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    for change, word in [
        ({"hidden_size": 16}, "shape"),
        ({"num_hidden_layers": 2}, "missing"),
        ({"num_hidden_layers": 0}, "unknown"),
        ({"model_type": "gpt2"}, "gpt2"),
        ({"vocab_size": "many"}, "config.json"),
    ]:
        (folder / "config.json").write_text(json.dumps({**config, **change}))
        refused(folder, word)


def test_missing_and_broken_files_are_refused(folder: Path) -> None:
    refused(folder / "elsewhere", "no folder")
    (folder / "config.json").write_text("{")
    refused(folder, "not JSON")
    (folder / "config.json").write_text("[]")
    refused(folder, "no JSON object")
    (folder / "config.json").unlink()
    refused(folder, "config.json")


def test_a_pickle_is_never_opened(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refused(folder, "pickle")


def test_a_broken_tokenizer_is_refused(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    refused(folder, "not a tokenizer")
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\nthe\n")
    refused(folder, r"no \[CLS\], \[SEP\], \[MASK\]")
    (folder / "vocab.txt").unlink()
    refused(folder, "tokenizer.json")
