"""The checks of each lab catch nine in ten mutants of its solutions, in every question.

What survives and is no mistake is listed beside the lab's catalogue, with the reason.
"""

from pathlib import Path

import pytest

from fmlab.grading.mutants import FLOOR, LIST, share, table, tally
from fmlab.grading.source import read

HERE = Path(__file__).parent
LABS = sorted((HERE.parents[1] / "labs").glob("*.md"))


@pytest.mark.slow
@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_the_checks_of_a_lab_catch_its_mutants(path: Path) -> None:
    lab = read(path)
    tallies = tally(lab, HERE / lab.name / LIST)
    printed = table(lab, tallies)
    print(printed)
    assert all(found.meant >= 5 for found in tallies), printed  # else nothing was tried
    assert all(share([found]) >= FLOOR for found in tallies), printed
