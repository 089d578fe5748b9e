"""The rubric of an open question, as a learner sees it before writing."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from fmlab.grading.words import word


@dataclass(frozen=True)
class Rubric:
    """What an instructor looks for in an answer, and the points of each."""

    name: str
    criteria: Mapping[str, float]

    @property
    def total(self) -> float:
        """The points that can be had."""
        return sum(self.criteria.values())

    def __repr__(self) -> str:
        """Return the rubric as lines of text."""
        rows = [
            word("rubric_row", points=points, criterion=criterion)
            for criterion, points in self.criteria.items()
        ]
        return "\n".join([word("rubric", name=self.name, total=self.total), *rows])

    def _repr_html_(self) -> str:
        caption = word("rubric", name=self.name, total=self.total).replace("`", "")
        rows = "".join(
            f'<tr><th scope="row" style="font-weight: normal">{escape(criterion)}</th>'
            f"<td>{points:g}</td></tr>"
            for criterion, points in self.criteria.items()
        )
        return (
            '<div class="table-wrapper" style="overflow-x: auto"><table class="table">'
            f"<caption>{escape(caption)}</caption><thead><tr>"
            f'<th scope="col">{escape(word("criterion"))}</th>'
            f'<th scope="col">{escape(word("points"))}</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )
