"""The student notebook is what nbgrader makes of the same source, the same bytes each time.

Its first cell installs fmlab in Colab, leaves Colab's torch alone, and does nothing elsewhere.
"""

import json
import re
import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import jupytext
import nbformat
import pytest

from fmlab.errors import UserError
from fmlab.grading import student

REPOSITORY = Path(__file__).parents[2]


def by_nbgrader(labs_dir: Path, name: str, course: Path) -> list[Any]:
    """Return the cells that nbgrader's own converter releases, read from the same source."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    source = course / "source" / "a"
    source.mkdir(parents=True)
    nbformat.write(jupytext.read(labs_dir / f"{name}.md"), source / f"{name}.ipynb")
    header = nbformat.v4.new_notebook(
        cells=[student.setup_cell(student.repository_address(labs_dir))]
    )
    nbformat.write(header, course / "header.ipynb")
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.assignment_id = "a"
    config.IncludeHeaderFooter.header = str(course / "header.ipynb")
    config.GenerateAssignment.no_database = True
    config.GenerateAssignment.preprocessors = [
        p for p in GenerateAssignment().preprocessors if p.__name__ != "SaveCells"
    ]
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    cells: list[Any] = nbformat.read(course / "release" / "a" / f"{name}.ipynb", 4).cells
    return cells


def essence(cells: list[Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(cell["cell_type"], cell["source"], dict(cell["metadata"])) for cell in cells]


@pytest.mark.filterwarnings("ignore::Warning:nbgrader", "ignore::Warning:traitlets")
@pytest.mark.parametrize(
    "which", ["small", "open", *(p.stem for p in REPOSITORY.glob("labs/*.md"))]
)
def test_the_cells_are_those_of_nbgraders_generate_assignment(
    labs_dir: Path, tmp_path: Path, which: str
) -> None:
    shutil.copy(Path(__file__).parent / "open_lab.md", labs_dir / "08_open.md")
    made_up = {"small": (labs_dir, "07_small"), "open": (labs_dir, "08_open")}
    folder, name = made_up.get(which, (REPOSITORY / "labs", which))
    student.build(folder, tmp_path / "student")
    ours = nbformat.read(tmp_path / "student" / f"{name}.ipynb", 4).cells
    theirs = by_nbgrader(folder, name, tmp_path / "course")
    assert essence(ours) == essence(theirs)


def test_solutions_and_hidden_tests_are_gone(labs_dir: Path, tmp_path: Path) -> None:
    student.build(labs_dir, tmp_path / "student")
    text = (tmp_path / "student" / "07_small.ipynb").read_text()
    assert "raise NotImplementedError()" in text
    for secret in ("2 * number", "sum(numbers)", "82", "it_doubles_any_number", "HIDDEN"):
        assert secret not in text


def test_the_same_source_gives_the_same_bytes_without_outputs(
    labs_dir: Path, tmp_path: Path
) -> None:
    for out in ("one", "two"):
        student.build(labs_dir, tmp_path / out)
    one, two = (tmp_path / out / "07_small.ipynb" for out in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    notebook = nbformat.read(one, 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert {"double", "mean"} <= {cell.id for cell in code}


def test_a_stale_missing_or_orphaned_notebook_is_told(labs_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "student"
    assert student.check(labs_dir, out) == [
        f"{out}/07_small.ipynb is missing; run `fmlab labs build`"
    ]
    student.build(labs_dir, out)
    assert student.check(labs_dir, out) == []
    source = labs_dir / "07_small.md"
    source.write_text(source.read_text().replace("A small lab", "A smaller lab"))
    (out / "old.ipynb").write_text("{}")
    assert student.check(labs_dir, out) == [
        f"{out}/07_small.ipynb is stale; run `fmlab labs build`",
        f"{out}/old.ipynb has no source; run `fmlab labs build`",
    ]
    student.build(labs_dir, out)
    assert student.check(labs_dir, out) == []


def test_a_broken_source_writes_nothing(labs_dir: Path, tmp_path: Path) -> None:
    (labs_dir / "08_other.md").write_text((labs_dir / "07_small.md").read_text()[:1200])
    with pytest.raises(UserError):
        student.build(labs_dir, tmp_path / "student")
    assert not (tmp_path / "student").exists()


def test_the_address_comes_from_the_configuration(labs_dir: Path, tmp_path: Path) -> None:
    student.build(labs_dir, tmp_path / "student")
    first = json.loads((tmp_path / "student" / "07_small.ipynb").read_text())["cells"][0]
    assert "https://host.example/a/course/archive/refs/heads/main.zip" in "".join(first["source"])
    (tmp_path / "_config.yml").write_text("title: no repository\n")
    with pytest.raises(UserError, match="must name the repository"):
        student.build(labs_dir, tmp_path / "student")


@pytest.fixture
def pip_calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand in for pip and record how it is called."""
    calls: list[list[str]] = []

    def run(arguments: list[str], check: bool = False) -> None:
        assert check
        calls.append(arguments)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def run_setup_cell() -> None:
    exec(student.setup_cell("https://host.example/a/course")["source"], {})


def test_the_setup_cell_does_nothing_on_an_own_machine(
    pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    run_setup_cell()
    assert pip_calls == []


def test_the_setup_cell_installs_fmlab_and_nothing_else_in_colab(
    pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    run_setup_cell()
    address = "https://host.example/a/course/archive/refs/heads/main.zip"
    package = f"fmlab[explain,live] @ {address}"
    assert pip_calls == [[sys.executable, "-m", "pip", "install", "-q", package]]


def test_the_setup_cell_installs_once(
    pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: ModuleSpec(name, None))
    run_setup_cell()
    assert pip_calls == []


def test_what_fmlab_requires_never_replaces_colabs_torch() -> None:
    text = (REPOSITORY / "pyproject.toml").read_text()
    torch = re.search(r'"(torch[^"]*)"', text)
    assert torch is not None
    assert re.fullmatch(r"torch>=2\.\d+", torch.group(1)), "a floor, no ceiling and no pin"
