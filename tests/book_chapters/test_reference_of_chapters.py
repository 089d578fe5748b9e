"""Each chapter's code prints what its reference says, numbers within their tolerances.

`fmlab labs reference NAME` makes a reference anew.
"""

from pathlib import Path
from typing import Any

import pytest

from fmlab.grading.reference import is_stale, load, places, rules

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [pytest.param(p, id=p.stem) for p in places(ROOT) if p.parent.name == "book"]


@pytest.mark.parametrize("path", CHAPTERS)
def test_the_reference_is_that_of_the_chapter_as_it_stands(path: Path) -> None:
    stored = places(ROOT)[path]
    assert not is_stale(path, stored), f"run `fmlab labs reference {path.stem}`"
    assert rules(stored.with_suffix(".yaml"), load(stored)).overall.relative <= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS)
def test_the_chapter_prints_what_its_reference_says(path: Path, reference_run: Any) -> None:
    done = reference_run(path)
    assert done.diff_filtered == [], done.diff_string
    assert len(done.process_resources["printed"]) > 2_000  # tables are one line each
