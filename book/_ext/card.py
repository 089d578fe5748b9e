"""The picture that stands beside a link to a page in a chat or a post: 1200 x 630 pixels.

Drawn from the page's title when the site is built. A font that lacks a letter of the title would
draw boxes; then there is no card, and the site's own picture stands in.
"""

import functools
import textwrap
from pathlib import Path
from typing import Any

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.patches import Rectangle

from fmlab.files import sha256_bytes, write_whole

WIDTH, HEIGHT, DPI = 1200, 630, 100
PAPER, INK, BLUE, MUTED, WARM = "#ffffff", "#14181f", "#0b5cad", "#57606a", "#f2a73b"
FONT = "DejaVu Sans"
SIZES = ((44, 24), (36, 30), (28, 40))  # points, and the letters that a line of them holds
MOST_LINES = 3


@functools.cache
def _font() -> FT2Font:
    return FT2Font(font_manager.findfont(FONT))


@functools.cache
def _of_this_drawing() -> str:
    """Return a mark of this file: a card drawn by another version of it is drawn anew."""
    return sha256_bytes(Path(__file__).read_bytes())


def name_of_card(page: str, above: str, title: str, below: str) -> str | None:
    """Return the file's name, which changes with what the card says; None where it cannot say it.

    A new name makes chats and networks fetch the new picture: they keep an address's old one.
    """
    letters = set(above + title + below) - {" "}
    if any(_font().get_char_index(ord(letter)) == 0 for letter in letters):
        return None
    said = "\n".join((above, title, below, _of_this_drawing()))
    return f"{page.rsplit('/', 1)[-1]}-{sha256_bytes(said.encode())[:8]}.png"


def lines_of(title: str) -> tuple[int, list[str]]:
    """Return the largest size, in points, in which a title fits, and its lines."""
    for points, letters in SIZES:
        lines = textwrap.wrap(title, letters)
        if len(lines) <= MOST_LINES:
            return points, lines
    kept, rest = lines[: MOST_LINES - 1], " ".join(lines[MOST_LINES - 1 :])
    return points, [*kept, textwrap.shorten(rest, letters, placeholder=" …")]


def draw_card(target: Path, above: str, title: str, below: str) -> None:
    """Write a card as PNG.

    Args:
        target: Where to.
        above: A line above the title, for example "Chapter 5"; may be empty.
        title: The page's title.
        below: The site's name.
    """
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor=PAPER)
    figure.add_artist(Rectangle((0, 0), 0.022, 1, color=BLUE, transform=figure.transFigure))
    figure.add_artist(Rectangle((0.08, 0.2), 0.1, 0.012, color=WARM, transform=figure.transFigure))
    points, lines = lines_of(title)
    say: dict[str, Any] = {"family": FONT, "parse_math": False}
    figure.text(0.08, 0.86, above, size=24, color=BLUE, va="top", weight="bold", **say)
    figure.text(
        0.08, 0.52, "\n".join(lines), size=points, color=INK, va="center", weight="bold",
        linespacing=1.25, **say,
    )  # fmt: skip
    figure.text(0.08, 0.12, below, size=20, color=MUTED, va="center", **say)
    with write_whole(target) as temporary, temporary.open("wb") as stream:
        figure.savefig(stream, format="png", facecolor=PAPER, metadata={"Software": None})
