"""What BERT, RoBERTa and ALBERT do otherwise, as switches that can be set one at a time.

Sources: Devlin et al. 2019, arXiv:1810.04805 (BERT); Liu et al. 2019, arXiv:1907.11692 (RoBERTa);
Lan et al. 2019, arXiv:1909.11942 (ALBERT); Wettig et al. 2023, arXiv:2202.08005 (the mask rate).
"""

from dataclasses import dataclass
from typing import Literal

from torch import nn

from fmlab.models.albert import AlbertConfig, AlbertForPreTraining
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.models.language_model import LanguageModel

Kind = Literal["packed", "pairs", "next", "order"]
"""Of rows: pieces packed together; two pieces in order; B perhaps random; perhaps exchanged."""


@dataclass(frozen=True)
class Switches:
    """One recipe. As it stands it is RoBERTa's: dynamic masks, full rows, no second task.

    Attributes:
        mask_rate: The share of the tokens that is hidden in training.
        mask_copies: How many masks a row has, drawn before the run; 0 draws anew each time.
        rows: What a row holds, and with it the second task: `next` and `order` have one.
        shared_layers: Whether one layer is gone through again and again.
        embedding_size: The length of a token's own vector; 0 for as long as the layers' states.
    """

    mask_rate: float = 0.15
    mask_copies: int = 0
    rows: Kind = "packed"
    shared_layers: bool = False
    embedding_size: int = 0

    @property
    def second_task(self) -> bool:
        """Whether the model also learns to tell pairs of sentences apart."""
        return self.rows in ("next", "order")


SHORT = 32
BASE = "base"
RECIPES: dict[str, Switches] = {
    BASE: Switches(),
    "static masks": Switches(mask_copies=1),
    "mask 40 %": Switches(mask_rate=0.4),
    "mask 80 %": Switches(mask_rate=0.8),
    "pairs": Switches(rows="pairs"),
    "next sentence": Switches(rows="next"),
    "sentence order": Switches(rows="order"),
    "shared layers": Switches(shared_layers=True),
    "short embeddings": Switches(embedding_size=SHORT),
    "BERT": Switches(mask_copies=2, rows="next"),
    "ALBERT": Switches(rows="order", shared_layers=True, embedding_size=SHORT),
}
"""The base, each switch alone, and two bundles.

BERT read its text about 40 times under 10 masks, so it met each mask four times. Here rows of pairs
come round two to four times, and the bundle has two masks: each is met once or twice.
"""


def model_of(switches: Switches, config: BertConfig) -> LanguageModel:
    """Return a new model; seed torch first.

    Args:
        switches: The recipe.
        config: The sizes that all recipes share.
    """
    if switches.embedding_size:
        sizes = {**vars(config), "embedding_size": switches.embedding_size}
        groups = 1 if switches.shared_layers else config.num_hidden_layers
        short = AlbertConfig(**sizes, num_hidden_groups=groups)
        return AlbertForPreTraining(short, sentence_order=switches.second_task)
    model = BertForPreTraining(config, next_sentence=switches.second_task)
    if switches.shared_layers:
        first = model.bert.layers[0]
        model.bert.layers = nn.ModuleList([first] * config.num_hidden_layers)
    return model


def parameters(model: nn.Module) -> int:
    """Return how many weights a model has, those that are used twice counted once."""
    return sum(weight.numel() for weight in model.parameters())
