"""The run's loss curve, drawn from its own log, for the card."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from fmlab.card.data import cell
from fmlab.files import write_text
from fmlab.records import LOG, read_whole_log
from fmlab.views.curves import loss_curve, loss_curve_alt

FILE = "curves.svg"
HELD_OUT = ("valid", "test")
COUNTED = {"unigram": "unigram (counted)", "trigram": "3-gram (counted)"}


def draw_curves(folder: Path, figures: Mapping[str, Any]) -> str:
    """Write `curves.svg` from the log in `folder`; return what it shows in words, for its alt text.

    The lines of the counting models are those of the first held-out split in `figures`. Returns
    nothing, and writes nothing, where the run left no log.
    """
    if not (folder / LOG).exists():
        return ""
    records = read_whole_log(folder)
    splits = figures.get("splits", {})
    measured: Mapping[str, Any] = next((splits[split] for split in HELD_OUT if split in splits), {})
    baselines = {
        words: float(measured[name]["nats_per_token"])
        for name, words in COUNTED.items()
        if name in measured
    }
    drawn = io.StringIO()
    with plt.rc_context({"svg.hashsalt": "curves"}):  # the same log gives the same bytes
        figure = loss_curve(records, baselines=baselines)
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    write_text(folder / FILE, drawn.getvalue())
    return cell(loss_curve_alt(records, baselines=baselines))
