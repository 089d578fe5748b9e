"""The page runs as the reference, shows stubs, folds solutions, and holds no hidden test."""

from pathlib import Path

import jupytext
import pytest

from fmlab.grading.page import write_pages


def test_stubs_are_shown_solutions_folded_and_hidden_tests_left_out(
    labs_dir: Path, tmp_path: Path
) -> None:
    (page,) = write_pages(labs_dir, tmp_path / "pages")
    text = page.read_text()
    assert "raise NotImplementedError()" in text
    assert "it_doubles_any_number" not in text
    assert "BEGIN" not in text
    cells = {
        cell.source.split("\n")[0]: cell.metadata
        for cell in jupytext.read(page).cells
        if cell.cell_type == "code"
    }
    answer = cells["def double(number: float) -> float:"]
    assert answer["tags"] == ["hide-input"]
    assert answer["mystnb"]["code_prompt_show"] == "Show one solution"
    assert "nbgrader" not in answer


def test_the_page_runs_with_full_visible_points(
    labs_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (page,) = write_pages(labs_dir, tmp_path / "pages")
    names: dict[str, object] = {}
    for cell in jupytext.read(page).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    printed = capsys.readouterr().out
    assert "Question `double`: 2 of 2 points." in printed
    assert "together           3 of 3" in printed
    assert "Nothing is left to do" in printed


def test_a_page_is_written_only_where_it_changed(labs_dir: Path, tmp_path: Path) -> None:
    (page,) = write_pages(labs_dir, tmp_path / "pages")
    before = page.stat().st_mtime_ns
    (tmp_path / "pages" / "06_gone.md").write_text("old")
    assert write_pages(labs_dir, tmp_path / "pages") == [page]
    assert page.stat().st_mtime_ns == before
    assert sorted(p.name for p in (tmp_path / "pages").iterdir()) == ["07_small.md"]
