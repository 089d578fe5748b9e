"""A stopwatch that leaves the first steps out, and what it measured."""

import re
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

WARMUP_STEPS = 2
FEWEST_STEPS = 3


@dataclass(frozen=True)
class Measured:
    """What one process measured.

    Attributes:
        tokens: Tokens read in the timed steps, padding left out.
        seconds: Of the wall clock.
        cpu_seconds: Of all threads of the process.
        peak_mib: The most memory that the process ever held.
        steps: Timed steps.
        number_format: Of the matrix products.
        loss: Of the last step, in nats: a loop that does not learn would show here.
    """

    tokens: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    steps: int
    number_format: str
    loss: float

    @property
    def tokens_per_second(self) -> float:
        """Tokens a second of the wall clock."""
        return self.tokens / self.seconds

    @property
    def tokens_per_cpu_second(self) -> float:
        """Tokens a second of processor time."""
        return self.tokens / self.cpu_seconds


class Stopwatch:
    """Starts by itself after the warm-up, and says when enough was measured."""

    def __init__(self, seconds: float) -> None:
        """Measure for `seconds`, but for `FEWEST_STEPS` steps at least."""
        self.seconds = seconds
        self.steps = -WARMUP_STEPS
        self.done = False
        self.loss = float("nan")

    def tick(self, tokens: int) -> bool:
        """Note a finished step; return whether enough was measured.

        Args:
            tokens: Read since the process started, padding left out.
        """
        wall, cpu = time.perf_counter(), time.process_time()
        self.steps += 1
        if self.steps <= 0:
            self._start = (tokens, wall, cpu)
        self._end = (tokens, wall, cpu)
        self.done = self.steps >= FEWEST_STEPS and wall - self._start[1] >= self.seconds
        return self.done

    def measured(self, number_format: str) -> Measured:
        """Return what was measured."""
        assert self.done, "the loop ended before enough was measured"
        tokens, wall, cpu = (b - a for a, b in zip(self._start, self._end, strict=True))
        return Measured(
            int(tokens), wall, cpu, peak_mib(), self.steps, number_format, float(self.loss)
        )


def peak_mib() -> float:
    """Return the most memory that this process ever held, in MiB.

    On Linux from /proc, where what counts begins with the program: `ru_maxrss` begins with the
    memory of the process that started it.
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.is_file() else None
    if found:
        return int(found[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # bytes there, KiB elsewhere
