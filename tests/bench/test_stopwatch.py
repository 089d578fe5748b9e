"""The stopwatch leaves the warm-up out and goes on until it has measured enough."""

import subprocess
import sys
import time

import pytest

from fmlab.bench.stopwatch import FEWEST_STEPS, WARMUP_STEPS, Stopwatch


def run(watch: Stopwatch, monkeypatch: pytest.MonkeyPatch, slow_first: float) -> None:
    """Tick until it is enough: a step a second and two of processor time, the first one slow."""
    step = 0

    def now() -> float:
        return slow_first + step

    monkeypatch.setattr(time, "perf_counter", now)
    monkeypatch.setattr(time, "process_time", lambda: 2 * now())
    done = False
    while not done:
        step += 1
        done = watch.tick(100 * step)


@pytest.mark.parametrize("slow_first", [0.0, 1000.0])
def test_warm_up_does_not_count(monkeypatch: pytest.MonkeyPatch, slow_first: float) -> None:
    watch = Stopwatch(seconds=10)
    run(watch, monkeypatch, slow_first)
    measured = watch.measured("float32")
    assert (measured.tokens, measured.seconds, measured.steps) == (1000, 10, 10)
    assert measured.tokens_per_second == 100
    assert measured.tokens_per_cpu_second == 50


def test_slow_steps_are_measured_often_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(seconds=0)
    run(watch, monkeypatch, 0.0)
    assert watch.measured("float32").tokens == 100 * FEWEST_STEPS
    assert watch.steps == FEWEST_STEPS
    assert WARMUP_STEPS >= 1


def test_peak_memory_is_what_was_held_at_most_and_stays() -> None:
    script = (
        "from fmlab.bench.stopwatch import peak_mib\n"
        "before = peak_mib()\n"
        "held = bytearray(b'x') * (100 * 2**20)\n"
        "del held\n"
        "print(peak_mib() - before)"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert 90 < float(told) < 130
