"""Lens: what the model would fill in, were it to stop after each layer.

Paper: nostalgebraist 2020, "interpreting GPT: the logit lens", LessWrong; its faults and a cure:
Belrose et al. 2023, "Eliciting Latent Predictions from Transformers with the Tuned Lens",
arXiv:2303.08112.
Idea: give the states of every layer, not of the last one alone, to the masked-token head.
Intuition: each layer adds to what came in, so states of all layers may speak one language, and the
answer can be seen to grow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from fmlab.models.bert import BertForPreTraining
from fmlab.probes.fill_mask import Blank, fill_mask, read_blank
from fmlab.tokens import Tokenizer


@dataclass(frozen=True)
class BlankByLayer:
    """One `[MASK]`, read after each layer.

    Attributes:
        position: Where it stands among the tokens; 0 is `[CLS]`.
        layers: What the head makes of the states, `L + 1` answers; the first is the embeddings',
            the last is the model's own.
    """

    position: int
    layers: tuple[Blank, ...]


@dataclass(frozen=True)
class LayerLens:
    """A text with blanks, read after each layer.

    Attributes:
        text: What was asked.
        tokens: How the tokenizer split it, `[CLS]` and `[SEP]` included.
        blanks: One entry for each `[MASK]`, from left to right.
    """

    text: str
    tokens: tuple[str, ...]
    blanks: tuple[BlankByLayer, ...]


@torch.inference_mode()
def layer_lens(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    text: str,
    k: int = 5,
    words: Sequence[str] | None = None,
) -> LayerLens:
    """Return what each layer's states would fill into each `[MASK]` of `text`.

    Args:
        model: A model with a masked-token head.
        tokenizer: The tokenizer it was trained with.
        text: A text that holds `[MASK]` at least once.
        k: How many candidates to return.
        words: Tokens to follow through all layers, instead of the best `k` of each.

    Raises:
        UserError: As `fill_mask`: no `[MASK]` in the text, no masked-token head, a `k` that is not
            positive, a text that is too long, or a word that is not one token of the vocabulary.

    Does not show: what a layer knows. The head was trained to read the last layer alone; where an
    earlier one writes in another way, its answer looks like noise although the next layer can use
    what is there. A probable word in the middle is no step of reasoning either: nothing says that
    later layers use it. Check that by ablation.

    Source: nostalgebraist 2020; Belrose et al. 2023, arXiv:2303.08112.
    """
    final = fill_mask(model, tokenizer, text, k, words)  # it also tells what is wrong
    wanted = None if words is None else [tokenizer.id(word) for word in words]
    ids = [tokenizer.cls_id, *tokenizer.encode(text), tokenizer.sep_id]
    positions = [blank.position for blank in final.blanks]

    assert model.masked_head is not None
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    states = model.bert(torch.tensor([ids], device=device), output_hidden_states=True).hidden_states
    assert states is not None
    # The whole row goes through the head, as in the model itself: a product of other sizes may be
    # rounded in another way, and the last layer's answer is to be the model's to the last bit.
    answers = [
        model.masked_head(layer)[0, positions].float().cpu().softmax(dim=-1) for layer in states
    ]
    model.train(training)
    return LayerLens(
        text,
        final.tokens,
        tuple(
            BlankByLayer(
                place,
                tuple(read_blank(place, rows[n], tokenizer, k, wanted) for rows in answers),
            )
            for n, place in enumerate(positions)
        ),
    )
