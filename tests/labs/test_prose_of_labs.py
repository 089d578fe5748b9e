"""The text of a lab: what it must say, and the form of its code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fmlab.grading.source import read

ROOT = Path(__file__).parents[2]
LABS = [pytest.param(read(path), id=path.stem) for path in sorted((ROOT / "labs").glob("*.md"))]


@pytest.mark.parametrize("lab", LABS)
def test_a_lab_opens_with_aims_time_needs_and_limits(lab: object) -> None:
    opening = lab.notebook.cells[0].source  # type: ignore[attr-defined]
    for words in ("**When you are done, you can**", "**Time.**", "**You need**", "cannot show"):
        assert words in opening


@pytest.mark.parametrize("lab", LABS)
def test_every_figure_has_an_alternative_text(lab: object) -> None:
    for cell in lab.notebook.cells:  # type: ignore[attr-defined]
        if cell.cell_type == "code" and "plt.show()" in cell.source:
            assert len(cell.metadata["mystnb"]["image"]["alt"]) > 40


@pytest.mark.parametrize("lab", LABS)
def test_every_paper_that_is_linked_is_listed_among_the_sources(lab: object) -> None:
    text = "\n".join(c.source for c in lab.notebook.cells if c.cell_type == "markdown")  # type: ignore[attr-defined]
    body, _, sources = text.partition("## Sources")
    cited = set(re.findall(r"arxiv\.org/abs/([\d.]+)", body))
    assert cited
    assert cited == set(re.findall(r"arxiv\.org/abs/([\d.]+)", sources))


@pytest.mark.parametrize("lab", LABS)
def test_the_code_of_a_lab_is_formatted(lab: object, tmp_path: Path) -> None:
    for number, cell in enumerate(lab.notebook.cells):  # type: ignore[attr-defined]
        if cell.cell_type == "code":
            (tmp_path / f"cell_{number:02}.py").write_text(cell.source + "\n")
    config = ["--config", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--diff", *config, str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
