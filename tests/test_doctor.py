"""`fmlab doctor` says what is there in one line each, never stops half way, and names a mend."""

import shutil
import sys
import urllib.error
import urllib.request
from collections import namedtuple
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants

from fmlab import doctor
from fmlab.device import Device
from fmlab.doctor import Finding, examine, main

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No hub, an empty cache, no local data."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setenv("FMLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FMLAB_DATA", str(tmp_path))


def found(name: str) -> Finding:
    finding = getattr(doctor, name.lower())()
    assert isinstance(finding, Finding)
    return finding


def test_each_finding_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 13
    assert all(line.startswith(("ok ", "note ")) for line in lines)


def test_a_finding_that_is_not_ok_names_a_mend() -> None:
    assert all(finding.mend for finding in examine() if finding.state == "note")


def test_an_old_python_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    finding = doctor.python()
    assert (finding.state, finding.found) == ("broken", "3.9.1")
    assert "3.11" in finding.mend


def test_something_broken_gives_a_failing_exit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def faint() -> Finding:
        raise ImportError("libtorch.so is missing\nand more")

    monkeypatch.setattr(doctor, "torch_found", faint)
    assert main() == 1
    out = capsys.readouterr().out
    assert "BROKEN torch" in out
    assert "libtorch.so is missing" in out
    assert "and more" not in out
    assert len(out.splitlines()) == 13  # the others were still looked at


@pytest.mark.parametrize(
    ("device", "state", "words"),
    [
        (Device("cpu", "CPU, 2 threads", torch.float32), "note", "no native bfloat16"),
        (Device("cpu", "CPU, 2 threads", torch.bfloat16), "ok", "bfloat16 (native)"),
        (Device("cuda", "Tesla T4", torch.float16, True), "ok", "float16"),
        (Device("cuda", "H100", torch.bfloat16), "ok", "bfloat16 (native)"),
    ],
)
def test_the_number_format_is_told(
    monkeypatch: pytest.MonkeyPatch, device: Device, state: str, words: str
) -> None:
    monkeypatch.setattr("fmlab.device.best_device", lambda: device)
    finding = doctor.device()
    assert finding.state == state
    assert words in finding.found


def test_little_memory_and_little_disk_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_memory_gib", lambda: (0.5, 4.0))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 2**29))
    assert found("memory").state == "note"
    assert "0.5 of 4.0 GiB" in found("memory").found
    assert found("disk").state == "note"
    assert "FMLAB_CACHE" in found("disk").mend


def test_text_that_is_here_is_found(tmp_path: Path) -> None:
    assert found("books").state == "note"
    assert "FMLAB_DATA" in found("books").mend
    for name in ("books.jsonl.xz", "blimp.jsonl.xz"):
        (tmp_path / name).write_bytes(b"")
    assert found("books").state == found("BLiMP").state == "ok"


def test_an_unreachable_hub_is_a_note_with_the_reason() -> None:
    finding = found("hub")
    assert finding.state == "note"
    assert "no route" in finding.found
    assert "books" in finding.mend


@pytest.mark.parametrize(("code", "state"), [(403, "ok"), (503, "note")])
def test_a_hub_that_answers_at_all_is_there(
    monkeypatch: pytest.MonkeyPatch, code: int, state: str
) -> None:
    def answer(*args: Any, **kwargs: Any) -> None:
        raise urllib.error.HTTPError("x", code, "no", Message(), None)

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert doctor.hub().state == state


def test_a_hub_that_is_switched_off_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in doctor.hub().found


def test_a_missing_program_says_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("FMLAB_CHROMIUM", raising=False)
    browser = ("chromium", "the browser tests", "FMLAB_CHROMIUM")
    assert "needed for grading" in doctor.program("bwrap", "grading", None).mend
    assert "browser tests" in doctor.program(*browser).mend
    for name in ("chromium", "chromium-headless-shell"):
        monkeypatch.setattr(shutil, "which", {name: f"/usr/bin/{name}"}.get)
        assert doctor.program(*browser).found == f"/usr/bin/{name}"
    monkeypatch.setattr(shutil, "which", "/usr/bin/{}".format)
    assert doctor.program(*browser).found == "/usr/bin/chromium-headless-shell"
    monkeypatch.setenv("FMLAB_CHROMIUM", "/opt/chrome")
    assert doctor.program(*browser).found == "/opt/chrome"
