"""Attribution: which tokens of a text speak for a label, five answers to one question.

Paper: integrated gradients, Sundararajan et al. 2017, arXiv:1703.01365; occlusion, Li et al. 2016,
"Understanding Neural Networks through Representation Erasure", arXiv:1612.08220.
Idea: one number a token, read off the attention, found by slopes, or by covering the token.
Intuition: the answers differ, so at most one is right. `faithfulness` puts them to the test, and
`random_attribution` is what each must beat.

The score that is explained is the probability of a label (a model with one output: that output).
Texts are one row of token numbers, `[CLS] ... [SEP]`, without padding. Attention to a token is not
what it did for the answer: Jain & Wallace 2019, arXiv:1902.10186, show that quite other weights
can give the same answer; Wiegreffe & Pinter 2019, arXiv:1908.04626, that this depends on what is
held fixed, and on what is called an explanation. So test it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.bert import BertForClassification
from fmlab.probes.pseudo_likelihood import BATCH_TOKENS
from fmlab.probes.rollout import attention_rollout
from fmlab.seeds import torch_generator

Score = Callable[[Tensor], float]
"""What is to be explained: from token numbers, `(T,)`, to a number."""

Ids = Tensor | Sequence[int]


@dataclass(frozen=True)
class IntegratedGradients:
    """Integrated gradients, and how far they are from adding up.

    Attributes:
        attribution: One number a token, `(T,)`. They sum to `score - baseline_score + error`.
        score: Of the text.
        baseline_score: Of the text whose tokens are all replaced.
        error: What the steps missed of the integral; more steps make it smaller.
    """

    attribution: Tensor
    score: float
    baseline_score: float
    error: float


def may_be_covered(ids: Tensor) -> Tensor:
    """Return where a token may be covered, `(T,)`: everywhere but at `[CLS]` and each `[SEP]`.

    Args:
        ids: `[CLS] ... [SEP]`, or `[CLS] ... [SEP] ... [SEP]`, `(T,)`.

    Raises:
        UserError: Not one row, or nothing between the two.
    """
    if ids.dim() != 1:
        raise UserError(f"the token numbers are {tuple(ids.shape)}; give those of one text, (T,)")
    if not len(ids) or not (free := (ids != ids[0]) & (ids != ids[-1])).any():
        raise UserError(
            f"the text has {len(ids)} tokens and none between [CLS] and [SEP]; "
            "give [CLS] ... [SEP] with a token between them"
        )
    return free


def class_probability(
    model: BertForClassification, target: int, token_type_ids: Tensor | None = None
) -> Score:
    """Return the score that the probes of this file explain, as a function of token numbers.

    Args:
        model: A model that gives a text one label.
        target: Which label.
        token_type_ids: 0 in the first sentence, 1 in the second, `(T,)`.

    Raises:
        UserError: The model labels something else, or has no such label.
    """
    _check(model, target)
    return lambda ids: float(_scores(model, ids[None], target, token_type_ids)[0])


def last_layer_attention(
    model: BertForClassification, ids: Ids, target: int, token_type_ids: Tensor | None = None
) -> Tensor:
    """Return how much `[CLS]` looks at each token in the last layer, mean over heads, `(T,)`.

    Args:
        model: A model that gives a text one label.
        ids: One text, `(T,)`.
        target: Which label; attention is the same for all of them.
        token_type_ids: 0 in the first sentence, 1 in the second, `(T,)`.

    Raises:
        UserError: Not one text, no such label, or a model without layers.

    Does not show: why the model answers as it does, nor for which label a token speaks. What is
    looked at is the state at a place, mixed from all tokens, and not the token that once stood
    there.

    Source: the debate in Jain & Wallace 2019, arXiv:1902.10186, and Wiegreffe & Pinter 2019,
    arXiv:1908.04626.
    """
    return _attention(model, ids, target, token_type_ids)[-1].mean(dim=0)[0]


def rollout_attribution(
    model: BertForClassification, ids: Ids, target: int, token_type_ids: Tensor | None = None
) -> Tensor:
    """Return how much of each token reaches `[CLS]` by attention rollout, `(T,)`; sums to 1.

    Args:
        model: A model that gives a text one label.
        ids: One text, `(T,)`.
        target: Which label; attention is the same for all of them.
        token_type_ids: 0 in the first sentence, 1 in the second, `(T,)`.

    Raises:
        UserError: Not one text, no such label, or a model without layers.

    Does not show: for which label a token speaks, nor what was carried (see `rollout`).

    Source: Abnar & Zuidema 2020, arXiv:2005.00928.
    """
    return attention_rollout(_attention(model, ids, target, token_type_ids))[0]


def integrated_gradients(
    model: BertForClassification,
    ids: Ids,
    target: int,
    baseline_id: int,
    token_type_ids: Tensor | None = None,
    steps: int = 50,
) -> IntegratedGradients:
    """Return each token's share of the way from an empty text to this one.

    The token embeddings go in a straight line from the baseline to the text, and the slope of the
    score is added up on the way. Positive numbers speak for the label.

    Args:
        model: A model that gives a text one label.
        ids: One text, `(T,)`.
        target: Which label.
        baseline_id: The token that stands for nothing; `[CLS]` and `[SEP]` stay. Take `[MASK]`,
            `tokenizer.mask_id`: pretraining made it mean "something unknown stands here", and
            occlusion and faithfulness cover tokens with it too. `[PAD]` is no zero vector: its row
            is also the masked head's, which pushes it away, and no model has learned to read it.
            (Enguehard 2023, arXiv:2305.15853, replaces `[PAD]` with `[MASK]` too.)
        token_type_ids: 0 in the first sentence, 1 in the second, `(T,)`.
        steps: Points on the way (Gauss-Legendre).

    Raises:
        UserError: Not one text, no such label or token, no steps, or Captum is not installed.

    Does not show: what the model does with real texts. The points on the way are mixtures of
    embeddings that no text has. Another baseline asks another question and gets other numbers.

    Source: Sundararajan et al. 2017, arXiv:1703.01365; computed by Captum.
    """
    try:
        from captum.attr import LayerIntegratedGradients
    except ImportError as error:
        raise UserError("Captum is not installed; run: pip install captum") from error
    row = _row(model, ids, target)
    if not 0 <= baseline_id < model.config.vocab_size:
        raise UserError(
            f"baseline_id is {baseline_id}, but the model has {model.config.vocab_size} tokens; "
            "give tokenizer.mask_id"
        )
    if steps < 1:
        raise UserError(f"steps is {steps}; give at least 1")
    baseline = row.masked_fill(may_be_covered(row), baseline_id)

    def scores(rows: Tensor) -> Tensor:
        return _score_rows(model, rows, target, token_type_ids)

    with _without_dropout(model):
        method = LayerIntegratedGradients(scores, model.bert.embeddings.token)
        found = method.attribute(
            row[None],
            baselines=baseline[None],
            n_steps=steps,
            internal_batch_size=max(1, BATCH_TOKENS // len(row)),
        )
    attribution = found[0].detach().sum(dim=-1).cpu()
    score, baseline_score = _scores(model, torch.stack([row, baseline]), target, token_type_ids)
    missed = attribution.double().sum() - (score.double() - baseline_score.double())
    return IntegratedGradients(attribution, float(score), float(baseline_score), float(missed))


def occlusion(
    model: BertForClassification | Score,
    ids: Ids,
    target: int,
    mask_id: int,
    token_type_ids: Tensor | None = None,
) -> Tensor:
    """Return how far the score falls when a token is covered by `[MASK]`, each alone, `(T,)`.

    Args:
        model: A model that gives a text one label, or any score of token numbers, `(T,)`.
        ids: One text, `(T,)`.
        target: Which label; a score of one's own has chosen already, and leaves it aside.
        mask_id: The number of `[MASK]`.
        token_type_ids: 0 in the first sentence, 1 in the second, `(T,)`.

    Returns:
        Positive where a token speaks for the label; 0 for `[CLS]` and `[SEP]`, which stay.

    Raises:
        UserError: Not one text, or no such label.

    Does not show: what tokens do together. Of two words that say the same, either may be covered
    without loss. And the model was not trained to label texts with holes.

    Source: Li et al. 2016, arXiv:1612.08220.
    """
    row = _row(model, ids, target)
    free = may_be_covered(row)
    places = free.nonzero()[:, 0]
    rows = row.repeat(len(places) + 1, 1)  # the last one stays whole
    rows[torch.arange(len(places)), places] = mask_id
    if isinstance(model, BertForClassification):
        scores = _scores(model, rows, target, token_type_ids)
    else:
        scores = torch.tensor([float(model(one)) for one in rows])
    found = torch.zeros(len(row))
    found[places.cpu()] = scores[-1] - scores[:-1]
    return found


def random_attribution(
    model: BertForClassification | Score, ids: Ids, target: int, seed: int = 0
) -> Tensor:
    """Return a number between 0 and 1 for each token, drawn without a look at it, `(T,)`.

    Args:
        model: Left aside, as is `target`; here so that all methods are called alike.
        ids: One text, `(T,)`. Each text and each seed has numbers of its own.
        target: Which label.
        seed: Of the draw.

    Does not show: anything. It is the control: a method that is no better says no more.
    """
    row = _row(model, ids, target)
    generator = torch_generator(seed, "random_attribution", *row.tolist())
    return torch.rand(len(row), generator=generator)


def _check(model: BertForClassification, target: int) -> None:
    """Refuse a model that gives a text no label, and a label that it does not have."""
    if model.task != "sequence":
        raise UserError(
            f"the model's task is {model.task!r}; choose one that labels a whole text ('sequence')"
        )
    labels = model.classifier.out_features
    if not 0 <= target < labels:
        raise UserError(f"target is {target}, but the labels are 0 to {labels - 1}")


def _row(model: BertForClassification | Score, ids: Ids, target: int) -> Tensor:
    """Return one text's token numbers, `(T,)`, where the model is; refuse what is no text."""
    row = torch.as_tensor(ids)
    may_be_covered(row)
    if isinstance(model, BertForClassification):
        _check(model, target)
        row = row.to(next(model.parameters()).device)
    return row


def _attention(
    model: BertForClassification, ids: Ids, target: int, token_type_ids: Tensor | None
) -> Tensor:
    """Return the attention of all layers to one text, `(L, H, T, T)`."""
    row = _row(model, ids, target)[None]
    if not model.config.num_hidden_layers:
        raise UserError("the model has no layers and so no attention; take another method")
    kinds = None if token_type_ids is None else token_type_ids.to(row)[None]
    with _without_dropout(model), torch.no_grad():
        out = model.bert(row, token_type_ids=kinds, output_attentions=True)
    assert out.attentions is not None
    return torch.cat(out.attentions).float().cpu()


def _score_rows(
    model: BertForClassification, rows: Tensor, target: int, token_type_ids: Tensor | None
) -> Tensor:
    """Return the score of each row, `(B,)`, for rows of `(B, T)`."""
    kinds = None if token_type_ids is None else token_type_ids.to(rows).expand_as(rows)
    logits = model(rows, token_type_ids=kinds).logits.float()
    # One output is a number on a scale (a regression), and always 1 after a softmax.
    scores: Tensor = logits if logits.size(-1) == 1 else logits.softmax(dim=-1)
    return scores[:, target]


@torch.no_grad()
def _scores(
    model: BertForClassification, rows: Tensor, target: int, token_type_ids: Tensor | None
) -> Tensor:
    """Return `_score_rows` of any number of rows, without dropout and gradients, on the CPU."""
    rows = rows.to(next(model.parameters()).device)
    parts = torch.split(rows, max(1, BATCH_TOKENS // rows.size(1)))
    with _without_dropout(model):
        return torch.cat([_score_rows(model, one, target, token_type_ids) for one in parts]).cpu()


@contextmanager
def _without_dropout(model: BertForClassification) -> Iterator[None]:
    """Measure in evaluation mode; afterwards the model is in the mode it was in."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
