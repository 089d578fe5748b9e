"""What a model would put in one place of many rows at once, from both sides or from the left."""

import torch
from torch import Tensor

from fmlab.checkpoint import Checkpoint
from fmlab.device import Device
from fmlab.errors import UserError
from fmlab.models.bert import BertForPreTraining


def ways_to_ask(found: Checkpoint) -> list[bool]:
    """Return how a checkpoint was trained to be asked: False to fill gaps, True causally."""
    ways = {False: found.causal_share < 1, True: found.causal_share > 0}
    return [causal for causal, fits in ways.items() if fits]


def model_to_ask(found: Checkpoint, causal: bool) -> BertForPreTraining:
    """Return the model of a checkpoint, to be asked from left to right, or to fill gaps.

    Raises:
        UserError: It was not trained to be asked so.
    """
    return found.causal_model if causal else found.masked_model


def exactly(model: BertForPreTraining) -> Device:
    """Return the device a model is on, with float32.

    A shorter format is quicker, but it makes ties where there are none, and other ranks on other
    machines.
    """
    return Device(next(model.parameters()).device.type, "float32", torch.float32)


def word_log_probs(
    model: BertForPreTraining, input_ids: Tensor, place: int, causal: bool
) -> Tensor:
    """Return the log probabilities of all tokens at one place, in nats, `(B, vocab)`.

    Args:
        model: One of ours with a head for tokens, in evaluation mode.
        input_ids: Rows that begin with `[CLS]`, `(B, T)`. From both sides, the place holds
            `[MASK]`; from the left, nothing from the place on is read.
        place: Which place, `[CLS]` is 0.
        causal: Whether to read from left to right.

    Raises:
        UserError: The model has no head for tokens.
    """
    if model.masked_head is None:
        raise UserError("the model has no head for tokens; choose a language model")
    if causal:
        seen = input_ids[:, :place]
        reads = torch.ones(len(seen), dtype=torch.bool, device=seen.device)
        out = model.bert(seen, token_type_ids=torch.ones_like(seen), causal=reads)
        states = out.last_hidden_state[:, -1]
    else:
        asked = torch.full((len(input_ids), 1), place, device=input_ids.device)
        states = model.bert(input_ids, only=asked).last_hidden_state[:, 0]
    found: Tensor = model.masked_head(states).float().log_softmax(dim=-1)
    return found
