"""What one step of training reads: rows of tokens, and where in them which token is asked for."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

NOT_ASKED = -100  # the label of a position that the loss leaves out; torch's own convention


@dataclass(frozen=True)
class Batch:
    """What one step of training reads; B rows of T tokens.

    Attributes:
        input_ids: What the model sees, `(B, T)`.
        labels: The true token where it is asked for, else -100, `(B, T)`.
        document_ids: Pieces of a row that don't see each other, `(B, T)`; None for one piece a row.
        position_ids: A token's place in its piece, `(B, T)`, or None for 0, 1, 2, ….
        attention_mask: 1 for a token, 0 for padding, `(B, T)`, or None.
        token_type_ids: 0 in the first sentence, 1 in the second, `(B, T)`, or None.
        next_sentence_label: 0 if the second sentence follows the first, 1 if it is random, or if
            the two were exchanged, `(B,)`.
        causal: True for rows that are read from left to right, each token asked for the next,
            `(B,)`; None where all rows are masked.
        causal_share: The share of such rows in the step's whole batch.
        places: Where a token is asked for, counted through the rows of what the trunk gives,
            `(M,)`; this and the next two are found from the labels.
        targets: Which token is asked for there, `(M,)`.
        weights: How much each of these counts, `(M,)`: over a step's whole batch they sum to 1,
            shared between masked and causal rows by the number of rows.
        only: The asked places of each row, `(B, Q)`, where the trunk is to give no others.
    """

    input_ids: Tensor
    labels: Tensor
    document_ids: Tensor | None = None
    position_ids: Tensor | None = None
    attention_mask: Tensor | None = None
    token_type_ids: Tensor | None = None
    next_sentence_label: Tensor | None = None
    causal: Tensor | None = None
    causal_share: float = 0.0
    places: Tensor = None  # type: ignore[assignment]
    targets: Tensor = None  # type: ignore[assignment]
    weights: Tensor = None  # type: ignore[assignment]
    only: Tensor | None = None

    def __post_init__(self) -> None:
        """Find the places and their weights: once, where the batch is made, never on a GPU."""
        if getattr(self, "places", None) is None:
            places = (self.labels.flatten() != NOT_ASKED).nonzero()[:, 0]
            kind = torch.zeros_like(places)
            if self.causal is not None:
                kind = self.causal[places // self.labels.size(1)].long()  # 1 in a causal row
            share = torch.tensor([1 - self.causal_share, self.causal_share])
            weights = (share / kind.bincount(minlength=2).clamp(min=1))[kind]
            object.__setattr__(self, "places", places)
            object.__setattr__(self, "targets", self.labels.flatten()[places])
            object.__setattr__(self, "weights", weights)

    def to(self, device: str) -> "Batch":
        """Return the same batch on another device."""
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True)
            for name, value in vars(self).items()
            if isinstance(value, Tensor)
        }
        return replace(self, **moved)

    def part(self, number: int, parts: int) -> "Batch":
        """Return every `parts`-th row, from row `number`: what one of several processes reads.

        The weights grow by the number of parts, so that the mean over the processes of their sums
        is the sum over the whole batch, wherever the tokens lie that are asked for.

        Args:
            number: Which part, from 0.
            parts: How many there are; they divide the rows.
        """
        length = self.input_ids.size(1)
        row = self.places // length
        here = row % parts == number
        cut: dict[str, Any] = {
            name: value[number::parts]
            for name, value in vars(self).items()
            if isinstance(value, Tensor) and name not in ("places", "targets", "weights")
        }
        places = (row // parts * length + self.places % length)[here]
        weights = self.weights[here] * parts
        return replace(self, **cut, places=places, targets=self.targets[here], weights=weights)

    def narrowed(self) -> "Batch":
        """Return the batch such that the trunk gives the asked places alone.

        The last layer then does a fifth of its work where a fifth of the tokens is asked for.
        Rows that are asked all over, or for more than tokens, stay as they are.
        """
        if self.causal is not None or self.next_sentence_label is not None or not len(self.places):
            return self
        (rows, length), row = self.labels.shape, self.places // self.labels.size(1)
        count = row.bincount(minlength=rows)
        number = torch.arange(len(row)) - (count.cumsum(0) - count)[row]  # in its row, from 0
        most = int(count.max())
        only = torch.zeros(rows, most, dtype=torch.long)
        only[row, number] = self.places % length
        return replace(self, only=only, places=row * most + number)

    def padded(self, size: int) -> "Batch":
        """Return the batch with `size` places: those that are added count nothing.

        On a GPU every step then has tensors of the same shape, so nothing is compiled anew.
        """
        more = size - len(self.places)
        if more <= 0:
            return self
        return replace(
            self,
            places=torch.cat([self.places, self.places.new_zeros(more)]),
            targets=torch.cat([self.targets, self.targets.new_zeros(more)]),
            weights=torch.cat([self.weights, self.weights.new_zeros(more)]),
        )

    def pinned(self) -> "Batch":
        """Return the batch in memory from which a GPU fetches by itself."""
        held: dict[str, Any] = {
            name: value.pin_memory()
            for name, value in vars(self).items()
            if isinstance(value, Tensor)
        }
        return replace(self, **held)

    @property
    def tokens(self) -> int:
        """How many tokens the rows hold, padding left out."""
        real = self.document_ids if self.document_ids is not None else self.attention_mask
        return self.input_ids.numel() if real is None else int((real > 0).sum())
