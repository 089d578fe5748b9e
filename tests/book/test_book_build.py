"""Building and serving: what is kept, what is done again, and what is said when it fails."""

import os
import shutil
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from fmlab import book
from fmlab.errors import UserError

PAGE = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
---
# A page

A formula: $x_i$.

```{{code-cell}} ipython3
{code}
```
"""


@pytest.fixture
def small(tmp_path: Path, root: Path) -> Path:
    """Return a book of one page, with this book's settings and extensions."""
    for name in ("_config.yml", "package-lock.json", "requirements.txt"):
        shutil.copy(root / name, tmp_path)
    for name in ("_ext", "_static"):
        shutil.copytree(root / "book" / name, tmp_path / "book" / name)
    shutil.copy(root / "book" / "references.bib", tmp_path / "book")
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    (tmp_path / "labs").mkdir()
    (tmp_path / "fmlab").mkdir()
    (tmp_path / "fmlab" / "tokens.py").write_text("")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    (tmp_path / "book" / "index.md").write_text(PAGE.format(code="print(6 * 7)"))
    return tmp_path


def test_the_root_is_found_from_inside(small: Path) -> None:
    assert book.find_root(small / "book" / "_ext") == small


def test_a_folder_without_a_book_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no book; go to the folder with _config\.yml"):
        book.find_root(tmp_path)


@pytest.mark.parametrize("name", ["fmlab/tokens.py", "book/quizzes/en/a.json", "requirements.txt"])
def test_what_outputs_hang_on_changes_the_key(small: Path, name: str) -> None:
    before = book.execution_key(small)
    (small / name).parent.mkdir(parents=True, exist_ok=True)
    (small / name).write_text("changed")
    assert book.execution_key(small) != before


@pytest.mark.parametrize(
    "name", ["fmlab/cli.py", "fmlab/book.py", "book/index.md", "book/_ext/a.py"]
)
def test_what_no_output_hangs_on_keeps_the_key(small: Path, name: str) -> None:
    before = book.execution_key(small)
    (small / name).write_text("changed")
    assert book.execution_key(small) == before


def test_the_tier_changes_the_key(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book.execution_key(small)
    monkeypatch.setenv("FMLAB_TIER", "t4")
    assert book.execution_key(small) != before


def test_without_node_there_is_a_line_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"install Node\.js 18 or later"):
        book.node_tools()


def test_npm_that_fails_is_quoted_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package-lock.json").write_text("{}")
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error no network' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(book, "node_tools", lambda: (["node"], [str(npm)]))
    with pytest.raises(UserError, match=r"npm ci failed \(npm error no network\)") as told:
        book.fetch_assets(tmp_path)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "node_modules" / ".fetched").exists()


def test_a_site_that_is_not_built_cannot_be_served(small: Path) -> None:
    with pytest.raises(UserError, match="build it first: make book"):
        book.serve(small)


def test_the_site_is_served_where_it_says(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = small / "_build" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("<p>here</p>")
    threading.Thread(target=book.serve, args=(small,), kwargs={"port": 8765}, daemon=True).start()
    said = ""
    while "http://" not in said:
        time.sleep(0.02)
        said += capsys.readouterr().out
    address = said.split(" at ")[1].split(" ")[0]
    with urllib.request.urlopen(address, timeout=5) as response:
        assert response.read() == b"<p>here</p>"


RULE = "-" * 18
FAILED = f"""Traceback
nbclient.exceptions.CellExecutionError: An error occurred while executing the following cell:
{RULE}
six / 0
{RULE}

\x1b[31mZeroDivisionError\x1b[39m: division by zero
"""
TOO_LONG = f"""Traceback
nbclient.exceptions.CellTimeoutError: A cell timed out while it was being executed.
The message was: Cell execution timed out.
Here is a preview of the cell contents:
{RULE}
wait()
{RULE}
"""


@pytest.mark.parametrize(
    ("report", "cell", "reason"),
    [
        (FAILED, "six / 0", "book/a.md: ZeroDivisionError: division by zero; all of it is in "),
        (TOO_LONG, "wait()", "CellTimeoutError: A cell timed out while it was being executed; "),
    ],
)
def test_a_report_of_a_failed_cell_becomes_one_line_and_the_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], report: str, cell: str, reason: str
) -> None:
    path = tmp_path / "html" / "reports" / "book" / "a.err.log"
    path.parent.mkdir(parents=True)
    path.write_text(report)
    told = book._why(tmp_path / "html", tmp_path / "book.log")
    assert reason in told
    assert "\n" not in told
    assert f"\n\n{cell}\n\n" in capsys.readouterr().err


def test_an_unknown_command_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert book.main(["bake"]) == 2
    assert capsys.readouterr().err == "book: usage: python -m fmlab.book build|fetch|serve\n"


@pytest.mark.slow
def test_a_page_runs_once_and_a_failing_cell_fails_every_build(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = book.build(small)
    page = (site / "book" / "index.html").read_text(encoding="utf-8")
    assert ">42\n" in page
    assert "<svg" in page
    assert "fontawesome" not in page
    assert (site / "index.html").is_file()
    assert "Executed notebook" in capsys.readouterr().out

    book.build(small)
    assert "Executed" not in capsys.readouterr().out

    (small / "book" / "index.md").write_text(PAGE.format(code="six = 6\nsix / 0"))
    for _ in range(2):  # a second try with nothing mended must not pass
        with pytest.raises(UserError, match=r"book/index\.md: ZeroDivisionError"):
            book.build(small)
        assert "six = 6\nsix / 0" in capsys.readouterr().err


@pytest.mark.slow
def test_pages_run_side_by_side_and_each_of_them_once(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cores = len(os.sched_getaffinity(0))
    if cores < 2:
        pytest.fail("this needs two processor cores")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    meet = """
import os
import time
from pathlib import Path
Path("{name}.here").touch()
end = time.monotonic() + 60
while not Path("{other}.here").exists() and time.monotonic() < end:
    time.sleep(0.05)
print("met", Path("{other}.here").exists())
print("threads", os.environ["OMP_NUM_THREADS"])
"""
    toc = "format: jb-book\nroot: book/index\nchapters:\n  - file: book/one\n  - file: book/two\n"
    (small / "_toc.yml").write_text(toc)
    for name, other in (("one", "two"), ("two", "one")):
        text = PAGE.format(code=meet.format(name=name, other=other))
        (small / "book" / f"{name}.md").write_text(text)
    site = book.build(small)
    assert capsys.readouterr().out.count("Executed notebook") == 3
    for name in ("one", "two"):
        said = (site / "book" / f"{name}.html").read_text(encoding="utf-8")
        assert ">met True\n" in said
        assert f"threads {cores // min(cores, 3)}\n" in said  # the cores are shared out


@pytest.mark.slow
def test_a_mistake_in_a_formula_fails_the_build(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = small / "book" / "index.md"
    index.write_text(PAGE.format(code="1").replace("$x_i$", r"$\fracc{1}{2}$"))
    with pytest.raises(UserError, match="1 warnings"):
        book.build(small)
    assert "fracc" in capsys.readouterr().out


def test_a_dead_kernel_is_named(tmp_path: Path) -> None:
    log = tmp_path / "book.log"
    log.write_text("nbclient.exceptions.DeadKernelError: Kernel died\n\nRuntimeError: \n=====\n")
    assert "DeadKernelError: Kernel died" in book._why(tmp_path / "html", log)
