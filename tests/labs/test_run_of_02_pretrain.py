"""The lab on pretraining runs from top to bottom, solved, untouched, and without the books.

Here with sizes made small, so that it takes seconds; `test_reference_run.py` takes the real ones.
"""

from pathlib import Path
from typing import Any

import pytest
from running import run_cells

from fmlab import corpus
from fmlab.corpus import Corpus
from fmlab.errors import UserError
from fmlab.grading.source import read
from fmlab.grading.student import student_notebook
from fmlab.tiers import TIERS
from fmlab.train_config import TrainConfig

LAB = read(Path(__file__).parents[2] / "labs" / "02_pretrain.md")
TINY_BOOKS = {
    "vocab_size": 300,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "intermediate_size": 32,
    "seq_len": 32,
    "batch_size": 4,
    "steps": 3,
}


def make_small(names: dict[str, Any]) -> None:
    toy = {"sentences": 600, "hidden": 16, "layers": 1, "batch": 16, "steps": 10}
    names["size"] = {"toy": toy, "words": 3000, "books": TINY_BOOKS}


@pytest.fixture
def no_books(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the books unreachable."""
    load = corpus.load

    def unreachable(name: str, **options: Any) -> Corpus:
        if name == "books":
            raise UserError("cannot reach https://host.example; check the network")
        return load(name, **options)

    monkeypatch.setattr(corpus, "load", unreachable)


@pytest.fixture(autouse=True)
def smallest_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMLAB_TIER", "cpu")


def run(cells: list[Any]) -> tuple[dict[str, Any], str]:
    return run_cells(cells, {"SIZES = {": make_small})


@pytest.mark.usefixtures("no_books")
def test_without_books_the_lab_says_so_in_one_line_and_goes_on() -> None:
    names, printed = run(LAB.notebook.cells)
    lines = printed.split("\n")
    assert "No books: cannot reach https://host.example; check the network" in lines
    assert names["text"].name == "toyworld"
    assert set(names["scores"]) == {"unigram", "trigram", "your BERT", "shipped BERT"}


@pytest.mark.usefixtures("no_books")
def test_the_solved_lab_uses_the_learners_functions_and_has_full_points() -> None:
    names, printed = run(LAB.notebook.cells)
    lab = names["lab"]
    assert {name: question.points for name, question in lab.questions.items()} == lab.points
    assert names["hide"] is names["mask_tokens"]
    assert names["loss_of"] is names["masked_loss"]
    assert names["accuracy_of"] is names["agreement_accuracy"]
    assert "library's own" not in printed


@pytest.mark.usefixtures("no_books")
def test_the_untouched_student_notebook_runs_to_its_end_with_no_points() -> None:
    cells = student_notebook(LAB, "https://host.example/a/course").cells
    names, printed = run(cells)
    assert all(question.points == 0 for question in names["lab"].questions.values())
    assert printed.count("the library's own is used from here on") == 6
    assert "`agreement_accuracy`: left out from here on" in printed
    assert "plain" not in names["history"][-1]
    assert names["history"][-1]["exam loss"] < names["history"][0]["exam loss"]


@pytest.mark.usefixtures("no_books")
def test_the_figures_are_the_same_each_time() -> None:
    first, second = (run(LAB.notebook.cells)[0] for _ in range(2))
    assert first["history"] == second["history"]
    assert first["scores"] == second["scores"]
    assert len(first["history"]) > 3


def test_the_levels_stand_in_their_order_and_the_floor_is_the_grammars() -> None:
    names, _ = run_cells(
        LAB.notebook.cells[
            : next(i for i, c in enumerate(LAB.notebook.cells) if "levels" in c.source) + 1
        ],
        {"SIZES = {": make_small},
    )
    guessing, frequencies, floor = names["levels"].values()
    assert guessing > frequencies > floor > 0
    assert floor == names["world"].cross_entropy(names["exam_sentences"])
    assert len(names["where"]) == sum(len(s.split()) for s in names["exam_sentences"])


@pytest.mark.parametrize("name", TIERS)
def test_every_tier_has_sizes_that_make_a_run(name: str) -> None:
    source = next(c.source for c in LAB.notebook.cells if "SIZES = {" in c.source)
    names: dict[str, Any] = {}
    exec(source.partition("TIER, SEED")[0], names)
    sizes = names["SIZES"][name]
    config = TrainConfig.for_tier(name, corpus="books", mask_rate=0.3, **sizes["books"])
    assert config.steps == sizes["books"]["steps"]
    assert set(sizes["toy"]) == {"sentences", "hidden", "layers", "batch", "steps"}
    assert sizes["toy"]["hidden"] % 4 == 0
