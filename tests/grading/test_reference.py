"""A text is compared with its reference: words as they are, numbers within their tolerances.

What the tolerances do not cover is shown by pytest-notebook, also where the text has grown, an
image is missing or a cell has failed. The stored notebooks are small and know no machine.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pytest_notebook.nb_regression import NBRegressionFixture

from fmlab.errors import UserError
from fmlab.grading import reference
from fmlab.grading.reference import Rule, Rules, plain, rules, settle
from fmlab.grading.source import notebook_json

ROOT = Path(__file__).resolve().parents[2]
STORED = [pytest.param(path, id=path.stem) for path in reference.places(ROOT).values()]


@pytest.mark.parametrize(
    ("got", "stored", "same"),
    [
        ("loss 1.2345", "loss 1.2349", True),
        ("loss 1.2345", "loss 1.2445", False),
        ("loss 1.23", "loss 1.24", True),  # one in the last place, for rounding
        ("loss 1.23", "loss 1.26", False),
        ("loss 1.23", "loss -1.23", False),
        ("1,000 tokens", "1,000 tokens", True),
        ("1,000 tokens", "1,001 tokens", False),
        ("4 of 22 points", "5 of 22 points", False),
        ("right 44%", "right 45%", True),
        ("right 44 %", "right 47 %", False),
        ("differs by 3e-07", "differs by 1e-06", True),
        ("differs by 3e-02", "differs by 1e-06", False),
        ("it took 3.1 s", "it took 88.0 s", True),
        ("12,000 tok/s", "3 tok/s", True),
        ("3.1 steps", "88.0 steps", False),
        ("a    1.5", "a  1.5", True),  # a column of another width
        ("the dog", "the cat", False),
        ("1.5 2.5", "1.5", False),
    ],
)
def test_texts_are_the_same_where_their_numbers_are_near(got: str, stored: str, same: bool) -> None:
    assert Rule(relative=1e-3, absolute=1e-3).same(got, stored) is same


def test_a_cells_own_tolerance_is_used() -> None:
    assert Rule(absolute=0.1).same("loss 1.20", "loss 1.29")
    assert Rule(interval=0.2).same("0.5 (0.1 to 1.2)", "0.5 (0.2 to 1.1)")
    assert not Rule(interval=0.2).same("0.50 (0.1 to 1.2)", "0.60 (0.1 to 1.4)")  # the mean
    assert not Rule(interval=0.2).same("0.5 (0.1 to 1.2)", "0.5 (0.4 to 1.2)")
    assert not Rule(interval=0.2).same("(in 0.30 words)", "(in 0.40 words)")
    assert Rule(whole=2).same("step 10", "step 12")
    assert not Rule(whole=2).same("step 10", "step 13")
    assert Rule(free=True).same("Python 3.12", "no Python")


def notebook(*sources: str) -> Any:
    return new_notebook(
        cells=[new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
    )


def ran(*texts: str) -> Any:
    """Return a notebook whose cells have printed these texts."""
    made = notebook(*(f"print({number})" for number in range(len(texts))))
    for cell, text in zip(made.cells, texts, strict=True):
        cell.outputs = [new_output("stream", name="stdout", text=text)]
    return made


def settled(now: Any, stored: Any, said: Rules) -> bool:
    """Return whether nothing is left to show once the text within tolerances is settled."""
    found, resources = settle(now, {"reference": stored, "rules": said})
    assert resources["printed"] == reference.text_of(plain(now))
    return bool(found == stored)


def test_only_what_the_tolerances_do_not_cover_is_left() -> None:
    stored = plain(ran("loss 1.234\n", "accuracy 0.9\n"))
    said = Rules(Rule(absolute=0.01), (("print(1)", Rule(absolute=0.3)),))
    assert settled(ran("loss 1.235\n", "accuracy 0.7\n"), stored, said)
    assert not settled(ran("loss 1.735\n", "accuracy 0.9\n"), stored, said)
    assert not settled(ran("loss 1.234\n", "accuracy 0.5\n"), stored, said)
    assert not settled(ran("loss 1.234\nand more\n", "accuracy 0.9\n"), stored, said)


def test_below_the_words_that_a_machine_may_say_text_is_free() -> None:
    stored = plain(ran("300 words\n", "loss 1.2\n"))
    said = Rules(Rule(), unless="No books:")
    assert settled(ran("No books: no network\n", "loss 7.7\n"), stored, said)
    assert not settled(ran("400 words\n", "loss 1.2\n"), stored, said)


def test_an_image_must_be_there_whatever_it_shows() -> None:
    def drawing(image: str) -> Any:
        made = notebook("draw()")
        made.cells[0].outputs = [
            new_output("display_data", data={"image/png": image, "text/plain": "<Figure 1>"})
        ]
        return made

    stored = plain(drawing("aaaa"))
    assert "aaaa" not in str(stored)
    assert settled(drawing("bbbb"), stored, Rules(Rule()))
    assert not settled(notebook("draw()"), stored, Rules(Rule()))


def test_a_cell_that_fails_is_shown() -> None:
    failed = notebook("1 / 0")
    failed.cells[0].outputs = [
        new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])
    ]
    assert not settled(failed, plain(notebook("1 / 0")), Rules(Rule()))
    assert "ZeroDivisionError" in reference.text_of(plain(failed))


def test_pytest_notebook_runs_the_cells_and_shows_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "reference.ipynb"
    stored = plain(notebook("print('loss', 1.5)", "print('4 of 4')"))
    stored.cells[0].outputs = [new_output("stream", name="stdout", text="loss 1.5004\n")]
    stored.cells[1].outputs = [new_output("stream", name="stdout", text="5 of 5\n")]
    path.write_text(notebook_json(stored))
    check = NBRegressionFixture(
        exec_cwd=str(tmp_path),
        post_processors=("coalesce_streams", "fmlab_settle"),
        process_resources={"reference": stored, "rules": Rules(Rule())},
        diff_use_color=False,
    )
    done = check.check(str(path), raise_errors=False)
    assert "4 of 4" in done.diff_string
    assert "loss" not in done.diff_string
    assert done.process_resources["printed"] == "loss 1.5\n4 of 4\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cells:\n- {holds: not there, because: why}", "no cell holds 'not there'"),
        ("cells:\n- {holds: print, absolute: 3}", "does not hold the tolerances"),
        ("relativ: 3", "does not hold the tolerances"),
        ("just a word", "does not hold the tolerances"),
    ],
)
def test_broken_tolerances_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tolerances.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=said):
        rules(path, notebook("print(1)"))


def test_a_reference_is_stale_when_a_cell_or_the_model_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter, stored = tmp_path / "09_small.md", tmp_path / "09_small.ipynb"
    head = "---\nkernelspec: {display_name: Python 3, language: python, name: python3}\n---\n\n"
    chapter.write_text(head + "# Small\n\n```{code-cell}\nprint(1.5)\n```\n")
    assert reference.is_stale(chapter, stored)
    reference.make(chapter, stored)
    assert not reference.is_stale(chapter, stored)
    assert reference.text_of(reference.load(stored)) == "1.5\n"
    monkeypatch.setattr(reference, "ASSETS", tmp_path)
    assert reference.is_stale(chapter, stored)
    monkeypatch.undo()
    later = shutil.copytree(reference.ASSETS / "books-small", tmp_path / "assets" / "later")
    shutil.copytree(reference.ASSETS / "books-small", tmp_path / "assets" / "books-small")
    others = {p.parent for p in reference.ASSETS.glob("*/model.safetensors")}
    for folder in others - {reference.ASSETS / "books-small"}:
        shutil.copytree(folder, tmp_path / "assets" / folder.name)
    monkeypatch.setattr(reference, "ASSETS", later.parent)
    assert not reference.is_stale(chapter, stored)
    monkeypatch.undo()
    chapter.write_text(chapter.read_text().replace("1.5", "1.6"))
    assert reference.is_stale(chapter, stored)


def test_a_reference_hangs_on_the_models_that_its_cells_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("books-small", "other-toy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(name.encode())
    monkeypatch.setattr(reference, "ASSETS", tmp_path)
    head = "---\nkernelspec: {display_name: Python 3, language: python, name: python3}\n---\n\n"
    for page, code in (("08_plain", "print(1)"), ("09_other", "print('other-toy')")):
        (tmp_path / f"{page}.md").write_text(f"{head}```{{code-cell}}\n{code}\n```\n")
        reference.make(tmp_path / f"{page}.md", tmp_path / f"{page}.ipynb")

    def stale() -> list[bool]:
        pages = (tmp_path / "08_plain", tmp_path / "09_other")
        return [reference.is_stale(p.with_suffix(".md"), p.with_suffix(".ipynb")) for p in pages]

    assert stale() == [False, False]
    (tmp_path / "other-toy" / "model.safetensors").write_bytes(b"trained again")
    assert stale() == [False, True]
    (tmp_path / "books-small" / "model.safetensors").write_bytes(b"trained again")
    assert stale() == [True, True]


@pytest.mark.parametrize("path", STORED)
def test_a_stored_reference_is_small_and_knows_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text) < 200_000
    assert not re.search(r"image/|base64|<svg", text)
    outputs = reference.text_of(reference.load(path))
    assert not re.search(r"/(home|root|tmp|usr|work|Users)/|https?://(?!arxiv|github)", outputs)
    assert str(ROOT) not in text


def test_what_the_build_has_run_is_found_by_its_cells_and_not_run_again(tmp_path: Path) -> None:
    wanted = notebook("print(1)", "print(2)")
    assert reference.kept_run(wanted, tmp_path) is None
    for name, sources in (("a", ("print(1)",)), ("b", ("print(1)", "print(2)"))):
        run = new_notebook(cells=[new_markdown_cell("# Text"), *notebook(*sources).cells])
        for cell in run.cells[1:]:
            cell.outputs = [new_output("stream", name="stdout", text=f"{name}: {cell.source}")]
        (tmp_path / "executed" / name).mkdir(parents=True)
        nbformat.write(run, tmp_path / "executed" / name / "base.ipynb")
    found = reference.kept_run(wanted, tmp_path)
    assert reference.text_of(found) == "b: print(1)b: print(2)"
    assert reference.text_of(wanted) == ""
