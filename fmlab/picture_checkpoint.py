"""A model of pictures on disk: weights, configuration, how pixels are made ready, and its story.

The layout is Hugging Face's, as for text (`fmlab.checkpoint`). A tokenizer is there where the model
reads captions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from fmlab.checkpoint import CONFIG, RUN, WEIGHTS, read_json, read_tensors, write_tensors
from fmlab.errors import UserError
from fmlab.files import write_text
from fmlab.models import clip_hf, mae_hf
from fmlab.models.clip import Clip, ProjectedVision
from fmlab.models.hf import OF_PICTURES
from fmlab.models.mae import Mae
from fmlab.tokens import Tokenizer

PictureModel = Mae | Clip | ProjectedVision
PIXELS = "preprocessor_config.json"


@dataclass(frozen=True)
class PictureCheckpoint:
    """A loaded model of pictures with all that belongs to it.

    Attributes:
        model: In evaluation mode, float32.
        tokenizer: Of its captions; None where it reads none.
        run: The content of `run.json`; empty for a model from elsewhere.
        path: The folder.
    """

    model: PictureModel
    tokenizer: Tokenizer | None
    run: dict[str, Any]
    path: Path


def save_pictures(
    folder: Path | str,
    model: PictureModel,
    tokenizer: Tokenizer | None = None,
    run: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float32,
) -> Path:
    """Write a checkpoint that `load_pictures` and `transformers` read; each file whole or not.

    Args:
        folder: Made if it is not there.
        model: Any of ours.
        tokenizer: Of its captions; a CLIP needs it.
        run: What is to be told of its making.
        dtype: The format of the weights on disk; float16 halves the file.
    """
    folder = Path(folder)
    config, weights = (
        mae_hf.mae_to_hf(model) if isinstance(model, Mae) else clip_hf.clip_to_hf(model)
    )
    config["dtype"] = "float32"  # what to compute in, whatever the file holds
    write_tensors(folder / WEIGHTS, {name: t.to(dtype) for name, t in weights.items()})
    write_text(folder / CONFIG, json.dumps(config, indent=2) + "\n")
    write_text(folder / PIXELS, json.dumps(_pixels(config), indent=2) + "\n")
    if isinstance(model, Clip):
        assert tokenizer is not None, "captions need a tokenizer"
        tokenizer.save(folder, max_length=model.config.text.max_position_embeddings)
    if run is not None:
        write_text(folder / RUN, json.dumps(run, indent=2, ensure_ascii=False) + "\n")
    return folder


def load_pictures(folder: Path | str) -> PictureCheckpoint:
    """Return the checkpoint of a model of pictures in `folder`.

    Raises:
        UserError: No such folder, a file is missing or damaged, the model is of another kind, or
            files don't belong together.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"no folder {folder}; name a checkpoint's folder")
    config = read_json(folder / CONFIG)
    family = config.get("model_type")
    if family not in OF_PICTURES:
        raise UserError(
            f"{folder} holds a {family} model, not one of pictures ({', '.join(OF_PICTURES)}); "
            "load it with fmlab.load"
        )
    weights = read_tensors(folder / WEIGHTS)
    mae = family == mae_hf.MODEL_TYPE
    model = mae_hf.mae_from_hf(config, weights) if mae else clip_hf.clip_from_hf(config, weights)
    tokenizer = Tokenizer.load(folder) if isinstance(model, Clip) else None
    if isinstance(model, Clip) and tokenizer is not None:
        known = model.config.text.vocab_size
        if tokenizer.vocab_size > known:
            raise UserError(
                f"the tokenizer in {folder} has {tokenizer.vocab_size} tokens, the model {known}; "
                "use the tokenizer that the model was trained with"
            )
    run = read_json(folder / RUN) if (folder / RUN).exists() else {}
    return PictureCheckpoint(model, tokenizer, run, folder)


def _pixels(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return how transformers makes pixels ready as we do: squares, from -1 to 1."""
    sizes = config.get("vision_config", config)
    side, channels = sizes["image_size"], sizes["num_channels"]
    return {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": True,
        "size": {"height": side, "width": side},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.5] * channels,
        "image_std": [0.5] * channels,
    }
