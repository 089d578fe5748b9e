"""Whether each submission runs from top to bottom, as a flag for the instructor; never as marks.

It is asked in a sandboxed kernel, one notebook after the other. An answer is kept by the hash of
the notebook, so a second run asks only about new ones.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

from fmlab.files import sha256_bytes, write_text
from fmlab.grading.intake import Submission
from fmlab.grading.notebook_cells import BrokenNotebook, cells
from fmlab.grading.plain_text import line
from fmlab.grading.results import SubmissionResult


def advised(
    results: Iterable[SubmissionResult],
    submissions: Iterable[Submission],
    folder: Path,
    done: Callable[[], None] = lambda: None,
) -> list[SubmissionResult]:
    """Return the results with a flag each that says how far the notebook runs.

    Args:
        results: The results of a batch.
        submissions: The same batch's submissions, read one at a time.
        folder: Where answers are kept.
        done: Called after each submission.

    Raises:
        UserError: bubblewrap is not on this machine, or does not work here.
    """
    said: dict[str, str] = {}
    for one in submissions:
        if one.data is not None:
            said[one.student] = _asked(one.data, folder)
        done()
    return [
        dataclasses.replace(result, flags=(*result.flags, said[result.student]))
        if result.student in said
        else result
        for result in results
    ]


def _asked(data: bytes, folder: Path) -> str:
    kept = folder / f"{sha256_bytes(data)}.json"
    try:
        return str(json.loads(kept.read_text(encoding="utf-8"))["advice"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        found = cells(data)
    except BrokenNotebook as error:
        return str(error)
    from fmlab.grading.kernel import run_through

    code = [
        SimpleNamespace(cell_type="code", source=cell.source or "")
        for cell in found
        if cell.kind == "code"
    ]
    advice = line(str(run_through(SimpleNamespace(cells=code))), 200)
    write_text(kept, json.dumps({"advice": advice}, ensure_ascii=False) + "\n")
    return advice
