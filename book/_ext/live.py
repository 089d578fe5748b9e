"""`{live}`: a figure in which the reader's own browser runs the workbook's model.

    :::{live} fill-mask
    :text: She opened the window and looked out into the garden .
    :cover: window
    What would you put there? The model has seen both sides of the gap.
    :::

Further options: `second` and `cover-second` (the other sentence of `compare` and `pair`), `ask`
(words whose probability is always shown), `layer`, `head`, `k`, `model`, `load`.

What the figure shows at first is computed when the site is built, and stands on the page as a
table. The scripts, the runtime and the models lie in `_static/live`; a page loads the scripts only
where it has such a figure, and the rest when the reader starts it.
"""

import base64
import functools
import gzip
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from fmlab import zoo
from fmlab.book import execution_key
from fmlab.bundle import bundle
from fmlab.checkpoint import Checkpoint, shipped
from fmlab.errors import UserError
from fmlab.export import export
from fmlab.files import sha256_file, write_whole
from fmlab.live import canaries_for, prepare, stages_of
from fmlab.stages import HERE
from fmlab.views.live import STATIC
from fmlab.views.live_still import live_html

logger = logging.getLogger(__name__)

ORT = "onnxruntime-web/dist"
WASM = f"{ORT}/ort-wasm-simd-threaded"
SERVED = ("onnxruntime-web", "onnxruntime-common", "@huggingface/tokenizers", "fflate")
NO_LICENCE = "MIT (its package names it and brings no text)"


class LiveFigure(nodes.General, nodes.Element):
    """A live figure; its children are its caption."""


class Live(SphinxDirective):
    """Puts a live figure where it stands."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "text": directives.unchanged_required,
        "second": directives.unchanged,
        "cover": directives.unchanged,
        "cover-second": directives.unchanged,
        "ask": directives.unchanged,
        "layer": int,
        "head": int,
        "k": int,
        "model": directives.unchanged,
        "load": lambda value: directives.choice(value, ("click", "scroll")),
    }

    def run(self) -> list[nodes.Node]:
        """Return the figure, or an error where the author's words make none."""
        try:
            return [self._figure()]
        except UserError as error:
            raise self.error(f"live: {error}") from error

    def _figure(self) -> nodes.Node:
        said = dict(self.options)
        name = said.pop("model", "books-small")
        load = said.pop("load", "click")
        second = said.pop("cover-second", None)
        model = _model(name)
        options, readings = prepare(
            model,
            self.arguments[0],
            said.pop("text", ""),
            name=name,
            cover=said.pop("cover", "").split(),
            cover_second=None if second is None else second.split(),
            asked=said.pop("ask", "").split(),
            language=self.config.language,
            **said,
        )
        told = [asdict(stage) for stage in stages_of(name)]
        canaries = canaries_for(options, model)
        inside = live_html(options, readings, load=load, stages=told, canaries=canaries)
        figure = LiveFigure("", inside=inside)
        self.set_source_info(figure)
        self.state.nested_parse(self.content, self.content_offset, figure)
        return figure


@functools.cache
def _model(name: str) -> Checkpoint:
    if name not in zoo.local_models():
        raise UserError(f"no model {name}; those of the site are {', '.join(zoo.local_models())}")
    return zoo.load(name)


# -- the page -----------------------------------------------------------------------------------


def _open(self: Any, node: LiveFigure) -> None:
    self.body.append('<figure class="fmlab-live">')
    if node.children:
        self.body.append("<figcaption>")


def _close(self: Any, node: LiveFigure) -> None:
    if node.children:
        self.body.append("</figcaption>")
    self.body.append(f"{node['inside']}</figure>\n")


def _leave_out(self: Any, node: LiveFigure) -> None:
    raise nodes.SkipNode


def _scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if "data-live=" in context.get("body", ""):  # of the directive, or printed by a cell
        app.add_css_file("live/live.css")
        app.add_js_file("live/page.js", loading_method="defer")


# -- the files ----------------------------------------------------------------------------------


def _served(app: Sphinx) -> Path:
    return Path(app.outdir) / "_static" / "live"


def _write_files(app: Sphinx) -> None:
    """Bring `_static/live` to what the sources say; what has not changed is left as it is."""
    if app.builder.name != "html":
        return
    folder, libraries = _served(app), Path(app.srcdir) / "node_modules"
    _copy(Path(str(STATIC / "live.css")), folder / "live.css")
    _copy(libraries / ORT / "ort.wasm.min.js", folder / "runtime" / "ort.js")
    give(libraries / f"{WASM}.mjs", folder, "runtime/code")
    give(libraries / f"{WASM}.wasm", folder, "runtime/wasm")
    for name in zoo.local_models():
        _give_model(Path(app.srcdir), folder, name, Path(app.doctreedir))
        for stage in stages_of(name):
            give(HERE / name / stage.file, folder, f"stages/{name}/{stage.step}")
    (folder / "licences.txt").write_text(_licences(libraries), encoding="utf-8")
    bundle(Path(app.srcdir), folder / "page.js", "page.js", "iife", _large_files(folder))


def _large_files(folder: Path) -> dict[str, list[Any]]:
    """Return a mark and a size for each script that the reader's click may load.

    The mark keeps a browser from using an old one. The size, in bytes, is that of the content as it
    goes over the wire from a host that packs scripts: base64 is four letters for three bytes.
    """
    return {
        script.relative_to(folder).with_suffix("").as_posix(): [
            _first(script, 11)[3:],
            script.stat().st_size * 3 // 4,
        ]
        for kind in ("runtime", "models", "stages")
        for script in sorted((folder / kind).rglob("*.js"))
        if script.name != "ort.js"
    }


def give(source: Path, folder: Path, name: str) -> None:
    """Write a file as a script that hands its bytes to the page (see shelf.js)."""
    target, stamp = folder / f"{name}.js", sha256_file(source)
    mark = f"/* {stamp} */"
    if target.is_file() and _first(target, len(mark)) == mark:
        return
    content = source.read_bytes()
    packed = content if source.suffix == ".gz" else gzip.compress(content, 9, mtime=0)
    text = base64.b64encode(packed).decode()
    with write_whole(target) as temporary:
        temporary.write_text(f'{mark}fmlabGive("{name}","{text}");\n', encoding="utf-8")


def _first(path: Path, characters: int) -> str:
    with path.open(encoding="utf-8") as stream:
        return stream.read(characters)


def _give_model(root: Path, folder: Path, name: str, scratch: Path) -> None:
    """Write a shipped model as a script; it is exported only where fmlab or its assets changed."""
    file = scratch / f"{name}-{execution_key(root)}.fmlab"
    if not file.is_file():
        for old in scratch.glob(f"{name}-*.fmlab"):
            old.unlink(missing_ok=True)
        card = (shipped(name) / "README.md").read_text(encoding="utf-8")
        export(_model(name), file, name, card)
    give(file, folder, f"models/{name}")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _licences(libraries: Path) -> str:
    """Return the licences of what the figures' scripts hold."""
    parts = []
    for name in SERVED:
        texts = sorted((libraries / name).glob("LICEN[CS]E*"))
        text = texts[0].read_text(encoding="utf-8") if texts else NO_LICENCE
        parts.append(f"{name}\n{'=' * len(name)}\n\n{text.strip()}\n")
    return "\n\n".join(parts)


def setup(app: Sphinx) -> Mapping[str, Any]:
    """Connect to the build."""
    app.add_directive("live", Live)
    app.add_node(
        LiveFigure,
        html=(_open, _close),
        latex=(_leave_out, None),
        text=(_leave_out, None),
        gettext=(_open_nothing, _open_nothing),
    )
    app.connect("builder-inited", _write_files)
    app.connect("html-page-context", _scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _open_nothing(self: Any, node: LiveFigure) -> None:
    """Go on to the caption, which is translated like any other text."""
