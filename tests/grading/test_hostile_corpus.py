"""A hostile corpus is marked in one batch: each attack gets what its answers deserve, no more.

Honest submissions between them keep their marks. Nothing of a hidden test reaches a student, no
file is written outside the results, no process is left, and nothing is sent anywhere. Run with
`-s` it prints a table of all submissions.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import hostile
import leftovers
import pytest

from fmlab.grading import exports, feedback, intake
from fmlab.grading.batch import grade
from fmlab.grading.results import SubmissionResult, from_json

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
SEED, JOBS = 20_261, 3
HIDDEN = re.compile(r"CANARY|canary_(drawn|negative|value|gradient)|7351|7\.351")


@dataclass(frozen=True)
class Batch:
    """What came of the whole batch."""

    attacks: dict[str, hostile.Attack]
    honest: set[str]
    refused: set[str]
    results: dict[str, SubmissionResult]
    out: Path
    heard: list[str]
    files: set[str]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    folder = tmp_path_factory.mktemp("hostile")
    lab = hostile.lab()
    attacks = [*hostile.written(lab), *hostile.built(lab)]
    good = next(attack.data for attack in attacks if attack.name == "honest_right")
    handed_in, archive = folder / "handed_in", folder / "handed_in.zip"
    hostile.hand_in(handed_in, attacks)
    refused = set(hostile.odd_files(handed_in, good))
    hostile.odd_names(handed_in, good)
    hostile.hostile_zip(archive, good)
    before = leftovers.files()
    taken = [*intake.submissions(handed_in, lab=lab.name)]
    zipped = [*intake.submissions(archive, lab=lab.name)]
    names = {one.student for one in [*taken, *zipped] if one.data == good}
    with leftovers.ears() as ears:
        results = grade(lab, [*taken, *zipped], folder / "out", jobs=JOBS, seed=SEED)
        heard = ears.heard()
    by_name = {result.student: result for result in results}
    refused |= {one.student for one in zipped if one.data is None}
    known = {attack.name: attack for attack in attacks}
    return Batch(known, names, refused, by_name, folder, heard, leftovers.files() - before)


def marks(result: SubmissionResult) -> dict[str, float]:
    return {question.name: question.points for question in result.questions}


def test_each_submission_gets_what_it_deserves(batch: Batch) -> None:
    wrong = []
    for name, attack in sorted(batch.attacks.items()):
        got = marks(batch.results[name])
        seconds = sum(question.seconds for question in batch.results[name].questions)
        told = " ".join(f"{mark:g}/{attack.deserves[q]:g}" for q, mark in got.items())
        print(f"{name:<42} {told:<24} {seconds:6.1f} s")
        if got != attack.deserves:
            problems = [(q.name, q.kind, q.problem) for q in batch.results[name].questions]
            wrong.append((name, attack.deserves, got, problems))
    assert wrong == []
    assert len(batch.attacks) >= 50


def test_each_question_ends_as_its_header_says(batch: Batch) -> None:
    wrong = []
    for name, attack in batch.attacks.items():
        kinds = {question.name: question.kind for question in batch.results[name].questions}
        wrong += [(name, q, kind, kinds[q]) for q, kind in attack.kinds.items() if kinds[q] != kind]
    assert wrong == []


def test_no_check_of_the_lab_breaks_over_an_answer(batch: Batch) -> None:
    kinds = {
        (n, q.name) for n, r in batch.results.items() for q in r.questions if q.kind == "checker"
    }
    assert kinds == set()


def test_honest_submissions_keep_their_marks(batch: Batch) -> None:
    assert len(batch.honest) >= 8
    got = {name: marks(batch.results[name]) for name in batch.honest}
    assert got == dict.fromkeys(batch.honest, hostile.FULL)


def test_what_cannot_be_taken_gets_no_marks_and_a_line_that_says_why(batch: Batch) -> None:
    assert len(batch.refused) >= 9
    for name in batch.refused:
        result = batch.results[name]
        assert marks(result) == hostile.NOTHING
        assert {question.kind for question in result.questions} == {"missing"}
        assert all(question.problem for question in result.questions)


def test_the_instructors_results_hold_what_students_must_not_see(batch: Batch) -> None:
    """So that the search below cannot pass for want of anything to find."""
    text = str(batch.results["raises_the_hidden_inputs"])
    assert {match.group(0) for match in HIDDEN.finditer(text)} >= {"CANARY", "canary_drawn", "7351"}


def test_nothing_hidden_reaches_a_student(batch: Batch) -> None:
    leaks = []
    for result in batch.results.values():
        seen = [c.for_student() for q in result.questions for c in q.checks]
        texts = [str(vars(check)) for check in seen]
        texts += [question.problem or "" for question in result.questions]
        texts.append(feedback.feedback(result, hostile.lab()))
        own = "\n".join(question.answer for question in result.questions)
        leaks += [
            (result.student, match.group(0), text[max(0, match.start() - 80) : match.end() + 80])
            for text in texts
            for match in HIDDEN.finditer(text.replace(own, ""))
            if match.group(0) not in own
        ]
    assert leaks == []


def test_gradescope_files_hold_nothing_hidden_where_a_student_sees_it(batch: Batch) -> None:
    leaks = []
    for name, result in batch.results.items():
        tests = exports.gradescope(result)["tests"]
        seen = [one for one in tests if one.get("visibility") != "hidden"]
        own = "\n".join(question.answer for question in result.questions)
        leaks += [name for m in HIDDEN.finditer(json.dumps(seen)) if m.group(0) not in own]
    assert leaks == []


def test_no_page_holds_a_students_markup(batch: Batch) -> None:
    names = (
        "script_in_words",
        "escapes_in_the_source",
        "notebook_renames_a_cell",
        "broken_characters",
    )
    for name in names:
        page = feedback.feedback(batch.results[name], hostile.lab())
        assert not re.search(r"<script>(alert|document)|<svg/onload|<img src=x", page)
        assert "\x1b" not in page
        assert "\u202e" not in page


def test_results_are_written_whole_and_read_back_the_same(batch: Batch) -> None:
    written = [
        from_json(p.read_text(encoding="utf-8")) for p in (batch.out / "out/marks").iterdir()
    ]
    assert sorted(r.student for r in written) == sorted(batch.results)
    assert all(batch.results[result.student] == result for result in written)


def test_exports_and_pages_can_be_written_for_all(batch: Batch) -> None:
    lab, results = hostile.lab(), batch.results.values()
    pages = feedback.write(results, lab, batch.out / "pages")
    exports.write(results, lab, batch.out / "exports")
    assert len(pages) == len(batch.results)
    assert {path.parent for path in pages} == {batch.out / "pages"}


def test_no_file_is_written_outside_the_results(batch: Batch) -> None:
    assert batch.files == set()
    assert sorted(path.name for path in (batch.out / "out").iterdir()) == ["marks"]


def test_no_process_is_left(batch: Batch) -> None:
    assert leftovers.orphans() == []


def test_nothing_was_sent(batch: Batch) -> None:
    assert batch.heard == []
