"""Ratios are of medians, targets say whether they apply, and a table finds its place."""

import sys
from pathlib import Path

import pytest

from fmlab.bench import __main__ as command
from fmlab.bench import report, speed
from fmlab.bench.setting import CONTENDERS, Contender, contender
from fmlab.bench.speed import in_own_process, ratio, written
from fmlab.bench.stopwatch import Measured
from fmlab.errors import UserError


def turn(tokens: int, peak: float = 900.0, cpu: float = 2.0) -> Measured:
    return Measured(tokens, 1.0, cpu, peak, 5, "float32", 6.0)


def rounds(fmlab: int = 8_000, products: int = 9_000) -> dict[str, list[Measured]]:
    found = {each.name: [turn(1_000, 1_500)] * 3 for each in CONTENDERS}
    found["fmlab"] = [turn(fmlab)] * 3
    found["trainer-sentences"] = [turn(200, 1_500)] * 3
    found["products"] = [turn(products, 100)] * 3
    return found


def test_a_ratio_is_of_medians_and_its_spread_of_rounds() -> None:
    found = ratio(
        [turn(10), turn(40), turn(30)], [turn(10), turn(20), turn(10)], "tokens_per_second"
    )
    assert (found.median, found.least, found.most) == (3.0, 1.0, 3.0)
    assert str(found) == "3.00 (1.00 to 3.00)"


def test_the_report_names_all_contenders_and_the_machine() -> None:
    text = written(rounds(), "eager", native=False)
    for each in CONTENDERS:
        assert f"| {each.what} " in text
    assert report.machine() in text
    assert "eager was the better one" in text
    assert "8.00 (8.00 to 8.00)" in text


def test_without_native_bfloat16_no_target_of_speed_is_judged() -> None:
    text = written(rounds(fmlab=1_000), "sdpa", native=False)
    assert "This CPU has none, so these do not apply here" in text
    assert "not reached" not in text


def test_with_native_bfloat16_targets_are_judged() -> None:
    text = written(rounds(fmlab=8_000), "sdpa", native=True)
    assert text.count(": reached.") == 5
    slow = written(rounds(fmlab=7_900), "sdpa", native=True)
    assert slow.count("**not reached**") == 1


def test_what_no_loop_could_reach_is_told_apart_from_what_this_one_does_not() -> None:
    text = written(rounds(fmlab=5_000, products=7_900), "sdpa", native=True)
    line = next(line for line in text.splitlines() if line.startswith("- at least 8 times"))
    assert "Here 5.00, where the products alone would be 7.90: **not reached**, and no" in line
    could = written(rounds(fmlab=5_000, products=8_000), "sdpa", native=True)
    assert "no loop could" not in could
    assert "| the matrix products alone    |    0.63" in text


def test_more_memory_than_the_trainer_is_told_on_any_machine() -> None:
    found = rounds()
    found["fmlab"] = [turn(8_000, peak=1_501)] * 3
    assert "Here 1,501 and 1,500 MiB: **not reached**." in written(found, "sdpa", native=False)


@pytest.fixture
def broken_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'first line' >&2\necho 'out of luck' >&2\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))


@pytest.mark.usefixtures("broken_python")
def test_a_process_that_breaks_says_why() -> None:
    with pytest.raises(UserError, match=r"trainer broke: out of luck; run it alone"):
        in_own_process(contender("trainer"), 1.0, "sdpa")


@pytest.mark.usefixtures("broken_python")
def test_a_broken_bench_ends_with_2_and_leaves_the_page_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "bench.md"
    page.write_text("as it was")
    assert command.main(["--rounds", "1", "--out", str(tmp_path)]) == 2
    assert "bench: trainer-best broke: out of luck" in capsys.readouterr().err
    assert page.read_text() == "as it was"


@pytest.mark.parametrize(("native", "kept"), [(True, "speed-float32"), (False, "speed")])
def test_a_bench_writes_its_result_into_the_page_and_keeps_the_other_kind_of_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: bool, kept: str
) -> None:
    monkeypatch.setenv("FMLAB_FORMAT", "bfloat16" if native else "float32")
    turns: list[str] = []

    def measured(who: Contender, seconds: float, attention: str) -> Measured:
        turns.append(f"{who.name} {attention}")
        return turn(1_000 if attention == "sdpa" else 2_000)

    monkeypatch.setattr(speed, "in_own_process", measured)
    page = tmp_path / "bench.md"
    page.write_text((report.DOCS / "bench.md").read_text(encoding="utf-8"), encoding="utf-8")
    assert command.main(["--rounds", "2", "--out", str(tmp_path)]) == 0
    assert turns[:2] == ["trainer-best sdpa", "trainer-best eager"]
    names = [each.name for each in CONTENDERS]
    assert turns[2:] == [f"{name} eager" for name in names * 2]  # in turn, the better attention
    before, after = (
        text.partition(report.BEGIN.format(name=kept))[2].partition(report.END.format(name=kept))
        for text in ((report.DOCS / "bench.md").read_text("utf-8"), page.read_text("utf-8"))
    )
    assert after[0] == before[0]
    assert page.read_text("utf-8").count("Medians of 2 rounds") == 1


@pytest.mark.parametrize("text", ["", "<!-- speed: written by the bench -->", None])
def test_a_page_without_its_marks_is_refused(tmp_path: Path, text: str | None) -> None:
    page = tmp_path / "bench.md"
    if text is not None:
        page.write_text(text)
    with pytest.raises(UserError, match=r"bench\.md"):
        report.write_between(page, "speed", "a table")


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("bench.md", "speed"),
        ("bench.md", "speed-float32"),
        ("bench.md", "curves"),
        ("bench-gpu.md", "gpu"),
    ],
)
def test_the_pages_have_their_marks_once(page: str, name: str) -> None:
    text = (report.DOCS / page).read_text(encoding="utf-8")
    assert text.count(report.BEGIN.format(name=name)) == 1
    assert text.count(report.END.format(name=name)) == 1


def test_columns_of_a_table_are_as_wide_as_they_need() -> None:
    found = report.table(["a", "b"], [["long", "10"]])
    assert found == "| a    |  b |\n| ---- | -: |\n| long | 10 |"
