"""Live figures say what they show before they are started, and Python answers their scripts."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fmlab import bundle, zoo
from fmlab.audits import lockers
from fmlab.errors import UserError
from fmlab.live import PAGES, Answers, canaries_for, live, prepare, stages_of
from fmlab.probes.reading import read
from fmlab.stages import load_stage
from fmlab.views.live import VIEWS, LiveOptions
from fmlab.views.live_still import still_tables
from fmlab.views.notebook_live import StillFigure, for_scripts, reply

SHIPPED = zoo.load("books-small")
TEXT = "She opened the window and looked out ."
ROOT = Path(__file__).resolve().parents[1]


class Post:
    """Collects what a widget would send."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self.sent: list[tuple[dict, list[bytes]]] = []

    def __call__(self, content: dict, buffers: list[bytes] | None = None) -> None:
        self.sent.append((content, buffers or []))


def test_a_figure_on_a_page_waits_for_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PAGES, "1")
    figure = live("fill-mask", TEXT, cover=["window"], k=3)
    assert isinstance(figure, StillFigure)
    page = figure._repr_html_()
    told = json.loads(html.unescape(re.search(r'data-live="([^"]*)"', page)[1]))
    assert (told["view"], told["text"], told["masked"], told["model"]) == (
        "fill-mask", TEXT, [3], "books-small",
    )  # fmt: skip
    assert [stage["step"] for stage in told["stages"]] == [s.step for s in stages_of("books-small")]
    best = read(SHIPPED.masked_model, SHIPPED.tokenizer, TEXT, masked=[3], k=1).fills[0]
    assert f'<th scope="row">{best.candidates[0].token}</th>' in page
    assert f"<td>{best.candidates[0].probability:.1%}</td>" in page


def test_a_figure_of_a_model_that_the_site_has_not_stays_still(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(PAGES, "1")
    from fmlab import checkpoint

    checkpoint.save(tmp_path / "mine", SHIPPED.model, SHIPPED.tokenizer)
    page = live("attention", TEXT, model=tmp_path / "mine")._repr_html_()
    assert "data-live" not in page
    assert "<table" in page


def test_a_model_of_ones_own_is_not_taken_for_the_shipped_one_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from fmlab import checkpoint

    mine = checkpoint.save(tmp_path / "books-small", SHIPPED.model, SHIPPED.tokenizer)
    for model in (mine, str(mine), zoo.load(mine)):
        assert live("compare", TEXT, model=model).stages == []
    assert live("compare", TEXT).stages != []
    monkeypatch.setenv(PAGES, "1")
    for model in (mine, zoo.load(mine)):
        assert "data-live" not in live("attention", TEXT, model=model)._repr_html_()
    assert "data-live" in live("attention", TEXT, model=SHIPPED)._repr_html_()


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_says_something_before_it_is_started(view: str) -> None:
    second = {"compare": "He opened the door .", "pair": TEXT.replace("She", "He")}.get(view, "")
    options, readings = prepare(
        SHIPPED, view, TEXT, name="books-small", cover=["window"], second=second
    )
    tables = still_tables(options, readings)
    assert tables
    assert all(table.rows for table in tables)


def test_two_sentences_stand_side_by_side_before_a_figure_is_started() -> None:
    options, readings = prepare(
        SHIPPED, "compare", TEXT, name="books-small", cover=["window"],
        second="He broke a window .", k=3,
    )  # fmt: skip
    (table,) = still_tables(options, readings)
    assert [row[0] for row in table.rows] == ["1", "2", "3"]
    for column, text in enumerate((TEXT.replace("window", "[MASK]"), "He broke a [MASK] ."), 1):
        best = read(SHIPPED.masked_model, SHIPPED.tokenizer, text, k=3).fills[0].candidates
        expected = [f"{c.token} ({c.probability:.1%})" for c in best]
        assert [row[column] for row in table.rows] == expected


def test_a_pair_s_still_table_has_what_moves_most() -> None:
    options, readings = prepare(
        SHIPPED, "pair", "The man took his hat .", name="books-small",
        cover=["his"], second="The young woman took his hat .", k=3,
    )  # fmt: skip
    assert (options.masked, options.masked_second) == ([3], [4])
    (table,) = still_tables(options, readings)
    assert {row[0] for row in table.rows[:2]} == {"his", "her"}
    asked = ["her"]
    both = [
        read(SHIPPED.masked_model, SHIPPED.tokenizer, text, asked=asked).fills[0].asked[0]
        for text in ("The man took [MASK] hat .", "The young woman took [MASK] hat .")
    ]
    row = next(row for row in table.rows if row[0] == "her")
    assert row[1:] == [f"{candidate.probability:.1%}" for candidate in both]
    assert len(table.rows) <= 6


def test_lockers_have_their_ranks_before_the_figure_is_started() -> None:
    found = zoo.load(lockers.NAME)
    own = lockers.planted()
    text = own[0].format.template.replace("{}", "[MASK]")
    options, readings = prepare(found, "exposure", text, name=lockers.NAME)
    canaries = canaries_for(options, found)
    (table,) = still_tables(options, readings, canaries)
    assert [row[0] for row in table.rows] == [f"{times}\u00a0\u00d7" for times in lockers.TIMES]
    for locker, one in zip(own, canaries, strict=True):
        assert one["text"].replace("[MASK]", "{}") == locker.format.template
        assert (one["name"], one["times"], one["code"]) == (
            locker.name, locker.times, locker.digits,
        )  # fmt: skip
        ranked = f"{locker.name}: place {one['rank']}, {one['bits']:.1f} bits"
        assert ranked in table.rows[lockers.TIMES.index(locker.times)]
    assert canaries_for(replace(options, view="lens"), found) == []
    assert canaries_for(options, SHIPPED) == []


def test_the_lens_shows_every_token_where_none_is_covered() -> None:
    options, readings = prepare(SHIPPED, "lens", "She ran .", name="books-small")
    (table,) = still_tables(options, readings)
    assert [row[0] for row in table.rows] == ["[CLS]", "she", "ran", ".", "[SEP]"]
    assert [len(row) for row in table.rows] == [6] * 5


@pytest.mark.parametrize(
    ("cover_second", "places"), [(None, [3]), ((), []), (["a", "window"], [2, 3])]
)
def test_the_other_sentence_has_its_own_covers(cover_second: list | None, places: list) -> None:
    second = "He broke a window ."
    options, readings = prepare(
        SHIPPED, "compare", TEXT, name="books-small", cover=["window"],
        second=second, cover_second=cover_second,
    )  # fmt: skip
    assert options.masked_second == places
    assert [fill.place for fill in readings[1].fills] == [place + 1 for place in places]


@pytest.mark.parametrize("second", ["He opened it .", "He opened a big blue door and looked out ."])
def test_a_pair_of_two_other_sentences_gets_one_line(second: str) -> None:
    with pytest.raises(UserError, match="single words changed"):
        prepare(SHIPPED, "pair", TEXT, name="books-small", second=second)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"view": "heads"}, "no live view 'heads'; choose one of fill-mask, attention"),
        ({"text": " "}, "has no text"),
        ({"layer": 0}, "layer is 0; count from 1"),
        ({"view": "attention", "layer": 5}, "there are 4 layers with 4 heads"),
        ({"cover": ["door"]}, r"cannot cover 'door'; the model reads the words \['she'"),
        ({"model": "no/such"}, "no/such"),
    ],
)
def test_what_makes_no_figure_gets_one_line(
    monkeypatch: pytest.MonkeyPatch, said: dict, line: str
) -> None:
    monkeypatch.setenv(PAGES, "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    given = {"view": "fill-mask", "text": TEXT, **said}
    with pytest.raises(UserError, match=line):
        live(given.pop("view"), given.pop("text"), **given)


def test_python_answers_as_the_engine_does() -> None:
    post = Post()
    question = {"text": TEXT, "masked": [3], "k": 4, "asked": ["door", "zzz"], "off": [[1, 2]]}
    reply(post, Answers(SHIPPED, stages_of("books-small")), {"id": "7", "question": question})
    ((content, buffers),) = post.sent
    answer = content["answer"]
    assert content["id"] == "7"
    expected = read(
        SHIPPED.masked_model, SHIPPED.tokenizer, TEXT, masked=[3], k=4, asked=["door"], off=[(1, 2)]
    )
    assert answer["shape"] == [4, 4, 10]
    weights = np.frombuffer(buffers[0], np.float32).reshape(4, 4, 10, 10)
    assert np.array_equal(weights, expected.attentions.numpy())
    fill = answer["fills"][0]
    assert fill["candidates"][0]["token"] == expected.fills[0].candidates[0].token
    assert fill["asked"][0]["probability"] == expected.fills[0].asked[0].probability
    assert fill["asked"][1] == {"token": "zzz", "probability": None}
    assert answer["wordOf"] == [-1, *range(8), -1]
    json.dumps(content)


@pytest.mark.parametrize(("text", "cut"), [("a [MASK] and a [MASK] .", False), ("a " * 200, True)])
def test_python_s_answer_keeps_layers_places_and_cuts(text: str, cut: bool) -> None:
    found = read(SHIPPED.masked_model, SHIPPED.tokenizer, text, lens=True, k=1)
    told = for_scripts(found)
    assert told["cut"] is cut
    assert told["ids"] == list(found.sentence.ids)
    assert [(f["layer"], f["place"]) for f in told["fills"]] == [
        (layer, place) for layer in range(5) for place in ((2, 5) if not cut else ())
    ]
    assert [f["entropyBits"] for f in told["fills"]] == [f.entropy_bits for f in found.fills]


def test_a_stage_of_the_training_answers_with_its_own_weights() -> None:
    moment = stages_of("books-small")[0]
    found = Answers(SHIPPED, stages_of("books-small"))(
        {"text": "a [MASK] .", "stage": str(moment.step)}
    )
    early = load_stage(moment)
    expected = read(early.masked_model, early.tokenizer, "a [MASK] .")
    assert torch.equal(found.attentions, expected.attentions)


def test_a_mistake_in_a_question_is_one_line_of_the_answer() -> None:
    for question in ({"text": "a", "off": [[9, 0]]}, {"text": "a", "stage": "17"}):
        post = Post()
        reply(post, Answers(SHIPPED, stages_of("books-small")), {"id": "1", "question": question})
        ((content, _),) = post.sent
        assert content["error"].startswith(("no head 0 in layer 9", "this model has no stage"))


def test_the_widget_follows_its_traits_and_has_controls() -> None:
    figure = live("compare", TEXT, second="He opened the door .", layer=2)
    assert (figure.layer, figure.about["layers"]) == (2, 4)
    box = figure.with_controls()
    text, second, layer, head, shown = box.children
    assert shown is figure
    text.value = "Another sentence ."
    layer.value = 4
    assert (figure.text, figure.layer) == ("Another sentence .", 4)
    assert (second.value, head.max) == ("He opened the door .", 4)


def test_layers_and_heads_count_from_zero_in_the_scripts() -> None:
    told = LiveOptions("attention", TEXT, layer=3, head=2).for_scripts(stages=[])
    assert (told["layer"], told["head"], told["stages"]) == (2, 1, [])


def test_the_notebook_s_script_is_fresh(tmp_path: Path) -> None:
    written = bundle.notebook_script(ROOT, tmp_path / "script.js")
    assert written.read_bytes() == bundle.NOTEBOOK.read_bytes(), "run: python -m fmlab.bundle"


def test_a_script_that_does_not_parse_gets_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "bad.js").write_text("import { x } from './nowhere.js'; x(")
    monkeypatch.setattr(bundle, "STATIC", tmp_path)
    with pytest.raises(UserError, match="do not bundle"):
        bundle.bundle(ROOT, tmp_path / "out.js", "bad.js", "iife", {})
    assert not (tmp_path / "out.js").exists()
