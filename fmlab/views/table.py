"""A table that a screen reader, a phone and a keyboard can use."""

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows under named columns; the first cell of a row names the row.

    Attributes:
        caption: What the table says, in one line; read out before the cells.
        columns: One heading a column.
        rows: Cells, as text or as numbers; one sequence a row.
        decimals: Places after the point for cells that are floats.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    decimals: int = 3

    def __post_init__(self) -> None:
        """Check that every row is as wide as the heading."""
        for row in self.rows:
            assert len(row) == len(self.columns), (self.columns, row)

    def _repr_html_(self) -> str:
        """Return the table as HTML, inside a frame that scrolls where the screen is narrow."""
        caption = html.escape(self.caption)
        heading = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.columns)
        body = "".join(
            f'<tr><th scope="row" style="min-width: 7rem">{self._cell(row[0])}</th>'
            + "".join(f"<td>{self._cell(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        return (
            '<div class="table-wrapper" style="overflow-x: auto">'
            '<table class="table" style="display: table; max-width: none; overflow: visible">'
            f"<caption>{caption}</caption>"
            f"<thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def __repr__(self) -> str:
        """Return the table as plain text, for a terminal."""
        cells = [list(self.columns), *([self._text(cell) for cell in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells)
        return "\n".join([self.caption, *(line.rstrip() for line in lines)])

    def _text(self, cell: object) -> str:
        return f"{cell:.{self.decimals}f}" if isinstance(cell, float) else str(cell)

    def _cell(self, cell: object) -> str:
        return html.escape(self._text(cell))
