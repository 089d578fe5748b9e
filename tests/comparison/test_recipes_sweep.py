"""Every recipe has the same budget and the same yardstick, and the stored sweep is whole."""

import dataclasses
import json
import math
from functools import cache
from pathlib import Path

import pytest
import torch

from fmlab.comparison import sweep
from fmlab.comparison.one_run import TOY, Bench, Budget, Point
from fmlab.comparison.switches import BASE, RECIPES, Switches
from fmlab.errors import UserError

TINY = dataclasses.replace(
    TOY, amount=200, hidden_size=16, tokens=2_000, tokens_a_step=500, held_out=2
)


@cache
def bench() -> Bench:
    return Bench(TINY)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_reads_as_many_tokens(recipe: str) -> None:
    full = Bench(dataclasses.replace(TOY, hidden_size=16))
    a_step, steps = full.plan(RECIPES[recipe], 0)
    rows = full.rows("train", RECIPES[recipe].rows)
    assert a_step * steps * rows.tokens / len(rows) == pytest.approx(TOY.tokens, rel=0.01)


def test_what_is_hidden_in_held_out_rows_never_changes() -> None:
    one, other = bench().held_out("packed"), Bench(TINY).held_out("packed")
    assert all(torch.equal(a.labels, b.labels) for a, b in zip(one, other, strict=True))
    texts = {kind: Bench(TINY).held_out(kind) for kind in ("next", "order")}  # type: ignore[arg-type]
    assert all(batch.next_sentence_label is not None for some in texts.values() for batch in some)


def test_pairs_without_a_task_stand_in_their_order() -> None:
    rows, tokenizer = bench().rows("train", "pairs"), bench().tokenizer
    assert rows.next_sentence_label is None
    page = tokenizer.encode_batch(bench().corpus.split("train")[0].text.split("\n")[:3])
    for n in (0, 1):
        wanted = [tokenizer.cls_id, *page[n], tokenizer.sep_id, *page[n + 1], tokenizer.sep_id]
        assert rows.input_ids[n].tolist()[: len(wanted)] == wanted


def test_a_point_made_anew_is_the_same() -> None:
    def told(point: Point) -> Point:
        return dataclasses.replace(point, cpu_seconds=0.0)

    for recipe in ("static masks", "ALBERT"):
        one, other = (bench().measure(recipe, RECIPES[recipe], 3) for _ in range(2))
        assert told(one) == told(other)
        assert (one.next_accuracy is None) == (recipe == "static masks")


def test_a_loss_before_training_is_near_that_of_knowing_nothing() -> None:
    model = bench().new_model(Switches(), 0).eval()
    assert bench().loss(model, "packed") == pytest.approx(
        math.log(bench().tokenizer.vocab_size), abs=0.3
    )


def test_a_sweep_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FMLAB_CACHE", str(tmp_path))
    sweep.sweep(bench(), [BASE], [0])
    points = sweep.sweep(bench(), [BASE, "static masks"], [0])
    assert capsys.readouterr().out.count("Point(") == 2
    assert [p.recipe for p in points] == [BASE, "static masks"]
    sweep.write({"toyworld": sweep.Sweep(TINY, tuple(points))}, tmp_path / "sweep.json")
    read = sweep.read(tmp_path / "sweep.json")["toyworld"]
    assert read.budget == TINY
    assert read.of(BASE)[0].loss == pytest.approx(points[0].loss, abs=1e-5)


def test_another_budget_is_kept_elsewhere() -> None:
    other = dataclasses.replace(TINY, tokens=4_000)
    assert sweep.kept(TINY, BASE, 0) != sweep.kept(other, BASE, 0)
    assert sweep.kept(TINY, BASE, 0) != sweep.kept(TINY, BASE, 1)


def test_a_file_that_is_no_sweep_is_told(tmp_path: Path) -> None:
    for text in ("", "{}", "[]", json.dumps({"texts": {"books": {"budget": {}, "points": []}}})):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(UserError, match=r"x\.json holds no sweep"):
            sweep.read(tmp_path / "x.json")


def test_the_stored_sweep_has_every_recipe_with_every_seed() -> None:
    stored = sweep.read()
    assert {name: one.budget for name, one in stored.items()} == sweep.BUDGETS
    for name, one in stored.items():
        wanted = {(recipe, seed) for recipe in RECIPES for seed in sweep.SEEDS[name]}
        found = [(p.recipe, p.seed) for p in one.points]
        assert len(found) == len(wanted)
        assert {*found} == wanted
        assert all(math.isfinite(p.loss + p.loss_at_40 + p.loss_in_pairs) for p in one.points)
        budget: Budget = one.budget
        assert all(p.tokens == pytest.approx(budget.tokens, rel=0.01) for p in one.points)


@pytest.mark.slow
def test_a_stored_point_made_anew_is_the_same_within_its_spread() -> None:
    one = sweep.read()["toyworld"]
    stored = one.of(BASE)[0]
    again = Bench(one.budget).measure(BASE, RECIPES[BASE], stored.seed)
    assert again.loss == pytest.approx(stored.loss, abs=0.05)
