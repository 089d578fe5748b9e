"""What live figures compute in JavaScript is what numpy and Python compute."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from fmlab.book import node_tools
from fmlab.probes.rollout import attention_rollout
from fmlab.stages import pack, unpack
from fmlab.views.live import STATIC

MODULES = (
    "numbers", "safetensors", "distribution", "forming", "newest", "numbered", "pair_text",
)  # fmt: skip


@pytest.fixture
def node(tmp_path: Path) -> Any:
    """Return a function that runs a JavaScript expression over the modules, and returns its value.

    `given` is the JSON that it gets, and `bytes_of(name)` reads a file of the test's folder.
    """
    modules = (
        "numbers",
        "safetensors",
        "distribution",
        "forming",
        "newest",
        "numbered",
        "pair_text",
    )
    for name in modules:  # as .mjs, so that every node takes them for modules
        shutil.copy(str(STATIC / f"{name}.js"), tmp_path / f"{name}.mjs")
    imports = "\n".join(f'import * as {name} from "./{name}.mjs";' for name in MODULES)

    def run(expression: str, given: object = None) -> Any:
        (tmp_path / "given.json").write_text(json.dumps(given), encoding="utf-8")
        (tmp_path / "run.mjs").write_text(
            'import { readFileSync } from "node:fs";\n'
            f"{imports}\n"
            "const bytes_of = (name) => new Uint8Array(readFileSync(name));\n"
            'const given = JSON.parse(readFileSync("given.json"));\n'
            f"const value = await (async () => {expression})();\n"
            "process.stdout.write(JSON.stringify(value));\n",
            encoding="utf-8",
        )
        done = subprocess.run(
            [*node_tools()[0], "run.mjs"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


# -- float16 -------------------------------------------------------------------------------------


def halves_to_try() -> np.ndarray:
    """Return float32 numbers: all halves, what lies between two of them, and what has none."""
    every = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
    every = every[~np.isnan(every)]
    ordered = np.unique(every[np.isfinite(every)])
    between = (ordered[1:].astype(np.float64) + ordered[:-1]) / 2  # exact ties
    beside = [np.nextafter(between.astype(np.float32), np.float32(to)) for to in (-np.inf, np.inf)]
    chance = np.random.default_rng(0)
    spread = chance.normal(size=20_000) * 10.0 ** chance.uniform(-9, 6, 20_000)
    edges = [65504, 65519.996, 65520, 65536, 1e9, 2.0**-24, 2.0**-25, 2.0**-26, 1e-45, 0.0]
    rest = np.concatenate([spread, edges, -np.array(edges)])
    return np.concatenate([every, between, *beside, rest]).astype(np.float32)


def test_every_number_becomes_the_half_that_numpy_gives(node: Any, tmp_path: Path) -> None:
    numbers = halves_to_try()
    (tmp_path / "numbers.bin").write_bytes(numbers.tobytes())
    found = node(
        '[...new Float32Array(bytes_of("numbers.bin").slice().buffer)].map(safetensors.half)'
    )
    with np.errstate(over="ignore"):
        expected = numbers.astype(np.float16).view(np.uint16)
    wrong = np.flatnonzero(np.array(found, np.uint16) != expected)
    assert wrong.size == 0, numbers[wrong[:5]]
    subnormal = (expected & 0x7C00 == 0) & (expected & 0x3FF != 0)
    assert subnormal.sum() > 1000


def test_what_is_no_number_stays_none(node: Any) -> None:
    bits = node("safetensors.half(Number.NaN)")
    assert np.isnan(np.array([bits], np.uint16).view(np.float16)[0])


def test_a_stage_becomes_the_weights_that_python_unpacks(node: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    weights = {
        "matrix": torch.randn(7, 12) * 0.05,
        "odd": torch.randn(3, 5),
        "bias": torch.randn(9),
        "tiny": torch.randn(2, 4) * 1e-6,
    }
    whole = {name: torch.zeros_like(one).half() for name, one in weights.items()}
    packed = pack(weights)
    (tmp_path / "whole").write_bytes(safetensors.torch.save(whole))
    (tmp_path / "stage").write_bytes(safetensors.torch.save(packed))
    found = node('[...safetensors.withStage(bytes_of("whole"), bytes_of("stage"))]')
    made = safetensors.torch.load(bytes(found))
    for name, expected in unpack(packed).items():
        assert torch.equal(made[name], expected.half()), name
    assert not (tmp_path / "whole").read_bytes() == bytes(found)


# -- probabilities -------------------------------------------------------------------------------


def test_softmax_and_entropy_are_torch_s(node: Any) -> None:
    torch.manual_seed(1)
    for logits in (torch.randn(500) * 5, torch.tensor([1e4, 1e4 - 1, -1e4]), torch.zeros(8)):
        shares, bits = node(
            """{ const shares = numbers.softmax(Float32Array.from(given));
                 return [[...shares], numbers.entropyBits(shares)]; }""",
            logits.tolist(),
        )
        expected = logits.double().softmax(-1)
        assert np.allclose(shares, expected, atol=1e-6)
        exact = -torch.special.xlogy(expected, expected).sum() / np.log(2)
        assert abs(bits - float(exact)) < 1e-4


@pytest.mark.parametrize("k", [1, 5, 100, 101, 300, 1000])
def test_the_largest_come_first_and_of_equals_the_first(node: Any, k: int) -> None:
    values = np.random.default_rng(k).integers(0, 40, 300).astype(float)  # many equals
    found = node("numbers.largest(Float32Array.from(given[0]), given[1])", [values.tolist(), k])
    assert found == np.argsort(-values, kind="stable")[:k].tolist()


def test_total_variation_is_half_the_sum_of_differences(node: Any) -> None:
    chance = np.random.default_rng(2)
    a, b = chance.dirichlet(np.ones(50), 2)
    for pair, expected in (
        ((a, b), np.abs(a - b).sum() / 2),
        ((a, a), 0.0),
        (([1, 0], [0, 1]), 1.0),
    ):
        given = [list(map(float, one)) for one in pair]
        assert abs(node("distribution.totalVariation(...given)", given) - expected) < 1e-9


def test_leaders_are_the_first_of_each_and_the_asked_ones(node: Any) -> None:
    a = [["x", 0.5], ["y", 0.3], ["z", 0.2]]
    b = [["z", 0.6], ["x", 0.3], ["y", 0.1]]
    ask = "distribution.leaders(given[0].map((one) => new Map(one)), given[1], given[2])"
    assert node(ask, [[a, b], 1, []]) == ["z", "x"]
    assert node(ask, [[a, b], 1, ["y", "x", "none"]]) == ["z", "x", "y"]


# -- attention -----------------------------------------------------------------------------------


def test_rollout_and_averages_are_python_s(node: Any) -> None:
    torch.manual_seed(3)
    weights = torch.randn(4, 3, 6, 6).softmax(-1)
    rolled, layers, averages, one = node(
        """{ const all = new numbers.Attentions(Float32Array.from(given), 4, 3, 6);
             return [[...all.rollout()], [0, 1, 2, 3].map((n) => [...all.rollout(n)]),
                     [0, 1, 2, 3].map((n) => [...all.average(n)]), [...all.head(2, 1)]]; }""",
        weights.flatten().tolist(),
    )
    expected = attention_rollout(weights)
    assert np.allclose(np.reshape(rolled, (6, 6)), expected, atol=1e-6)
    for n in range(4):
        below = attention_rollout(weights[: n + 1])
        assert np.allclose(np.reshape(layers[n], (6, 6)), below, atol=1e-6)
        assert np.allclose(np.reshape(averages[n], (6, 6)), weights[n].mean(0), atol=1e-6)
    assert np.allclose(np.reshape(one, (6, 6)), weights[2, 1], atol=1e-6)


# -- sentences -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("he ran .", "she ran .", [[0, "she"]]),
        ("he took his hat", "she took her hat", [[0, "she"], [2, "her"]]),
        ("he ran .", "he ran .", []),
        ("a doctor came", "a very old doctor came", [[1, "very old doctor"]]),
        ("the man ran .", "the old man in red ran .", [[1, "old man in red"]]),
        ("she ran", "she ran away", None),
        ("one two three four", "one four", None),
        ("a b c", "x y z d", None),
    ],
)
def test_what_differs_between_two_sentences(
    node: Any, before: str, after: str, changes: list | None
) -> None:
    found = node(
        "{ const found = pair_text.difference(...given); return found && [...found]; }",
        [before.split(), after.split()],
    )
    assert found == changes


def test_the_second_sentence_is_covered_where_the_first_is(node: Any) -> None:
    answer = {
        "words": ["she", "unfolded", "it", "."],
        "tokens": ["[CLS]", "she", "[MASK]", "[MASK]", "it", ".", "[SEP]"],
        "wordOf": [-1, 0, 1, 1, 2, 3, -1],
    }
    found = node("pair_text.changedWords(given, new Map([[0, 'the man'], [1, 'no']]))", answer)
    assert found == ["the man", "[MASK] [MASK]", "it", "."]


def test_an_answer_forms_at_the_layer_from_which_on_it_leads(node: Any) -> None:
    def forming(*tokens: str) -> dict:
        fills = [
            {"layer": n, "candidates": [{"token": token, "probability": n / 10}]}
            for n, token in enumerate(tokens)
        ]
        return node("forming.forming(given)", fills)

    assert forming("a", "b", "c") == {"token": "c", "share": 0.2, "first": 2, "stays": 2}
    assert forming("c", "c", "c") == {"token": "c", "share": 0.2, "first": 0, "stays": 0}
    assert forming("a", "c", "b", "c") == {"token": "c", "share": 0.3, "first": 1, "stays": 3}


def test_tokens_that_stand_twice_are_numbered(node: Any) -> None:
    given = [["the", "cat", "the"], ["the", "dog", "a"]]
    assert node("numbered.numberedBoth(...given)", given) == [
        "the (1)", "cat / dog", "the (2) / a",
    ]  # fmt: skip


def test_of_what_comes_while_something_runs_only_the_last_is_done(node: Any) -> None:
    done = node(
        """{ let wanted = 0; const done = [];
             const act = newest.newest(async () => {
               const mine = wanted;
               await new Promise((resolve) => setTimeout(resolve, 20));
               done.push(mine);
             });
             const runs = [1, 2, 3, 4].map((n) => { wanted = n; return act(); });
             await Promise.all(runs);
             wanted = 5;
             await act();
             return done; }"""
    )
    assert done == [1, 4, 5]
