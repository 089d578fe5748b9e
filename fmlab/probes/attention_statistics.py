"""Attention statistics: what each head looks at, over many texts, beside what chance would give.

Paper: Clark et al. 2019, "What Does BERT Look At? An Analysis of BERT's Attention",
arXiv:1906.04341.
Idea: average a head's weights by the kind of place they go to: before, after, the same word, [SEP].
Intuition: one picture of one sentence proves nothing. A habit shows over many texts, and only
beside a head that has none and spreads evenly.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.bert import Bert, BertForClassification, BertForPreTraining
from fmlab.tokens import Tokenizer

Model = Bert | BertForPreTraining | BertForClassification

WEIGHTS_AT_ONCE = 2**23
"""Weights in one forward pass: `L x H x T x T` for a row, 32 MB in all."""


@dataclass(frozen=True)
class Looks:
    """Where heads look: means over the tokens that look and have such a place to look at.

    All are `(L, H)`, and nan where no token had such a place.

    Attributes:
        to_first: Weight on the first token, `[CLS]`.
        to_separator: On all `[SEP]` of the row.
        to_self: On the token's own place.
        to_previous: On the place before.
        to_next: On the place after.
        to_same: On all other places with the same token, special tokens left out.
        distance: Mean distance to what is looked at, in tokens.
        entropy_bits: 0 for a head that looks at one place, `log2(T)` for one that spreads evenly.
    """

    to_first: Tensor
    to_separator: Tensor
    to_self: Tensor
    to_previous: Tensor
    to_next: Tensor
    to_same: Tensor
    distance: Tensor
    entropy_bits: Tensor


@dataclass(frozen=True)
class AttentionStatistics(Looks):
    """Where each head of a model looks, `(L, H)`.

    Attributes:
        control: The same, `()`, of a head that spreads evenly over each row.
    """

    control: Looks


@dataclass(frozen=True)
class LinkShare:
    """How much each head looks along given links, `(L, H)`.

    Attributes:
        share: Mean weight from a link's first place to its second.
        same_offset: Mean weight of other words of the row to the word as far away: high for a head
            that minds the distance and not the link; nan where no row has such words.
        other_places: Mean weight from the first place to the other words of the row; nan where no
            row has other words.
    """

    share: Tensor
    same_offset: Tensor
    other_places: Tensor

    @property
    def control(self) -> Tensor:
        """The larger of the two others, `(L, H)`: what `share` must beat to speak of the link."""
        return torch.fmax(self.same_offset, self.other_places)


def attention_statistics(
    model: Model, rows: Sequence[Sequence[int]], tokenizer: Tokenizer
) -> AttentionStatistics:
    """Return what each head looks at, mean over all tokens of all rows.

    Args:
        model: A trunk, or a model with heads on a trunk.
        rows: Token numbers of texts, `[CLS] ... [SEP]`, without padding.
        tokenizer: The tokenizer that the model was trained with.

    Raises:
        UserError: No rows, a row that does not begin with `[CLS]` and end with `[SEP]` or is too
            long, or a model without layers.

    Does not show: what a head is for. Weights say where it looks, not what it hands on nor if
    anyone needs it (Jain & Wallace 2019, arXiv:1902.10186; against it Wiegreffe & Pinter 2019,
    arXiv:1908.04626): switch it off with `ablation` to see. Much weight on `[SEP]` may well mean
    that there is nothing to do. A mean hides a head that does two things, each half of the time.

    Source: Clark et al. 2019, arXiv:1906.04341.
    """
    for number, row in enumerate(rows):
        if len(row) < 2 or row[0] != tokenizer.cls_id or row[-1] != tokenizer.sep_id:
            raise UserError(f"row {number} is not [CLS] ... [SEP]; put both around each text")
    zeros = partial(torch.zeros, dtype=torch.float64)
    special = torch.tensor(
        [tokenizer.pad_id, tokenizer.unk_id, tokenizer.cls_id, tokenizer.sep_id, tokenizer.mask_id]
    )
    layers, heads = _trunk(model).config.num_hidden_layers, _trunk(model).config.num_attention_heads
    sums, even_sums = zeros(layers, heads, 8), zeros(1, 1, 8)
    counts = zeros(8)
    for _, ids, there, weights in _batches(model, rows):
        kinds = _kinds(ids, there, tokenizer.sep_id, special)  # (6, B, T, T)
        counts += torch.cat([kinds.any(-1).sum((1, 2)), there.sum().expand(2)])
        sums += _sums(weights, kinds, there)
        even = there[:, None] / there.sum(1)[:, None, None]  # (B, 1, T), rows sum to 1
        even_sums += _sums([even[:, None].expand(-1, -1, there.size(1), -1)], kinds, there)
    found = Looks(*(sums / counts).float().movedim(-1, 0))
    return AttentionStatistics(**vars(found), control=Looks(*(even_sums / counts)[0, 0].float()))


def link_share(
    model: Model, rows: Sequence[Sequence[int]], links: Sequence[tuple[int, int]]
) -> LinkShare:
    """Return how much each head looks from one place to another, with two controls.

    Rows count alike. A word is any place whose token is neither the row's first nor its last.

    Args:
        model: A trunk, or a model with heads on a trunk.
        rows: Token numbers of texts, `[CLS] ... [SEP]`, without padding.
        links: For each row the place that looks and the place that is looked at, for example of a
            verb and its subject; 0 is `[CLS]`. For several links in one text give it several times.

    Raises:
        UserError: No rows, not one link a row, a link that leaves its row or goes nowhere, a row
            that is too long, or a model without layers.

    Does not show: that the model uses the link, nor that the head knows what it means. Of many
    heads some will look along any link by chance: choose the head on some texts and report its
    share on others.

    Source: Clark et al. 2019, arXiv:1906.04341, who compare with fixed offsets too.
    """
    if len(links) != len(rows):
        raise UserError(f"{len(links)} links for {len(rows)} rows; give one link a row")
    for number, (ids, (start, end)) in enumerate(zip(rows, links, strict=True)):
        if start == end or not (0 <= start < len(ids) and 0 <= end < len(ids)):
            raise UserError(
                f"link {number} goes from {start} to {end} in a row of {len(ids)} tokens; "
                f"give two different places, 0 to {len(ids) - 1}"
            )
    ends = torch.tensor(links)
    found = []
    for numbers, tokens, there, weights in _batches(model, rows):
        row, place = torch.arange(len(tokens)), torch.arange(tokens.size(1))
        a, b = ends[numbers].unbind(1)
        last = tokens[row, there.sum(1) - 1]
        words = there & (tokens != tokens[:, :1]) & (tokens != last[:, None])
        pairs = words[:, :, None] & words[:, None]  # (B, T, T)
        pairs &= (place - place[:, None]) == (b - a)[:, None, None]
        pairs[row, a] = False
        others = words.clone()
        others[row, a] = others[row, b] = False
        chosen = torch.zeros(2, *pairs.shape)  # what is averaged over: one pair, and from one place
        chosen[0, row, a, b] = 1
        chosen[1, row, a] = others.float()
        masks = torch.cat([chosen[:1], pairs[None].float(), chosen[1:]])  # (3, B, T, T)
        totals = torch.stack([_within(layer, masks) for layer in weights])  # (L, B, H, 3)
        found.append(totals / masks.sum((2, 3)).T[:, None])
    return LinkShare(*torch.cat(found, dim=1).nanmean(dim=1).movedim(-1, 0))


def _trunk(model: Model) -> Bert:
    return model if isinstance(model, Bert) else model.bert


@torch.no_grad()
def _batches(
    model: Model, rows: Sequence[Sequence[int]]
) -> Iterator[tuple[Tensor, Tensor, Tensor, list[Tensor]]]:
    """Yield rows of about one length, the longest first, with their attention.

    Yields:
        Which rows, `(B,)`; their tokens, padded, `(B, T)`; where there is a token, `(B, T)`; and
        each layer's weights, `L` of `(B, H, T, T)`, on the CPU.
    """
    trunk = _trunk(model)
    sizes = trunk.config
    if not rows:
        raise UserError("there are no rows; give the token numbers of some texts")
    if not sizes.num_hidden_layers:
        raise UserError("the model has no layers and so no attention; choose one that has")
    device = next(trunk.parameters()).device
    order = sorted(range(len(rows)), key=lambda number: -len(rows[number]))
    training = trunk.training
    trunk.eval()
    try:
        while order:
            longest = len(rows[order[0]])
            each = longest**2 * sizes.num_hidden_layers * sizes.num_attention_heads
            count = max(1, WEIGHTS_AT_ONCE // each)
            numbers, order = order[:count], order[count:]
            lengths = torch.tensor([len(rows[number]) for number in numbers])
            there = torch.arange(longest) < lengths[:, None]
            ids = torch.full((len(numbers), longest), sizes.pad_token_id)
            ids[there] = torch.cat([torch.tensor(rows[number]) for number in numbers])
            mask = None if there.all() else there.to(device)
            found = trunk(ids.to(device), mask, output_attentions=True).attentions
            yield torch.tensor(numbers), ids, there, [layer.float().cpu() for layer in found]
    finally:
        trunk.train(training)


def _kinds(ids: Tensor, there: Tensor, separator: int, special: Tensor) -> Tensor:
    """Return what a place is to the one that looks, six answers, `(6, B, T, T)`."""
    place = torch.arange(ids.size(1))
    ahead = (place - place[:, None]).expand(len(ids), -1, -1)  # of a looked-at place, (B, T, T)
    same = (ids[:, None] == ids[:, :, None]) & (ahead != 0) & ~torch.isin(ids, special)[:, None]
    kinds = [
        (place == 0).expand_as(same),
        (ids == separator)[:, None].expand_as(same),
        ahead == 0,
        ahead == -1,
        ahead == 1,
        same,
    ]
    return torch.stack(kinds) & there[:, None] & there[:, :, None]


def _sums(weights: list[Tensor], kinds: Tensor, there: Tensor) -> Tensor:
    """Return the eight sums over all tokens that look, in float64, `(L, H, 8)`.

    Args:
        weights: `L` of `(B, H, T, T)`.
        kinds: `(6, B, T, T)`.
        there: Where there is a token that looks, `(B, T)`.
    """
    place = torch.arange(there.size(1))
    distance = (place - place[:, None]).abs() * there[:, :, None]
    measured = torch.cat([kinds, distance[None]]).float()  # (7, B, T, T)
    sums = []
    for layer in weights:
        nats = -torch.special.xlogy(layer, layer).sum(-1)  # (B, H, T)
        bits = (nats * there[:, None]).sum(-1, keepdim=True) / math.log(2)
        sums.append(torch.cat([_within(layer, measured), bits], dim=-1).double().sum(0))
    return torch.stack(sums)


def _within(weights: Tensor, masks: Tensor) -> Tensor:
    """Return the sum of weights within each mask, `(B, H, N)`.

    Args:
        weights: Of one layer, `(B, H, T, T)`.
        masks: Factors, `(N, B, T, T)`.
    """
    return weights.flatten(2) @ masks.flatten(2).permute(1, 2, 0)
