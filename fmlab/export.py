"""One file that the pages' live figures can read: a model as ONNX, its tokenizer and its card.

The file is an ordinary zip, nothing in it is packed, and no part runs code when it is opened:

    model.onnx            what is computed; the weights are left out of it
    model.safetensors     the weights, in float16, under the names of `transformers`
    tokenizer.json        from text to numbers, and tokenizer_config.json
    config.json           the sizes
    README.md             the model card
    live.json             what a figure must know before it reads the rest

The graph takes each weight from its place in `model.safetensors`. So the same graph runs with the
weights of another moment of the same training, which is how a page scrubs through a run.

Weights are halves on the way and become float32 when they are loaded; all computing is in float32.
Eight bits would change attention by up to 0.4 and another place would be the largest in one row of
eleven; float16 changes it by 0.001.
"""

import json
import logging
import struct
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors.torch
import torch
from torch import Tensor, nn

from fmlab.checkpoint import CONFIG, WEIGHTS, Checkpoint
from fmlab.errors import UserError
from fmlab.files import write_whole
from fmlab.models.bert import BertForPreTraining
from fmlab.models.hf import to_hf, weight_names
from fmlab.probes.ablation import heads_scaled

if TYPE_CHECKING:
    import onnx

SUFFIX = ".fmlab"
FORMAT = 1
GRAPH, CARD, ABOUT = "model.onnx", "README.md", "live.json"
INPUTS = ("input_ids", "layers", "places", "keep")
OUTPUTS = ("logits", "attentions")
EARLIEST = 1980, 1, 1, 0, 0, 0  # the same model gives the same file, bit by bit


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        path: The file.
        bytes: Its size.
        parts: The size of each part, in bytes.
    """

    path: Path
    bytes: int
    parts: dict[str, int]

    def __str__(self) -> str:
        """Return where it is, how large it is, and what to do with it."""
        return (
            f"{self.path} ({self.bytes / 1e6:.1f} MB): drop it on any live figure of the "
            "workbook's pages, and the figure shows this model"
        )


class Reading(nn.Module):
    """All that a live figure asks of a model, in one forward pass.

    `input_ids` is `(1, T)`. `layers` says after which layers the head is to read, 0 for the
    embeddings, and `places` at which tokens: logits are `(layers, places, vocab)`. `keep`,
    `(L, H)`, scales what each head hands on: 1 leaves it as it is, 0 switches it off. Attentions
    are `(L, H, T, T)`.
    """

    def __init__(self, model: BertForPreTraining) -> None:
        """Wrap a model with a masked-token head."""
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: Tensor, layers: Tensor, places: Tensor, keep: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the logits and the attentions."""
        head = self.model.masked_head
        assert head is not None
        with heads_scaled(self.model, keep):
            out = self.model.bert(input_ids, output_attentions=True, output_hidden_states=True)
        assert out.hidden_states is not None
        assert out.attentions is not None
        states = torch.stack(out.hidden_states).squeeze(1)  # (L + 1, T, hidden)
        chosen = states.index_select(0, layers).index_select(1, places)  # (layers, places, hidden)
        return head(chosen), torch.stack(out.attentions).squeeze(1)


def export(found: Checkpoint, path: Path, name: str, card: str) -> Exported:
    """Write a model as one file for the pages' live figures, whole or not at all.

    Args:
        found: A model that can fill masks, with its tokenizer.
        path: Where to; the ending `.fmlab` is added where it is missing.
        name: What the figures call it.
        card: Its model card, in Markdown.

    Raises:
        UserError: It cannot fill masks, has no layer or no attention to show, or `onnx` and
            `onnxscript` are not installed.
    """
    model = found.masked_model
    if model.config.num_hidden_layers < 1:
        raise UserError(f"{name} has no layers, so it has no attention to show; choose another")
    weights = half_weights(model)
    parts = {
        GRAPH: graph(model, weights).SerializeToString(),
        WEIGHTS: weights,
        CONFIG: _json(to_hf(model)[0]),
        **_tokenizer_files(found),
        CARD: card.encode(),
        ABOUT: _json({"format": FORMAT, **about(model, name)}),
    }
    path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
    with write_whole(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for part, content in parts.items():
            archive.writestr(zipfile.ZipInfo(part, EARLIEST), content)
    return Exported(path, path.stat().st_size, {part: len(c) for part, c in parts.items()})


def half_weights(model: BertForPreTraining) -> bytes:
    """Return the weights in float16 as the bytes of a safetensors file.

    Raises:
        UserError: A weight is too large for float16.
    """
    halves = {}
    for name, tensor in to_hf(model)[1].items():
        halves[name] = tensor.half().contiguous()
        if not halves[name].isfinite().all():
            raise UserError(f"weight {name} holds a number beyond 65504; float16 cannot hold it")
    return safetensors.torch.save(halves)


def graph(model: BertForPreTraining, weights: bytes) -> "onnx.ModelProto":
    """Return the computation as ONNX, its weights referring to their places in `weights`.

    Args:
        model: The model; its weights are those of `weights`.
        weights: A safetensors file of float16.
    """
    proto = _traced(model)
    places = _places(weights)
    names = {f"model.{ours}": theirs for ours, theirs in weight_names(model).items()}
    if model.masked_head is not None and model.masked_head.embedding is _table(model):
        names["model.masked_head.embedding"] = names["model.bert.embeddings.token.weight"]
    casts = []
    for initial in proto.graph.initializer:
        if initial.name in names:
            casts.append(_refer(initial, *places[names[initial.name]]))
    assert len(casts) >= len(names) - 1, "a weight of the model is not in the graph under its name"
    for number, cast in enumerate(casts):
        proto.graph.node.insert(number, cast)
    return proto


def _traced(model: BertForPreTraining) -> "onnx.ModelProto":
    """Return the graph as torch traces it, with the weights inside."""
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UserError(
            "writing a model for pages needs onnx and onnxscript; pip install onnx onnxscript"
        ) from error
    config = model.config
    length = min(9, config.max_position_embeddings)
    example = (
        torch.zeros(1, length, dtype=torch.int32),
        torch.zeros(2, dtype=torch.int32),
        torch.zeros(3, dtype=torch.int32),
        torch.ones(config.num_hidden_layers, config.num_attention_heads),
    )
    free = torch.export.Dim.DYNAMIC
    was_training = model.training
    with warnings.catch_warnings(), _hushed("torch.onnx"):
        warnings.simplefilter("ignore")  # of torch about its own parts
        program = torch.onnx.export(
            Reading(model).eval(),
            example,
            dynamo=True,
            optimize=False,  # it would turn weights round, and they must stay as in their file
            verbose=False,
            input_names=INPUTS,
            output_names=OUTPUTS,
            dynamic_shapes=({1: free}, {0: free}, {0: free}, None),
        )
    model.train(was_training)
    assert program is not None
    proto = program.model_proto
    for value in proto.graph.value_info:
        value.ClearField("doc_string")
    for node in proto.graph.node:  # where in Python each came from: four fifths of the graph
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    proto.ClearField("metadata_props")
    proto.graph.ClearField("metadata_props")
    return proto


@contextmanager
def _hushed(name: str) -> Iterator[None]:
    """Keep a logger's warnings back: torch misses torchvision, which nothing here needs."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _refer(initial: "onnx.TensorProto", offset: int, length: int) -> "onnx.NodeProto":
    """Make a weight of the graph refer to a place in the weights' file; return what widens it."""
    import onnx

    name = initial.name
    initial.name = f"{name}.half"
    initial.data_type = onnx.TensorProto.FLOAT16
    initial.ClearField("raw_data")
    initial.ClearField("float_data")
    initial.ClearField("external_data")
    initial.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", WEIGHTS), ("offset", offset), ("length", length)):
        initial.external_data.add(key=key, value=str(value))
    return onnx.helper.make_node(
        "Cast", [initial.name], [name], name=f"{name}.wide", to=onnx.TensorProto.FLOAT
    )


def _places(weights: bytes) -> dict[str, tuple[int, int]]:
    """Return where in a safetensors file each tensor lies: offset and length in bytes."""
    (header,) = struct.unpack("<Q", weights[:8])
    listed = json.loads(weights[8 : 8 + header])
    spans = {
        name: about["data_offsets"] for name, about in listed.items() if "data_offsets" in about
    }
    return {name: (8 + header + begin, end - begin) for name, (begin, end) in spans.items()}


def _table(model: BertForPreTraining) -> Tensor:
    return model.bert.embeddings.token.weight


def _tokenizer_files(found: Checkpoint) -> dict[str, bytes]:
    settings = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": found.tokenizer.lowercase,
        "model_max_length": found.model.config.max_position_embeddings,
    }
    return {
        "tokenizer.json": found.tokenizer.fast.to_str().encode(),
        "tokenizer_config.json": _json(settings),
    }


def about(model: BertForPreTraining, name: str) -> dict[str, Any]:
    """Return what a live figure must know of a model before it asks it anything."""
    config = model.config
    return {
        "name": name,
        "layers": config.num_hidden_layers,
        "heads": config.num_attention_heads,
        "positions": config.max_position_embeddings,
        "vocab": config.vocab_size,
    }


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def parts_of(path: Path) -> dict[str, bytes]:
    """Return the parts of a file that `export` wrote.

    Raises:
        UserError: It is no such file.
    """
    try:
        with zipfile.ZipFile(BytesIO(path.read_bytes())) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} is no exported model ({error}); fmlab export writes one"
        ) from error
    if missing := {GRAPH, WEIGHTS, ABOUT, "tokenizer.json"} - parts.keys():
        raise UserError(f"{path} lacks {', '.join(sorted(missing))}; fmlab export writes it anew")
    return parts
