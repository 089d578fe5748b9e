"""What a run writes down: a record a step, a line each in `log.jsonl`."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from fmlab.files import write_text

LOG = "log.jsonl"
BEFORE = "log-before.jsonl"  # of the model that the run started from, its own start included


@dataclass(frozen=True)
class Record:
    """What one step did.

    Attributes:
        step: From 1.
        loss: Mean loss of the masked tokens of the step's batch, in nats; of the causal rows' if
            no row is masked; of pictures, in the units that `run.json` names.
        next_sentence_loss: In nats, or None without that task.
        valid_loss: Mean loss on held-out rows, in nats, at the steps that look; else None.
        learning_rate: AdamW's at this step.
        tokens: Tokens read since the start, padding left out; patches of pictures count too.
        seconds: Of computing since the start, also before it was resumed.
        causal_loss: Mean loss of the tokens of the causal rows, in nats, or None without them.
    """

    step: int
    loss: float
    next_sentence_loss: float | None
    valid_loss: float | None
    learning_rate: float
    tokens: int
    seconds: float
    causal_loss: float | None = None


def line(record: Record) -> str:
    """Return a record as a line of the log."""
    return json.dumps(asdict(record)) + "\n"


def read_log(path: Path, steps: int) -> list[Record]:
    """Return the records up to `steps`, or up to a line that a crash cut short."""
    if not path.exists():
        return []
    records: list[Record] = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines()[:steps]:
        try:
            records.append(Record(**json.loads(text)))
        except ValueError:
            break
    return records


def read_whole_log(folder: Path) -> list[Record]:
    """Return the records of a run, behind those of the model that it started from.

    Steps, tokens and seconds are counted through.
    """
    before = read_log(folder / BEFORE, sys.maxsize)
    own = read_log(folder / LOG, sys.maxsize)
    if not before:
        return own
    last = before[-1]
    return before + [
        replace(
            record,
            step=last.step + record.step,
            tokens=last.tokens + record.tokens,
            seconds=round(last.seconds + record.seconds, 3),
        )
        for record in own
    ]


def keep_log_before(start: Path, folder: Path) -> None:
    """Write into a run's folder the log of the model that it started from, if that has one."""
    if records := read_whole_log(start):
        write_text(folder / BEFORE, "".join(map(line, records)))


@contextmanager
def open_log(folder: Path | None, records: Sequence[Record]) -> Iterator[IO[str] | None]:
    """Open a run's log for more lines, cut back to the records that count; None without a folder.

    Each line reaches the disk as it is written, so that a killed run leaves all but the last.
    """
    if folder is None:
        yield None
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / LOG, "".join(map(line, records)))
    with (folder / LOG).open("a", encoding="utf-8", buffering=1) as log:
        yield log
