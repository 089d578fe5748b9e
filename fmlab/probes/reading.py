"""One reading of a sentence: all that a live figure shows of it.

Paper: Devlin et al. 2019, arXiv:1810.04805 (the model), and for the layers nostalgebraist 2020,
"interpreting GPT: the logit lens".
Idea: one forward pass gives the attention weights and, through the head for masked tokens, what the
model would put at each place, after the last layer or after any other.
Intuition: pages compute the very same in the reader's browser (`views/static/live/engine.js`), and
a test holds the two against each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fmlab.errors import UserError
from fmlab.models.bert import BertForPreTraining
from fmlab.probes.ablation import heads_scaled
from fmlab.probes.fill_mask import Candidate, read_blank
from fmlab.tokens import Tokenizer


@dataclass(frozen=True)
class Sentence:
    """A text as a model reads it.

    Attributes:
        ids: Numbers of its tokens, `[CLS]` and `[SEP]` included; covered ones are `[MASK]`.
        tokens: The same as they stand in the vocabulary.
        words: Its words, uncovered, in the vocabulary's spelling.
        word_of: For each token the word it stands in; -1 for `[CLS]` and `[SEP]`.
        cut: Whether the text was longer than the model has positions.
    """

    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    words: tuple[str, ...]
    word_of: tuple[int, ...]
    cut: bool


@dataclass(frozen=True)
class Fill:
    """What would be put at one place, read after one layer.

    Attributes:
        layer: After which layer; 0 is after the embeddings.
        place: Where among the tokens.
        entropy_bits: Spread of the distribution: 0 when sure, `log2(vocab)` when clueless.
        candidates: The most probable tokens, best first.
        asked: The tokens that were asked about; a probability of NaN where there is no such token.
    """

    layer: int
    place: int
    entropy_bits: float
    candidates: tuple[Candidate, ...]
    asked: tuple[Candidate, ...]


@dataclass(frozen=True)
class Reading:
    """A sentence, how its tokens looked at each other, and what would be put at its places.

    Attributes:
        sentence: How the text was split and covered.
        attentions: Weights, `(L, H, T, T)`; rows sum to 1.
        fills: One entry for each layer and place that was asked for, layer by layer.
    """

    sentence: Sentence
    attentions: Tensor
    fills: tuple[Fill, ...]


def split(tokenizer: Tokenizer, text: str, masked: Sequence[int], positions: int) -> Sentence:
    """Return a text as tokens and words, with the words of `masked` covered.

    Args:
        tokenizer: The model's.
        text: Any text; `[MASK]` in it is a covered word.
        masked: Places of words, counted from 0, whose tokens become `[MASK]`.
        positions: How many tokens the model can read; a longer text is cut.
    """
    ids = tokenizer.encode(text)
    cut = len(ids) > positions - 2
    ids = ids[: positions - 2]
    words: list[str] = []
    word_of = [-1]
    for token in tokenizer.tokens(ids):
        if token.startswith("##") and words:
            words[-1] += token[2:]
        else:
            words.append(token)
        word_of.append(len(words) - 1)
    hidden = set(masked)
    covered = [
        tokenizer.mask_id if word in hidden else number
        for number, word in zip(ids, word_of[1:], strict=True)
    ]
    whole = [tokenizer.cls_id, *covered, tokenizer.sep_id]
    tokens = tuple(tokenizer.tokens(whole))
    return Sentence(tuple(whole), tokens, tuple(words), (*word_of, -1), cut)


@torch.inference_mode()
def read(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    text: str,
    *,
    masked: Sequence[int] = (),
    everywhere: bool = False,
    lens: bool = False,
    k: int = 5,
    asked: Sequence[str] = (),
    off: Sequence[tuple[int, int]] = (),
) -> Reading:
    """Return what a live figure shows of a text.

    Args:
        model: A model with a masked-token head.
        tokenizer: Its tokenizer.
        text: Any text; too long a one is cut, and the sentence says so.
        masked: Words to cover, by their place.
        everywhere: Whether to fill every place, not the covered ones alone.
        lens: Whether to read after every layer, not after the last alone.
        k: How many candidates.
        asked: Tokens whose probability is wanted too.
        off: Heads to switch off, as (layer, head) from 0.

    Raises:
        UserError: The model has no masked-token head, or there is no such head of attention.

    Does not show: why. Weights say where a head looked, not what the answer hangs on; switch heads
    or words off to see that. Between layers the head reads states that it was not trained on.
    """
    if model.masked_head is None:
        raise UserError("this model has no masked-token head; load one that was trained to fill")
    config = model.config
    sentence = split(tokenizer, text, masked, config.max_position_embeddings)
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    with heads_scaled(model, _kept(config.num_hidden_layers, config.num_attention_heads, off)):
        out = model.bert(
            torch.tensor([sentence.ids], device=device),
            output_attentions=True,
            output_hidden_states=True,
        )
    model.train(training)
    assert out.attentions is not None
    assert out.hidden_states is not None
    places = [p for p, n in enumerate(sentence.ids) if everywhere or n == tokenizer.mask_id]
    layers = range(config.num_hidden_layers + 1) if lens else [config.num_hidden_layers]
    fills = [
        _fill(layer, place, row, tokenizer, k, asked)
        for layer in layers
        for place, row in zip(
            places, model.masked_head(out.hidden_states[layer][0, places]).cpu(), strict=True
        )
    ]
    return Reading(sentence, torch.stack(out.attentions)[:, 0].cpu(), tuple(fills))


def _kept(layers: int, heads: int, off: Sequence[tuple[int, int]]) -> Tensor:
    keep = torch.ones(layers, heads)
    for layer, head in off:
        if not (0 <= layer < layers and 0 <= head < heads):
            raise UserError(
                f"no head {head} in layer {layer}; there are {layers} layers with {heads} heads"
            )
        keep[layer, head] = 0
    return keep


def _fill(
    layer: int, place: int, logits: Tensor, tokenizer: Tokenizer, k: int, asked: Sequence[str]
) -> Fill:
    shares = logits.float().softmax(-1)
    blank = read_blank(place, shares, tokenizer, k, None)
    others = tuple(_asked(token, shares, tokenizer) for token in asked)
    return Fill(layer, place, blank.entropy_bits, blank.candidates, others)


def _asked(token: str, shares: Tensor, tokenizer: Tokenizer) -> Candidate:
    number = tokenizer.fast.token_to_id(token)
    if number is None:
        return Candidate(token, -1, math.nan)
    return Candidate(token, int(number), float(shares[number]))
