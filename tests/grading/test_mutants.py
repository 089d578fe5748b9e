"""Mutants of a solution: what is changed and what is not, and whether checks notice.

A check that is too weak is noticed by the mutants that survive it, an endless one is stopped, and
the list of equivalent mutants holds only what is made and survives.
"""

from pathlib import Path

import pytest

from fmlab.errors import UserError
from fmlab.grading.mutants import FLOOR, Fate, share, table, tally, tried
from fmlab.grading.mutation import mutants
from fmlab.grading.source import LabSource, read

NBGRADER = (
    "nbgrader: {{grade: {grade}, solution: {solution}, locked: {locked}, grade_id: {name}{more}, "
    "schema_version: 3}}"
)
HEAD = "---\nkernelspec: {display_name: Python 3, language: python, name: python3}\n---\n\n"
ANSWER = '''\
def area(width: int, height: int) -> int:
    """Return the area, 0 where the width is negative."""
    ### BEGIN SOLUTION
    if width <= 0:
        return 0
    return width * height
    ### END SOLUTION
'''
STRONG = '''\
    """It holds for some rectangles."""
    question.close(area(2, 3), 6, "area", hint="area.value")
    question.close(area(-2, 3), 0, "area", hint="area.value")
    question.close(area(2, -3), -6, "area", hint="area.value")
    question.close(area(1, 1), 1, "area", hint="area.value")
'''
WEAK = '''\
    """It holds for a square with sides of 1."""
    question.close(area(1, 1), 1, "area", hint="area.value")
'''


def cell(source: str, name: str, *, grade: bool = False, solution: bool = False) -> str:
    more = ", points: 1" if grade else ""
    meta = NBGRADER.format(
        grade=str(grade).lower(),
        solution=str(solution).lower(),
        locked=str(not solution).lower(),
        name=name,
        more=more,
    )
    return f"```{{code-cell}} ipython3\n---\n{meta}\n---\n{source}```\n"


def lab_with(folder: Path, check: str, answer: str = ANSWER) -> LabSource:
    """Write a lab of one question and read it."""
    declared = (
        "from fmlab.grading.checks import Lab\n\n"
        "lab = Lab(globals(), points={'area': 1}, hints={'area.value': 'Look again.'})\n"
    )
    checks = (
        "question = lab.question('area')\n\n\n@question.check(1)\n"
        f"def it_holds(area):\n{check}\n\nquestion.report()\n"
    )
    path = folder / "07_area.md"
    path.write_text(
        HEAD
        + cell(declared, "lab")
        + cell(answer, "area", solution=True)
        + cell(checks, "area-check", grade=True)
    )
    return read(path)


def changes(source: str) -> set[tuple[str, str]]:
    return {(mutant.was, mutant.becomes) for mutant in mutants(source)}


def test_mutants_hold_one_of_the_mistakes_that_learners_make() -> None:
    made = changes(ANSWER)
    assert ("if width <= 0:", "if width < 0:") in made  # mutmut's
    assert ("return width * height", "return width / height") in made
    assert ("if width <= 0:", "if width >= 0:") in made  # and ours
    assert ("if width <= 0: return 0", "pass") in made
    assert ("return width * height", "return height * height") in made


def test_only_the_solution_is_changed_and_nothing_nobody_could_see() -> None:
    source = (
        'def f(a: int = 3, b: str = "x") -> int:\n'
        '    """Say 4."""\n'
        "    ### BEGIN SOLUTION\n"
        '    """Say 5."""\n'
        "    c: int = a\n"
        "    if c < 0:\n"
        '        raise ValueError("below 0")\n'
        "    return c\n"
        "    ### END SOLUTION\n"
        "    d = 7\n"
    )
    touched = {mutant.was for mutant in mutants(source)}
    assert "c: int = a" in touched
    for text in ("def f", "Say", "below 0", "d = 7"):
        assert not any(was.startswith(text) or was == text for was in touched), text
    assert not any("int |" in m.code or "BEGIN" in m.code for m in mutants(source))


def test_no_mutant_means_what_another_means() -> None:
    codes = [mutant.code for mutant in mutants(ANSWER)]
    assert len(codes) == len(set(codes)) >= 9


def test_a_check_that_is_too_weak_is_noticed(tmp_path: Path) -> None:
    weak = tally(lab_with(tmp_path, WEAK))
    strong = tally(lab_with(tmp_path, STRONG))
    assert share(weak) < FLOOR
    assert len(strong[0].survivors) == 1 < len(weak[0].survivors)
    survived = {mutant.was for mutant in weak[0].survivors}
    assert "return width * height" in survived
    printed = table(lab_with(tmp_path, WEAK), weak)
    assert "survived, area, line 5: return width * height  ->  return width / height" in printed


def test_a_mutant_that_is_listed_does_not_count(tmp_path: Path) -> None:
    lab, listed = lab_with(tmp_path, STRONG), tmp_path / "listed.yaml"
    (before,) = tally(lab)
    assert [m.becomes for m in before.survivors] == ["if width < 0:"]
    entry = "- {was: 'if width <= 0:', becomes: 'if width < 0:', because: the area is 0 anyway}"
    listed.write_text(f"area:\n  {entry}\n")
    (after,) = tally(lab, listed)
    assert after.survivors == ()
    assert (after.meant, share([after])) == (before.meant - 1, 1.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("area:\n- {was: x = 1, becomes: x = 2, because: why}", "no mutant `x = 1` -> `x = 2`"),
        (
            "area:\n- {was: return 0, becomes: return 1, because: why}",
            "a check catches `return 0` -> `return 1`",
        ),
        ("area:\n- {was: return 0, becomes: return 1}", "give each mutant"),
        ("volume: []", "no question `volume`"),
        ("just a word", "is not a list of mutants"),
    ],
)
def test_a_stale_or_broken_list_is_refused(tmp_path: Path, text: str, said: str) -> None:
    lab, listed = lab_with(tmp_path, STRONG), tmp_path / "listed.yaml"
    listed.write_text(text)
    with pytest.raises(UserError, match=said):
        tally(lab, listed)


def test_a_solution_that_fails_its_own_checks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the solution of `area` fails its own checks"):
        tally(lab_with(tmp_path, STRONG, ANSWER.replace("return 0", "return 1")))


@pytest.mark.parametrize(
    ("body", "ended"),
    [
        ("while True:\n        pass", "time"),
        ("import os\n    os._exit(0)", "died"),
        ("return", None),
    ],
)
def test_an_endless_or_deadly_mutant_costs_only_itself(
    tmp_path: Path, body: str, ended: str | None
) -> None:
    lab = lab_with(tmp_path, STRONG)
    (question,) = lab.questions
    fate = tried(lab, question, f"def area(width, height):\n    {body}\n", limit=3)
    assert fate == Fate(() if ended else ("it_holds",), ended, fate.seconds)
    assert fate.caught
