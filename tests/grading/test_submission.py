"""From a handed-in notebook only the answers' source is taken, and no notebook stops a batch."""

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmlab.grading import lab_cells, source, student
from fmlab.grading.library_calls import library_calls
from fmlab.grading.results import PROBLEMS
from fmlab.grading.submission import Answers, answers

LAB_02 = Path(__file__).parents[2] / "labs" / "02_pretrain.md"
DOUBLE = "def double(number):\n    return number + number\n"
MEAN = "def mean(numbers):\n    return sum(numbers) / len(numbers)"


@pytest.fixture
def lab(labs_dir: Path) -> source.LabSource:
    return source.read(labs_dir / "07_small.md")


@pytest.fixture
def handed_out(lab: source.LabSource) -> Any:
    return student.student_notebook(lab, "https://host.example/a/course")


@pytest.fixture
def notebook(handed_out: Any) -> Any:
    """A notebook with both answers written, as Jupyter saves it."""
    written = copy.deepcopy(handed_out)
    cell_of(written, "double")["source"] = DOUBLE
    cell_of(written, "mean")["source"] = MEAN
    return written


def cell_of(notebook: Any, name: str) -> Any:
    return next(cell for cell in notebook.cells if lab_cells.meta(cell).get("grade_id") == name)


def data_of(notebook: Any) -> bytes:
    return json.dumps(notebook).encode()


def sources(found: Answers) -> dict[str, str]:
    return {one.question: one.source for one in found.answers}


def kinds(found: Answers) -> dict[str, str | None]:
    for one in found.answers:
        assert one.kind is None or one.kind in PROBLEMS
        assert (one.kind is None) == (one.problem is None)
        assert one.problem is None or "\n" not in one.problem
    return {one.question: one.kind for one in found.answers}


def test_only_the_answers_are_taken(lab: Any, handed_out: Any, notebook: Any) -> None:
    found = answers(data_of(notebook), lab, handed_out)
    assert sources(found) == {"double": DOUBLE, "mean": MEAN}
    assert kinds(found) == {"double": None, "mean": None}
    assert found.flags == ()


def test_the_handed_out_notebook_is_untouched(lab: Any, handed_out: Any) -> None:
    cell_of(handed_out, "mean")["source"] += "  \n\n"
    found = answers(data_of(handed_out), lab, handed_out)
    assert kinds(found) == {"double": "untouched", "mean": "untouched"}
    assert found.flags == ()


def test_the_real_lab_is_untouched_too() -> None:
    lab = source.read(LAB_02)
    out = student.student_notebook(lab, "https://host.example/a/course")
    found = answers(source.notebook_json(out).encode(), lab, out)
    assert set(kinds(found).values()) == {"untouched"}
    assert found.flags == ()


def test_without_metadata_the_cells_id_names_the_answer(
    lab: Any, handed_out: Any, notebook: Any
) -> None:
    for cell in notebook.cells:
        cell.pop("metadata")
    assert sources(answers(data_of(notebook), lab, handed_out))["double"] == DOUBLE
    for cell in notebook.cells:  # as Colab keeps ids
        cell["metadata"] = {"id": cell.pop("id")}
    assert sources(answers(data_of(notebook), lab, handed_out))["double"] == DOUBLE


@pytest.mark.parametrize(
    ("text", "as_saved"),
    [
        (DOUBLE, DOUBLE.splitlines(keepends=True)),
        (DOUBLE, DOUBLE.replace("\n", "\r\n")),
        ("# half \ufffd\n", "# half \ud800\n"),
        ("", ""),
    ],
)
def test_a_source_may_be_saved_in_several_ways(
    lab: Any, handed_out: Any, notebook: Any, text: str, as_saved: Any
) -> None:
    cell_of(notebook, "double")["source"] = as_saved
    assert sources(answers(data_of(notebook), lab, handed_out))["double"] == text


@pytest.mark.parametrize("wrong", [None, 7, {"a": 1}, ["a", 1], [["a"]], "x" * 100_001])
def test_a_source_that_is_no_text_costs_its_question_alone(
    lab: Any, handed_out: Any, notebook: Any, wrong: Any
) -> None:
    cell_of(notebook, "double")["source"] = wrong
    assert kinds(answers(data_of(notebook), lab, handed_out)) == {"double": "missing", "mean": None}


def test_a_missing_answer_costs_its_question_alone(
    lab: Any, handed_out: Any, notebook: Any
) -> None:
    notebook.cells.remove(cell_of(notebook, "double"))
    found = answers(data_of(notebook), lab, handed_out)
    assert kinds(found) == {"double": "missing", "mean": None}
    assert found.answers[0].problem.startswith("the answer cell `double` is missing; put it back")


def test_a_renamed_answer_is_asked_for_its_name(lab: Any, handed_out: Any, notebook: Any) -> None:
    lab_cells.meta(cell_of(notebook, "double"))["grade_id"] = "dubble\u202e\n"
    found = answers(data_of(notebook), lab, handed_out)
    assert kinds(found) == {"double": "missing", "mean": None}
    assert "the one called `dubble` now" in found.answers[0].problem


def test_an_answer_made_a_text_cell_is_not_run(lab: Any, handed_out: Any, notebook: Any) -> None:
    cell_of(notebook, "double")["cell_type"] = "markdown"
    found = answers(data_of(notebook), lab, handed_out)
    assert kinds(found)["double"] == "missing"
    assert "text cell" in found.answers[0].problem


def test_a_doubled_answer_counts_only_where_both_are_the_same(
    lab: Any, handed_out: Any, notebook: Any
) -> None:
    second = copy.deepcopy(cell_of(notebook, "double"))
    notebook.cells.append(second)
    found = answers(data_of(notebook), lab, handed_out)
    assert sources(found)["double"] == DOUBLE
    assert found.flags == ("the answer cell `double` is there 2 times with the same text",)
    second["source"] = "def double(number):\n    return 7"
    found = answers(data_of(notebook), lab, handed_out)
    assert kinds(found) == {"double": "doubled", "mean": None}
    assert found.answers[0].problem == "the answer cell `double` is there twice; keep one"


def test_changed_and_missing_cells_are_flagged_and_cost_nothing(
    lab: Any, handed_out: Any, notebook: Any
) -> None:
    cell_of(notebook, "double-check")["source"] = "print('all passed')"
    notebook.cells.remove(cell_of(notebook, "mean-check"))
    cell_of(notebook, "lab")["source"] += "\nlab.points = {}"
    notebook.cells = [c for c in notebook.cells if c.cell_type == "code"]
    found = answers(data_of(notebook), lab, handed_out)
    assert kinds(found) == {"double": None, "mean": None}
    assert found.flags == (
        "the lab's cell `lab` was changed",
        "the check cell `double-check` was changed",
        "the check cell `mean-check` is missing",
        "cells that were handed out are gone or changed: 3 text",
    )


@pytest.mark.parametrize(
    ("output", "flag"),
    [
        ({"application/javascript": "alert(1)"}, "JavaScript"),
        ({"text/html": ["<scr", "ipt>alert(1)</script>"]}, "JavaScript"),
        ({"image/svg+xml": "<svg onload=alert(1)>"}, "JavaScript"),
        ({"text/html": "<table></table>"}, "HTML"),
    ],
)
def test_saved_pages_are_flagged(
    lab: Any, handed_out: Any, notebook: Any, output: Any, flag: str
) -> None:
    cell_of(notebook, "lab")["outputs"] = [{"output_type": "display_data", "data": output}, 7]
    (said,) = answers(data_of(notebook), lab, handed_out).flags
    assert flag in said


def test_calls_of_the_library_are_told() -> None:
    lab = source.read(LAB_02)
    question = lab.questions[0]

    def calls(answer: str) -> tuple[str, ...]:
        return library_calls(lab, question, answer)

    assert calls("def f(x):\n    return batches.mask_tokens(x)") == ("batches.mask_tokens",)
    assert calls("f = batches.mask_tokens\ng = bpb") == ("batches.mask_tokens", "bpb")
    assert "fmlab.batches.mask_tokens" in calls("from fmlab.batches import mask_tokens as m\nm()")
    assert calls("import fmlab.batches as b\nb.mask()") == ("b.mask", "fmlab.batches")
    assert calls("def f(batches):\n    return batches.mask_tokens") == ()
    assert calls("torch.rand(3)\nx.batches.mask") == ()
    for own in lab.questions:
        solution = lab.notebook.cells[own.answer].source
        assert library_calls(lab, own, solution) == ()


def test_a_call_of_the_library_is_a_flag(lab: Any, handed_out: Any, notebook: Any) -> None:
    cell_of(notebook, "mean")["source"] = "from fmlab.probes import mean"
    found = answers(data_of(notebook), lab, handed_out)
    assert kinds(found)["mean"] is None
    assert found.flags == ("the answer `mean` calls the library: `fmlab.probes.mean`",)


def test_an_old_notebook_is_brought_up(lab: Any, handed_out: Any, notebook: Any) -> None:
    old = nbformat.convert(nbformat.from_dict(notebook), 3)
    assert "worksheets" in old
    found = answers(data_of(old), lab, handed_out)
    assert sources(found) == {"double": DOUBLE, "mean": MEAN}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"%PDF-1.4", "not a notebook"),
        (b"[]", "not a notebook"),
        (b"{}", "format None"),
        (b'{"nbformat": true}', "format True"),
        (b'{"nbformat": "4"}', "format '4'"),
        (b'{"nbformat": 2}', "format 2"),
        (b'{"nbformat": 3}', "old format 3"),
        (b'{"nbformat": 3, "worksheets": [{"cells": [1]}]}', "old format 3"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [' + b"{}," * 5000 + b"{}]}", "more than 5,000 cells"),
        ('{"nbformat": 4}'.encode("utf-16"), "UTF-16"),
        ('{"nbformat": 4}'.encode("utf-16-le"), "UTF-16"),
        ('{"nbformat": 4}'.encode("utf-32-be"), "UTF-16"),
        (b'{"nbformat": 4, "\xff": 1}', "not UTF-8"),
        (b"[" * 900_000, "too deep"),
        (b'{"a":' * 400_000, "too deep"),
        (b"[" * 1_000_001, "too many lists"),
        (b'{"nbformat": ' + b"9" * 100_000 + b"}", "not a notebook"),
        (b" " * 20_000_001, "larger than 20 MB"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_broken_notebook_is_refused_in_one_line(
    lab: Any, handed_out: Any, data: bytes, said: str
) -> None:
    found = answers(data, lab, handed_out)
    assert kinds(found) == {"double": "missing", "mean": "missing"}
    assert said in str(found.broken)
    assert found.flags == (found.broken,)


def test_a_byte_order_mark_does_no_harm(lab: Any, handed_out: Any, notebook: Any) -> None:
    found = answers(b"\xef\xbb\xbf" + data_of(notebook), lab, handed_out)
    assert kinds(found) == {"double": None, "mean": None}


@pytest.mark.parametrize("part", ["-", "a+", "a.", "lambda:", "(", "[0]", "if 1:\n ", "\0", "f'{"])
def test_code_that_strains_a_parser_is_only_text(
    lab: Any, handed_out: Any, notebook: Any, part: str
) -> None:
    text = part * (90_000 // len(part))
    cell_of(notebook, "double")["source"] = text
    assert sources(answers(data_of(notebook), lab, handed_out))["double"] == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["source", "metadata", "nbgrader", "grade_id", "outputs", "data"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(cell=st.dictionaries(st.sampled_from(["cell_type", "source", "id", "outputs"]), JSON) | JSON)
def test_no_cell_is_too_strange(cell: Any) -> None:
    lab, out = _small()
    found = answers(json.dumps({"nbformat": 4, "cells": [cell]}).encode(), lab, out)
    assert set(kinds(found).values()) == {"missing"}


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    assert answers(data, *_small()).broken


_SMALL: list[Any] = []


def _small() -> Any:
    if not _SMALL:
        lab = source.read(Path(__file__).parent / "small_lab.md")
        _SMALL.extend([lab, student.student_notebook(lab, "https://host.example/a/course")])
    return tuple(_SMALL)
