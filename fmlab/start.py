"""A run that starts from a model that exists, and not from chance.

It reads on in the same text, or in another: the cheap way to a model of one's own field. Sizes and
tokenizer are the model's. The learning rate rises from 0 anew and falls again, and the run counts
its own steps; what was read and spent before is added to its story.

Sources: Gururangan et al. 2020, "Don't Stop Pretraining", arXiv:2004.10964 (on another text);
Ibrahim et al. 2024, arXiv:2403.08763 (the rate rises and falls again).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmlab import zoo
from fmlab.checkpoint import WEIGHTS, Checkpoint, save
from fmlab.errors import UserError
from fmlab.files import sha256_file
from fmlab.models.hf import family_of
from fmlab.models.language_model import LanguageModel
from fmlab.records import keep_log_before
from fmlab.train_config import TrainConfig

# What is a size of the model, whatever text it reads and however it is taught.
SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
FOLDER = "start"  # in the run's folder
OURS = {"gpt2": "gpt"}  # where the hub's name of a family is not the one in `TrainConfig.model`


@dataclass(frozen=True)
class Start:
    """The model that a run starts from.

    Attributes:
        name: What it was called by; of a folder the last part.
        checkpoint: The model with its tokenizer.
    """

    name: str
    checkpoint: Checkpoint

    @property
    def model(self) -> LanguageModel:
        """The model, with a head for tokens."""
        model = self.checkpoint.model
        assert isinstance(model, LanguageModel)
        return model

    @property
    def settings(self) -> dict[str, Any]:
        """What a run from this model starts with, as fields of `TrainConfig`."""
        config = self.model.config
        kind = family_of(self.model).MODEL_TYPE
        found = {name: getattr(config, name) for name in SIZES}
        if kind == "albert":
            found["embedding_size"] = config.embedding_size
        return found | {
            "model": OURS.get(kind, kind),
            "vocab_size": self.checkpoint.tokenizer.vocab_size,
            "dropout": config.hidden_dropout_prob,
            "causal_share": self.checkpoint.causal_share,
        }

    def check(self, config: TrainConfig) -> None:
        """Refuse a run of other sizes, or of a task that the model has no head for.

        Raises:
            UserError: What differs, and what the model has.
        """
        for name, own in self.settings.items():
            if name != "causal_share" and getattr(config, name) != own:
                raise UserError(
                    f"{name} is {getattr(config, name)}, but {self.name} has {own}; leave it out"
                )
        if config.seq_len > self.model.config.longest:
            raise UserError(
                f"seq_len is {config.seq_len}, but {self.name} has "
                f"{self.model.config.longest} positions; set it to these or less"
            )
        if (config.next_sentence or config.sentence_order) and self.model.pair_head is None:
            raise UserError(f"{self.name} has no head for pairs of sentences; leave them out")

    def ready(self, config: TrainConfig) -> LanguageModel:
        """Return the model, with what the run does not teach (pooler, pair head) held still."""
        self.check(config)
        if not (config.next_sentence or config.sentence_order):
            still = [part for part in (self.model.pair_head,) if part is not None]
            still += [part for name, part in self.model.named_modules() if name.endswith("pooler")]
            for part in still:
                part.requires_grad_(False)
        return self.model

    def keep(self, out: Path) -> None:
        """Write the model and its log into a run's folder, so that the run can be resumed."""
        known = self.checkpoint
        save(out / FOLDER, self.model, known.tokenizer, known.run)
        keep_log_before(known.path, out)

    def story(self) -> dict[str, Any]:
        """Return what `run.json` tells of it: which weights, and how these came to be."""
        return {
            "name": self.name,
            "weights_sha256": sha256_file(self.checkpoint.path / WEIGHTS),
            "run": self.checkpoint.run,
        }


def start_from(name_or_path: str | Path) -> Start:
    """Return the model to start from.

    Args:
        name_or_path: A checkpoint's folder, a model that comes with `fmlab`, or one of the hub.

    Raises:
        UserError: It cannot be found or read, or has no head for tokens.
    """
    found = zoo.load(name_or_path)
    if not isinstance(found.model, LanguageModel) or found.model.token_head is None:
        raise UserError(
            f"{name_or_path} has no head for tokens, so pretraining cannot go on from it; "
            "choose a masked or causal language model"
        )
    return Start(Path(name_or_path).name, found)


def kept_start(out: Path) -> Start | None:
    """Return the model that the run in `out` started from; None where it was chance."""
    return start_from(out / FOLDER) if (out / FOLDER).is_dir() else None
