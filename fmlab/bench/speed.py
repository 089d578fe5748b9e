"""How fast `fmlab` pretrains, against the Trainer: in turn, in one run, each in its own process.

The machine may be busy with other things. So all take turns, round after round; a ratio is taken
inside a round, and tokens a second of processor time stand beside those of the wall clock.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fmlab.bench import report
from fmlab.bench.setting import CONTENDERS, SIZES, Contender, contender
from fmlab.bench.stopwatch import Measured
from fmlab.errors import UserError

Rounds = Mapping[str, Sequence[Measured]]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """What is asked of `fmlab`, as it starts, on a CPU with native bfloat16.

    Attributes:
        theirs: Against which way to run the Trainer.
        times: How many times as fast `fmlab` is to be.
    """

    theirs: str
    times: float


TARGETS = (
    Target("trainer", 8.0),
    Target("trainer-best", 2.5),
    Target("trainer-sentences", 25.0),
)


@dataclass(frozen=True)
class Ratio:
    """How many times as fast: of the medians, and the least and the most of a round."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        """Return it as printed."""
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


def race(rounds: int, seconds: float, say: Say) -> tuple[dict[str, list[Measured]], str]:
    """Return what each contender measured in each round, and the attention the Trainer is best in.

    Args:
        rounds: How often each has its turn.
        seconds: Timed a turn.
        say: Called with a line of news.
    """
    attention = better_attention(seconds, say)
    found: dict[str, list[Measured]] = {each.name: [] for each in CONTENDERS}
    for number in range(1, rounds + 1):
        for each in CONTENDERS:
            measured = in_own_process(each, seconds, attention)
            found[each.name].append(measured)
            say(f"round {number} of {rounds}: {each.name:18} {_line(measured)}")
    return found, attention


def better_attention(seconds: float, say: Say) -> str:
    """Return which attention of `transformers` the Trainer is faster with here."""
    best = contender("trainer-best")
    speeds = {}
    for kind in ("sdpa", "eager"):
        measured = in_own_process(best, seconds, kind)
        speeds[kind] = measured.tokens_per_cpu_second
        say(f"which attention for the Trainer: {kind:5} {_line(measured)}")
    return max(speeds, key=speeds.__getitem__)


def in_own_process(who: Contender, seconds: float, attention: str) -> Measured:
    """Return what `who` measures in a fresh process.

    Raises:
        UserError: The process failed; its last words are told.
    """
    command = [sys.executable, "-m", "fmlab.bench.one", who.name, str(seconds), attention]
    ended = subprocess.run(
        command, env=os.environ | who.environment, capture_output=True, text=True
    )
    if ended.returncode != 0:
        words = ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"]
        raise UserError(f"{who.name} broke: {words[-1]}; run it alone: {' '.join(command[1:])}")
    return Measured(**json.loads(ended.stdout.splitlines()[-1]))


def ratio(ours: Sequence[Measured], theirs: Sequence[Measured], what: str) -> Ratio:
    """Return how many times as fast ours is.

    Args:
        ours: Of each round.
        theirs: Of the same rounds.
        what: `tokens_per_second` or `tokens_per_cpu_second`.
    """
    a, b = ([float(getattr(m, what)) for m in each] for each in (ours, theirs))
    each = [x / y for x, y in zip(a, b, strict=True)]
    return Ratio(statistics.median(a) / statistics.median(b), min(each), max(each))


def written(found: Rounds, attention: str, native: bool) -> str:
    """Return the result in Markdown: where and when, the speeds, the ratios, the targets.

    Args:
        found: What each contender measured in each round.
        attention: Which the Trainer was better with.
        native: Whether this CPU has native bfloat16.
    """
    rounds = len(found["fmlab"])
    number_format = found["fmlab"][0].number_format
    return "\n\n".join(
        [
            f"{report.today()}; {report.machine()}; {report.versions()}. Medians of {rounds} "
            f"rounds in turn. `fmlab` and the Trainer at its best compute in {number_format}; "
            f"of the Trainer's two kinds of attention, {attention} was the better one here.",
            speeds(found),
            "How many times as fast `fmlab` is: the ratio of the medians, and in brackets the "
            "least and the most of a round.",
            ratios(found),
            targets(found, native),
        ]
    )


def speeds(found: Rounds) -> str:
    """Return the table of the contenders."""
    rows = []
    for each in CONTENDERS:
        turns = found[each.name]
        rows.append(
            [
                each.what,
                turns[0].number_format,
                f"{statistics.median(m.tokens_per_second for m in turns):,.0f}",
                f"{statistics.median(m.tokens_per_cpu_second for m in turns):,.0f}",
                f"{max(m.peak_mib for m in turns):,.0f}",
            ]
        )
    head = ["loop", "format", "tokens/s", "tokens/CPU-second", "peak memory, MiB"]
    return report.table(head, rows)


def ratios(found: Rounds) -> str:
    """Return the table of the ratios."""
    rows = []
    for theirs in (each for each in CONTENDERS if each.name != "fmlab"):
        pair = (found["fmlab"], found[theirs.name])
        wall, cpu = (ratio(*pair, w) for w in ("tokens_per_second", "tokens_per_cpu_second"))
        rows.append([theirs.what, str(wall), str(cpu)])
    return report.table(["than", "in tokens/s", "in tokens/CPU-second"], rows)


def targets(found: Rounds, native: bool) -> str:
    """Return what is asked, and whether it is reached, where it applies."""
    lines = [
        "Asked of a CPU with native bfloat16. "
        + ("This is one:" if native else "This CPU has none, so these do not apply here:")
    ]
    for target in TARGETS:
        reached, most = (
            ratio(found[ours], found[target.theirs], "tokens_per_second").median
            for ours in ("fmlab", "products")
        )
        name = contender(target.theirs).what
        lines.append(
            f"- at least {target.times:g} times the speed of: {name}. Here {reached:.2f}, where "
            f"the products alone would be {most:.2f}"
            + _verdict(reached >= target.times, native, most >= target.times)
        )
    for theirs in ("trainer", "trainer-best"):
        a, b = (max(m.peak_mib for m in found[name]) for name in ("fmlab", theirs))
        lines.append(
            f"- peak memory no higher than of: {contender(theirs).what}. "
            f"Here {a:,.0f} and {b:,.0f} MiB" + _verdict(a <= b, True)
        )
    share = SIZES.mask_rate
    lines.append(f"\nAll mask {share:.0%} of the tokens. Padding is not counted as tokens.")
    return "\n".join([lines[0], "", *lines[1:]])


def _verdict(reached: bool, applies: bool, possible: bool = True) -> str:
    if not applies:
        return "."
    if reached:
        return ": reached."
    return ": **not reached**" + ("." if possible else ", and no loop could on this CPU.")


def _line(measured: Measured) -> str:
    return (
        f"{measured.tokens_per_second:9,.0f} tokens/s {measured.tokens_per_cpu_second:9,.0f} "
        f"a CPU-second {measured.peak_mib:7,.0f} MiB  {measured.number_format}, "
        f"{measured.steps} steps, loss {measured.loss:.2f}"
    )
