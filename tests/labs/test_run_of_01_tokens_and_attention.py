"""The lab on tokens and attention runs from top to bottom, solved and untouched, and ends right.

Also what its text says without numbers is proved here: which language is dear and which is lost,
what a square root and a position vector are good for.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from running import run_cells

from fmlab.grading.source import read
from fmlab.grading.student import student_notebook

LAB = read(Path(__file__).parents[2] / "labs" / "01_tokens_and_attention.md")


@cache
def solved() -> tuple[dict[str, Any], str]:
    return run_cells(LAB.notebook.cells, {})


@cache
def untouched() -> tuple[dict[str, Any], str]:
    return run_cells(student_notebook(LAB, "https://host.example/a/course").cells, {})


def test_the_solved_lab_uses_the_learners_own_parts_and_has_full_points() -> None:
    names, printed = solved()
    lab = names["lab"]
    assert {name: question.points for name, question in lab.questions.items()} == lab.points
    for chosen, own in (
        ("words_of", "split_words"),
        ("cut", "encode_word"),
        ("attend", "attention"),
        ("split", "split_heads"),
        ("join", "join_heads"),
        ("Block", "EncoderBlock"),
    ):
        assert names[chosen] is names[own]
    assert "library's own" not in printed


def test_the_untouched_student_notebook_runs_to_its_end_with_no_points() -> None:
    names, printed = untouched()
    assert all(question.points == 0 for question in names["lab"].questions.values())
    assert printed.count("the library's own is used from here on") == 6


@pytest.mark.parametrize(
    ("run", "whose"), [(solved, "Your BERT"), (untouched, "The library's block")]
)
def test_the_learners_bert_gives_the_shipped_models_numbers(run: Any, whose: str) -> None:
    names, printed = run()
    assert f"{whose} gives the trained model's numbers." in printed
    assert set(names["gaps"]) == {"vectors", "scores"}
    for gap in names["gaps"].values():
        assert gap.numel() > 1000
        assert float(gap.abs().max()) < 1e-4
    trained, own = names["changed_bert"](names["ids"], "as trained"), names["logits"]
    torch.testing.assert_close(trained[names["real"]], own[names["real"]], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("run", [solved, untouched])
def test_every_sentence_has_the_numbers_of_the_library(run: Any) -> None:
    names, printed = run()
    assert printed.count("the same   ") == len(names["SENTENCES"])
    assert "not the same" not in printed


def test_words_agree_with_the_library_on_all_kinds_of_writing() -> None:
    names, _ = solved()
    by_library = untouched()[0]["words_of"]
    texts = [*names["SENTENCES"], *(t for n, t in names["SAME"].items() if n != "Chinese")]
    for text in [*texts, "5€ ½ ﬁn", "snake_case, $1+1 = 2~", "İstanbul; straße", "¿Qué?—sí…"]:
        assert names["split_words"](text) == by_library(text)


def test_the_text_says_the_truth_about_the_languages() -> None:
    names, _ = solved()
    pieces, unknown = names["tokens_in"], names["tokenizer"].unk_id
    assert names["most"] == "Greek"
    assert len(pieces["Russian"]) < len(pieces["English"])
    assert pieces["Russian"].count(unknown) > 0.8 * len(pieces["Russian"])
    assert pieces["Greek"].count(unknown) == 0
    cost = names["cost"]
    assert cost["second language"] == sorted(cost["second language"], reverse=True)
    assert cost["second language"][0] > 2 * cost["first language"][0]
    assert cost["second language"][-1] == pytest.approx(cost["first language"][-1], rel=0.05)
    assert cost["first language"][-1] > cost["first language"][0]


def test_the_square_root_keeps_the_softmax_as_it_is_for_every_depth() -> None:
    names, _ = solved()
    largest, moving = names["largest"], names["moving"]
    level = largest["divided by sqrt(D)"]
    assert max(level) < 1.2 * min(level)
    assert largest["not divided"] == sorted(largest["not divided"])
    assert largest["not divided"][-1] > 0.9
    assert moving["not divided"] == sorted(moving["not divided"], reverse=True)
    assert moving["not divided"][-1] < 0.1 < 0.8 < min(moving["divided by sqrt(D)"])


def test_without_positions_order_does_not_matter_and_with_them_it_does() -> None:
    names, _ = solved()
    row, order, vectors = names["row"], names["order"], names["vectors"]
    gaps = [
        float((vectors(row, use)[order] - vectors(row[:, order], use)).abs().max())
        for use in (False, True)
    ]
    assert gaps[0] < 1e-4 < 0.1 < gaps[1]


def test_each_change_makes_the_model_worse_and_the_missing_root_not_the_worst() -> None:
    names, _ = solved()
    losses = names["losses"]
    assert min(losses, key=losses.get) == "as trained"
    assert losses["no square root"] < 0.5 * (losses["as trained"] + max(losses.values()))
    assert len(names["exam"]) > 100


def test_the_figures_are_the_same_in_both_runs() -> None:
    own, library = solved()[0], untouched()[0]
    assert own["cost"] == library["cost"]
    assert own["tokens_in"] == library["tokens_in"]
    assert own["losses"] == pytest.approx(library["losses"], abs=1e-3)
