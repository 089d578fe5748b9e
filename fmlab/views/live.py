"""Live figures: what an author says of one, and what its scripts are told.

On a page the reader's browser runs the model; in a notebook Python does (`notebook_live.py`). The
drawing is the same JavaScript, in `static/live/`.
"""

import importlib.resources
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fmlab.errors import UserError

STATIC = importlib.resources.files("fmlab.views") / "static" / "live"

# What a view needs to be told of; the rest has a meaning without.
VIEWS: Mapping[str, str] = {
    "fill-mask": "what the model would put at each covered place",
    "attention": "how the tokens look at each other, head by head",
    "lens": "what each layer would fill in",
    "compare": "two sentences, or two moments of a training, beside each other",
    "pair": "one word changed: what moves",
    "exposure": "how well a model knows planted secrets",
}


@dataclass(frozen=True)
class LiveOptions:
    """What an author says of a live figure.

    Attributes:
        view: One of `VIEWS`.
        text: The sentence it starts with.
        second: The other sentence, for `compare` and `pair`.
        masked: Words of the sentence that are covered at first, by their place from 0.
        masked_second: The same of the other sentence.
        layer: The layer shown first, from 1.
        head: The head shown first, from 1.
        k: How many guesses.
        asked: Words whose probability is always shown.
        model: A model that comes with the workbook.
        language: Which words the figure speaks.
    """

    view: str
    text: str
    second: str = ""
    masked: Sequence[int] = ()
    masked_second: Sequence[int] = ()
    layer: int = 1
    head: int = 1
    k: int = 5
    asked: Sequence[str] = ()
    model: str = "books-small"
    language: str = "en"

    def __post_init__(self) -> None:
        """Refuse a figure that cannot be drawn.

        Raises:
            UserError: An unknown view, no text, or a number below 1.
        """
        if self.view not in VIEWS:
            raise UserError(f"no live view {self.view!r}; choose one of {', '.join(VIEWS)}")
        if not self.text.strip():
            raise UserError(
                f"the live view {self.view} has no text; give the sentence it starts with"
            )
        for name in ("layer", "head", "k"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}; count from 1")

    def for_scripts(self, **more: Any) -> dict[str, Any]:
        """Return what the figure's scripts read; layers and heads count from 0 there."""
        own = asdict(self) | {"layer": self.layer - 1, "head": self.head - 1}
        return own | more
