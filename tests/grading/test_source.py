"""A lab's source is read whole, and a broken one is named with file, cell and mend."""

from pathlib import Path

import pytest

from fmlab.errors import UserError
from fmlab.grading.source import lab_files, read

LAB = "07_small.md"


def broken(labs_dir: Path, old: str, new: str) -> Path:
    """Replace `old`, which must be there, in the small lab."""
    path = labs_dir / LAB
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


def test_questions_are_read_with_points_names_and_checks(labs_dir: Path) -> None:
    lab = read(labs_dir / LAB)
    assert lab.name == "07_small"
    assert [(q.name, q.points, q.asks) for q in lab.questions] == [
        ("double", 3.0, ("double",)),
        ("mean", 1.0, ("mean",)),
    ]
    assert lab.questions[0].check_points == (
        ("it_doubles", 1.0, False),
        ("it_doubles_negative_numbers", 1.0, False),
        ("it_doubles_any_number", 1.0, True),
    )


def test_ids_are_stable_distinct_and_name_the_answers(labs_dir: Path) -> None:
    first = [cell["id"] for cell in read(labs_dir / LAB).notebook.cells]
    broken(labs_dir, "Two questions about numbers.", "Two questions.")
    second = [cell["id"] for cell in read(labs_dir / LAB).notebook.cells]
    assert len(set(first)) == len(first)
    assert {"lab", "double", "double-check", "mean", "mean-check"} <= set(first)
    assert [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b] == [0]


BROKEN = {
    "unclosed region": ("    ### END SOLUTION", "", "double", "not closed"),
    "unopened region": ("    ### BEGIN SOLUTION\n", "", "double", "closes nothing"),
    "nested region": (
        "    return 2 * number",
        "    ### BEGIN SOLUTION\n    return 2 * number",
        "double",
        "inside the region",
    ),
    "hidden inside solution": (
        "    return 2 * number",
        "    ### BEGIN HIDDEN TESTS",
        "double",
        "inside the region",
    ),
    "unclosed hidden tests": ("### END HIDDEN TESTS\n", "", "double-check", "not closed"),
    "a visible check behind hidden tests": (
        "### END HIDDEN TESTS\nquestion.report()",
        "### END HIDDEN TESTS\n@question.check(0)\ndef again(double):\n    pass\n",
        "double-check",
        "`again` stands after a hidden test",
    ),
    "hidden tests outside a check": (
        "lab.summary()",
        "### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS",
        "### BEGIN",
        "set `grade: true`",
    ),
    "solution outside an answer": (
        "lab.summary()",
        "### BEGIN SOLUTION\n1\n### END SOLUTION",
        "### BEGIN",
        "set `solution: true`",
    ),
    "two cells with one id": ("grade_id: mean,", "grade_id: double,", "double", "used twice"),
    "answer without check": (
        "grade_id: mean-check",
        "grade_id: median-check",
        "mean",
        "an answer without a check",
    ),
    "check without answer": (
        "locked: false, grade_id: mean,",
        "locked: false, grade_id: median,",
        "median",
        "an answer without a check",
    ),
    "answer without solution": (
        "### BEGIN SOLUTION\ndef mean(numbers: list[float]) -> float:\n"
        '    """Return the mean."""\n    return sum(numbers) / len(numbers)\n### END SOLUTION',
        "mean = 3",
        "mean",
        "an answer without a solution",
    ),
    "points missing": ("points: 1, ", "", "mean-check", "its points are None"),
    "points not a number": ("points: 1, ", "points: one, ", "mean-check", "its points are 'one'"),
    "points of nothing": ("points: 1, ", "points: 0, ", "mean-check", "its points are 0"),
    "points that do not add up": ("points: 3,", "points: 4,", "double-check", "add up to 3"),
    "points declared otherwise": ('"mean": 1}', '"mean": 2}', "lab", "the cells say"),
    "points not plain": ("check(1)", "check(len('a'))", "double-check", "as a plain number"),
    "name that no answer defines": (
        "def mean(numbers",
        "def median(numbers",
        "mean-check",
        "asks for `mean`",
    ),
    "hint that no check uses": (
        '"mean": "The',
        '"mean.odd": "Odd.", "mean": "The',
        "lab",
        "no check uses the hint `mean.odd`",
    ),
    "lab cell missing": ("grade_id: lab,", "grade_id: laboratory,", "double", "no cell `lab`"),
    "lab cell not plain": ("hints={", 'hints={"a": str(1), ', "lab", "with plain values"),
    "not Python": ("    return 2 * number", "    return 2 *", "double", "not valid Python"),
    "old schema": ("grade_id: mean, schema_version: 3", "grade_id: mean", "mean", "schema_version"),
    "flag missing": (
        "solution: true, locked: false, grade_id: mean",
        "locked: false, grade_id: mean",
        "mean",
        "`solution: true`",
    ),
    "site-only role": ("about numbers.", "about {cite}`numbers`.", "# A small", "plain Markdown"),
    "site-only directive": (
        "Two questions",
        "```{note}\nNote.\n```\n\nTwo questions",
        "# A small",
        "plain Markdown",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_source_is_named_with_file_cell_and_mend(labs_dir: Path, case: str) -> None:
    old, new, cell, words = BROKEN[case]
    path = broken(labs_dir, old, new)
    with pytest.raises(UserError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert f"cell {cell}" in line or f"`{cell}" in line
    assert words in line
    assert "\n" not in line


def test_a_check_with_hidden_tests_alone_is_refused(labs_dir: Path) -> None:
    path = broken(
        labs_dir,
        '@question.check(1)\ndef it_is_the_mean(mean):\n    """The mean of one, two and six is '
        'three."""\n    question.close(mean([1, 2, 6]), 3, "the mean", hint="mean")\n',
        '### BEGIN HIDDEN TESTS\n@question.check(1)\ndef it_is_the_mean(mean):\n    """T."""\n'
        '    question.close(mean([1]), 1, "the mean", hint="mean")\n### END HIDDEN TESTS\n',
    )
    with pytest.raises(UserError, match="no visible check"):
        read(path)


def test_the_line_of_the_cell_is_given(labs_dir: Path) -> None:
    path = broken(labs_dir, "points: 3,", "points: 4,")
    lines = path.read_text().split("\n")
    with pytest.raises(UserError) as caught:
        read(path)
    number = int(str(caught.value).removeprefix(f"{path}:").split(":")[0])
    assert "points: 4," in "\n".join(lines[number - 1 : number + 3])


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"---\na: [\n---\n\n# T\n"])
def test_a_file_that_is_no_notebook_is_refused(labs_dir: Path, data: bytes) -> None:
    (labs_dir / LAB).write_bytes(data)
    with pytest.raises(UserError, match="cannot be read as a MyST notebook"):
        read(labs_dir / LAB)


def test_a_badly_named_lab_is_refused(labs_dir: Path) -> None:
    (labs_dir / "notes.md").write_text("# Notes\n")
    with pytest.raises(UserError, match=r"NN_name\.md"):
        lab_files(labs_dir)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        lab_files(tmp_path / "nowhere")
