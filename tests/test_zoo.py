"""A name gives a model as a folder does: the same numbers as transformers, or one clear line."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch
import transformers
from huggingface_hub import constants
from huggingface_hub.utils import disable_progress_bars
from small_hub import Model, SmallHub, files_in, serving
from test_tokens import SENTENCES

import fmlab
from fmlab import cli, zoo
from fmlab.checkpoint import Checkpoint, shipped
from fmlab.errors import UserError

LOCAL = ", ".join(fmlab.local_models())
FIRST, SECOND = "1" * 40, "2" * 40
NEEDED = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the dog cat see ##s a cafe ##x . ( ) is text here one"


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BERT that transformers made, saved by transformers."""
    folder = tmp_path_factory.mktemp("theirs")
    vocab = folder / "vocab.txt"
    vocab.write_text("\n".join(WORDS.split()) + "\n")
    transformers.BertTokenizerFast(vocab=str(vocab)).save_pretrained(folder)
    return make(folder, seed=0)


def make(folder: Path, seed: int) -> Path:
    sizes = transformers.BertConfig(
        vocab_size=len(WORDS.split()),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    torch.manual_seed(seed)
    transformers.BertForMaskedLM(sizes).save_pretrained(folder)
    return folder


def with_old_names(folder: Path) -> dict[str, bytes]:
    """The same files, with the weights called as in 2018, like the real bert-base-uncased."""
    files = files_in(folder)
    weights = {
        re.sub("LayerNorm.bias$", "LayerNorm.beta", name).replace(
            "LayerNorm.weight", "LayerNorm.gamma"
        ): tensor
        for name, tensor in safetensors.torch.load(files["model.safetensors"]).items()
    }
    assert "bert.embeddings.LayerNorm.gamma" in weights
    return {**files, "model.safetensors": safetensors.torch.save(weights)}


@pytest.fixture
def hub(theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallHub]:
    newer = make(tmp_path / "newer", seed=1)
    files = {**files_in(theirs), "pytorch_model.bin": b"a pickle", "README.md": b"about"}
    models = {
        "owner/tiny": Model({FIRST: files, SECOND: {**files, **files_in(newer)}}),
        "google-bert/bert-base-uncased": Model(
            {zoo.PINNED["bert-base-uncased"]: with_old_names(theirs), SECOND: {}},
            moved_from="bert-base-uncased",
        ),
    }
    disable_progress_bars()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with serving(SmallHub(models)) as served:
        point_to(served.address, monkeypatch)
        yield served


def point_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    template = "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + template)


def line(name: str | Path, **options: object) -> str:
    with pytest.raises(UserError) as caught:
        zoo.load(name, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


@torch.no_grad()
def assert_same_model(found: Checkpoint, folder: Path) -> None:
    model = transformers.BertForMaskedLM.from_pretrained(folder).eval()
    tokenizer = transformers.BertTokenizerFast.from_pretrained(folder)
    for text in SENTENCES:
        wrapped = [found.tokenizer.cls_id, *found.tokenizer.encode(text), found.tokenizer.sep_id]
        assert wrapped == tokenizer(text)["input_ids"]
    given = tokenizer("the dogs see the [MASK] .", return_tensors="pt")
    torch.testing.assert_close(
        found.masked_model(**given).logits, model(**given).logits, atol=1e-5, rtol=0
    )


def test_a_model_of_the_hub_gives_the_numbers_of_transformers(hub: SmallHub, theirs: Path) -> None:
    found = fmlab.load("owner/tiny", revision=FIRST)
    assert_same_model(found, theirs)
    assert found.run == {"source": {"repository": "owner/tiny", "revision": FIRST, "commit": FIRST}}


def test_a_short_name_is_its_pinned_commit_whatever_main_is(hub: SmallHub, theirs: Path) -> None:
    """The names of 2018 in the weights, and the redirect that the hub answers to a short name."""
    for name in ("bert-base-uncased", "google-bert/bert-base-uncased"):
        found = fmlab.load(name)
        assert_same_model(found, theirs)
        assert found.run["source"]["commit"] == zoo.PINNED["bert-base-uncased"]
    assert "no config.json" in line("bert-base-uncased", revision="main")


def test_main_is_resolved_once_and_its_commit_is_told(hub: SmallHub, tmp_path: Path) -> None:
    found = fmlab.load("owner/tiny")
    assert found.run["source"] == {
        "repository": "owner/tiny", "revision": "main", "commit": SECOND
    }  # fmt: skip
    assert_same_model(found, found.path)
    of_main = [path for _, path in hub.asked if "/main/" in path]
    assert {path.rpartition("/")[2] for path in of_main} == {"config.json"}
    first = fmlab.load("owner/tiny", revision=FIRST)
    assert not torch.equal(next(first.model.parameters()), next(found.model.parameters()))


def test_only_what_is_needed_is_fetched_and_only_once(hub: SmallHub, tmp_path: Path) -> None:
    fmlab.load("owner/tiny", cache=tmp_path / "mine")
    assert sorted(hub.fetched()) == sorted(NEEDED)
    assert (tmp_path / "mine" / "models--owner--tiny").is_dir()
    assert not (tmp_path / "hub").exists()
    hub.asked.clear()
    fmlab.load("owner/tiny", cache=tmp_path / "mine")
    assert hub.fetched() == []
    hub.asked.clear()
    fmlab.load("owner/tiny", cache=tmp_path / "mine", revision=SECOND)
    assert hub.asked == []  # a commit never changes


def test_the_name_a_folder_and_the_shipped_model_give_the_same_kind(theirs: Path) -> None:
    assert "books-small" in fmlab.local_models()
    by_name, by_path = fmlab.load("books-small"), fmlab.load(theirs)
    assert type(by_name) is type(by_path) is Checkpoint
    assert (by_name.path, by_path.path) == (shipped(), theirs)
    assert by_name.run == json.loads((shipped() / "run.json").read_text(encoding="utf-8"))
    assert_same_model(fmlab.load(str(theirs)), theirs)


def test_a_vocabulary_alone_makes_the_same_tokenizer(hub: SmallHub, theirs: Path) -> None:
    files = hub.models["owner/tiny"].commits[FIRST]
    hub.models["owner/old"] = Model(
        {FIRST: {name: files[name] for name in ("config.json", "model.safetensors", "vocab.txt")}}
    )
    assert_same_model(fmlab.load("owner/old"), theirs)
    del hub.models["owner/old"].commits[FIRST]["vocab.txt"]
    hub.models["owner/none"] = hub.models.pop("owner/old")
    assert "has no tokenizer" in line("owner/none")


def test_a_cached_model_needs_no_hub(
    hub: SmallHub, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("owner/tiny", "bert-base-uncased"):
        fmlab.load(name)
    hub.broken = 503
    assert fmlab.load("owner/tiny").run["source"]["commit"] == SECOND
    point_to("http://127.0.0.1:9", monkeypatch)
    assert fmlab.load("owner/tiny").run["source"]["commit"] == SECOND
    assert_same_model(fmlab.load("bert-base-uncased"), theirs)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fmlab.load("owner/tiny").run["source"]["commit"] == SECOND


def test_a_hub_that_cannot_be_reached_costs_one_line_at_once(
    hub: SmallHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.broken = 503
    assert "503" in line("owner/tiny")
    started = time.monotonic()
    point_to("http://127.0.0.1:9", monkeypatch)
    said = line("owner/tiny")
    assert said.startswith("cannot reach the hub at http://127.0.0.1:9 for 'owner/tiny'")
    assert said.endswith(f"one that needs no network: {LOCAL}")
    assert time.monotonic() - started < 5
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    said = line("owner/tiny")
    assert "HF_HUB_OFFLINE" in said
    assert said.endswith(f"one that needs no network: {LOCAL}")


def test_a_hub_that_is_silent_is_left_after_the_timeout(
    hub: SmallHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        point_to(f"http://127.0.0.1:{silent.getsockname()[1]}", monkeypatch)
        started = time.monotonic()
        assert line("owner/tiny", timeout=0.3).startswith("cannot reach the hub")
        assert time.monotonic() - started < 3


def test_what_the_hub_refuses_is_told_in_one_line(hub: SmallHub) -> None:
    assert line("owner/nothing").startswith("the hub has no open model 'owner/nothing', and")
    assert "has no revision 'v9'" in line("owner/tiny", revision="v9")
    hub.models["owner/tiny"].gated = True
    assert line("owner/tiny").startswith("owner/tiny is gated: ask for access")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["pytorch_model.bin"], "only pytorch_model.bin: a pickle, which may run code"),
        (["model-00001-of-2.safetensors", "model.safetensors.index.json"], "in several files"),
        (["flax_model.msgpack"], "has no model.safetensors; choose another model"),
    ],
)
def test_weights_that_are_no_single_safetensors_are_refused(
    hub: SmallHub, files: list[str], words: str
) -> None:
    content = hub.models["owner/tiny"].commits[FIRST]
    kept = {name: data for name, data in content.items() if not name.endswith((".bin", "ensors"))}
    hub.models["owner/other"] = Model({FIRST: {**kept, **dict.fromkeys(files, b"0" * 9)}})
    assert words in line("owner/other")
    assert not set(hub.fetched()) & set(files)


@pytest.mark.parametrize("family", ["t5", "llama"])
def test_another_family_is_refused_before_its_weights_are_fetched(
    hub: SmallHub, family: str
) -> None:
    config = f'{{"model_type": "{family}"}}'.encode()
    files = {**hub.models["owner/tiny"].commits[FIRST], "config.json": config}
    hub.models[f"{family}-base"] = Model({FIRST: files})
    said = line(f"{family}-base")
    assert said.startswith(f"{family}-base is a {family} model")
    assert "bert-base-uncased" in said
    assert said.endswith(LOCAL)
    assert hub.fetched() == ["config.json"]


def test_a_transfer_that_is_cut_short_is_told_and_can_be_repeated(
    hub: SmallHub, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.sent_share = 0.5
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", lambda _: None)  # its client waits between its attempts
        assert line("owner/tiny", revision=FIRST).startswith("cannot fetch 'owner/tiny'")
    hub.sent_share = 1.0
    assert_same_model(fmlab.load("owner/tiny", revision=FIRST), theirs)


def test_weights_that_arrive_damaged_are_removed_and_fetched_again(
    hub: SmallHub, theirs: Path
) -> None:
    hub.spoiled = True
    assert "arrived damaged and was removed" in line("owner/tiny", revision=FIRST)
    hub.spoiled = False
    assert_same_model(fmlab.load("owner/tiny", revision=FIRST), theirs)


def test_weights_that_are_published_cut_short_are_damaged(hub: SmallHub) -> None:
    files = hub.models["owner/tiny"].commits[FIRST]
    files["model.safetensors"] = files["model.safetensors"][:-100]
    assert "damaged or cut short" in line("owner/tiny", revision=FIRST)


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "a/b/c", "", "..", Path("none")])
def test_what_can_be_no_name_of_the_hub_is_a_missing_folder(hub: SmallHub, name: str) -> None:
    said = line(name)
    assert ("no folder" in said) or name in ("", "..")
    assert hub.asked == []


def test_a_folder_has_no_revisions(theirs: Path) -> None:
    assert "leave revision out" in line(theirs, revision="main")


def test_importing_the_package_imports_no_torch_and_the_environment_is_heeded(
    hub: SmallHub, tmp_path: Path
) -> None:
    program = (
        "import sys, fmlab; assert not {'torch', 'numpy', 'huggingface_hub'} & set(sys.modules);"
        "assert 'load' in dir(fmlab); from fmlab import load; print(load('owner/tiny').run)"
    )
    env = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "env"), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    for change in ({"HF_ENDPOINT": hub.address}, {"HF_HUB_OFFLINE": "1"}):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env={**env, **change}
        )
        assert done.returncode == 0, done.stderr
        assert SECOND in done.stdout
    assert (tmp_path / "env" / "models--owner--tiny").is_dir()


def test_a_name_can_be_evaluated_and_nothing_is_written_beside_the_model(
    hub: SmallHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in range(6):
        (texts / f"{number}.txt").write_text("the dog see the cat ( a cafe ) is here\n" * 9)

    def evaluate(model: str) -> int:
        given = ["fmlab", "evaluate", model, "--corpus", f"folder:{texts}"]
        monkeypatch.setattr(sys, "argv", given)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    assert evaluate("owner/tiny") == 0
    said = capsys.readouterr().out
    assert "bits_per_byte" in said
    assert "nothing was written" in said
    assert not list((tmp_path / "hub").rglob("eval.json"))
    assert evaluate("owner/none") == 2
    assert capsys.readouterr().err.startswith("fmlab: the hub has no open model 'owner/none'")
    with zoo.lent("books-small") as folder:
        assert folder.name == "books-small"
        assert folder != shipped()
        assert fmlab.load(folder).run == fmlab.load("books-small").run
    assert not folder.exists()
