"""Two groups, two cut-offs: a figure in which the reader tries to make a decision fair.

Scores are calibrated by construction: of the people with score 0.3, three of ten are positives, in
both groups. The reader moves the cut-offs, and the base rate of the second group; the page counts
what becomes of four criteria. Without scripts the table stands there as Python counted it.
"""

import html
import importlib.resources
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fmlab.audits.group_fairness import GroupRates, group_rates
from fmlab.errors import UserError
from fmlab.files import sha256_bytes

STATIC = importlib.resources.files("fmlab.views") / "static"
NEAR = 0.02
"""Two rates that differ by no more count as equal here."""
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "caption": "The same four rates for both groups",
        "columns": ["rate", "group A", "group B", "gap, points"],
        "rates": [
            "accepted, of all",
            "accepted, of those who would pay back",
            "accepted, of those who would not",
            "paid back, of the accepted",
        ],
        "short": ["accepted", "of those who would", "of those who would not", "paid back"],
        "base": "Group B: share who would pay back",
        "cuts": ["Cut-off for group A", "Cut-off for group B"],
        "none": "nobody",
        "and": "; ",
        "some": "Equal, within two points: {equal}.",
        "nothing": "No rate is equal, within two points.",
        "start": "The cut-off is {a} for A and {b} for B.",
    }
}
STYLE = """
.cut-offs { max-width: 40rem; padding: .8rem 1rem; border: 1px solid #767676;
  border-radius: .4rem; }
.cut-offs-controls label { display: grid; grid-template-columns: minmax(8rem, 16rem) 1fr 3.2rem;
  gap: .7rem; align-items: center; margin: .2rem 0; }
.cut-offs-controls input { width: 100%; min-width: 5rem; height: 1.9rem; }
.cut-offs-controls output { text-align: right; font-variant-numeric: tabular-nums; }
.cut-offs table { display: table; width: 100%; margin: .6rem 0; }
.cut-offs td, .cut-offs th { padding: .25rem .4rem; text-align: right; background: transparent; }
.cut-offs th:first-child { text-align: left; font-weight: 400; }
.cut-offs [role=status] { margin: 0; min-height: 3em; }
@media (max-width: 30rem) { .cut-offs-controls label { grid-template-columns: 1fr 3.2rem; }
  .cut-offs-controls span { grid-column: 1 / -1; } }
"""


@dataclass(frozen=True)
class CutOffs:
    """The figure.

    Attributes:
        scores: The scores there are, from low to high; each is also the share of positives.
        fixed: How many people of group A have each score.
        choices: The same of group B, for each base rate that the reader may choose.
        choice: Which of them is there at first.
        cut_offs: The cut-offs at first, of A and of B.
        language: Of the words.
    """

    scores: Sequence[float]
    fixed: Sequence[int]
    choices: Sequence[Sequence[int]]
    choice: int = 0
    cut_offs: tuple[float, float] = (0.5, 0.5)
    language: str = "en"
    words: Mapping[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check that every group has a count for each score.

        Raises:
            UserError: It has not.
        """
        for people in (self.fixed, *self.choices):
            if len(people) != len(self.scores):
                raise UserError(
                    f"a group has {len(people)} counts for {len(self.scores)} scores; give one each"
                )
        object.__setattr__(self, "words", WORDS.get(self.language, WORDS["en"]))

    def rates(self) -> tuple[GroupRates, GroupRates]:
        """Return the rates of both groups as the figure shows them at first."""
        both = zip((self.fixed, self.choices[self.choice]), self.cut_offs, strict=True)
        found = [
            group_rates(
                self.scores, n, [p * s for p, s in zip(n, self.scores, strict=True)], cut - 1e-9
            )
            for n, cut in both
        ]
        return found[0], found[1]

    def _repr_html_(self) -> str:
        """Return the figure as HTML that needs nothing but itself."""
        data = json.dumps(self._data())
        name = f"cut-offs-{sha256_bytes(data.encode())[:10]}"
        words = json.dumps(dict(self.words), ensure_ascii=False)
        script = (STATIC / "cut_offs.js").read_text(encoding="utf-8")
        start = self.words["start"].format(a=self.cut_offs[0], b=self.cut_offs[1])
        return (
            f'<style>{STYLE}</style><div class="cut-offs" id="{name}">'
            f'<p class="cut-offs-start">{html.escape(start)}</p>{self._table()}'
            '<p role="status"></p></div>'
            f"<script>(() => {{\n{script}\nstartCutOffs(document.getElementById("
            f"{json.dumps(name)}), {data}, {words});\n}})();</script>"
        )

    def __repr__(self) -> str:
        """Return the table as text, for a terminal."""
        lines = ["  ".join(row) for row in self._rows()]
        return "\n".join([self.words["caption"], "  ".join(self.words["columns"]), *lines])

    def _data(self) -> dict[str, Any]:
        bases = [
            sum(n * s for n, s in zip(people, self.scores, strict=True)) / sum(people)
            for people in self.choices
        ]
        return {
            "scores": list(self.scores),
            "fixed": list(self.fixed),
            "choices": [list(people) for people in self.choices],
            "bases": bases,
            "choice": self.choice,
            "cuts": list(self.cut_offs),
            "near": NEAR,
        }

    def _rows(self) -> list[list[str]]:
        names = ("accepted", "true_positive_rate", "false_positive_rate", "precision")
        rows = []
        for said, name in zip(self.words["rates"], names, strict=True):
            a, b = (getattr(one, name) for one in self.rates())
            gap = self.words["none"] if a is None or b is None else f"{100 * abs(a - b):.0f}"
            rows.append([said, self._percent(a), self._percent(b), gap])
        return rows

    def _percent(self, share: float | None) -> str:
        return self.words["none"] if share is None else f"{100 * share:.0f} %"

    def _table(self) -> str:
        heading = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in self.words["columns"])
        body = "".join(
            f'<tr><th scope="row">{html.escape(row[0])}</th>'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self._rows()
        )
        caption = html.escape(self.words["caption"])
        return (
            f'<table class="table"><caption>{caption}</caption><thead><tr>{heading}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )
