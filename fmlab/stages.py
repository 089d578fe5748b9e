"""A model at a few moments of its training: small files, to look at how it grew.

Each number of a matrix is kept in seven bits, as a share of the largest in its row, and the file
is then squeezed: to 4.4 MB where float16 takes 10.7. Measured on a trained model of four layers,
that moves an attention weight by 0.022 at most, makes another one the largest of its row once in
90 rows, and changes predictions by 0.0001 nat (eight bits: 0.008, once in 250, and 5.0 MB).

The stages lie beside the book, not in the package, so that they don't weigh on an install; where
they are not there, they are fetched once. Which they are, and what they must hash to, stands in
the package.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from fmlab.checkpoint import CONFIG, WEIGHTS, Checkpoint, read_json, read_tensors, shipped
from fmlab.errors import UserError
from fmlab.files import cache_dir, download, sha256_bytes, write_text, write_whole
from fmlab.models.hf import from_hf
from fmlab.records import LOG, read_log
from fmlab.tokens import Tokenizer

MANIFEST = "stages.json"
HERE = Path(__file__).resolve().parents[1] / "book" / "stages"
LARGEST = 63  # seven bits: -63 to 63
SCALE = ".scale"


@dataclass(frozen=True)
class Stage:
    """A moment of a run.

    Attributes:
        step: After how many steps.
        tokens: After how many tokens, padding left out.
        loss: Mean loss of the hundred steps before it, in nats a masked token.
        file: The file's name.
        bytes: Its size.
        sha256: What it must hash to.
    """

    step: int
    tokens: int
    loss: float
    file: str
    bytes: int
    sha256: str


def stages(name: str = "books-small") -> tuple[Stage, ...]:
    """Return the stages of a model that comes with `fmlab`, earliest first; the last is no stage.

    Raises:
        UserError: There is no such model, or it has no stages.
    """
    return tuple(Stage(**stage) for stage in _manifest(name)["stages"])


def _manifest(name: str) -> dict[str, Any]:
    path = shipped(name) / MANIFEST
    if not path.exists():
        raise UserError(f"{name} has no stages ({path} is not there); choose books-small")
    return read_json(path)


def load_stage(stage: Stage, name: str = "books-small", *, url: str | None = None) -> Checkpoint:
    """Return the model as it was at a stage, in float32.

    The places, in order: beside the book; the cache; the repository, fetched once.

    Args:
        stage: One of `stages(name)`.
        name: A model that comes with `fmlab`.
        url: The folder of the model's stages in the net; else the one in the package's list.

    Raises:
        UserError: No place has it, or what is there is another file.
    """
    path = HERE / name / stage.file
    if not path.exists():
        path = cache_dir() / "stages" / name / stage.file
        folder = url or str(_manifest(name)["url"])
        download(f"{folder}/{stage.file}", path, sha256=stage.sha256)
    content = path.read_bytes()
    if sha256_bytes(content) != stage.sha256:
        raise UserError(f"{path} is not the stage that was stored; delete it, and it is fetched")
    try:
        tensors = safetensors.torch.load(gzip.decompress(content))
    except (SafetensorError, OSError, EOFError) as error:
        raise UserError(f"{path} is damaged ({error}); delete it, and it is fetched") from error
    package = shipped(name)
    model = from_hf(read_json(package / CONFIG), unpack(tensors))
    return Checkpoint(model, Tokenizer.load(package), asdict(stage), path)


def store_stages(run: Path, name: str, repository: str) -> tuple[Stage, ...]:
    """Write the models that a run kept on its way as stages of a shipped model, and their list.

    Args:
        run: The run's folder, with `checkpoints/step-NNNNNNNN/`.
        name: The shipped model that the run ended in.
        repository: The address of the repository that will hold them, for those who install the
            package alone.

    Raises:
        UserError: The run kept none.
    """
    kept = sorted((run / "checkpoints").glob("step-*"))
    if not kept:
        raise UserError(f"{run} kept no models on its way; run it with --keep STEP, several times")
    found = []
    for folder in kept:
        step = int(folder.name.removeprefix("step-"))
        records = read_log(run / LOG, step)
        last = [record.loss for record in records[-100:]]
        content = gzip.compress(
            safetensors.torch.save(pack(read_tensors(folder / WEIGHTS))), 9, mtime=0
        )
        file = f"step-{step:05d}.safetensors.gz"
        with write_whole(HERE / name / file) as temporary:
            temporary.write_bytes(content)
        found.append(
            Stage(
                step,
                records[-1].tokens,
                round(sum(last) / len(last), 4),
                file,
                len(content),
                sha256_bytes(content),
            )
        )
    listed = {
        "url": f"{repository}/raw/main/book/stages/{name}",
        "stages": [asdict(stage) for stage in found],
    }
    write_text(shipped(name) / MANIFEST, json.dumps(listed, indent=2) + "\n")
    return tuple(found)


def pack(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return matrices in seven bits with a scale for each row, and all else in float16."""
    packed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim < 2:
            packed[name] = tensor.half()
            continue
        scale = (tensor.float().abs().amax(dim=1, keepdim=True) / LARGEST).clamp(min=1e-7)
        packed[name] = (tensor.float() / scale).round().to(torch.int8)
        packed[name + SCALE] = scale
    return packed


def unpack(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what `pack` took, in float32: each number within half a step of its row's scale."""
    return {
        name: tensor.float() * packed[name + SCALE] if name + SCALE in packed else tensor.float()
        for name, tensor in packed.items()
        if not name.endswith(SCALE)
    }
