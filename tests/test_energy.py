"""The energy estimate: silent, leaving nothing behind, cheap, and honest about how it was made."""

import builtins
import socket
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from fmlab import energy
from fmlab.energy import EnergyMeter


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError(f"asked the network for {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_without_codecarbon_it_is_hours_times_a_stated_power(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([100.0, 100.0 + 1800.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(energy, "assumed_watts", lambda: 70.0)
    with EnergyMeter(codecarbon=False) as meter:
        pass
    assert meter.kwh == pytest.approx(0.035)  # half an hour at 70 W
    assert meter.method == "assumed: a constant 70 W (codecarbon is not installed)"


def test_a_missing_codecarbon_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("codecarbon"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with EnergyMeter() as meter:
        pass
    assert meter.method.startswith("assumed")


@pytest.mark.usefixtures("no_network")
def test_codecarbon_is_silent_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with EnergyMeter() as meter:
        time.sleep(0.2)
    assert "codecarbon" in meter.method
    assert 0 < meter.kwh < 0.001
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_reading_at_every_step_costs_next_to_nothing() -> None:
    with EnergyMeter() as meter:
        started = time.process_time()
        for _ in range(10_000):
            assert meter.kwh >= 0
        assert time.process_time() - started < 1.0


def test_energy_only_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    with EnergyMeter(codecarbon=False) as meter:
        seen = [meter.kwh for _ in range(100)]
    assert seen == sorted(seen)
    assert meter.kwh >= seen[-1]
    assert meter.kwh == meter.kwh  # it stands still once the block is left


@pytest.mark.parametrize(
    ("board", "watts"),
    [("Tesla T4", 70), ("NVIDIA A100-SXM4-80GB", 400), ("NVIDIA H200", 700), ("Unknown X9", 250)],
)
def test_a_gpu_is_assumed_at_its_makers_limit(
    monkeypatch: pytest.MonkeyPatch, board: str, watts: int
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: board)
    assert energy.assumed_watts() == 2 * watts


def test_an_error_inside_the_block_is_passed_on() -> None:
    with pytest.raises(RuntimeError, match="inside"), EnergyMeter(codecarbon=False) as meter:
        raise RuntimeError("inside")
    assert meter.seconds > 0
