"""A BERT written by hand, one of whose heads does one known thing: it copies the token before.

Tokens, places and copied tokens have dimensions of their own, and every embedding has the same
mean and length, so that the norms do no more than scale. Every head hands something over, but what
the others bring does not reach the place that is read.
"""

import torch

from fmlab.models.bert import Bert, BertConfig

TOKENS = PLACES = 8  # of each, and each takes two dimensions: 1 and -1
LAYERS, HEADS, COPYING = 2, 3, (1, 2)
WIDTH = 2 * TOKENS
"""Numbers of a head, and of each of the three parts of a state: token, place, copied token."""


def pairs(count: int) -> torch.Tensor:
    """Return a vector for each of `count` things, `(count, 2 count)`, with mean 0."""
    return torch.eye(count).repeat_interleave(2, dim=1) * torch.tensor([1.0, -1.0]).repeat(count)


@torch.no_grad()
def previous_token_bert() -> Bert:
    """Return the model; head 2 of layer 1 looks at the place before, the first place at the second.

    The other heads spread evenly.
    """
    config = BertConfig(
        vocab_size=TOKENS,
        hidden_size=3 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4,
        max_position_embeddings=PLACES,
    )
    model = Bert(config, pooler=False).eval()
    for parameter in model.parameters():
        if parameter.dim() == 2:
            parameter.zero_()
    token, place, copied = torch.arange(3 * WIDTH).split(WIDTH)
    model.embeddings.token.weight[:, token] = pairs(TOKENS)
    model.embeddings.position.weight[:, place] = pairs(PLACES)

    attention = model.layers[COPYING[0]].attention
    rows = torch.arange(COPYING[1] * WIDTH, (COPYING[1] + 1) * WIDTH)
    before = torch.zeros(PLACES, PLACES)
    before[0, 1] = 1
    before[torch.arange(1, PLACES), torch.arange(PLACES - 1)] = 1  # row: looks; column: looked at
    towards = pairs(PLACES).T @ before @ pairs(PLACES)  # from a place to the one before it
    attention.query.weight[rows[:, None], place] = 20 * towards.T
    attention.key.weight[rows, place] = 1
    attention.value.weight[rows, token] = 1
    attention.output.weight[copied[:, None], rows] = torch.eye(WIDTH)
    for layer in model.layers:  # the other heads are busy too: they hand over what they see
        filled = layer.attention.value.weight.abs().sum(1) > 0
        layer.attention.value.weight[~filled] = torch.eye(3 * WIDTH)[~filled]
    return model


def copied_token(states: torch.Tensor) -> torch.Tensor:
    """Return how strongly each token stands where copies are written, `(..., TOKENS)`."""
    part = states[..., 2 * WIDTH :].unflatten(-1, (TOKENS, 2))
    return (part[..., 0] - part[..., 1]) / 2
