r"""What pretraining minimises: the loss of tokens that are asked for, and of pairs of sentences.

All objectives are one sum of -log p. They differ in what a token may see and in what it is asked
for, and both of that stands in the batch: how it is drawn, with each formula, is told in
`fmlab.masking` (masked: static, dynamic, whole words, any rate; causal), in
`fmlab.sentence_pairs` (does B follow A?) and in `fmlab.sentence_order` (or A follow B?).

    L = sum over the places i that are asked of w_i (-log p(x_i | what i may see)) - log p(y | A, B)

where the second term is there for rows of two sentences alone.

Sources: Devlin et al. 2019, arXiv:1810.04805, section 3.1 (masked tokens, next sentence); Radford
et al. 2018 (causal); Charpentier & Samuel 2024, arXiv:2410.24159 (both in one model); Lan et al.
2019, arXiv:1909.11942, section 3.1 (the order of sentences).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fmlab.batch import Batch
from fmlab.models.attention import Blocks
from fmlab.models.language_model import LanguageModel

PIECES = nn.LinearCrossEntropyOptions(batch_chunk_size=512, chunking_method=None)
WORTH_PIECES = 8 * 2**20  # scores


@dataclass(frozen=True)
class Loss:
    """The loss of one batch and its parts, scalars in nats.

    Attributes:
        total: What is minimised.
        masked: Mean over the masked tokens of -log p(token | the corrupted row), or None if all
            rows are causal.
        next_sentence: Mean over the rows of -log p(label), the second task's, or None without it.
        causal: Mean over the tokens of the causal rows of -log p(next | it and all before it), or
            None without such rows.
    """

    total: Tensor
    masked: Tensor | None
    next_sentence: Tensor | None = None
    causal: Tensor | None = None

    @property
    def main(self) -> Tensor:
        """The masked tokens' loss; the causal rows' where nothing is masked."""
        found = self.causal if self.masked is None else self.masked
        assert found is not None
        return found


def token_loss(
    model: LanguageModel, hidden_states: Tensor, batch: Batch
) -> tuple[Tensor, Tensor | None]:
    r"""Return the weighed sum of -log p(token) over the tokens asked for; and its causal part.

    In nats, scalars; the second is the sum over the causal rows alone, None where there are none.

    Only the places that are asked go through the head: its product with the whole vocabulary is
    most of a small model's work (measured: 1.5 times the speed where 15 % are masked). In float32
    on a CPU it goes through in pieces, where that pays.

    Args:
        model: With a head for tokens.
        hidden_states: The trunk's result, `(B, T, hidden)`, or of the asked places alone.
        batch: With the places, and the targets there.
    """
    head: Any = model.token_head
    assert head is not None, "the model has no head for tokens"
    causal = None if batch.causal is None else batch.causal[batch.places // batch.labels.size(1)]
    if in_pieces(batch.places, head.embedding):
        return _token_loss_in_pieces(head, hidden_states, batch, causal)
    states = hidden_states.flatten(0, 1).index_select(0, batch.places)  # (M, hidden)
    logits = head(states)  # (M, vocab)
    each = F.cross_entropy(logits.float(), batch.targets, reduction="none")  # (M,)
    weighed = batch.weights * each
    return weighed.sum(), None if causal is None else (weighed * causal).sum()


def in_pieces(places: Tensor, table: Tensor) -> bool:
    """Return whether it pays to make the scores a piece of the batch at a time.

    Scores for every token of the vocabulary are a step's largest table: of 7,480 places and 8,192
    tokens 245 MB, of which autograd holds three. In pieces they need the memory of one piece, and
    head and loss took 1.4 s instead of 2.2, forward and backward (two cores with AVX2, 256 hidden,
    float32). In bfloat16 and in small batches it gained nothing.

    Args:
        places: Where a token is asked for, `(M,)`.
        table: What a vector is multiplied with for the scores, `(vocab, hidden)`.
    """
    plain = table.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
    return plain and table.dtype == torch.float32 and len(places) * len(table) >= WORTH_PIECES


def _token_loss_in_pieces(
    head: Any, hidden_states: Tensor, batch: Batch, causal: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """Return what `token_loss` does, for a sum each over the masked and the causal rows."""
    states = hidden_states.flatten(0, 1).index_select(0, batch.places)  # (M, hidden)
    if causal is None:
        return _sum_in_pieces(head, states, batch.targets, batch.weights), None
    masked_part, causal_part = (
        _sum_in_pieces(head, states[kind], batch.targets[kind], batch.weights[kind])
        for kind in (~causal, causal)
    )
    return masked_part + causal_part, causal_part


def _sum_in_pieces(head: Any, states: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the weighed sum of -log p(target); all weights are the same."""
    if not len(states):
        return states.sum()
    total = F.linear_cross_entropy(
        head.ready(states),
        head.embedding,
        targets,
        linear_bias=head.bias,
        reduction="sum",
        options=PIECES,
    )
    return weights[0] * total


def pair_loss(model: LanguageModel, pooler_output: Tensor, next_sentence_label: Tensor) -> Tensor:
    """Return the mean of -log p(label) of rows of two sentences, in nats.

    The label is 0 if B follows A. It is 1 if B is random, for next-sentence prediction, or if A
    follows B, for the order of sentences; the head and the loss are the same.

    Args:
        model: With a head for pairs.
        pooler_output: `(B, hidden)`.
        next_sentence_label: `(B,)`.
    """
    assert model.pair_head is not None, "the model has no head for pairs"
    return F.cross_entropy(model.pair_head(pooler_output).float(), next_sentence_label)


def pretraining_loss(model: LanguageModel, batch: Batch, blocks: Blocks | None = None) -> Loss:
    r"""Return the loss of one batch; all its parts come from one pass through the trunk.

    sum over the places i of w_i (-log p(x_i | what i may see)), where the weights w are even
    within the masked rows and within the causal rows, and add up to each kind's share of the rows.
    The loss of pairs is added where the model has a head for them.

    Args:
        model: Of any family, with the heads that the batch asks.
        batch: What one step reads.
        blocks: Where tokens may look, for the GPU's kernel; found from the batch if not given.
    """
    out = model.states(batch, blocks)
    (total, causal), share = token_loss(model, out.last_hidden_state, batch), batch.causal_share
    if causal is not None:
        masked = None if share == 1 else (total - causal) / (1 - share)
        return Loss(total, masked, causal=causal / share)
    if model.pair_head is None or batch.next_sentence_label is None:
        return Loss(total, total)
    assert out.pooler_output is not None, "a head for pairs needs a pooler"
    follows = pair_loss(model, out.pooler_output, batch.next_sentence_label)
    return Loss(total + follows, total, follows)


LossOf = Callable[[Any, Any, Blocks | None], Loss]
"""What a model minimises on a batch: here `pretraining_loss`, for text."""


class Learner(nn.Module):
    """A model and its loss in one forward pass: what torch compiles, and shares out."""

    def __init__(self, model: nn.Module, loss: LossOf = pretraining_loss) -> None:
        """Hold the model and what it minimises."""
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, batch: Any, blocks: Blocks | None = None) -> Loss:
        """Return the loss of the batch."""
        return self.loss(self.model, batch, blocks)
