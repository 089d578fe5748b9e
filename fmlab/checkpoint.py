"""A model on disk: weights, configuration, tokenizer, and the story of its run.

The layout is Hugging Face's, so `transformers` reads the folder as it is. Weights are safetensors:
a file of numbers that runs no code when it is opened, unlike a pickle.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from fmlab.errors import UserError
from fmlab.files import write_text, write_whole
from fmlab.models.bert import BertForPreTraining
from fmlab.models.gpt import GptForPreTraining
from fmlab.models.hf import AnyModel, family_of, from_hf, is_causal, to_hf
from fmlab.models.language_model import LanguageModel
from fmlab.tokens import Tokenizer

WEIGHTS, CONFIG, RUN = "model.safetensors", "config.json", "run.json"


@dataclass(frozen=True)
class Checkpoint:
    """A loaded model with all that belongs to it.

    Attributes:
        model: In evaluation mode, float32.
        tokenizer: The one it was trained with.
        run: The content of `run.json`; empty for a model from elsewhere.
        path: The folder.
        causal: Whether it reads from left to right and in no other way, as GPT does.
    """

    model: AnyModel
    tokenizer: Tokenizer
    run: dict[str, Any]
    path: Path
    causal: bool = False

    @property
    def causal_share(self) -> float:
        """The share of its training rows that were causal: 0 for a BERT, 1 for a GPT."""
        return 1.0 if self.causal else causal_share(self.run)

    @property
    def masked_language_model(self) -> LanguageModel:
        """The model, of whatever family, if it can fill masks.

        Raises:
            UserError: It has no head for tokens, or was trained to read from left to right alone.
        """
        if self.causal_share == 1:
            raise UserError(
                f"{self.path} reads from left to right and cannot fill masks; choose a masked "
                "language model (causal_share below 1)"
            )
        model = self.model
        if not isinstance(model, LanguageModel) or model.token_head is None:
            raise UserError(f"{self.path} cannot fill masks; choose a masked language model")
        return model

    @property
    def causal_language_model(self) -> LanguageModel:
        """The model, of whatever family, if it can guess the next token.

        Raises:
            UserError: It was trained on no causal rows.
        """
        model = self.model
        if self.causal_share == 0 or not isinstance(model, LanguageModel):
            raise UserError(
                f"{self.path} was not trained to guess the next token; choose a model with "
                "causal_share above 0"
            )
        return model

    @property
    def masked_model(self) -> BertForPreTraining:
        """The model, if it is a BERT that can fill masks: for what knows a BERT's parts.

        Raises:
            UserError: As in `masked_language_model`, or it is of another family.
        """
        return self._bert(self.masked_language_model)

    @property
    def causal_model(self) -> BertForPreTraining:
        """The model, if it is a BERT that can guess the next token: for what knows its parts.

        Raises:
            UserError: As in `causal_language_model`, or it is of another family.
        """
        return self._bert(self.causal_language_model)

    def _bert(self, model: LanguageModel) -> BertForPreTraining:
        if not isinstance(model, BertForPreTraining):
            raise UserError(
                f"{self.path} is of the family {family_of(model).NAME}, and this works with BERTs "
                "alone so far; choose a BERT"
            )
        return model


def causal_share(run: Mapping[str, Any]) -> float:
    """Return the share of causal rows that a run's story tells of; 0 if it tells of none."""
    asked = run.get("config", {}).get("causal_share", 0.0)
    return float(run.get("objective", {}).get("causal_rows", asked))


def shipped(name: str = "books-small") -> Path:
    """Return the folder of the checkpoint that comes with `fmlab`."""
    return Path(__file__).parent / "assets" / name


def save(
    folder: Path | str,
    model: AnyModel | LanguageModel,
    tokenizer: Tokenizer,
    run: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float32,
) -> Path:
    """Write a checkpoint that `load` and `transformers` read; each file whole or not at all.

    Args:
        folder: Made if it is not there.
        model: Any of ours.
        tokenizer: The one it was trained with.
        run: What is to be told of its making; if all rows were causal, transformers opens the model
            as a causal one.
        dtype: The format of the weights on disk; float16 halves the file.
    """
    folder = Path(folder)
    causal = isinstance(model, BertForPreTraining) and causal_share(run or {}) == 1
    config, weights = to_hf(model, causal)
    if causal or isinstance(
        model, GptForPreTraining
    ):  # so that `generate` stops where a paragraph ends
        config |= {"bos_token_id": tokenizer.cls_id, "eos_token_id": tokenizer.sep_id}
    # What to compute in, whatever the file holds: transformers takes it from here, and float16 on
    # a CPU is slow and coarse.
    config["dtype"] = "float32"
    write_tensors(folder / WEIGHTS, {name: t.to(dtype) for name, t in weights.items()})
    write_text(folder / CONFIG, json.dumps(config, indent=2) + "\n")
    tokenizer.save(folder, max_length=model.config.longest)
    if run is not None:
        write_text(folder / RUN, json.dumps(run, indent=2, ensure_ascii=False) + "\n")
    return folder


def load(folder: Path | str) -> Checkpoint:
    """Return the checkpoint in `folder`.

    Raises:
        UserError: No such folder, a file is missing or damaged, or files don't belong together.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"no folder {folder}; name a checkpoint's folder (shipped: {shipped()})")
    config = read_json(folder / CONFIG)
    model = from_hf(config, read_tensors(folder / WEIGHTS))
    tokenizer = Tokenizer.load(folder)
    if tokenizer.vocab_size > model.config.vocab_size:
        raise UserError(
            f"the tokenizer in {folder} has {tokenizer.vocab_size} tokens, the model "
            f"{model.config.vocab_size}; use the tokenizer that the model was trained with"
        )
    run = read_json(folder / RUN) if (folder / RUN).exists() else {}
    return Checkpoint(model, tokenizer, run, folder, is_causal(config))


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors as safetensors, whole or not at all."""
    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = safetensors.torch.save(ready, metadata={"format": "pt"})
    with write_whole(path) as temporary:
        temporary.write_bytes(content)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file, in float32 where they are of a shorter format.

    Raises:
        UserError: The file is missing, is a pickle, or is damaged.
    """
    if not path.is_file():
        pickles = [p.name for p in path.parent.glob("*.bin")] + [
            p.name for p in path.parent.glob("*.pt")
        ]
        hint = "the folder holds no weights; name a checkpoint's folder"
        if pickles:
            hint = f"{pickles[0]} is a pickle, which may run code: convert it to safetensors first"
        raise UserError(f"no {path.name} in {path.parent}: {hint}")
    try:
        tensors = safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{path} is damaged or cut short ({error}); fetch or save it again"
        ) from error
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises:
        UserError: The file is missing or is not a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"cannot read {path} ({error.strerror}); name a checkpoint's folder"
        ) from error
    except ValueError as error:
        raise UserError(f"{path} is not JSON ({error}); fetch or save it again") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no JSON object; fetch or save it again")
    return content
