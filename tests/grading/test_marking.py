"""What a question's marks depend on is in its key, and nothing else is.

A changed hidden test marks its own question again and no other; an answer that calls another brings
that one along; a notebook's own commands do not make a cell wrong.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fmlab.grading import python
from fmlab.grading.marking import builds_on, hidden_seeds, key_of, limits_of, mark
from fmlab.grading.results import QuestionResult
from fmlab.grading.sandbox.room import Room
from fmlab.grading.source import LabSource, read
from fmlab.grading.submission import Answer
from fmlab.grading.trial import solution

HERE = Path(__file__).parent


@pytest.fixture
def lab(labs_dir: Path) -> LabSource:
    return read(labs_dir / "07_small.md")


def changed(lab: LabSource, old: str, new: str) -> LabSource:
    """Return the lab with some of its text changed."""
    text = lab.path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    lab.path.write_text(text.replace(old, new), encoding="utf-8")
    return read(lab.path)


def answers(lab: LabSource, **others: str) -> dict[str, Answer]:
    """Return the lab's solutions, but for some."""
    return {q.name: Answer(q.name, others.get(q.name, solution(lab, q))) for q in lab.questions}


def keys(lab: LabSource, seed: int = 0, **others: str) -> dict[str, str]:
    given = answers(lab, **others)
    return {question.name: key_of(lab, question, given, seed) for question in lab.questions}


def moved(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_the_same_lab_and_answers_have_the_same_keys(lab: LabSource) -> None:
    assert keys(lab) == keys(read(lab.path))


def test_a_changed_hidden_test_moves_its_own_question_only(lab: LabSource) -> None:
    before = keys(lab)
    assert moved(before, keys(changed(lab, "double(41), 82", "double(43), 86"))) == {"double"}


def test_a_changed_answer_moves_its_own_question_only(lab: LabSource) -> None:
    assert moved(keys(lab), keys(lab, mean="mean = None")) == {"mean"}


def test_a_changed_hint_moves_every_question(lab: LabSource) -> None:
    before = keys(lab)
    after = keys(changed(lab, "The mean is the sum over", "The mean is one sum over"))
    assert moved(before, after) == {"double", "mean"}


def test_a_seed_moves_what_has_hidden_tests(lab: LabSource) -> None:
    assert moved(keys(lab), keys(lab, seed=5)) == {"double"}
    assert moved(keys(lab, seed=5), keys(lab, seed=6)) == {"double"}


def test_words_around_the_cells_move_nothing(lab: LabSource) -> None:
    before = keys(lab)
    assert moved(before, keys(changed(lab, "Two questions about numbers.", "Two."))) == set()


def test_other_imports_and_other_limits_move_the_key(lab: LabSource) -> None:
    before = keys(lab)
    with_imports = changed(
        lab, "## Doubling\n", "```{code-cell}\nimport math\n```\n\n## Doubling\n"
    )
    between = keys(with_imports)
    assert moved(before, between) == {"double", "mean"}
    old = "grade_id: mean-check, points: 1, schema_version: 3}\n"
    limited = changed(lab, old, f"{old}fmlab: {{seconds: 3, memory_mb: 200}}\n")
    assert limits_of(limited, limited.questions[1]).seconds == 3
    assert moved(between, keys(limited)) == {"mean"}


def test_what_is_called_moves_the_key_of_what_calls_it(lab: LabSource) -> None:
    calling = {"mean": "def mean(numbers):\n    return double(sum(numbers)) / 2 / len(numbers)"}
    before = keys(lab, **calling)
    after = keys(lab, **calling, double="def double(number):\n    return number + number")
    assert moved(before, after) == {"double", "mean"}


def test_a_seed_has_a_number_for_each_hidden_test_and_none_for_the_others(lab: LabSource) -> None:
    assert hidden_seeds(lab, lab.questions[0], 0) == {}
    found = hidden_seeds(lab, lab.questions[0], 9)
    assert set(found) == {"it_doubles_any_number"}
    assert found != hidden_seeds(lab, lab.questions[0], 10)


@pytest.mark.parametrize(
    ("mean", "needed"),
    [
        ("def mean(x): return double(x)", ["double", "mean"]),
        ("def mean(x): return helper(x)", ["double", "mean"]),
        ("def mean(x): return np.mean(x)", ["double", "mean"]),
        ("def double(x): return x\ndef mean(x): return double(x)", ["mean"]),
        ("def mean(x): return sum(x)", ["mean"]),
        ("%time double(1)\ndef mean(x): return 1", ["mean"]),
        ("def mean(x)", ["mean"]),
    ],
)
def test_an_answer_brings_those_along_whose_names_it_uses(
    lab: LabSource, mean: str, needed: list[str]
) -> None:
    double = "import numpy as np\ndef helper(x): return x\ndef double(x): return 2 * x"
    assert builds_on(lab, "mean", answers(lab, mean=mean, double=double)) == needed


def test_answers_that_call_each_other_come_once(lab: LabSource) -> None:
    given = answers(lab, double="def double(x): return mean(x)", mean="def mean(x): double(x)")
    assert builds_on(lab, "double", given) == ["mean", "double"]
    assert builds_on(lab, "mean", given) == ["double", "mean"]


def test_what_the_labs_imports_give_needs_no_other_answer(lab: LabSource) -> None:
    lab = changed(lab, "## Doubling\n", "```{code-cell}\nimport math\n```\n\n## Doubling\n")
    given = answers(lab, double="import math\ndef double(x): ...", mean="def mean(x): math.pi")
    assert builds_on(lab, "mean", given) == ["mean"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import os.path as p, sys\nfrom a import b as c", {"p", "sys", "c"}),
        ("if 1:\n    x = 1\nelse:\n    y: int = 2", {"x", "y"}),
        ("try:\n    import numpy as np\nexcept ImportError:\n    np = None", {"np"}),
        ("for i in r:\n    with o as w:\n        z += 1", {"i", "w", "z"}),
        ("(a := 1)\n[q for q in r]\nf = lambda k: (j := k)", {"a", "f"}),
        ("class C:\n    inner = 1\nasync def g():\n    local = 1", {"C", "g"}),
        ("a, (b, *c) = d\ne[0] = f.g = 1", {"a", "b", "c"}),
        ("%matplotlib inline\n!pip install x\nx = 1", {"x"}),
        ("def broken(", set()),
        ("x = " + "(" * 500, set()),
        ("\0", set()),
    ],
)
def test_the_names_that_a_cell_binds(source: str, names: set[str]) -> None:
    assert python.defined(source) == names


def test_magics_are_taken_out_line_for_line_and_only_where_they_stand() -> None:
    assert python.plain("%time x\ny = 1") == "pass\ny = 1"
    assert python.plain("for i in r:\n    !ls") == "for i in r:\n    pass"
    whole = 'x = """\n%d of them\n"""'
    assert python.plain(whole) == whole


@pytest.mark.parametrize(
    "source",
    [
        "(" * 5000,
        "-" * 90_000 + "1",
        "x" + ".a" * 30_000,
        "\0",
        "9" * 90_000,
        "f'{" * 5000,
        "if 1:\n    \t\tx",
        "\ufeffx =",
        "return 1",
        "def f(): yield\nawait f()",
        "\u202e" * 9,
    ],
    ids=lambda text: text[:12].encode().hex(),
)
def test_no_text_makes_reading_it_fail(source: str) -> None:
    problem = python.problem(source)
    assert problem is None or "\n" not in problem
    assert isinstance(python.defined(source), set)
    assert isinstance(python.used(source), set)


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with Room() as made:
        yield made


def marked(lab: LabSource, room: Room, seed: int = 0, **others: str) -> dict[str, QuestionResult]:
    given = answers(lab, **others)
    return {q.name: mark(lab, q, given, lambda: room, seed) for q in lab.questions}


@pytest.mark.sandbox
def test_right_answers_get_all_points_and_the_key_of_what_was_marked(
    lab: LabSource, room: Room
) -> None:
    got = marked(lab, room)
    assert {name: result.points for name, result in got.items()} == {"double": 3, "mean": 1}
    assert {name: result.key for name, result in got.items()} == keys(lab)
    assert all(result.kind is None and result.problem is None for result in got.values())


@pytest.mark.sandbox
def test_a_mistake_is_told_by_the_labs_hint(lab: LabSource, room: Room) -> None:
    got = marked(lab, room, double="def double(number):\n    return number * number")["double"]
    assert got.points == 0
    assert got.checks[0].hint == "double.square"
    assert got.checks[0].expected == "about 6"
    assert got.checks[2].hidden
    assert got.checks[2].for_student().name == "hidden"


@pytest.mark.sandbox
def test_magics_do_not_cost_marks(lab: LabSource, room: Room) -> None:
    source = "%time 1\n!ls\n%%capture\ndef double(number):\n    return 2 * number"
    assert marked(lab, room, double=source)["double"].points == 3


@pytest.mark.sandbox
def test_what_is_called_is_run_before_and_its_error_is_not_told(lab: LabSource, room: Room) -> None:
    mean = "half = double(0.25)\ndef mean(numbers):\n    return sum(numbers) / len(numbers)"
    assert marked(lab, room, mean=mean)["mean"].points == 1
    broken = marked(lab, room, mean=mean, double="double = 1 / 0")["mean"]
    assert broken.points == 0
    assert "NameError" in (broken.problem or "")
    assert "ZeroDivision" not in (broken.problem or "")


@pytest.mark.sandbox
def test_what_stands_before_an_error_in_the_cell_counts(lab: LabSource, room: Room) -> None:
    got = marked(
        lab, room, double="def double(number):\n    return 2 * number\nassert double(2) == 5"
    )
    assert got["double"].points == 3
    assert got["double"].kind is None


@pytest.mark.sandbox
def test_an_answer_that_cannot_be_run_needs_no_room(lab: LabSource) -> None:
    def no_room() -> Room:
        raise AssertionError("a room was asked for")

    given = answers(lab)
    given["double"] = Answer("double", "", "missing", "the answer cell `double` is missing")
    got = mark(lab, lab.questions[0], given, no_room)
    assert (got.points, got.kind) == (0, "missing")
    assert got.problem == "the answer cell `double` is missing"


@pytest.mark.sandbox
def test_a_check_that_breaks_is_said_to_be_the_checks_own_fault(lab: LabSource, room: Room) -> None:
    lab = changed(
        lab, 'question.close(mean([1, 2, 6]), 3, "the mean", hint="mean")', "question.mistake('x')"
    )
    got = marked(lab, room)
    assert got["mean"].kind == "checker"
    assert "tell the instructor" in (got["mean"].problem or "")
    assert got["double"].points == 3
