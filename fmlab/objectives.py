"""What pretraining minimises: masked language modelling, and next-sentence prediction.

Source: Devlin et al. 2019, section 3.1.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from fmlab.batches import NOT_ASKED, Batch
from fmlab.models.bert import BertForPreTraining


@dataclass(frozen=True)
class Loss:
    """The loss of one batch and its parts, scalars in nats.

    Attributes:
        total: What is minimised: the sum of the parts.
        masked: Mean over the masked tokens of -log p(token | the corrupted row).
        next_sentence: Mean over the rows of -log p(label), or None without that head.
    """

    total: Tensor
    masked: Tensor
    next_sentence: Tensor | None = None


def masked_language_modelling(
    model: BertForPreTraining, hidden_states: Tensor, labels: Tensor
) -> Tensor:
    r"""Return the mean loss of the masked tokens, in nats.

    -1/M sum over the M masked positions i of log p(x_i | corrupted x). Only these positions go
    through the head: its product with the whole vocabulary is most of a small model's work, and
    nobody asks about the others (measured: 1.5 times the speed at 15 %).

    Args:
        model: With a masked head.
        hidden_states: The trunk's result, `(B, T, hidden)`.
        labels: The true token where asked for, else -100, `(B, T)`.
    """
    assert model.masked_head is not None, "the model has no masked head"
    asked = labels != NOT_ASKED
    logits = model.masked_head(hidden_states[asked])  # (M, vocab)
    return F.cross_entropy(logits.float(), labels[asked])


def next_sentence_prediction(
    model: BertForPreTraining, pooler_output: Tensor, next_sentence_label: Tensor
) -> Tensor:
    """Return the mean loss of "B follows A" (0) against "B is random" (1), in nats.

    Args:
        model: With a next-sentence head.
        pooler_output: `(B, hidden)`.
        next_sentence_label: `(B,)`.
    """
    assert model.next_sentence_head is not None, "the model has no next-sentence head"
    return F.cross_entropy(model.next_sentence_head(pooler_output).float(), next_sentence_label)


def pretraining_loss(model: BertForPreTraining, batch: Batch) -> Loss:
    """Return the loss of one batch: masked tokens, and next sentence where the model has its head.

    Both come from one pass through the trunk.
    """
    out = model.bert(
        batch.input_ids,
        batch.attention_mask,
        batch.token_type_ids,
        batch.position_ids,
        batch.document_ids,
    )
    masked = masked_language_modelling(model, out.last_hidden_state, batch.labels)
    if model.next_sentence_head is None or batch.next_sentence_label is None:
        return Loss(masked, masked)
    follows = next_sentence_prediction(model, out.pooler_output, batch.next_sentence_label)
    return Loss(masked + follows, masked, follows)
