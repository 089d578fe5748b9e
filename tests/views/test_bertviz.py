"""bertviz's views hold the weights they were given, in the drawing's data and in the tables."""

import importlib.util
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bertviz
import pytest
import torch
from bertviz.neuron_view import get_attention
from bs4 import BeautifulSoup
from torch import Tensor

from fmlab.errors import UserError
from fmlab.probes.attentions import Attentions, Neurons
from fmlab.views import bertviz_page
from fmlab.views.bertviz import head_view, model_view, neuron_view
from fmlab.views.bertviz_page import View

TOKENS = ["[CLS]", "the", "cat", "sat", "[SEP]"]
TWO_TEXTS = ["[CLS]", "cat", "[SEP]", "sat", "[SEP]"]
L, H, T, D = 3, 2, len(TOKENS), 4


@dataclass
class Output:
    """What a model returns, in either library."""

    attentions: tuple[Tensor, ...] | None


def random_neurons(tokens: list[str] = TOKENS, start: int | None = None) -> Neurons:
    random = torch.Generator().manual_seed(0)
    queries, keys = torch.randn(2, L, H, T, D, generator=random) * 2
    weights = (queries @ keys.mT / D**0.5).softmax(-1)
    return Neurons(tuple(tokens), weights, start, queries, keys)


SEEN = random_neurons()
PAIR = random_neurons(TWO_TEXTS, 3)


@pytest.fixture(autouse=True)
def _fresh_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bertviz_page, "_shown", Counter())


def data_of(page: str) -> dict[str, Any]:
    """Return what a page gives bertviz's script."""
    found = re.search(r"const params = (\{.*\})(?:;|$)", page, re.M)
    assert found
    return json.loads(found[1])


def theirs_of(page: str) -> dict[str, Any]:
    """Return the same from HTML that bertviz itself makes."""
    found = re.search(r"const params = (\{.*?\}); // HACK", page)
    assert found
    return json.loads(found[1])


def assert_same(ours: dict[str, Any], theirs: dict[str, Any], kinds: tuple[str, ...]) -> None:
    assert ours["left_text"] == theirs["left_text"]
    assert ours["right_text"] == theirs["right_text"]
    for kind in kinds:
        torch.testing.assert_close(
            torch.tensor(ours[kind]), torch.tensor(theirs[kind]), atol=6e-4, rtol=0
        )


@pytest.mark.filterwarnings("ignore:.*unclosed file")  # bertviz leaves its scripts open
@pytest.mark.parametrize("start", [None, 3])
@pytest.mark.parametrize(
    ("ours", "theirs", "settings"),
    [
        (head_view, bertviz.head_view, {}),
        (head_view, bertviz.head_view, {"layer": 2, "heads": [1], "include_layers": [1, 2]}),
        (model_view, bertviz.model_view, {}),
        (model_view, bertviz.model_view, {"include_layers": [0, 2], "include_heads": [1]}),
    ],
)
def test_the_script_gets_what_bertviz_itself_would_give_it(
    ours: Any, theirs: Any, settings: dict[str, Any], start: int | None
) -> None:
    layers = [layer[None] for layer in SEEN.attentions]
    found = data_of(ours(layers, TOKENS, sentence_b_start=start, **settings)._repr_html_())
    wanted = theirs_of(
        theirs(layers, TOKENS, sentence_b_start=start, html_action="return", **settings).data
    )
    parts = list(found.pop("attention").values())
    assert len(parts) == len(wanted["attention"]) == (1 if start is None else 5)
    for part, same in zip(parts, wanted.pop("attention"), strict=True):
        assert_same(part, same, ("attn",))
    left_to_bertviz = {"default_filter", "root_div_id", "display_mode", "layer", "heads"}
    for name in wanted.keys() - left_to_bertviz:
        assert found[name] == wanted[name]
    assert found.keys() - wanted.keys() <= {"width"}
    assert found["default_filter"] == "all"


def test_the_neuron_view_gets_what_bertviz_itself_would_give_it() -> None:
    layers = [
        {"attn": w[None], "queries": q[None], "keys": k[None]}
        for w, q, k in zip(PAIR.attentions, PAIR.queries, PAIR.keys, strict=True)
    ]
    tokenizer = SimpleNamespace(
        cls_token="[CLS]",
        sep_token="[SEP]",
        tokenize=str.split,
        convert_tokens_to_ids=lambda tokens: list(range(len(tokens))),
    )

    class Model:
        def eval(self) -> None: ...

        def __call__(self, ids: Tensor, token_type_ids: Tensor) -> tuple[Any, ...]:
            return (layers,)

    wanted = get_attention(Model(), "bert", tokenizer, "cat", "sat", include_queries_and_keys=True)
    found = data_of(neuron_view(PAIR, layer=1, head=1)._repr_html_())
    assert found["attention"].keys() == wanted.keys()
    for part, same in wanted.items():
        assert_same(found["attention"][part], same, ("attn", "queries", "keys"))
    assert (found["layer"], found["head"], found["bidirectional"]) == (1, 1, True)


def test_all_forms_of_a_models_answer_give_the_same_view() -> None:
    layers = tuple(layer[None] for layer in SEEN.attentions)
    wanted = head_view(SEEN, layer=1).params
    for given in (layers, list(layers), SEEN.attentions, Output(layers)):
        assert head_view(given, TOKENS, layer=1).params == wanted
    assert head_view(Attentions(tuple(TOKENS), SEEN.attentions, None), layer=1).params == wanted


@pytest.mark.parametrize("given", [None, (), Output(None), Output(())])
@pytest.mark.parametrize("view", [head_view, model_view])
def test_no_attentions_say_how_to_load_the_model(view: Any, given: Any) -> None:
    with pytest.raises(UserError, match=r'attn_implementation="eager".*set_attn_implementation'):
        view(given, TOKENS)


def tables_of(view: View) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return caption, headings and rows of each table, as the page shows them."""
    found = []
    for table in BeautifulSoup(view._repr_html_(), "html.parser").select("figure details table"):
        rows = [[cell.text for cell in row.select("th, td")] for row in table.select("tr")]
        assert table.caption is not None
        found.append((table.caption.text, rows[0], rows[1:]))
    return found


def rows_of(weights: Tensor) -> list[list[str]]:
    return [
        [t, *(f"{w:.2f}" for w in row)] for t, row in zip(TOKENS, weights.tolist(), strict=True)
    ]


def test_tables_hold_the_weights_of_the_chosen_heads() -> None:
    ((caption, heading, rows),) = tables_of(head_view(SEEN, layer=2, heads=[1]))
    assert caption.startswith("Layer 2, head 1:")
    assert heading == ["token", *TOKENS]
    assert rows == rows_of(SEEN.attentions[2, 1])
    every = tables_of(head_view(SEEN, layer=0))
    assert [rows for _, _, rows in every] == [rows_of(w) for w in SEEN.attentions[0]]
    overview, chosen = tables_of(model_view(SEEN, layer=1, heads=[0]))
    assert chosen[2] == rows_of(SEEN.attentions[1, 0])
    assert [row[0] for row in overview[2]] == ["0", "1", "2"]


def test_the_neuron_views_tables_lead_from_scores_to_weights() -> None:
    scores, weights = tables_of(neuron_view(SEEN, layer=1, head=1))
    assert weights[2] == rows_of(SEEN.attentions[1, 1])
    assert "root of 4" in scores[0]
    numbers = torch.tensor([[float(cell) for cell in row[1:]] for row in scores[2]])
    torch.testing.assert_close(numbers.softmax(-1), SEEN.attentions[1, 1], atol=0.01, rtol=0)


def test_the_alt_text_names_the_strongest_link_between_two_places() -> None:
    weights = torch.full((2, 3, T, T), 0.1)
    weights[1, 0, 3, 3] = 0.99  # on itself: does not count
    weights[1, 0, 1, 4] = 0.9
    weights[1, 2, 2, 0] = 0.8
    said = head_view(weights, TOKENS, layer=1, alt="Mine first.").alt
    assert said.startswith("Mine first. Two columns with the 5 tokens")
    assert "'the' looks at '[SEP]' with weight 0.90 (head 0)" in said
    assert "layer 1, heads 0, 1, 2" in said
    said = head_view(weights, TOKENS, layer=1, heads=[1, 2]).alt
    assert "'cat' looks at '[CLS]' with weight 0.80 (head 2)" in said
    neurons = Neurons(tuple(TOKENS), weights, None, SEEN.queries[:2], SEEN.keys[:2])
    said = neuron_view(neurons, layer=1, head=0).alt
    assert "'the' looks at '[SEP]' with weight 0.90" in said
    assert "4 coloured bars" in said


def test_the_overview_says_where_each_head_looks() -> None:
    before = torch.diag(torch.full((T - 1,), 0.9), -1)
    after = torch.diag(torch.full((T - 1,), 0.8), 1)
    to_cat = torch.zeros(T, T)
    to_cat[:, 2] = 0.7
    weights = torch.stack([torch.stack([before, after]), torch.stack([to_cat, torch.eye(T)])])
    view = model_view(weights, TOKENS)
    overview = tables_of(view)[0]
    assert overview[1] == ["layer", "head 0", "head 1"]
    assert overview[2] == [
        ["0", "the token before 0.90", "the token after 0.80"],
        ["1", "'cat' 0.70", "itself 1.00"],
    ]
    assert "2 rows of 2" in view.alt
    assert "the token before (1), the token after (1), 'cat' (1), itself (1)" in view.alt


@pytest.mark.parametrize(
    "view",
    [head_view(PAIR, layer=1, heads=[1]), model_view(PAIR), neuron_view(PAIR, layer=2, head=1)],
    ids=["head", "model", "neuron"],
)
class TestPage:
    def test_the_frame_is_named_described_and_reachable(self, view: View) -> None:
        page = BeautifulSoup(view._repr_html_(), "html.parser")
        figure = page.select_one("figure")
        assert figure is not None
        assert figure["aria-label"] == view.name
        assert view.alt in figure.select_one("figcaption").text
        assert "cannot be used with the keyboard" in figure.select_one("figcaption").text
        assert figure.select_one("details > summary").text == view.summary
        box = figure.select_one(".bertviz-sheet")
        assert (box["tabindex"], box["role"]) == ("0", "group")
        assert "overflow-x: auto" in box["style"]
        picture = box.select_one("[data-part=vis]")
        assert (picture["role"], picture["aria-label"]) == ("img", view.name)
        for menu in figure.select("select"):
            assert menu.parent.name == "label"
            assert menu.parent.text.strip()
        assert "A to B" in figure.select_one("[data-part=filter]").text

    def test_two_of_a_kind_share_no_id(self, view: View) -> None:
        pages = [view._repr_html_(), view._repr_html_()]
        ids = [re.findall(r'\bid="([^"]+)"', page) for page in pages]
        assert [len(found) for found in ids] == [1, 1]
        assert ids[0] != ids[1]
        assert [data_of(page)["root_div_id"] for page in pages] == [ids[0][0], ids[1][0]]
        assert ids[0][0].startswith("bertviz-")

    def test_every_build_gives_the_same_page(
        self, view: View, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = view._repr_html_()
        monkeypatch.setattr(bertviz_page, "_shown", Counter())
        assert view._repr_html_() == first

    def test_text_holds_the_description_and_the_numbers(self, view: View) -> None:
        text = repr(view)
        assert text.startswith(f"{view.name}\n{view.alt}")
        assert all(repr(table) in text for table in view.tables)


@pytest.mark.parametrize("name", ["head_view", "model_view", "neuron_view"])
def test_no_script_of_bertviz_uses_an_id_of_its_own(name: str) -> None:
    source = bertviz_page.script(name)
    original = (Path(bertviz.__file__).with_name(f"{name}.js")).read_text()
    assert re.search(r"rootDivId\} #vis", original)
    assert not re.search(r"""attr\(\s*["']id["']|["'`]#["'`]|rootDivId\} #""", source)
    selected = re.findall(r"""select(?:All)?\(["'`]([^"'`]*)""", source)
    assert not [s for s in selected if s.startswith("#") and "rootDivId" not in s]


def test_a_token_cannot_end_the_script() -> None:
    tokens = ["</script><b>", "<!--", "é", "猫", "▁x"]
    page = head_view(SEEN.attentions, tokens)._repr_html_()
    assert page.count("</script>") == 1
    assert "<b>" not in page
    assert "<!--" not in page
    assert data_of(page)["attention"]["all"]["left_text"] == [
        "</script><b>",
        "<!--",
        "é",
        "猫",
        " x",
    ]


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: head_view(torch.ones(3, 2, 2, 4), ["a", "b"]), r"\(3, 2, 2, 4\); give \(L, H"),
        (lambda: head_view([torch.ones(3, 2, 2, 2)], ["a", "b"]), r"layer\[:1\] for layer in"),
        (lambda: head_view([torch.ones(2, 2, 2)], ["a", "b"]), r"\(1, H, T, T\) for each layer"),
        (lambda: head_view(SEEN.attentions), "no tokens for attentions of 5"),
        (lambda: head_view(SEEN.attentions, TOKENS[1:]), "4 tokens for attentions of 5"),
        (lambda: head_view(SEEN, layer=3), "no layer 3; choose from 0, 1, 2"),
        (lambda: head_view(SEEN, include_layers=[2]), "no layer 0; choose from 2"),
        (lambda: head_view(SEEN, heads=[0, -1]), "no head -1; choose from 0, 1"),
        (lambda: head_view(SEEN, heads=[]), "no head is named"),
        (lambda: head_view(SEEN, sentence_b_start=5), "must lie inside the 5 tokens"),
        (lambda: model_view(SEEN, layer=9), "no layer 9"),
        (lambda: model_view(SEEN, include_heads=[4]), "no head 4"),
        (lambda: neuron_view(SEEN, head=2), "no head 2"),
        (lambda: neuron_view(Output(())), r"queries and keys too; give it what .*neurons\(model"),
    ],
)  # fmt: skip
def test_a_mistake_gets_a_line_that_mends_it(call: Any, line: str) -> None:
    with pytest.raises(UserError, match=line):
        call()


def test_a_missing_or_changed_bertviz_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install bertviz"):
        head_view(SEEN)._repr_html_()
    origin = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: origin)
    (tmp_path / "head_view.js").write_text("something new")
    with pytest.raises(UserError, match=r"pip install bertviz==1\.4\.1"):
        head_view(SEEN)._repr_html_()


def test_a_view_keeps_the_few_heads_of_a_small_model_narrow() -> None:
    assert model_view(SEEN).width == data_of(model_view(SEEN)._repr_html_())["width"] == 480
    many = torch.ones(1, 12, 2, 2)
    assert model_view(many, ["a", "b"]).width == 970
