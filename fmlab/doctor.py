"""`fmlab doctor`: what this machine can do, and what is missing; a line each, with its mend."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from fmlab.errors import UserError
from fmlab.files import cache_dir, data_dir

State = Literal["ok", "note", "broken"]
MARKS: dict[State, str] = {"ok": "ok    ", "note": "note  ", "broken": "BROKEN"}
OLDEST_PYTHON = (3, 11)
GIB = 2**30
NEEDED_DISK_GIB = 2.0
NEEDED_MEMORY_GIB = 2.0
HUB_SECONDS = 3.0


@dataclass(frozen=True)
class Finding:
    """One line of the examination.

    Attributes:
        name: What was looked at.
        state: `ok`; `note`: works, but something is missing; `broken`: `fmlab` cannot work.
        found: What is there.
        mend: What to do about it; empty if nothing is to be done.
    """

    name: str
    state: State
    found: str
    mend: str = ""

    def __str__(self) -> str:
        """Return the line as it is printed."""
        mend = f"; {self.mend}" if self.mend else ""
        return f"{MARKS[self.state]} {self.name:<13} {self.found}{mend}"


def examine() -> list[Finding]:
    """Return what was found, one by one; no examination stops the others."""
    examinations: list[tuple[str, Callable[[], Finding]]] = [
        ("python", python),
        ("torch", torch_found),
        ("device", device),
        ("memory", memory),
        ("disk", disk),
        ("model", shipped_model),
        ("books", books),
        ("BLiMP", blimp),
        ("hub", hub),
        ("energy", energy),
        ("node", node),
        ("chromium", lambda: program("chromium", "the browser tests", "FMLAB_CHROMIUM")),
        ("bwrap", lambda: program("bwrap", "grading strangers' notebooks", None)),
    ]
    findings = []
    for name, examination in examinations:
        try:
            findings.append(examination())
        except Exception as error:  # a doctor who faints is of no use
            message = str(error).splitlines()[0] if str(error) else "no reason given"
            why = f"could not look: {type(error).__name__}: {message}"
            findings.append(Finding(name, "broken" if name == "torch" else "note", why))
    return findings


def main() -> int:
    """Print the findings; return 1 if something is broken, else 0."""
    findings = examine()
    for finding in findings:
        print(finding)
    return int(any(finding.state == "broken" for finding in findings))


def python() -> Finding:
    """Look at the version of Python."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Finding("python", "broken", found, f"install Python {oldest} or later")
    return Finding("python", "ok", found)


def torch_found() -> Finding:
    """Look for torch and the libraries that read models."""
    found = [f"{name} {version(name)}" for name in ("torch", "transformers", "tokenizers")]
    import torch  # a broken installation shows only here

    torch.ones(2) @ torch.ones(2)
    return Finding("torch", "ok", ", ".join(found))


def device() -> Finding:
    """Look where a run would compute, and in which number format."""
    import torch

    from fmlab.device import best_device

    best = best_device()
    number_format = str(best.autocast).removeprefix("torch.")
    found = f"{best.description}, {number_format}"
    if best.autocast == torch.bfloat16:
        return Finding("device", "ok", f"{found} (native)")
    if best.name == "cpu":
        return Finding(
            "device",
            "note",
            f"{found}: no native bfloat16, which would be about twice as fast",
            "choose small sizes, or a T4 in Colab",
        )
    return Finding("device", "ok", f"{found}: no native bfloat16, so with loss scaling")


def memory() -> Finding:
    """Look how much memory is free."""
    found = _memory_gib()
    if found is None:
        return Finding("memory", "note", "not told by this system", "look into its own monitor")
    free, whole = found
    words = f"{free:.1f} of {whole:.1f} GiB free"
    if free < NEEDED_MEMORY_GIB:
        return Finding("memory", "note", words, "close other programs, or train on fewer words")
    return Finding("memory", "ok", words)


def _memory_gib() -> tuple[float, float] | None:
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        lines = (line.split() for line in meminfo.read_text().splitlines())
        kib = {words[0].rstrip(":"): int(words[1]) for words in lines}
        return kib["MemAvailable"] * 1024 / GIB, kib["MemTotal"] * 1024 / GIB
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        free, whole = (os.sysconf(name) for name in ("SC_AVPHYS_PAGES", "SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return None
    return free * page / GIB, whole * page / GIB


def disk() -> Finding:
    """Look how much room the cache's disk has, and whether it may be written."""
    folder = cache_dir()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free / GIB
    words = f"{free:.1f} GiB free for the cache in {folder}"
    if not os.access(there, os.W_OK):
        return Finding("disk", "note", f"{there} cannot be written", "name a folder: FMLAB_CACHE")
    if free < NEEDED_DISK_GIB:
        return Finding("disk", "note", words, "free some, or name another folder in FMLAB_CACHE")
    return Finding("disk", "ok", words)


def shipped_model() -> Finding:
    """Look whether the model that comes with `fmlab` can be read."""
    from fmlab.checkpoint import load, shipped

    try:
        found = load(shipped())
    except UserError as error:
        return Finding("model", "note", str(error), "get it again: git checkout fmlab/assets")
    count = sum(weight.numel() for weight in found.model.parameters())
    return Finding("model", "ok", f"{shipped().name}, {count / 1e6:.1f} M parameters")


def books() -> Finding:
    """Look for the books in the local data and in the cache."""
    from fmlab.corpus import books as corpus

    cached = cache_dir() / f"books-{corpus.COMMIT[:12]}.jsonl"
    local = data_dir()
    if local is not None and (local / corpus.PACKED).is_file():
        return Finding("books", "ok", f"{local / corpus.PACKED}")
    if cached.is_file():
        return Finding("books", "ok", f"cached in {cached}")
    return _not_here("books", local)


def blimp() -> Finding:
    """Look for BLiMP in the local data and in the cache."""
    from fmlab.probes import blimp as probe

    cached = cache_dir() / f"blimp-{probe.COMMIT[:12]}.jsonl.xz"
    local = data_dir()
    if local is not None and (local / probe.PACKED).is_file():
        return Finding("BLiMP", "ok", f"{local / probe.PACKED}")
    if cached.is_file():
        return Finding("BLiMP", "ok", f"cached in {cached}")
    return _not_here("BLiMP", local)


def _not_here(name: str, local: Path | None) -> Finding:
    where = f"not in {local} and not in the cache" if local else "not in the cache"
    return Finding(
        name,
        "note",
        where,
        "fetched from GitHub when first asked for; or name a folder: FMLAB_DATA",
    )


def hub() -> Finding:
    """Ask whether the Hugging Face hub answers."""
    import urllib.error
    import urllib.request

    from huggingface_hub import constants

    use = "toyworld, books, folder:PATH and the shipped model need no hub"
    if constants.HF_HUB_OFFLINE:
        return Finding("hub", "note", "switched off by HF_HUB_OFFLINE", use)
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=HUB_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        error.close()  # it answered, if only with a number
        if error.code >= 500:
            return Finding("hub", "note", f"{constants.ENDPOINT} answers {error.code}", use)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Finding("hub", "note", f"{constants.ENDPOINT} cannot be reached ({reason})", use)
    if importlib.util.find_spec("datasets") is None:
        return Finding(
            "hub", "note", "it answers, but `datasets` is not here", "pip install datasets"
        )
    return Finding("hub", "ok", f"{constants.ENDPOINT} answers")


def energy() -> Finding:
    """Look whether energy can be estimated better than by a constant."""
    try:
        return Finding("energy", "ok", f"codecarbon {version('codecarbon')}")
    except PackageNotFoundError:
        from fmlab.energy import assumed_watts

        words = f"codecarbon is not here: a constant {assumed_watts():.0f} W is assumed"
        return Finding("energy", "note", words, "pip install codecarbon")


def node() -> Finding:
    """Look for Node.js, which fetches what pages load."""
    from fmlab.book import node_tools

    try:
        command, _ = node_tools()
    except UserError as error:
        words, _, mend = str(error).partition("; ")
        return Finding("node", "note", words, mend)
    return Finding("node", "ok", command[0])


def program(name: str, purpose: str, variable: str | None) -> Finding:
    """Look for a program that only some tasks need."""
    path = path_of(name, variable)
    if path:
        return Finding(name, "ok", path)
    mend = f"needed for {purpose} only: apt-get install {PACKAGES[name]}"
    return Finding(name, "note", "not found", mend)


def path_of(name: str, variable: str | None) -> str | None:
    """Return where a program is: what an environment variable names, or the first one installed."""
    named = os.environ.get(variable) if variable else None
    return named or next(filter(None, map(shutil.which, PROGRAMS[name])), None)


# A Chromium without a window, which Debian has, takes about a sixth less time over the pages.
PROGRAMS = {"chromium": ("chromium-headless-shell", "chromium"), "bwrap": ("bwrap",)}
PACKAGES = {"chromium": "chromium", "bwrap": "bubblewrap"}
