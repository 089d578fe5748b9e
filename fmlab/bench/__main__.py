"""`python -m fmlab.bench`: the speed bench; with `--curves`, loss against tokens and time."""

import argparse
import sys
from pathlib import Path

import torch

from fmlab.bench import curves, report, speed
from fmlab.device import best_device
from fmlab.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    """Run a bench and write its result into `docs/`; return 0, or 2 for what the user can mend."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.curves:
            curves.main(asked.steps, asked.rates, asked.out, _say)
        else:
            _speed(asked.rounds, asked.seconds, asked.out)
    except UserError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def _speed(rounds: int, seconds: float, out: Path) -> None:
    native = best_device("cpu").autocast == torch.bfloat16
    _say(f"{report.machine()}; {report.versions()}")
    _say(f"native bfloat16: {'yes' if native else 'no, so all compute in float32'}")
    found, attention = speed.race(rounds, seconds, _say)
    text = speed.written(found, attention, native)
    _say("\n" + text)
    # A table for each kind of CPU, so that one does not wipe out the other's.
    report.write_between(out / "bench.md", "speed" if native else "speed-float32", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fmlab.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender")
    parser.add_argument("--seconds", type=float, default=4.0, help="timed a turn")
    parser.add_argument("--curves", action="store_true", help="loss at equal tokens instead")
    parser.add_argument("--steps", type=int, default=60, help="of each run of --curves")
    parser.add_argument(
        "--rates",
        type=float,
        nargs="+",
        default=[5e-5, 5e-4, 1e-3, 3e-3],
        help="learning rates of the Trainer, for --curves",
    )
    parser.add_argument("--out", type=Path, default=report.DOCS, help="where bench.md lies")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
