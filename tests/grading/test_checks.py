"""A check says what was expected, what came, and the likely mistake; it never breaks down."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fmlab.errors import UserError
from fmlab.grading import values, words
from fmlab.grading.checks import Lab, Outcome, Question

HINTS = {"off": "One too many.", "other": "Count again.", "minus": "Write -100."}


def asked(answer: Any, check: Callable[[Question, Any], object], **names: Any) -> Outcome:
    """Run one check on one answer and return how it went."""
    lab = Lab({"answer": answer, **names}, points={"q": 1}, hints=HINTS)
    question = lab.question("q")

    @question.check(1)
    def it_holds(answer: Any) -> None:
        """It holds."""
        check(question, answer)

    return question.run()[0]


def told(outcome: Outcome) -> str:
    """Return what the learner reads."""
    mistake = outcome.mistake
    assert mistake is not None
    return f"{mistake.expected} | {mistake.got} | {mistake.likely}"


def close(question: Question, answer: Any) -> None:
    question.close(answer(), 4.0, "the count", hint="other", mistakes={"off": 5.0})


def equal(question: Question, answer: Any) -> None:
    question.equal(answer(), torch.tensor([[1, 2], [3, 4]]), "the table", hint="minus")


@pytest.mark.parametrize("value", [4, 4.0, 4.00001, torch.tensor(4.0), np.float64(4), np.array(4)])
def test_a_right_number_passes_in_every_type(value: object) -> None:
    assert asked(lambda: value, close).passed


def test_a_known_mistake_meets_its_own_hint() -> None:
    outcome = asked(lambda: 5.0, close)
    assert (outcome.passed, outcome.hint) == (False, "off")
    assert told(outcome) == "about 4 | 5 | One too many."


def test_an_unknown_mistake_meets_the_general_hint() -> None:
    outcome = asked(lambda: 7, close)
    assert outcome.hint == "other"
    assert told(outcome) == "about 4 | 7 | Count again."


WORDS = {
    "None": (lambda: None, close, "the count is None; does your function end with `return`?"),
    "NaN": (lambda: float("nan"), close, "the count holds NaN"),
    "infinite": (lambda: torch.tensor(float("inf")), close, "the count holds an infinite number"),
    "text": (lambda: "4", close, "'4', of type str | the count must be a number"),
    "truth": (lambda: True, close, "True, of type bool | the count must be a number"),
    "many": (lambda: torch.ones(3), close, "a tensor of shape (3,), float32, of type Tensor"),
    "shape": (lambda: torch.ones(2), equal, "shape (2, 2) | shape (2,) | the table has the wrong"),
    "place": (
        lambda: torch.tensor([[1, 2], [5, 5]]),
        equal,
        "3 at position (1, 0) | 5 at position (1, 0) (2 of 4 differ) | Write -100.",
    ),
    "no table": (lambda: None, equal, "the table is None"),
}


@pytest.mark.parametrize("case", WORDS)
def test_a_wrong_value_is_told_in_words(case: str) -> None:
    answer, check, words = WORDS[case]
    assert words in told(asked(answer, check))


def test_a_table_passes_as_tensor_array_or_list() -> None:
    for table in (torch.tensor([[1, 2], [3, 4]]), np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]):
        assert asked(lambda table=table: table, equal).passed


def test_a_list_that_is_nested_otherwise_is_no_table() -> None:
    outcome = asked(lambda: [[1, 2], [[3, 4]]], equal)
    assert not outcome.passed
    assert "wrong shape" in told(outcome)


def test_one_value_is_meant_for_all_positions() -> None:
    def check(question: Question, answer: Any) -> None:
        question.equal(answer(), -100, "labels", hint="minus")

    assert asked(lambda: torch.full((3,), -100), check).passed
    outcome = asked(lambda: torch.tensor([-100, 7, -100]), check)
    assert "-100 at position 1 | 7 at position 1 (1 of 3 differ)" in told(outcome)


TENSORS = {
    "list": (lambda: [1, 2], "a tensor | [1, 2], of type list | labels must be a tensor"),
    "None": (lambda: None, "a tensor | None | labels is None"),
    "shape": (lambda: torch.zeros(3).long(), "shape (2,) | shape (3,) | labels has the wrong"),
    "dtype": (lambda: torch.zeros(2), "int64 | float32 | labels has the wrong number type"),
}


@pytest.mark.parametrize("case", TENSORS)
def test_a_tensor_is_asked_for_by_type_shape_and_numbers(case: str) -> None:
    answer, said = TENSORS[case]
    outcome = asked(answer, lambda q, a: q.tensor(a(), "labels", shape=(2,), whole=True))
    assert said in told(outcome)


def test_nan_inside_a_tensor_is_told() -> None:
    outcome = asked(lambda: torch.tensor([1.0, float("nan")]), lambda q, a: q.tensor(a(), "loss"))
    assert "loss holds NaN" in told(outcome)


@pytest.mark.parametrize("result", [None, 3, (1,), (1, 2, 3), "ab"])
def test_parts_are_counted_and_named(result: object) -> None:
    outcome = asked(lambda: result, lambda q, a: q.parts(a(), "corrupted", "labels"))
    assert "corrupted, labels" in told(outcome)


@pytest.mark.parametrize("result", [None, [1], {1: 0.5}, {1: 0.5, 2: 0.5, 3: 0}])
def test_keys_are_asked_for(result: object) -> None:
    outcome = asked(lambda: result, lambda q, a: q.keys(a(), {1, 2}, "shares"))
    assert told(outcome).startswith("1, 2 | ")


def test_an_error_in_the_learners_function_shows_type_message_and_line() -> None:
    def answer() -> float:
        counts: dict[str, float] = {}
        return counts["the"]

    words = told(asked(answer, close))
    assert "`answer` stopped with KeyError: 'the'" in words
    assert 'return counts["the"]' in words
    assert "Traceback" not in words


def test_leaving_the_interpreter_is_an_error_like_any_other() -> None:
    def answer() -> float:
        raise SystemExit(1)

    assert "stopped with SystemExit" in told(asked(answer, close))


def test_an_endless_recursion_is_told() -> None:
    def answer() -> float:
        return answer()

    assert "RecursionError" in told(asked(answer, close))


class Scale(torch.nn.Module):
    """A small module as a learner writes it."""

    def __init__(self, size: int) -> None:  # noqa: D107
        super().__init__()
        assert size > 0
        self.weight = torch.nn.Parameter(torch.full((size,), 2.0))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        states += 0  # a copy: the check's own tensor must not become part of this
        return states * self.weight


def test_a_class_makes_a_module_that_checks_can_use_as_one() -> None:
    def check(question: Question, answer: Any) -> None:
        module = answer(size=3)
        assert module.train(False) is module
        assert module.eval() is module
        module.load_state_dict({"weight": torch.tensor([1.0, 2.0, 3.0])})
        assert list(module.state_dict()) == ["weight"]
        given = torch.ones(3, requires_grad=True)
        module(given).sum().backward()
        ((name, weight),) = module.named_parameters()
        assert next(module.parameters()) is weight
        question.equal(weight.grad, torch.ones(3), name, hint="other")
        question.equal(given.grad, torch.tensor([1.0, 2.0, 3.0]), "the input", hint="other")

    outcome = asked(Scale, check)
    assert outcome.passed, outcome.mistake and outcome.mistake.likely


MODULE_ERRORS = {
    "in __init__": (lambda q, a: a(size=-1), "assert size > 0"),
    "wrong arguments": (lambda q, a: a(), "`answer` stopped with TypeError"),
    "in forward": (lambda q, a: a(size=3)(torch.ones(2)), "return states * self.weight"),
    "in load_state_dict": (
        lambda q, a: a(size=3).load_state_dict({}),
        "`answer` stopped with RuntimeError",
    ),
}


@pytest.mark.parametrize("case", MODULE_ERRORS)
def test_an_error_in_the_learners_module_is_told_like_a_functions(case: str) -> None:
    check, said = MODULE_ERRORS[case]
    told_words = told(asked(Scale, check))
    assert "`answer` stopped with" in told_words
    assert said in told_words


def test_a_module_that_is_not_written_yet_is_told() -> None:
    class Stub(torch.nn.Module):
        def forward(self, states: torch.Tensor) -> torch.Tensor:
            raise NotImplementedError()

    assert "`Stub` is not written yet" in told(asked(Stub, lambda q, a: a()(torch.ones(1))))


def test_a_module_without_a_forward_is_told() -> None:
    class Empty(torch.nn.Module):
        pass

    assert 'missing the required "forward"' in told(asked(Empty, lambda q, a: a()(torch.ones(1))))


def test_an_answer_that_waits_for_another_names_the_other() -> None:
    def other() -> float:
        raise NotImplementedError()

    def answer() -> float:
        return other() + 1

    assert "`other` is not written yet" in told(asked(answer, close))


def test_a_class_that_makes_no_module_is_told() -> None:
    class Plain:
        pass

    assert "write `class answer(nn.Module):`" in told(asked(Plain, lambda q, a: a()))


def test_an_answer_not_yet_written_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    def answer() -> float:
        raise NotImplementedError()

    lab = Lab({"answer": answer}, points={"q": 2}, hints=HINTS)
    question = lab.question("q")
    for title in ("First.", "Second."):

        def it_holds(answer: Any) -> None:
            close(question, answer)

        it_holds.__doc__ = title
        question.check(1)(it_holds)
    assert question.report() == 0
    printed = capsys.readouterr().out
    assert printed.count("is not written yet") == 1
    assert "not tried (1)  Second" in printed


@pytest.mark.parametrize(
    ("names", "words"),
    [({}, "is not defined; run the cell"), ({"answer": None}, "is not written yet")],
)
def test_a_missing_answer_is_told(names: dict[str, Any], words: str) -> None:
    lab = Lab(names, points={"q": 1}, hints=HINTS)
    question = lab.question("q")

    @question.check(1)
    def it_holds(answer: Any) -> None:
        close(question, answer)

    assert words in told(question.run()[0])


def test_a_value_where_a_function_is_asked_is_told() -> None:
    assert "`answer` must be a function; you gave it a value of type float" in told(
        asked(4.0, close)
    )


def test_a_result_that_breaks_the_check_is_told() -> None:
    outcome = asked(lambda: 3, lambda q, a: q.that(len(a()) == 2, "other"))
    assert "the check cannot use your result (TypeError" in told(outcome)


def test_arguments_arrive_as_copies() -> None:
    given = torch.zeros(2)

    def answer(numbers: torch.Tensor, more: dict[str, list[int]]) -> None:
        numbers += 1
        more["a"].append(1)

    def check(question: Question, answer: Any) -> None:
        more = {"a": [0]}
        answer(given, more)
        assert more == {"a": [0]}

    assert asked(answer, check).passed
    assert given.tolist() == [0.0, 0.0]


def test_partial_credit_is_given_by_check(capsys: pytest.CaptureFixture[str]) -> None:
    lab = Lab({"number": 5}, points={"q": 4}, hints=HINTS)
    question = lab.question("q")

    @question.check(1)
    def it_is_odd(number: Any) -> None:
        """It is odd."""
        question.that(number % 2 == 1, "other")

    @question.check(2)
    def it_is_four(number: Any) -> None:
        """It is four."""
        question.close(number, 4, "the number", hint="other", mistakes={"off": 5})

    points = question.report()
    printed = capsys.readouterr().out
    assert points == 1.0
    assert repr(points) == "1.0", "nbgrader reads partial credit from this text"
    assert "Question `q`: 1 of 3 points. Tests that you do not see here decide about 1 more." in (
        printed
    )
    assert "passed (1)   It is odd" in printed
    assert "not yet (2)  It is four" in printed
    assert "likely:   One too many." in printed


def test_running_a_check_cell_again_starts_the_question_anew() -> None:
    lab = Lab({"number": 4}, points={"q": 1}, hints=HINTS)
    for _ in range(2):
        question = lab.question("q")

        @question.check(1)
        def it_is_four(number: Any, question: Question = question) -> None:
            question.close(number, 4, "the number", hint="other")

        question.check(0)
    assert question.seen_total == 1


def test_the_summary_tells_points_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    lab = Lab({"number": 5}, points={"first": 1, "second": 2}, hints=HINTS)
    question = lab.question("first")

    @question.check(1)
    def it_is_four(number: Any) -> None:
        """It is four."""
        question.close(number, 4, "the number", hint="other")

    question.run()
    lab.summary()
    printed = capsys.readouterr().out.split("\n")
    assert printed == [
        "Your points so far",
        "  first              0 of 1",
        "  second             0 of 2",
        "  together           0 of 3",
        "Left to do:",
        "  `first`: It is four",
        "  `second`: run its check",
        "",
    ]


def test_the_library_goes_on_where_the_learner_is_not_done_yet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab = Lab({"number": 4}, points={"q": 1}, hints=HINTS)
    assert lab.choose("q", "number", otherwise=9) == 9
    assert "the library's own" in capsys.readouterr().out
    question = lab.question("q")

    @question.check(1)
    def it_is_four(number: Any) -> None:
        question.close(number, 4, "the number", hint="other")

    question.run()
    assert lab.choose("q", "number", otherwise=9) == 4
    assert "yours passed" in capsys.readouterr().out


def test_a_hint_that_is_not_there_is_the_authors_mistake() -> None:
    def check(question: Question, answer: Any) -> None:
        question.close(answer(), 4.0, "the count", hint="other", mistakes={"gone": 5.0})

    with pytest.raises(UserError, match="no hint `gone`"):
        asked(lambda: 4.0, check)


def test_an_unknown_question_is_the_authors_mistake() -> None:
    with pytest.raises(UserError, match="no question `r`"):
        Lab({}, points={"q": 1}, hints={}).question("r")


def test_an_unknown_language_falls_back_to_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMLAB_LANG", "xx")
    assert "holds NaN" in told(asked(lambda: float("nan"), close))


def test_every_word_of_the_table_is_used() -> None:
    folder = Path(words.__file__).parent
    table = (folder / "words.py").read_text().partition("TABLES")[2]  # what stands behind it
    code = table + "".join(p.read_text() for p in folder.rglob("*.py") if p.name != "words.py")
    assert [key for key in words.ENGLISH if f'"{key}"' not in code] == []


def test_a_value_is_written_the_same_in_every_process() -> None:
    assert values.show({"b", 1, None}) == "{'b', 1, None}"
    assert values.show([{3, 1}, frozenset({"x"}), (), (1,), {1: {3, 2}}]) == (
        "[{1, 3}, frozenset({'x'}), (), (1,), {1: {2, 3}}]"
    )
    endless: list[object] = []
    endless.append(endless)
    assert values.show(endless) == "list"
    assert values.show(set()) == "set()"


def test_a_check_with_a_seed_of_its_own_has_it_and_leaves_the_others_theirs() -> None:
    lab = Lab({"answer": 1}, points={"q": 2}, hints=HINTS)
    lab.seeds = {"hidden": 41}
    question, seen = lab.question("q"), {}

    def hidden(answer: Any) -> None:
        seen["hidden"] = question.seed
        raise question.mistake("other")

    def visible(answer: Any) -> None:
        seen["visible"] = question.seed

    for check in (hidden, visible):
        question.check(1)(check)
    question.run()
    assert seen == {"hidden": 41, "visible": 0}
