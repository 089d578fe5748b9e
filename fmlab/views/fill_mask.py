"""The answer of a fill-mask probe, as a table and as a chart."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from fmlab.probes.fill_mask import FillMask
from fmlab.views.table import Table

BAR = "#2b6cb0"


def table(results: Sequence[FillMask], caption: str = "Candidates and their probability") -> Table:
    """Return one row a blank: the text, then its candidates with their probabilities."""
    widest = max(len(blank.candidates) for result in results for blank in result.blanks)
    rows = []
    for result in results:
        for blank in result.blanks:
            cells = [f"{c.token} ({c.probability:.0%})" for c in blank.candidates]
            rows.append([result.text, *cells, *[""] * (widest - len(cells))])
    return Table(caption, ["text", *(str(place + 1) for place in range(widest))], rows)


def chart(result: FillMask) -> Figure:
    """Return bars, one for each candidate, in one panel a blank. Give it an alt text."""
    blanks = result.blanks
    figure, panels = plt.subplots(
        len(blanks), 1, figsize=(5.2, 0.9 + sum(0.32 * len(b.candidates) + 0.6 for b in blanks))
    )
    for panel, blank in zip([panels] if len(blanks) == 1 else panels, blanks, strict=True):
        names = [candidate.token for candidate in blank.candidates]
        values = [candidate.probability for candidate in blank.candidates]
        bars = panel.barh(range(len(names)), values, color=BAR)
        panel.bar_label(bars, [f"{value:.1%}" for value in values], padding=3)
        panel.set_yticks(range(len(names)), names)
        panel.invert_yaxis()
        panel.set_xlim(0, 1.25 * max(values))
        panel.set_xticks([])  # each bar says its number
        panel.set_xlabel("probability")
        panel.spines[["top", "right", "bottom"]].set_visible(False)
    title = result.text if len(result.text) <= 60 else result.text[:59] + "…"
    figure.suptitle(title, x=0.02, ha="left", fontsize="medium")
    figure.tight_layout()
    plt.close(figure)  # so that a notebook shows it once, where it is returned
    return figure
