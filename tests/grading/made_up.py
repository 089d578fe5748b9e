"""Made-up results of the small lab, for the tests of what is written from results."""

from fmlab.grading.results import CheckResult, QuestionResult, SubmissionResult

HOSTILE = (
    "<script>alert(1)</script>",
    "</textarea></pre></code></style><img src=x onerror=alert(1)>",
    "{{7*7}}{% for x in y %}",
    "\u202egnp.exe\u2066",
    "nul\x00 bell\x07 esc\x1b[31m",
    "half \ud800",
    '"\' onmouseover="alert(1)',
    "`<b>` and `{{8*8}}",
)


def check(name: str, passed: bool, hidden: bool = False, **more: str | None) -> CheckResult:
    said = {} if passed else {"likely": "You square the number.", "hint": "double.square", **more}
    return CheckResult(name, f"Title of {name}", 1, passed, hidden, **said)


def result(student: str, passed: tuple[bool, bool, bool, bool], **more: object) -> SubmissionResult:
    """A submission; `passed` is for the three checks of `double` and the one of `mean`."""
    double = (
        check("it_doubles", passed[0], expected="about 6", got="9"),
        check("it_doubles_negative_numbers", passed[1], expected="about -2", got="1"),
        check("it_doubles_any_number", passed[2], hidden=True, expected="about 82", got="1681"),
    )
    mean = (check("it_is_the_mean", passed[3], hint=None, likely="the mean is None", got="None"),)
    fields: dict[str, object] = {
        "student": student,
        "name": student.title(),
        "file": f"{student}.ipynb",
        "sha256": "0" * 64,
        "questions": (
            QuestionResult("double", 3, double, "def double(n):\n    return n * n", "k1"),
            QuestionResult("mean", 1, mean, "def mean(n): ...", "k2"),
        ),
    }
    return SubmissionResult(**{**fields, **more})  # type: ignore[arg-type]
