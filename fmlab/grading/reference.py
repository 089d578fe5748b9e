"""Reference runs: what a notebook printed, kept, and compared with what it prints now.

The reference of a lab or a chapter is a notebook of its code cells with the text that they put
out: no images, no times, nothing of the machine. pytest-notebook runs it again and shows what
differs; `settle` is its post-processor (an entry point of `nbreg.post_proc`): text that says the
same, its numbers within their tolerances, becomes the reference's own, so that only real
differences are left.

Beside each `NN_name.ipynb` lies `NN_name.yaml` with the tolerances. Whole numbers must be equal;
numbers with a decimal point or a percent sign may differ by the larger of the two, and always by
one in their last place, for rounding; times may be anything:

    relative: 0.01
    absolute: 0.001
    cells:
      - holds: some text of the cell
        absolute: 0.1       # or relative, interval, whole, or `free: true` for any text
        because: why this cell needs it
    unless: "No books:"     # where a run says this and the reference does not, text is free below
"""

import copy
import html
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_notebook, new_output

from fmlab.errors import UserError
from fmlab.files import sha256_file, write_text
from fmlab.grading import source
from fmlab.grading.page import page_notebook

ENVIRONMENT = {"FMLAB_TIER": "cpu", "FMLAB_PAGES": "1"}
"""What a page of the site finds in its environment, and a reference run too."""
DEFAULT = "books-small"
ASSETS = Path(__file__).resolve().parents[1] / "assets"
_RECORD = "application/papermill.record/"
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?")
_TIME = re.compile(r"\s*(?:s|ms|µs|seconds|milliseconds|minutes|min|(?:tok|tokens|it)/s)(?!\w)")
_INTERVAL = re.compile(r"\([-+\d.,]+ to [-+\d.,]+\)")
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_TAG = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.S)


@dataclass(frozen=True)
class Rule:
    """How far the numbers of a cell may be off.

    Attributes:
        relative: As a share of the reference's number.
        absolute: As a difference.
        interval: As a difference, of the ends of an interval, `(0.1 to 0.4)`: of few runs they move
            several times as far as the mean.
        whole: The difference that whole numbers may have.
        free: Any text will do.
    """

    relative: float = 1e-3
    absolute: float = 1e-3
    interval: float = 0.0
    whole: int = 0
    free: bool = False

    def same(self, got: str, stored: str) -> bool:
        """Return whether a text says the same as the stored one, numbers within the tolerances."""
        if self.free or _words(got) != _words(stored):
            return self.free
        pairs = zip(_NUMBER.finditer(got), _NUMBER.finditer(stored), strict=True)
        return all(self._near(a, b) for a, b in pairs)

    def _near(self, got: re.Match[str], stored: re.Match[str]) -> bool:
        if _TIME.match(stored.string, stored.end()):
            return True
        a, b = (float(match.group().replace(",", "")) for match in (got, stored))
        if _is_whole(got) and _is_whole(stored):
            return abs(a - b) <= self.whole
        decimals = re.search(r"\.(\d+)$", stored.group())
        last_place = 10.0 ** -len(decimals.group(1)) if decimals else 1.0
        unit = 0.0 if "e" in stored.group() else 1.01 * last_place
        ends = self.interval if _ends_an_interval(stored) else 0.0
        return abs(a - b) <= max(self.absolute, self.relative * abs(b), unit, ends)


def _ends_an_interval(match: re.Match[str]) -> bool:
    found = _INTERVAL.finditer(match.string)
    return any(one.start() < match.start() < one.end() for one in found)


def _is_whole(match: re.Match[str]) -> bool:
    percent = re.match(r"\s?%", match.string[match.end() :])
    return not percent and not re.search(r"[.e]", match.group())


def _words(text: str) -> list[str]:
    """Return a text without its numbers, however wide its columns are."""
    return _NUMBER.sub(" # ", text).split()


@dataclass(frozen=True)
class Rules:
    """The tolerances of a notebook."""

    overall: Rule
    cells: tuple[tuple[str, Rule], ...] = ()
    unless: str | None = None

    def of(self, cell: Any) -> Rule:
        """Return the rule for a cell: the first whose text it holds."""
        return next((rule for text, rule in self.cells if text in cell.source), self.overall)


def rules(path: Path, notebook: Any) -> Rules:
    """Return the tolerances in a file, for a notebook.

    Raises:
        UserError: The file is broken, or names a cell that is not there.
    """
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        unless, cells = said.pop("unless", None), said.pop("cells", [])
        overall, found = Rule(**said), []
        for entry in cells:
            holds, because = entry.pop("holds"), entry.pop("because")
            if not because or not any(holds in cell.source for cell in notebook.cells):
                raise UserError(f"{path}: no cell holds {holds!r}; take it out, or mend its text")
            found.append((holds, replace(overall, **entry)))
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"{path} does not hold the tolerances of a reference ({said})") from None
    return Rules(overall, tuple(found), unless)


def settle(notebook: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return a notebook that was run, its text the reference's wherever it says the same.

    Args:
        notebook: What pytest-notebook has run.
        resources: `reference`, the stored notebook, and `rules`. What was really printed comes
            back in `printed`.
    """
    settled = plain(notebook)
    resources["printed"] = text_of(settled)
    stored, said = resources["reference"], resources["rules"]
    settled.metadata = copy.deepcopy(stored.metadata)
    free = False
    for cell, before in zip(settled.cells, stored.cells, strict=True):
        free = free or (said.unless is not None and _says(cell, before, said.unless))
        rule = said.of(cell)
        for number, output in enumerate(cell.outputs[: len(before.outputs)]):
            text, kept = _text(output), _text(before.outputs[number])
            alike = output.output_type == before.outputs[number].output_type
            if alike and (free or rule.same(text, kept)):
                cell.outputs[number] = copy.deepcopy(before.outputs[number])
        if free:
            cell.outputs = copy.deepcopy(before.outputs)
    return settled, resources


def _says(cell: Any, before: Any, words: str) -> bool:
    now, then = ("".join(map(_text, c.outputs)) for c in (cell, before))
    return words in now and words not in then


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return str(output.get("data", {}).get("text/plain", ""))


def text_of(notebook: Any) -> str:
    """Return all that the cells of a notebook have printed."""
    return "".join(_text(o) for cell in notebook.cells for o in cell.get("outputs", []))


def plain(notebook: Any) -> Any:
    """Return the code cells of a notebook with their text, and nothing else of what they show."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tags = {"tags": cell.metadata.tags} if cell.metadata.get("tags") else {}
            outputs = [made for o in cell.get("outputs", []) if (made := _plain(o)) is not None]
            cells.append(
                new_code_cell(cell.source, id=cell.id, metadata=tags, outputs=outputs)  # type: ignore[no-untyped-call]
            )
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": spec})  # type: ignore[no-untyped-call]


def _plain(output: Any) -> Any:
    """Return an output as text, None where it is none for the reader."""
    if output.output_type == "stream":
        if output.name == "stderr":
            return None
        text = _ADDRESS.sub("0x…", output.text)
        return new_output("stream", name="stdout", text=text)  # type: ignore[no-untyped-call]
    if output.output_type == "error":
        said = f"{output.ename}: {output.evalue}"
        return new_output("stream", name="stdout", text=said)  # type: ignore[no-untyped-call]
    data = {"text/plain": _ADDRESS.sub("0x…", _shown(output))}
    return new_output("display_data", data=data)  # type: ignore[no-untyped-call]


def _shown(output: Any) -> str:
    """Return what an output shows, as text: of an image, that there is one."""
    data = output.data
    for kind, value in data.items():
        if kind.startswith(_RECORD):  # a number that the page's text takes up
            return f"{output.metadata.scrapbook.name} is {value}"
        if kind.startswith("image/") or (kind == "text/html" and "<svg" in value):
            return "(an image)"
    if "text/html" in data:
        return " ".join(html.unescape(_TAG.sub(" ", data["text/html"])).split())
    return str(data.get("text/plain", f"({', '.join(sorted(data))})"))


def solved(path: Path) -> Any:
    """Return a page of the site, a lab solved or a chapter: its code cells, not run.

    A lab's hidden tests are not among them: they are not on its page.

    Raises:
        UserError: It is neither.
    """
    if path.parent.name == "labs":
        return plain(page_notebook(source.read(path)))
    try:
        notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); name a chapter") from None
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return plain(notebook)


def places(root: Path) -> dict[Path, Path]:
    """Return where the reference of each lab and each chapter of a repository lies."""
    tests = root / "tests"
    labs = {p: tests / "labs" / "reference" for p in source.lab_files(root / "labs")}
    chapters = sorted((root / "book").glob("[0-9][0-9]_*.md"))
    folders = labs | {p: tests / "book_chapters" / "reference" for p in chapters}
    return {path: folder / f"{path.stem}.ipynb" for path, folder in folders.items()}


def is_stale(path: Path, stored: Path) -> bool:
    """Return whether a reference is missing, or made from other cells or with another model."""
    if not stored.exists():
        return True
    kept = load(stored)
    same = [c.source for c in solved(path).cells] == [c.source for c in kept.cells]
    made_with = kept.metadata.get("fmlab", {})
    now = _made_with("\n".join(cell.source for cell in kept.cells))
    # A model that came later changes nothing in what was printed before.
    return not same or any(now.get(name) != digest for name, digest in made_with.items())


def _made_with(text: str) -> dict[str, str]:
    """Return the hashes of the models that come with fmlab: what is printed hangs on them.

    All pages may use the one that is loaded by default; another one only where it is named.
    """
    models = sorted(ASSETS.glob("*/model.safetensors"))
    return {
        path.parent.name: sha256_file(path)[:16]
        for path in models
        if path.parent.name == DEFAULT or path.parent.name.split("-")[0] in text
    }


def kept_run(notebook: Any, executions: Path) -> Any | None:
    """Return a notebook with what its cells put out when the site was built; None if it was not.

    Args:
        notebook: Code cells, as those of a reference.
        executions: Where the build keeps the notebooks that it has run.
    """
    wanted = [cell.source for cell in notebook.cells]
    for path in sorted(executions.glob("executed/*/base.ipynb")):
        run = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        code = [cell for cell in run.cells if cell.cell_type == "code"]
        if [cell.source for cell in code] == wanted:
            found = copy.deepcopy(notebook)
            for cell, done in zip(found.cells, code, strict=True):
                cell.outputs = copy.deepcopy(done.outputs)
            return found
    return None


def load(stored: Path) -> Any:
    """Return a stored reference."""
    return nbformat.read(stored, as_version=4)  # type: ignore[no-untyped-call]


def make(path: Path, stored: Path, timeout: int = 900) -> None:
    """Run a lab or a chapter at the sizes of a CPU and write its reference.

    Args:
        path: Its source.
        stored: Where the reference goes.
        timeout: Seconds that a cell may take.

    Raises:
        UserError: A cell failed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pytest-notebook, while it loads
        from pytest_notebook.execution import execute_notebook
        from pytest_notebook.post_processors import coalesce_streams

    done = execute_notebook(solved(path), cwd=works_in(path), timeout=timeout, exec_env=ENVIRONMENT)
    if (error := done.exec_error) is not None:
        why = f"{getattr(error, 'ename', type(error).__name__)}: {getattr(error, 'evalue', '')}"
        raise UserError(f"{path}: a cell stopped with {why}; mend it")
    joined, _ = coalesce_streams(done.notebook, {})
    kept = plain(joined)
    kept.metadata["fmlab"] = _made_with("\n".join(cell.source for cell in kept.cells))
    write_text(stored, source.notebook_json(kept))


def works_in(path: Path) -> str | None:
    """Return where the cells of a chapter run, which is where it lies; None for a lab: anywhere."""
    return None if path.parent.name == "labs" else str(path.parent)
