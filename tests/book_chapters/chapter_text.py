"""A chapter as its source has it: code, prose, questions, and what it cites, names and glues."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fmlab.grading.reference import load, places, text_of

ROOT = Path(__file__).resolve().parents[2]
CELL = re.compile(r"(?ms)^```\{code-cell\}[^\n]*\n(.*?)^```$")
OPTIONS = re.compile(r"(?s)\A(---\n.*?\n---\n|(:[^\n]*\n)+\n?)")
FOLDED = re.compile(r"tags: \[[^]]*(hide-input|remove-)")
DECIMAL = re.compile(r"\b\d+\.\d+\b")
NO_PROSE = re.compile(r"(?ms)\A---\n.*?^---$|^```.*?^```$|`[^`]*`|\{[\w:]+\}")


@dataclass(frozen=True)
class Chapter:
    """One chapter of the book.

    Attributes:
        name: Its file's name, without the ending.
    """

    name: str

    @property
    def path(self) -> Path:
        """Its source."""
        return ROOT / "book" / f"{self.name}.md"

    @cached_property
    def text(self) -> str:
        """All of the source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def written_cells(self) -> list[str]:
        """Its code cells with their options."""
        return CELL.findall(self.text)

    @property
    def cells(self) -> list[str]:
        """The code of its cells."""
        return [OPTIONS.sub("", cell) for cell in self.written_cells]

    @property
    def open_cells(self) -> list[str]:
        """The code that a reader sees without unfolding anything."""
        shown = [cell for cell in self.written_cells if not FOLDED.search(cell)]
        return [OPTIONS.sub("", cell) for cell in shown]

    @cached_property
    def prose(self) -> str:
        """What is left without code, options and the names of roles."""
        return NO_PROSE.sub("", self.text)

    @property
    def decimals(self) -> set[str]:
        """The decimals that are typed into the prose."""
        return set(DECIMAL.findall(self.prose))

    @cached_property
    def questions(self) -> list[dict[str, Any]]:
        """The questions at its end."""
        file = ROOT / "book" / "quizzes" / "en" / f"{self.name}.json"
        found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
        return found

    @property
    def cited(self) -> set[str]:
        """The keys of the sources that it cites."""
        lists = re.findall(r"\{cite:[pt]\}`([^`]+)`", self.text)
        return {key.strip() for keys in lists for key in keys.split(",")}

    @property
    def terms(self) -> set[str]:
        """The words of the glossary that it shows."""
        said = re.findall(r"\{term\}`([^`]+)`", self.text)
        return {re.sub(r".*<(.+)>", r"\1", " ".join(term.split())) for term in said}

    @property
    def glued(self) -> set[str]:
        """The names of the numbers that its prose takes from its code."""
        return set(re.findall(r"\{glue:text\}`(\w+)", self.text))

    @cached_property
    def reference(self) -> Any:
        """Its code cells with what they put out, as stored."""
        return load(places(ROOT)[self.path])

    @property
    def printed(self) -> str:
        """What its cells print, by its reference."""
        return text_of(self.reference)

    @property
    def computed(self) -> set[str]:
        """The names of the numbers that its code hands to the prose."""
        shown = [output for cell in self.reference.cells for output in cell.get("outputs", [])]
        texts = [one["data"]["text/plain"] for one in shown if "data" in one]
        return {found[1] for text in texts if (found := re.match(r"(\w+) is ['\d-]", text))}

    @property
    def drawing_cells(self) -> list[str]:
        """The cells, with their options, that show an image."""
        pairs = zip(self.written_cells, self.reference.cells, strict=True)
        return [
            written
            for written, run in pairs
            if any(one.get("data", {}).get("text/plain") == "(an image)" for one in run.outputs)
        ]

    def number(self, name: str) -> float:
        """Return a number that the prose takes up, as the reference has it."""
        found = re.search(rf"{name} is (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)", self.printed)
        assert found is not None, name
        return float(found.group(1))


def chapters() -> list[Chapter]:
    """Return all chapters, in their order."""
    return [Chapter(path.stem) for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.md"))]
