"""The lab on attention runs to its end, solved, untouched and with mistakes, and ends right.

Sizes are tiny here; what the lab says in words is held against its run at real sizes, which is
slow. Whether a learner's answer or the library's is used must not change a figure.
"""

import importlib.util
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
import torch
from running import LabRun, smallest_tier  # noqa: F401

from fmlab import corpus
from fmlab.corpus import Corpus
from fmlab.errors import UserError
from fmlab.grading.source import read
from fmlab.models.bert import BertConfig
from fmlab.tiers import TIERS

PATH = Path(__file__).parents[2] / "labs" / "06_see_attention.md"
LAB = read(PATH)
TINY = {
    "rows": 12,
    "seeds": 2,
    "toy": {"sentences": 900, "hidden": 16, "layers": 2, "batch": 16, "steps": 4},
    "planted": {"texts": 60, "batch": 8, "steps": 4, "explained": 4},
}
MISTAKES = {  # what a learner may write, by the last name of the question's cell
    "looks": "def looks(weights, ids, separator):\n    return {'itself': weights.mean()}",
    "head": "def link_share(weights, start, end):\n    return 0\n\n\n"
    "def switch_off(mixed, head, num_heads):\n    raise ValueError('no idea')",
    "rollout": "def rollout(weights):\n    return weights.mean((0, 1))",
    "occlusion": "def cover_each(ids, free, mask_id):\n    return ids\n\n\nfalls = 3",
    "faithful": "def cover_top(ids, free, scores, mask_id, share):\n    return ids\n\n\n"
    "def two_falls(whole, without, only):\n    return None",
}
OWN = {
    "own_looks": "looks",
    "own_share": "link_share",
    "own_switch": "switch_off",
    "own_rollout": "rollout",
    "own_cover": "cover_each",
    "own_falls": "falls",
    "own_top": "cover_top",
    "own_two": "two_falls",
}


def make_small(names: dict[str, Any]) -> None:
    names.update(size=TINY, SEEDS=range(2))


RUN = LabRun(LAB, {"SIZES = {": make_small}, OWN)


def figures(names: dict[str, Any]) -> dict[str, Any]:
    """Return what the lab has measured."""
    kept = ("shares", "even", "found", "drops", "curves", "first_is_cue")
    return {name: names[name] for name in (*kept, "comprehensive", "sufficient")}


def test_the_solved_lab_uses_the_learners_functions_and_has_full_points() -> None:
    RUN.assert_solved_with_full_points()
    assert RUN.solved[1].count("the same as the library's") == 2


def test_the_untouched_student_notebook_runs_to_its_end_with_no_points() -> None:
    RUN.assert_untouched_has_no_points()


def test_wrong_answers_get_no_points_there_and_the_lab_still_ends() -> None:
    names = RUN.mistaken(MISTAKES, most=1)
    assert set(names["first_is_cue"]) == set(RUN.untouched[0]["first_is_cue"])


def test_the_librarys_functions_give_the_figures_of_the_solution() -> None:
    mine, theirs = figures(RUN.solved[0]), figures(RUN.untouched[0])
    assert mine["found"] == theirs["found"]
    for name in mine:
        assert flat(mine[name]) == pytest.approx(flat(theirs[name]), abs=2e-3, nan_ok=True)


def flat(value: Any) -> list[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [number for part in value for number in flat(part)]
    return torch.as_tensor(value).double().flatten().tolist()  # type: ignore[no-any-return]


def test_the_figures_are_the_same_each_time() -> None:
    again = figures(RUN.run(LAB.notebook.cells)[0])
    assert {name: flat(value) for name, value in figures(RUN.solved[0]).items()} == {
        name: flat(value) for name, value in again.items()
    }


def test_without_books_the_lab_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    load = corpus.load

    def unreachable(name: str, **options: Any) -> Corpus:
        if name == "books":
            raise UserError("cannot reach https://host.example; check the network")
        return load(name, **options)

    monkeypatch.setattr(corpus, "load", unreachable)
    cells = LAB.notebook.cells
    until = next(i for i, cell in enumerate(cells) if "strongest = []" in cell.source)
    names, printed = RUN.run(cells[: until + 1])
    assert "No books: cannot reach https://host.example; check the network" in printed.split("\n")
    assert len(names["counted_rows"]) == TINY["rows"]
    assert {len(row) for row in names["counted_rows"]} == {names["LENGTH"]}


def test_without_captum_and_bertviz_their_parts_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = importlib.util.find_spec
    missing = ("captum", "bertviz")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *of: None if name in missing else find(name, *of)
    )
    names, printed = RUN.run(LAB.notebook.cells)
    for name in missing:
        assert f"{name} is missing. Run `%pip install {name}` in a new cell" in printed
    assert set(names["METHODS"]) == {"last-layer attention", "rollout", "occlusion", "random"}
    assert names["lab"].passed("rollout")


def test_the_cue_stands_where_the_lab_says_and_tells_the_label() -> None:
    names, _ = RUN.solved
    rows, labels, cues = names["plant"](300, 3, "a test")
    tokenizer, meaning = names["toy_tokenizer"], names["CUES"]
    strong = {word for words in meaning[:2] for word in words}
    for row, label, cue in zip(rows.tolist(), labels.tolist(), cues.tolist(), strict=True):
        words = tokenizer.tokens(row)
        assert words[cue] in meaning[label]
        assert sum(word in strong for word in words) == (label < 2)
    assert set(labels.tolist()) == {0, 1, 2}
    assert set(names["test_labels"].tolist()) <= {0, 1}


@pytest.mark.parametrize("name", ["to_choose", "to_test", "with_adjective"])
def test_in_each_exam_the_verb_is_hidden_and_the_places_are_right(name: str) -> None:
    names, _ = RUN.solved
    exam, tokens = names[name], names["toy_tokenizer"].tokens
    assert len(exam.rows) > 20
    adjectives = set(names["lexicon"].ADJECTIVES)
    for n, row in enumerate(exam.rows.tolist()):
        words = tokens(row)
        assert words[exam.verb[n]] == "[MASK]"
        assert words[exam.subject[n]] in names["NOUNS"]
        assert words[exam.other[n]] in (
            adjectives if name == "with_adjective" else names["NOUNS"] - {words[exam.subject[n]]}
        )
        assert exam.right[n] != exam.wrong[n]
        assert "[UNK]" not in words


def test_the_two_sets_of_sentences_are_not_the_same() -> None:
    names, _ = RUN.solved
    both = (names["to_choose"], names["to_test"])
    first, second = ({tuple(row) for row in exam.rows.tolist()} for exam in both)
    assert len(second - first) > 0.8 * len(second)


def test_the_interval_is_students() -> None:
    names, _ = RUN.solved
    low, high = names["interval"]([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (low, high) == pytest.approx((1.04, 4.96), abs=0.01)  # 3 +- 2.776 x 1.581 / sqrt(5)


@pytest.mark.parametrize("name", TIERS)
def test_every_tier_has_sizes_that_make_a_run(name: str) -> None:
    names, _ = RUN.solved
    sizes = names["SIZES"][name]
    assert sizes["seeds"] in names["T95"]
    assert set(sizes) == set(TINY)
    assert all(set(sizes[part]) == set(TINY[part]) for part in ("toy", "planted"))  # type: ignore[call-overload]
    BertConfig(hidden_size=sizes["toy"]["hidden"], num_attention_heads=4)


@pytest.fixture
def printed(reference_run: Any) -> str:
    """What the lab has printed, on the run that is compared with its reference."""
    text: str = reference_run(PATH).process_resources["printed"]
    return text


@pytest.mark.slow
def test_every_model_learns_agreement_and_the_planted_task(printed: str) -> None:
    verbs = re.findall(r"seed \d+: ([\d.]+)% of the hidden verbs right", printed)
    assert len(verbs) == 5
    assert min(map(float, verbs)) > 95
    planted = re.findall(r": ([\d.]+)% right; the answer changes in ([\d.]+)%.*?([\d.]+)%", printed)
    assert len(planted) == 5
    assert min(float(right) for right, _, _ in planted) > 95
    cue, another = (statistics.mean(float(one[n]) for one in planted) for n in (1, 2))
    assert cue > 90
    assert another < 5


@pytest.mark.slow
def test_the_seeds_disagree_about_the_head(printed: str) -> None:
    lost, kept = re.findall(r"models that lose .*?: (\d+) of 5", printed)
    assert int(lost) < 5  # not every model hangs on the head that the probe finds
    assert int(kept) < 5  # nor is it idle in every one


@pytest.mark.slow
def test_occlusion_finds_the_cue_and_chance_does_not(printed: str) -> None:
    def found(method: str) -> float:
        row = re.search(rf"{method} +(-?[\d.]+) \(", printed)
        assert row is not None, method
        return float(row.group(1))

    assert found("occlusion") > 0.9
    assert found("random") < 0.2
    assert found("last-layer attention") < found("occlusion") - 0.1
