"""The format of matrix products is chosen by what the machine is fast in, and both train."""

import pytest
import torch

from fmlab import device, pretrain
from fmlab.corpus import load
from fmlab.device import Device, best_device
from fmlab.errors import UserError
from fmlab.train_config import TrainConfig


def test_a_cpu_without_fast_bfloat16_falls_back_to_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for gains, dtype in [(True, torch.bfloat16), (False, torch.float32)]:
        monkeypatch.setattr(device, "_cpu_gains_from_bfloat16", lambda gains=gains: gains)
        assert best_device("cpu").autocast == dtype


def test_the_probe_answers_quickly_and_leaves_threads_alone() -> None:
    threads = torch.get_num_threads()
    assert best_device("cpu").name == "cpu"
    assert torch.get_num_threads() == threads


def test_bfloat16_trains_like_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """The explicit attention, autocast and the loss in float32 work together."""
    config = TrainConfig(
        vocab_size=200,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        seq_len=16,
        batch_size=2,
        steps=4,
    )
    corpus = load("toyworld", size=60, seed=0)
    losses = []
    for dtype in (torch.float32, torch.bfloat16):
        chosen = Device("cpu", "a test", dtype)
        monkeypatch.setattr(pretrain, "best_device", lambda name, chosen=chosen: chosen)
        losses.append([record.loss for record in pretrain.pretrain(config, corpus)])
    torch.testing.assert_close(losses[0], losses[1], atol=0.05, rtol=0)
    assert losses[0] != losses[1]


@pytest.mark.parametrize("gains", [True, False])
@pytest.mark.parametrize(("asked", "dtype"), device.FORMATS.items())
def test_a_format_that_is_named_is_taken(
    monkeypatch: pytest.MonkeyPatch, asked: str, dtype: torch.dtype, gains: bool
) -> None:
    monkeypatch.setattr(device, "_cpu_gains_from_bfloat16", lambda: gains)
    monkeypatch.setenv(device.FORMAT, asked)
    assert device.best_device("cpu").autocast == dtype


def test_an_unknown_format_gets_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(device.FORMAT, "int8")
    with pytest.raises(UserError, match="FMLAB_FORMAT is 'int8'; choose one of float32, bfloat16"):
        device.best_device("cpu")
