"""Models of pictures train through the one loop: exact resumes, whole checkpoints, one-line errors.

Slow tests say what the cpu tier learns in about a minute, from one seed; `python -m
fmlab.bench.pictures` says it over three.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from fmlab import cli, vision
from fmlab.bench.pictures import learn
from fmlab.checkpoint import load
from fmlab.corpus import load as load_text
from fmlab.errors import UserError
from fmlab.generate_images import generate_images
from fmlab.models.clip import Clip, ProjectedVision
from fmlab.models.mae import Mae
from fmlab.picture_checkpoint import load_pictures
from fmlab.picture_figures import drawn, matched, painted, told
from fmlab.pretrain import Pretraining, pretrain
from fmlab.train_config import TrainConfig
from fmlab.vision import Pictures

SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "patch_size": 4,
    "batch_size": 4,
    "steps": 8,
    "valid_every": 4,
    "save_every": 4,
    "mask_rate": 0.5,
    "seq_len": 16,
}


@pytest.fixture(scope="module")
def pictures() -> dict[str, Pictures]:
    return {
        "mae": vision.load("digits", max_pictures=40),
        "clips": vision.load("moving-digits", size=12, frames=3),
        "clip": vision.load("scenes", size=60, side=12),
        "simclr": vision.load("digits", max_pictures=40),
        "bert": vision.load("digits", max_pictures=40),
        "gpt": vision.load("digits", max_pictures=40),
    }


def config(name: str, **changes: Any) -> TrainConfig:
    of_text = {"seq_len": 80} if name in ("bert", "gpt") else {}
    model = "mae" if name == "clips" else name
    return TrainConfig(model=model, **{**SMALL, **of_text, **changes})


def losses(run: Pretraining) -> list[tuple[float, float | None]]:
    return [(record.loss, record.valid_loss) for record in run.records]


@pytest.mark.parametrize("name", ["mae", "clips", "clip", "simclr", "bert", "gpt"])
def test_a_resumed_run_is_bit_identical(
    name: str, pictures: dict[str, Pictures], tmp_path: Path
) -> None:
    whole = pretrain(config(name), pictures[name])
    list(whole)
    first = pretrain(config(name), pictures[name], tmp_path / "run")
    for record in first:
        first.stop = record.step == 5
    second = pretrain(config(name), pictures[name], tmp_path / "run", resume=True)
    assert second.step == 5
    list(second)
    assert losses(second) == losses(whole)
    assert whole.records[-1].valid_loss is not None
    for left, right in zip(whole.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(left, right)
    story = json.loads((tmp_path / "run" / "run.json").read_text())
    assert story["corpus"]["sha256"] == pictures[name].sha256
    assert story["tokens"] == second.tokens > 0
    assert story["epochs"] > 0
    assert story["loss"]["unit"]
    assert story["corpus"]["shape"] == list(pictures[name].shape)


@pytest.mark.parametrize(
    ("name", "kind", "theirs"),
    [
        ("mae", Mae, "ViTMAEForPreTraining"),
        ("clip", Clip, "CLIPModel"),
        ("simclr", ProjectedVision, "CLIPVisionModelWithProjection"),
    ],
)
def test_a_checkpoint_loads_here_and_in_transformers(
    name: str, kind: type, theirs: str, pictures: dict[str, Pictures], tmp_path: Path
) -> None:
    run = pretrain(config(name), pictures[name], tmp_path)
    list(run)
    found = load_pictures(tmp_path)
    assert isinstance(found.model, kind)
    assert found.run["seed"] == 0
    for left, right in zip(found.model.parameters(), run.model.parameters(), strict=True):
        assert torch.equal(left, right)
    getattr(transformers, theirs).from_pretrained(tmp_path)


def test_a_model_of_pictures_as_words_is_a_bert_and_draws(
    pictures: dict[str, Pictures], tmp_path: Path
) -> None:
    list(pretrain(config("bert"), pictures["bert"], tmp_path))
    found = load(tmp_path)
    assert generate_images(found, ["the digit one"], steps=3).pixels.shape == (1, 8, 8, 1)
    assert transformers.BertForMaskedLM.from_pretrained(tmp_path).config.vocab_size == 34


@pytest.mark.parametrize("name", ["mae", "clip", "simclr", "bert"])
def test_a_few_pictures_are_learned_by_heart(
    name: str, pictures: dict[str, Pictures], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FMLAB_FORMAT", "float32")  # else the clock chooses, and with it the end
    few = Pictures("few", pictures[name].split("train")[:4])
    quick = {"steps": 120, "learning_rate": 1e-2, "matrix_learning_rate": 0.05, "hidden_size": 32}
    if name == "simclr":  # at that rate one seed of four gets stuck
        quick |= {"steps": 240, "learning_rate": 3e-3, "matrix_learning_rate": 0.02}
    run = pretrain(config(name, **quick), few)
    list(run)
    start, end = run.records[0].loss, sum(r.loss for r in run.records[-10:]) / 10
    assert end < start * {"mae": 0.5, "clip": 0.1, "simclr": 0.7, "bert": 0.5}[name]


def test_figures_of_a_run_are_told_in_lines(pictures: dict[str, Pictures]) -> None:
    for name, words in [
        ("mae", ["mean picture", "nearest visible patch"]),
        ("simclr", []),
        ("bert", ["nearest to one of what was asked for", "drawn in one step"]),
    ]:
        run = pretrain(config(name, steps=2), pictures[name])
        list(run)
        said = " ".join(told(run))
        assert all(word in said for word in words)
        assert bool(said) == bool(words)
    scenes = vision.load("scenes", size=400, side=12)
    run = pretrain(config("clip", steps=2), scenes)
    list(run)
    among, exchanged = told(run)
    assert "chance 6.2 %" in among
    assert "chance 50.0 %" in exchanged
    units = pretrain(config("mae", steps=1, norm_pixels=True), pictures["mae"])
    list(units)
    assert told(units) == []


def test_what_does_not_fit_is_refused_in_one_line(pictures: dict[str, Pictures]) -> None:
    text = load_text("toyworld", size=40)
    silent = Pictures(
        "silent",
        tuple(type(p)(p.title, p.pixels, "", p.licence, p.source, p.sha256, p.split)
              for p in pictures["mae"].documents),
    )  # fmt: skip
    for wanted, given, word in [
        (config("mae"), text, "learns from pictures"),
        (config("clip"), silent, "without captions"),
        (config("simclr"), pictures["clips"], "not clips"),
        (config("mae", patch_size=3), pictures["mae"], "patch_size"),
        (config("bert", seq_len=40), pictures["bert"], "seq_len"),
        (config("bert", seq_len=400), pictures["clip"], "not grey"),
    ]:
        with pytest.raises(UserError, match=word) as caught:
            pretrain(wanted, given)
        assert "\n" not in str(caught.value)
    for changes, word in [({"temperature": 0.0}, "temperature"), ({"patch_size": 0}, "patch_size")]:
        with pytest.raises(UserError, match=word):
            config("mae", **changes)
    with pytest.raises(UserError, match="simclr"):
        TrainConfig(model="vit")


def test_each_source_has_sizes_of_its_own_for_each_tier() -> None:
    assert TrainConfig.for_tier("cpu", "digits").model == "mae"
    assert TrainConfig.for_tier("cpu", "scenes").model == "clip"
    assert TrainConfig.for_tier("cpu", "pictures:mine", model="simclr").model == "simclr"
    words = TrainConfig.for_tier("cpu", "digits", model="bert")
    assert (words.model, words.seq_len) == ("bert", 80)
    assert TrainConfig.for_tier("cpu", "books").model == "bert"
    sizes = [TrainConfig.for_tier(tier, "digits").hidden_size for tier in ("cpu", "t4", "full")]
    assert sizes == sorted(sizes)
    with pytest.raises(UserError, match="no such setting"):
        TrainConfig.for_tier("cpu", "digits", colour=3)


def test_the_command_trains_on_pictures_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "run")
    settings = [f for n, v in {**SMALL, "steps": 4}.items() for f in ("--set", f"{n}={v}")]
    given = ["--corpus", "digits", "--text", "max_pictures=40", "--tier", "cpu", *settings]

    def command(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["fmlab", "pretrain", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    assert command(*given, "--out", out) == 0
    assert "mean picture" in capsys.readouterr().out
    assert command("--resume", "--out", out, "--steps", "6") == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["steps"] == 6
    assert command(*given, "--out", out, "--plan") == 2
    assert "--plan knows text alone" in capsys.readouterr().err


@pytest.mark.slow
def test_digits_are_painted_better_than_by_the_mean_picture_and_by_copying() -> None:
    """The cpu tier: the error is at most 0.6 of the mean picture's."""
    learned = learn("digits", 0)
    found = painted(learned.run)
    assert found is not None
    print(found, f"{learned.seconds:.0f} s")
    assert found.model < 0.6 * found.mean_image
    assert found.model < 0.6 * found.nearest_patch


@pytest.mark.slow
def test_captions_of_scenes_are_found_among_sixteen() -> None:
    """The cpu tier: nine of ten, where chance is one of sixteen."""
    learned = learn("scenes", 0)
    found = matched(learned.run)["captions"]
    print(found.top1, found.interval, f"chance {found.chance}", f"{learned.seconds:.0f} s")
    assert found.top1 > 0.9
    assert found.chance == 1 / 16


@pytest.mark.slow
def test_drawn_digits_are_those_that_were_asked_for() -> None:
    """The cpu tier: and step by step they come nearer to real ones than if guessed at once."""
    run = learn("digits", 0, model="bert").run
    slowly, at_once = drawn(run), drawn(run, steps=1)
    print(slowly, at_once)
    assert slowly.interval[0] > 0.5
    assert slowly.distance < 0.9 * at_once.distance
    assert slowly.copies < 0.1 * slowly.asked
