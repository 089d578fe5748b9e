"""Live figures in a notebook: Python computes, and the pages' own JavaScript draws.

An anywidget (https://anywidget.dev), so that it works in Jupyter, in Colab and in VS Code. The
script is one file, `static/live_notebook.js`, bundled from the modules in `static/live/`.
"""

import importlib
import importlib.resources
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fmlab.errors import UserError
from fmlab.probes.reading import Fill, Reading
from fmlab.stages import Stage
from fmlab.views.live import STATIC, LiveOptions

SCRIPT = importlib.resources.files("fmlab.views") / "static" / "live_notebook.js"
Ask = Callable[[Mapping[str, Any]], Reading]


@dataclass(frozen=True)
class StillFigure:
    """A figure for a built page, where the page's own scripts bring it to life."""

    html: str

    def _repr_html_(self) -> str:
        """Return the figure as HTML."""
        return self.html

    def __repr__(self) -> str:
        """Return a word for it, for a terminal."""
        return "a live figure; open the page in a browser"


def notebook_figure(
    options: LiveOptions,
    about: Mapping[str, Any],
    moments: Sequence[Stage],
    ask: Ask,
    canaries: Sequence[Mapping[str, Any]] = (),
) -> Any:
    """Return a widget that shows a live figure; its `with_controls()` adds ipywidgets to it.

    Its traits `text`, `second`, `layer` and `head` (from 1) may be set, observed and linked as any
    other widget's: the figure follows.

    Args:
        options: What it shows at first.
        about: The model's name and sizes, as `live.json` of `fmlab export` has them.
        moments: Stages of its training that can be asked for.
        ask: Answers a question of the figure's scripts.
        canaries: The secrets in its training text, for `exposure`.

    Raises:
        UserError: `anywidget` is not installed.
    """
    try:
        import anywidget
        import ipywidgets
        import traitlets
    except ImportError as error:
        raise UserError(
            "a live figure in a notebook needs anywidget; pip install anywidget, then restart"
        ) from error
    _let_colab()

    class LiveFigure(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        _esm = SCRIPT.read_text(encoding="utf-8")
        _css = (STATIC / "live.css").read_text(encoding="utf-8")
        options = traitlets.Dict().tag(sync=True)
        about = traitlets.Dict().tag(sync=True)
        stages: Any = traitlets.List().tag(sync=True)
        text = traitlets.Unicode().tag(sync=True)
        second = traitlets.Unicode().tag(sync=True)
        layer = traitlets.Int(1, min=1).tag(sync=True)
        head = traitlets.Int(1, min=1).tag(sync=True)

        def with_controls(self) -> Any:
            """Return the figure under ipywidgets: its sentences, a layer, a head."""
            sizes = {"layer": self.about["layers"], "head": self.about["heads"]}
            rows = []
            for name in ("text", "second") if self.second else ("text",):
                field = ipywidgets.Text(
                    getattr(self, name), description=name, continuous_update=False
                )
                field.layout.width = "95%"
                traitlets.link((field, "value"), (self, name))
                rows.append(field)
            for name, most in sizes.items():
                slider = ipywidgets.IntSlider(getattr(self, name), 1, most, description=name)
                traitlets.link((slider, "value"), (self, name))
                rows.append(slider)
            return ipywidgets.VBox([*rows, self])

    figure = LiveFigure(
        options=options.for_scripts(canaries=list(canaries)),
        about=dict(about),
        stages=[asdict(moment) for moment in moments],
        text=options.text,
        second=options.second,
        layer=options.layer,
        head=options.head,
    )
    figure.on_msg(lambda widget, content, buffers: reply(widget.send, ask, content))
    return figure


def reply(send: Callable[..., None], ask: Ask, content: Mapping[str, Any]) -> None:
    """Answer one message of the figure's scripts; what goes wrong becomes a line in it."""
    try:
        reading = ask(content["question"])
    except Exception as error:  # else the figure would wait for ever
        told = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        send({"id": content["id"], "error": told})
        return
    send(
        {"id": content["id"], "answer": for_scripts(reading)},
        [reading.attentions.float().contiguous().numpy().tobytes()],
    )


def for_scripts(reading: Reading) -> dict[str, Any]:
    """Return an answer as engine.js gives it, without the attention weights."""
    sentence = reading.sentence
    layers, heads, size, _ = reading.attentions.shape
    return {
        "ids": list(sentence.ids),
        "tokens": list(sentence.tokens),
        "words": list(sentence.words),
        "wordOf": list(sentence.word_of),
        "cut": sentence.cut,
        "shape": [layers, heads, size],
        "fills": [_fill(fill) for fill in reading.fills],
    }


def _fill(fill: Fill) -> dict[str, Any]:
    return {
        "layer": fill.layer,
        "place": fill.place,
        "entropyBits": fill.entropy_bits,
        "candidates": [{"token": c.token, "probability": c.probability} for c in fill.candidates],
        "asked": [
            {"token": c.token, "probability": c.probability if c.id >= 0 else None}
            for c in fill.asked
        ],
    }


def _let_colab() -> None:
    """Let Colab show widgets of other packages than its own; elsewhere do nothing."""
    try:
        output = importlib.import_module("google.colab.output")
    except ImportError:
        return
    output.enable_custom_widget_manager()
