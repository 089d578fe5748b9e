r"""Writing: a model that reads from left to right is asked for the next token, again and again.

From its scores z for all tokens comes a distribution, and from that one token is drawn:

    p_i = exp(z_i / temperature) / sum over j of exp(z_j / temperature)

A low temperature favours what is likely already; at 0 the likeliest token is taken, always
("greedy"). Two ways leave the unlikely out, for together they are drawn often, and spoil a text:

- top_k: only the k likeliest tokens are left (Fan et al. 2018, arXiv:1805.04833);
- top_p: only the fewest tokens whose probabilities sum to p or more, the "nucleus": few where the
  model is sure, many where it is not (Holtzman et al. 2020, arXiv:1904.09751, who also show that
  the likeliest text is dull and repeats itself).

    fmlab.generate("books-small", "the old man", temperature=0.8, top_p=0.9, seed=1)

Does not show: what the model knows. It writes what resembles its training text, true or not.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from fmlab import zoo
from fmlab.checkpoint import Checkpoint
from fmlab.errors import UserError
from fmlab.models.language_model import LanguageModel
from fmlab.seeds import torch_generator

USUAL = 50  # tokens, where nothing is said


def generate(
    model: Checkpoint | str | Path,
    text: str = "",
    *,
    max_new_tokens: int | None = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
) -> str:
    """Return a text that a model goes on with, to the end of the paragraph at most.

    It begins as its training texts began, with `[CLS]` (for a GPT-2: `<|endoftext|>`).

    Args:
        model: A loaded model, or what `fmlab.load` loads.
        text: What it goes on with; it may be empty.
        max_new_tokens: The most tokens to write; None for as many as there are places for, up
            to 50.
        temperature: As above.
        top_k: As above; None for all tokens.
        top_p: As above; None for all tokens.
        seed: The same seed writes the same text.

    Returns:
        The text and what was written, as the tokenizer reads it back: in small letters, where it
        was trained so.

    Raises:
        UserError: The model does not read from left to right, a setting cannot work, or the model
            has too few places.
    """
    found = model if isinstance(model, Checkpoint) else zoo.load(model)
    tokenizer, writer = found.tokenizer, found.causal_language_model
    ids = [tokenizer.cls_id, *tokenizer.encode(text)]
    room = int(writer.config.longest) - len(ids)
    wanted = min(USUAL, room) if max_new_tokens is None else max_new_tokens
    if wanted < 1 and max_new_tokens is not None:
        raise UserError(f"max_new_tokens is {wanted}; ask for at least one")
    if wanted > room or room < 1:
        raise UserError(
            f"the text has {len(ids)} tokens and the model {writer.config.longest} places; that "
            f"leaves {max(0, room)} to write: ask for no more, or give less text"
        )
    how = (temperature, top_k, top_p, seed)
    for count, token in enumerate(next_tokens_drawn(writer, ids, *how), 1):
        if token == tokenizer.sep_id:
            break
        ids.append(token)
        if count == wanted:
            break
    return tokenizer.decode(ids)


def next_tokens_drawn(
    model: LanguageModel,
    input_ids: Sequence[int],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
) -> Iterator[int]:
    """Yield token after token, each drawn in the light of all before it, until places run out.

    A GPT keeps the keys and values of what it has read, and reads each token once. A BERT of causal
    rows reads everything again for each token.

    Args:
        model: One that reads from left to right.
        input_ids: What it has read already; at least one token.
        temperature: As in `distribution`.
        top_k: As in `distribution`.
        top_p: As in `distribution`.
        seed: Of all draws.

    Raises:
        UserError: As in `distribution`, or the model looks both ways.
    """
    draws = torch_generator(seed, "generate")
    device = next(model.parameters()).device
    ids, past, was_training = list(input_ids), model.empty_past(), model.training
    unread = ids
    model.eval()
    try:
        while len(ids) <= model.config.longest:
            with torch.inference_mode():
                states = model.causal_states(torch.tensor([unread], device=device), past)
                assert model.token_head is not None
                logits = model.token_head(states[0, -1]).float().cpu()  # (vocab,)
                shares = distribution(logits, temperature, top_k, top_p)
                token = int(torch.multinomial(shares, 1, generator=draws))
            ids = [*ids, token]
            unread = ids if past is None else [token]
            yield token
    finally:
        model.train(was_training)


def distribution(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Tensor:
    """Return the probabilities from which a token is drawn, `(..., vocab)`; they sum to 1.

    First comes the temperature, then `top_k`, then `top_p` of what is left.

    Args:
        logits: The model's scores, `(..., vocab)`.
        temperature: What they are divided by; at 0 the likeliest token has all.
        top_k: How many tokens are left; None for all.
        top_p: What share of the probability is left at least; None for all.

    Raises:
        UserError: A setting cannot work.
    """
    if not temperature >= 0:
        raise UserError(f"temperature is {temperature}; it must be 0 or more")
    if top_k is not None and top_k < 1:
        raise UserError(f"top_k is {top_k}; it must be at least 1, or None for all")
    if top_p is not None and not 0 < top_p <= 1:
        raise UserError(f"top_p is {top_p}; it must lie above 0, up to 1, or be None for all")
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.zeros_like(logits).scatter(-1, best, 1.0)
    ranked, order = (logits / temperature).softmax(dim=-1).sort(dim=-1, descending=True)
    if top_k is not None:
        ranked[..., top_k:] = 0
    if top_p is not None:
        ranked = ranked / ranked.sum(dim=-1, keepdim=True)
        likelier = ranked.cumsum(dim=-1) - ranked  # what all before a token sum to
        ranked = ranked.masked_fill(likelier >= top_p, 0)
    found = torch.zeros_like(ranked).scatter(-1, order, ranked)
    return found / found.sum(dim=-1, keepdim=True)
