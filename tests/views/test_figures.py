"""Figures of mathematics: numbers, first state, and one line for an author's mistake."""

import json
import math
import re
from html import unescape
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fmlab.errors import UserError
from fmlab.views.figures import STATIC, figure_html
from fmlab.views.figures.numbers import (
    attend,
    cross_entropy,
    descend,
    entropy_bits,
    floor,
    softmax,
)

OPTIONS: dict[str, dict[str, str]] = {
    "softmax": {"words": "garden sea night", "scores": "2 1 -0.5"},
    "descent": {"words": "cat dog bird", "counts": "2 1 1", "start": "-3,3"},
    "average": {"words": "a b", "keys": "2,0 -1,1", "values": "2,2 2,-1", "query": "1,0.5"},
}


def told(figure: str) -> dict[str, Any]:
    """Return what a figure's script reads."""
    match = re.search(r'data-options="([^"]*)"', figure)
    assert match
    found: dict[str, Any] = json.loads(unescape(match[1]))
    return found


def said(figure: str) -> str:
    """Return the line under a figure."""
    match = re.search(r'data-part="said">([^<]*)<', figure)
    assert match
    return unescape(match[1])


@pytest.mark.parametrize("temperature", [0.1, 1, 3])
def test_softmax_and_loss_are_those_of_pytorch(temperature: float) -> None:
    scores = [1000.0, 999.0, 0.0]
    theirs = torch.tensor(scores).double().div(temperature).softmax(0)
    assert softmax(scores, temperature) == pytest.approx(theirs.tolist())
    wanted = [0.5, 0.25, 0.25]
    loss = F.cross_entropy(torch.tensor([2.0, 1.0, 0.0]), torch.tensor(wanted)).item()
    assert cross_entropy(wanted, [2, 1, 0]) == pytest.approx(loss, abs=1e-6)
    assert floor(wanted) / math.log(2) == pytest.approx(entropy_bits(wanted)) == 1.5


def test_descent_is_that_of_autograd() -> None:
    wanted = torch.tensor([0.5, 0.25, 0.25]).double()
    scores = torch.tensor([-3.0, 3.0], dtype=torch.float64, requires_grad=True)
    for _ in range(30):
        loss = F.cross_entropy(torch.cat([scores, torch.zeros(1)]), wanted)
        (slope,) = torch.autograd.grad(loss, scores)
        scores = (scores - 2.0 * slope).detach().requires_grad_()
    found = descend(wanted.tolist(), (-3.0, 3.0), 2.0, 30)
    assert len(found.places) == len(found.losses) == 31
    assert found.places[-1] == pytest.approx(scores.tolist())


def test_attention_is_that_of_pytorch() -> None:
    query, keys, values = (1.0, 0.5), [(2.0, 0.0), (1.0, 1.0)], [(2.0, 2.0), (2.0, -1.0)]
    theirs = F.scaled_dot_product_attention(*(torch.tensor(x) for x in ([query], keys, values)))
    assert attend(query, keys, values).result == pytest.approx(theirs[0].tolist(), abs=1e-6)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_first_state_stands_there_without_a_script(name: str) -> None:
    figure = figure_html(name, OPTIONS[name])
    assert f'data-figure="{name}"' in figure
    assert "<script" not in figure
    for word in OPTIONS[name]["words"].split():
        assert word in said(figure) or f">{word}<" in figure
    assert told(figure)["words"] == OPTIONS[name]["words"].split()
    if name != "softmax":
        assert all("aria-label=" in drawing for drawing in re.findall(r"<svg[^>]*>", figure))


def test_lines_say_what_was_computed() -> None:
    assert f"{100 * softmax([2, 1, -0.5])[0]:.1f} %" in said(
        figure_html("softmax", OPTIONS["softmax"])
    )
    slow = said(figure_html("descent", OPTIONS["descent"] | {"rate": "0.1", "steps": "60"}))
    assert "Every step made the loss smaller." in slow
    wild = said(figure_html("descent", OPTIONS["descent"] | {"rate": "20", "steps": "60"}))
    found = descend([0.5, 0.25, 0.25], (-3, 3), 20, 60)
    up = int((np.diff(found.losses) > 1e-12).sum())
    out = sum(max(map(abs, place)) > 4 for place in found.places)
    assert f"In {up} of 60 steps the loss grew. {out} of the places lie outside the map." in wild


def test_words_in_a_figure_cannot_break_its_page() -> None:
    figure = figure_html("softmax", {"words": '<b> "&', "scores": "1 0"})
    assert "<b>" not in figure
    assert told(figure)["words"] == ["<b>", '"&']


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("heads", {}, "no figure 'heads'; choose one of softmax"),
        ("softmax", {"scores": "2 1"}, "3 words, 2 scores"),
        ("softmax", {"scores": "2 one 0"}, "scores is '2 one 0'; give numbers"),
        ("softmax", {"words": ""}, "the figure has no words"),
        ("softmax", {"temperature": "0"}, "temperature is 0; choose one of"),
        ("descent", {"counts": "2 1"}, "three words and a count above 0"),
        ("descent", {"counts": "2 1 0"}, "three words and a count above 0"),
        ("descent", {"rate": "7"}, "rate is one of"),
        ("descent", {"steps": "61"}, "at most 60 steps"),
        ("average", {"keys": "2,0 1"}, "keys is '2,0 1'; give points"),
        ("average", {"values": "2,2"}, "2 words, 2 keys, 1 values"),
        ("average", {"query": "9,0"}, "outside the plane"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    name: str, change: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        figure_html(name, OPTIONS.get(name, {}) | change)


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    table = json.loads((STATIC / "en.json").read_text(encoding="utf-8"))
    scripts = "".join(
        part.read_text(encoding="utf-8") for part in STATIC.iterdir() if part.name.endswith(".js")
    )
    here = STATIC.parent.parent / "figures"
    modules = "".join(
        part.read_text(encoding="utf-8") for part in here.iterdir() if part.name.endswith(".py")
    )
    asked = set(re.findall(r'\bt\(\s*"(\w+)"', scripts)) | set(
        re.findall(r"""words\[["'](\w+)["']\]""", modules)
    )
    assert asked <= set(table), asked - set(table)
    assert [key for key in table if f'"{key}"' not in scripts + modules and key not in asked] == []
