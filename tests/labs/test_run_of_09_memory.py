"""The lab on memory runs to its end, solved, untouched and with mistakes, and ends right.

Sizes are tiny here; what the lab says in words is held against its run at real sizes, which is
slow. Whether a learner's answer or the library's is used must not change a figure.
"""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from running import LabRun, smallest_tier  # noqa: F401

from fmlab.audits import private_sweep, resident_id
from fmlab.grading.source import read
from fmlab.tiers import TIERS

PATH = Path(__file__).parents[2] / "labs" / "09_memory.md"
LAB = read(PATH)
TINY = {
    "seeds": 2,
    "sentences": 60,
    "model": {"hidden": 16, "layers": 1, "batch": 8, "steps": 4},
    "private": {"epsilons": [8.0], "seeds": 1},
    "people": {"count": 2, "repeats": 2, "seeds": 2},
}
TINY_SWEEP = private_sweep.Sizes(sentences=40, hidden_size=16, steps=3, batch_size=16)
MISTAKES = {  # what a learner may write, by the last name of the question's cell
    "exposure": "def rank(losses, own):\n    return losses\n\n\nexposure = 3",
    "membership": "def suspicion(losses, reference_losses):\n    return losses\n\n\n"
    "def found_at(members, others, most):\n    raise ValueError('no idea')",
    "private": "def private_gradient(gradients, *rest):\n    return gradients.mean(0)",
    "resident": "def check_sign(first):\n    return first",
    "recall": "def recall_by_kind(planted, found):\n    return {'all': 1.0}",
}
OWN = {
    "own_exposure": "exposure",
    "own_suspicion": "suspicion",
    "own_found": "found_at",
    "own_step": "private_gradient",
    "own_sign": "check_sign",
    "own_recall": "recall_by_kind",
}


def make_small(names: dict[str, Any]) -> None:
    names.update(size=TINY, SEEDS=range(2))


def small_sweep(names: dict[str, Any]) -> None:
    """Let a point be computed in small; the file stays as it is."""
    whole = private_sweep.sweep_model

    class Small:
        def __getattr__(self, name: str) -> Any:
            return getattr(private_sweep, name)

        def sweep_model(self, *args: Any, **options: Any) -> Any:
            return whole(*args, sizes=TINY_SWEEP, **options)

    names["private_sweep"] = Small()


RUN = LabRun(
    LAB, {"SIZES = {": make_small, "sweep_sizes, points = private_sweep": small_sweep}, OWN
)


def figures(names: dict[str, Any]) -> dict[str, Any]:
    """Return what the lab has measured."""
    kept = ("bits", "attacks", "lucky", "recalls", "remains")
    live = [(p.loss, [bits for _, bits in p.exposures]) for p in names["live"].values()]
    return {**{name: names[name] for name in kept}, "live": live}


def flat(value: Any) -> list[float]:
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value, key=str)]
    if isinstance(value, list | tuple):
        return [number for part in value for number in flat(part)]
    return [float(value)]


def test_the_solved_lab_uses_the_learners_functions_and_has_full_points() -> None:
    RUN.assert_solved_with_full_points()
    assert RUN.solved[1].count("the same as the library's") == 1


def test_the_untouched_student_notebook_runs_to_its_end_with_no_points() -> None:
    RUN.assert_untouched_has_no_points()


def test_wrong_answers_get_no_points_there_and_the_lab_still_ends() -> None:
    names = RUN.mistaken(MISTAKES, most=1)
    assert set(names["remains"]) == set(RUN.untouched[0]["remains"])


def test_the_librarys_functions_give_the_figures_of_the_solution() -> None:
    mine, theirs = figures(RUN.solved[0]), figures(RUN.untouched[0])
    for name in mine:
        wanted = pytest.approx(flat(theirs[name]), abs=1e-4, rel=2e-3)  # sums in another order
        assert flat(mine[name]) == wanted, name


def test_the_figures_are_the_same_each_time() -> None:
    again = figures(RUN.run(LAB.notebook.cells)[0])
    assert {name: flat(value) for name, value in figures(RUN.solved[0]).items()} == {
        name: flat(value) for name, value in again.items()
    }


def test_without_opacus_and_presidio_the_lab_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = importlib.util.find_spec
    missing = ("opacus", "presidio_analyzer")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *of: None if name in missing else find(name, *of)
    )

    def refuse(*_: Any) -> None:
        raise AssertionError("Presidio or Opacus was asked, though it is missing")

    monkeypatch.setattr("fmlab.audits.redaction._analyzer", refuse)
    monkeypatch.setattr("fmlab.audits.privacy_accounts._by_accountant", refuse)
    names, printed = RUN.run(LAB.notebook.cells)
    assert "opacus is missing. Run `%pip install opacus` in a new cell" in printed
    assert "presidio_analyzer is missing. Run `%pip install presidio-analyzer" in printed
    assert "Without Opacus there is no accountant here" in printed
    assert "the three added patterns work alone" in printed
    recall = names["recall"]
    assert recall["resident number"] == recall["e-mail address"] == 1
    assert recall["mobile number"] == 0.5  # those without dots
    assert recall["door code"] == 0
    assert set(names["recalls"]) == {"with three recognisers added"}


def test_records_are_of_their_form_and_nobodys() -> None:
    names, _ = RUN.solved
    for one in (one for some in names["records"].values() for one in some):
        secret = one.line[slice(*one.span)]
        values = [c.index(w) for c, w in zip(one.form.choices, one.fillings[one.own], strict=True)]
        assert one.form.text(values) == names["spelled"](one.line)
        assert len(set(one.fillings)) == 1000
        if one.kind == "resident number":
            assert resident_id.is_resident_id(secret)
            assert secret.startswith("19")  # no province has this number
        if one.kind == "e-mail address":
            assert secret.endswith("@example.org")


def test_the_redacted_text_has_no_secret_that_was_found() -> None:
    names, _ = RUN.solved
    for one in (one for some in names["records"].values() for one in some):
        secret = one.line[slice(*one.span)]
        if one.kind in ("resident number", "e-mail address"):
            assert secret not in names["covered"](one.line)
            assert "hidden" in names["covered"](one.line)
        if one.kind == "door code":
            assert names["covered"](one.line) == one.line


def test_pages_of_members_and_of_others_share_no_sentence() -> None:
    names, _ = RUN.solved
    for text in names["texts"].values():
        assert not set(text.members) & set(text.others)
        assert not set(text.reference) & {*text.members, *text.others}
    assert sum(names["truth"].values()) == 4


def test_the_promise_allows_chance_for_nothing_and_everything_for_many_copies() -> None:
    names, _ = RUN.solved
    allowed = names["allowed"]
    assert allowed(1e-9, 1) == pytest.approx(names["CHANCE"], abs=1e-3)
    assert allowed(0.5, 1) < allowed(0.5, 2) < allowed(2.0, 2) < names["MOST"]
    assert allowed(8.0, 64) == names["MOST"]


def test_the_interval_is_students() -> None:
    names, _ = RUN.solved
    low, high = names["interval"]([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (low, high) == pytest.approx((1.04, 4.96), abs=0.01)  # 3 +- 2.776 x 1.581 / sqrt(5)


@pytest.mark.parametrize("name", TIERS)
def test_every_tier_has_sizes_that_make_a_run(name: str) -> None:
    names, _ = RUN.solved
    sizes = names["SIZES"][name]
    assert set(sizes) == set(TINY)
    assert all(set(sizes[p]) == set(TINY[p]) for p in ("model", "private", "people"))  # type: ignore[call-overload]
    assert {sizes["seeds"], sizes["people"]["seeds"]} <= set(names["T95"])
    assert sizes["people"]["seeds"] <= sizes["seeds"]
    _, points = private_sweep.stored()
    kept = {(point.epsilon, point.seed) for point in points}
    live = sizes["private"]
    wanted = {(e, seed) for e in live["epsilons"] for seed in range(live["seeds"])}
    assert wanted <= kept
    names["planted_codes"].code_text(sizes["sentences"], 0)


@pytest.fixture
def printed(reference_run: Any) -> str:
    """What the lab has printed, on the run that is compared with its reference."""
    text: str = reference_run(PATH).process_resources["printed"]
    return text


def row(text: str, begins: str) -> list[tuple[float, float, float]]:
    """Return the means and intervals of a table's row."""
    interval = r"-?[\d.]+ \(-?[\d.]+ to -?[\d.]+\)\s*"
    cells = re.search(rf"(?<!\w){re.escape(begins)}\s*(?:[\d.]+ )?((?:{interval})+)", text)
    assert cells is not None, begins
    found = re.findall(r"(-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\)", cells[1])
    return [(float(a), float(b), float(c)) for a, b, c in found]


@pytest.mark.slow
def test_repeats_raise_the_exposure_from_chance_to_the_most(printed: str) -> None:
    (never,), (often,) = row(printed, "0 times "), row(printed, "64 times ")
    assert never[1] < 1.45 < never[2]
    assert often[0] > 12.5


@pytest.mark.slow
def test_the_reference_helps_and_alone_tells_nothing(printed: str) -> None:
    by_loss, by_difference, control = (
        row(printed, name)
        for name in ("loss ", "difference to the reference", "control: the reference alone")
    )
    assert by_difference[0][0] > by_loss[0][0]
    assert by_difference[1][0] > by_loss[1][0] + 0.05
    assert control[1][1] < 0.5 < control[1][2]


@pytest.mark.slow
def test_at_epsilon_eight_few_repeats_are_safe_and_many_are_not(printed: str) -> None:
    loss, once, _, _, often = row(printed, "epsilon 8 ")
    assert once[1] < 1.45
    assert often[1] > 5
    assert loss[0] > row(printed, "no noise ")[0][0] + 0.5


@pytest.mark.slow
def test_what_is_found_whole_is_forgotten_and_the_rest_is_not(printed: str) -> None:
    for kind in ("resident number", "e-mail address"):
        before, after = row(printed.split("Exposure in bits, mean")[-1], kind)
        assert before[0] > 5
        assert after[1] < 1.45
    _, after = row(printed.split("Exposure in bits, mean")[-1], "door code")
    assert after[0] > 5
