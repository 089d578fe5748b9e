"""Stages keep a model nearly as it was, are checked on arrival, and come from a finished run."""

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from fmlab import checkpoint, files, pretrain, ship, stages
from fmlab.corpus import Corpus, Document
from fmlab.errors import UserError
from fmlab.files import sha256_bytes
from fmlab.stages import load_stage, pack, store_stages, unpack
from fmlab.train_config import TrainConfig

HOME = "https://example.org/owner/name"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and keeps silent."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small finished run; the package's own folder is moved aside for the test."""
    monkeypatch.setattr(stages, "shipped", lambda name="small": tmp_path / "package" / name)
    monkeypatch.setattr(ship, "shipped", lambda name="small": tmp_path / "package" / name)
    monkeypatch.setattr(stages, "HERE", tmp_path / "stages")
    monkeypatch.setattr(stages, "cache_dir", lambda: tmp_path / "cache")
    text = "\n".join(["the dog sees the old cat . the bird sleeps here ."] * 40)
    one = Document("one", text, "ours", "test", sha256_bytes(text.encode()), "train")
    sizes: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = TrainConfig(**sizes, vocab_size=60, intermediate_size=64, seq_len=24, steps=8)
    run = pretrain.pretrain(config, Corpus("one", (one,)), tmp_path / "run", keep=(2, 4))
    list(run)
    run.save_checkpoint(tmp_path / "run", torch.float16)
    return tmp_path / "run"


def test_seven_bits_are_within_half_a_step_of_the_largest() -> None:
    draw = torch.Generator().manual_seed(0)
    table = torch.randn(50, 40, generator=draw) * torch.logspace(-3, 2, 50)[:, None]
    given = {"table": table, "offset": torch.randn(40, generator=draw), "empty": torch.zeros(3, 4)}
    found = unpack(pack(given))
    step = table.abs().amax(dim=1, keepdim=True) / stages.LARGEST
    assert bool(((found["table"] - table).abs() <= step / 2 * 1.001).all())
    torch.testing.assert_close(found["offset"], given["offset"], atol=1e-3, rtol=1e-3)
    assert torch.equal(found["empty"], given["empty"])
    assert found.keys() == given.keys()


def test_a_shipped_run_brings_its_stages(finished: Path) -> None:
    folder = ship.ship(finished, "small", HOME)
    assert checkpoint.load(folder).masked_model is not None
    package = json.loads((folder / stages.MANIFEST).read_text())
    assert package["url"] == f"{HOME}/raw/main/book/stages/small"
    listed = stages.stages("small")
    assert [stage.step for stage in listed] == [2, 4]
    records = [json.loads(text) for text in (finished / "log.jsonl").read_text().splitlines()]
    assert [stage.tokens for stage in listed] == [records[1]["tokens"], records[3]["tokens"]]
    whole = checkpoint.load(finished / "checkpoints" / "step-00000004").masked_model
    stage = load_stage(listed[1], "small")
    ids = torch.arange(5, 17)[None]
    difference = (stage.masked_model(ids).logits - whole(ids).logits).detach().abs().max()
    assert 0 < float(difference) < 0.1
    other = load_stage(listed[0], "small").masked_model(ids).logits
    assert not torch.allclose(other, stage.masked_model(ids).logits, atol=1e-3)


def test_storing_again_gives_the_same_bytes(finished: Path) -> None:
    (finished.parent / "package" / "small").mkdir(parents=True)
    assert store_stages(finished, "small", HOME) == store_stages(finished, "small", HOME)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    handler = partial(Quiet, directory=str(tmp_path / "elsewhere"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def test_a_stage_is_fetched_once_and_checked(finished: Path, tmp_path: Path, server: str) -> None:
    ship.ship(finished, "small", HOME)
    stage = stages.stages("small")[0]
    shutil.move(tmp_path / "stages", tmp_path / "elsewhere")
    folder = f"{server}/small"
    fetched = load_stage(stage, "small", url=folder)
    (tmp_path / "elsewhere" / "small" / stage.file).unlink()
    assert load_stage(stage, "small", url=folder).path == fetched.path
    fetched.path.write_bytes(fetched.path.read_bytes()[:-5])
    with pytest.raises(UserError, match="answered 404"):
        load_stage(stage, "small", url=folder)


def test_another_file_beside_the_book_is_refused(finished: Path, tmp_path: Path) -> None:
    ship.ship(finished, "small", HOME)
    stage = stages.stages("small")[0]
    files.write_text(tmp_path / "stages" / "small" / stage.file, "no stage")
    with pytest.raises(UserError, match="not the stage that was stored"):
        load_stage(stage, "small")


def test_what_cannot_ship_is_told_in_one_line(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="let the run end first"):
        ship.ship(tmp_path / "nothing", "small", HOME)
    with pytest.raises(UserError, match="has no stages"):
        stages.stages("small")
    shutil.rmtree(finished / "checkpoints")
    with pytest.raises(UserError, match="--keep STEP"):
        store_stages(finished, "small", HOME)
    monkeypatch.setattr(ship, "LARGEST", 1000)
    with pytest.raises(UserError, match="--half"):
        ship.ship(finished, "small", HOME)
