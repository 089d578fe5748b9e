"""Attention: every token looks at every other and takes a weighted average of what it finds.

Letters in shapes: B sequences, T tokens (Q that look, K that are looked at), H heads, D numbers
in a head.

Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

Blocks = BlockMask


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    allowed: Tensor | Blocks | None = None,
    dropout: float = 0.0,
    need_weights: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Return the weighted averages of `value`, and the weights where they are asked for.

    The fused kernels of torch give the same averages faster, but keep the weights to themselves.
    On a CPU that has bfloat16 the explicit form is the faster one in it (1.5 times at 128 tokens).
    On a GPU, `Blocks` let a kernel skip what no token may see, and no `(B, 1, Q, K)` is read.

    Args:
        query: What each token looks for, `(B, H, Q, D)`.
        key: What each token offers to be found by, `(B, H, K, D)`.
        value: What each token hands over, `(B, H, K, D)`.
        allowed: True where a token may look, broadcastable to `(B, H, Q, K)`; None for all.
            Every row must allow something. `Blocks` go with neither dropout nor weights.
        dropout: Share of the weights that is dropped in training.
        need_weights: Whether to return the weights.

    Returns:
        `(B, H, Q, D)`, and `(B, H, Q, K)` or None. Rows of the weights sum to 1.
    """
    if isinstance(allowed, Blocks):
        assert not need_weights, "blocks don't go with weights"
        assert not dropout, "blocks don't go with dropout"
        found = flex_attention(query, key, value, block_mask=allowed)
        assert isinstance(found, Tensor)
        return found, None
    slow_kernel = query.device.type == "cpu" and query.dtype == torch.bfloat16
    if not need_weights and not slow_kernel:
        return F.scaled_dot_product_attention(query, key, value, allowed, dropout), None

    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))  # (B, H, Q, K)
    if allowed is not None:
        scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
    weights = scores.softmax(dim=-1)  # (B, H, Q, K), rows sum to 1
    context = F.dropout(weights, dropout) @ value  # (B, H, Q, D)
    return context, weights if need_weights else None


class Past:
    """What tokens read before offer to those that come: their keys and values, kept.

    A causal token's key and value don't change when more tokens follow, so who writes token after
    token need not compute them again.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.kept: tuple[Tensor, Tensor] | None = None

    @property
    def length(self) -> int:
        """How many tokens were read."""
        return 0 if self.kept is None else self.kept[0].size(2)

    def extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Keep the keys and values of more tokens, `(B, H, T, D)`; return those of all."""
        if self.kept is not None:
            key = torch.cat([self.kept[0], key], dim=2)
            value = torch.cat([self.kept[1], value], dim=2)
        self.kept = key, value
        return self.kept


class SelfAttention(nn.Module):
    """Attention of a sequence to itself, in several heads at once."""

    def __init__(self, hidden_size: int, num_heads: int, dropout: float = 0.0) -> None:
        """Make the four projections: query, key, value and output."""
        super().__init__()
        self.num_heads = num_heads
        self.dropout = dropout
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)

    def forward(
        self,
        hidden_states: Tensor,
        allowed: Tensor | Blocks | None = None,
        need_weights: bool = False,
        asking: Tensor | None = None,
        past: Past | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the new states, `(B, Q, hidden)`, and the weights, `(B, H, Q, T)` or None.

        Args:
            hidden_states: What is looked at, `(B, T, hidden)`.
            allowed: Where a token may look, broadcastable to `(B, H, Q, T)`.
            need_weights: Whether to return the weights.
            asking: The states that look, `(B, Q, hidden)`; all of them, Q = T, if not given.
            past: Tokens before these, which are looked at too, and to which these are added.
        """
        asking = hidden_states if asking is None else asking
        key, value = self.split(self.key(hidden_states)), self.split(self.value(hidden_states))
        if past is not None:
            key, value = past.extended(key, value)
        context, weights = attention(
            self.split(self.query(asking)),
            key,
            value,
            allowed,
            dropout=self.dropout if self.training else 0.0,
            need_weights=need_weights,
        )
        return self.output(self.join(context)), weights

    def split(self, states: Tensor) -> Tensor:
        """Cut each token's vector into heads: `(B, T, hidden)` to `(B, H, T, D)`."""
        batch, length, _ = states.shape
        return states.view(batch, length, self.num_heads, -1).transpose(1, 2)

    def join(self, heads: Tensor) -> Tensor:
        """Put the heads side by side again: `(B, H, T, D)` to `(B, T, hidden)`."""
        return heads.transpose(1, 2).flatten(-2)


def may_look(
    attention_mask: Tensor | None,
    document_ids: Tensor | None,
    causal: Tensor | None = None,
    length: int = 0,
) -> Tensor | None:
    """Return where a token may look, broadcastable to `(B, H, Q, K)`; None for everywhere.

    Args:
        attention_mask: 1 for a token, 0 for padding, `(B, T)`: nobody looks at padding.
        document_ids: Which document a token belongs to, `(B, T)`: several documents packed into
            one row don't see each other. Padding, 0, sees padding, so that no row is empty.
        causal: True for a row whose tokens see only themselves and what stands before them, as in
            GPT; False for one whose tokens see both sides, as in BERT, `(B,)`.
        length: T, where `causal` is given.
    """
    allowed = None
    if attention_mask is not None:
        allowed = attention_mask.bool()[:, None, None, :]  # (B, 1, 1, K)
    if document_ids is not None:
        same = document_ids[:, None, :, None] == document_ids[:, None, None, :]  # (B, 1, Q, K)
        allowed = same if allowed is None else same & allowed
    if causal is not None:
        before = torch.ones(length, length, dtype=torch.bool, device=causal.device).tril()
        seen = before | ~causal[:, None, None, None]  # (B, 1, Q, K)
        allowed = seen if allowed is None else seen & allowed
    return allowed


def blocks_to_look(document_ids: Tensor, causal: Tensor | None = None) -> Blocks:
    """Return what `may_look` says as blocks of 128 by 128, for the kernel of a GPU.

    Args:
        document_ids: As in `may_look`, `(B, T)`.
        causal: As in `may_look`, `(B,)`.

    Source: Dong et al. 2024, "Flex Attention", arXiv:2412.05496.
    """
    batch, length = document_ids.shape

    def allowed(row: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        same = document_ids[row, query] == document_ids[row, key]
        if causal is None:
            return same
        return same & (~causal[row] | (key <= query))

    return create_block_mask(allowed, batch, None, length, length, device=document_ids.device)
