"""The landing page's figure: a sentence with a covered word, and a model's guesses as bars."""

import html
from dataclasses import dataclass

from fmlab.probes.fill_mask import Candidate, FillMask

NOTE = (
    "The guesses of the small BERT that ships with this workbook, computed when this page was "
    "built. It has read in {books} old books, and nothing else."
)


@dataclass(frozen=True)
class Guess:
    """What the figure shows; it draws itself in a notebook and on a page."""

    text: str
    candidates: tuple[Candidate, ...]
    books: int

    def _repr_html_(self) -> str:
        """Return the figure as HTML; the site's style sheet gives it its look."""
        covered = html.escape(self.text).replace("[MASK]", '<span class="guess-mask">[MASK]</span>')
        rows = "".join(map(_row, self.candidates))
        return (
            f'<div class="guess"><p class="guess-text">{covered}</p>'
            '<table class="guess-bars"><caption class="visually-hidden">Guesses for the covered '
            f"word, with their probabilities</caption><tbody>{rows}</tbody></table>"
            f'<p class="guess-note">{NOTE.format(books=self.books)}</p></div>'
        )

    def __repr__(self) -> str:
        """Return the figure as text, for a terminal."""
        rows = (f"{c.probability:6.1%}  {c.token}" for c in self.candidates)
        return "\n".join([self.text, *rows])


def guess(result: FillMask, books: int) -> Guess:
    """Return the figure for the first blank of a fill-mask answer.

    Args:
        result: The model's answer.
        books: How many books the model was trained on.
    """
    return Guess(result.text, result.blanks[0].candidates, books)


def _row(candidate: Candidate) -> str:
    percent = f"{candidate.probability:.1%}"
    bar = f'<span class="guess-bar"><span style="width: {percent}"></span></span>'
    return (
        f'<tr><th scope="row">{html.escape(candidate.token)}</th>'
        f'<td aria-hidden="true">{bar}</td><td>{percent}</td></tr>'
    )
