"""What every head of a model looks at in one text, and the queries and keys that make it look.

Paper: Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, section 3.2.
Idea: run the model once and keep what attention computes on the way.
Intuition: a weight is a query's fit with a key. With both at hand, one can see which of their
numbers make the fit.

Works with models of `fmlab` and of `transformers` alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models.bert import Bert, BertForClassification
from fmlab.models.hf import to_hf
from fmlab.models.hf_bert import config_from_hf, is_causal
from fmlab.models.language_model import ACTIVATIONS, LanguageModel
from fmlab.tokens import Tokenizer

NO_ATTENTIONS = (
    "the model gave no attentions; in transformers the fast attention (sdpa) keeps them to itself: "
    'load the model with attn_implementation="eager", or call '
    'model.set_attn_implementation("eager"), and run it with output_attentions=True'
)
NO_BERTVIZ = "bertviz is not installed; install it with pip install bertviz"
SEGMENTS = "token_type_ids"


@dataclass(frozen=True)
class Attentions:
    """The weights of every head for one text.

    Attributes:
        tokens: How the tokenizer split it, `[CLS]` and `[SEP]` included.
        attentions: Row i is how token i spreads its attention, `(L, H, T, T)`. Rows sum to 1.
        sentence_b_start: Where the second text starts; None if there is none.
    """

    tokens: tuple[str, ...]
    attentions: Tensor
    sentence_b_start: int | None


@dataclass(frozen=True)
class Neurons(Attentions):
    """The weights of every head, and what they are made of.

    `softmax(queries @ keys.mT / D ** 0.5)` are the weights.

    Attributes:
        queries: What each token looks for, `(L, H, T, D)`.
        keys: What each token offers to be found by, `(L, H, T, D)`.
    """

    queries: Tensor
    keys: Tensor


@torch.inference_mode()
def attentions(
    model: nn.Module, tokenizer: Any, text: str, second: str | None = None
) -> Attentions:
    """Return where every head looks when the model reads a text, or a pair of texts.

    Args:
        model: Of `fmlab` or of `transformers`.
        tokenizer: The one it was trained with, of the same library.
        text: What the model reads.
        second: A second text, for a model that reads pairs.

    Raises:
        UserError: The model of `transformers` gives no attentions, or the text is too long.

    Does not show: which token the result depends on. A head may look at a token whose values it
    then hardly uses. Check a claim by ablation.

    Source: Vaswani et al. 2017, arXiv:1706.03762.
    """
    inputs, tokens, start = _read(tokenizer, text, second)
    trunk = model.bert if isinstance(model, BertForClassification) else model
    device = next(model.parameters()).device
    given = {name: numbers.to(device) for name, numbers in inputs.items()}
    training = model.training
    model.eval()
    try:
        out = trunk(**given, output_attentions=True)
    finally:
        model.train(training)
    if not out.attentions:
        raise UserError(NO_ATTENTIONS)
    return Attentions(tokens, torch.cat(out.attentions).float().cpu(), start)


@torch.inference_mode()
def neurons(model: nn.Module, tokenizer: Any, text: str, second: str | None = None) -> Neurons:
    """Return the weights of every head of a BERT with the queries and keys behind them.

    The weights of the model are carried over to bertviz's own BERT, which hands out all three.

    Args:
        model: A BERT of `fmlab` or of `transformers`; how it computes attention does not matter.
        tokenizer: The one it was trained with, of the same library.
        text: What the model reads.
        second: A second text, for a model that reads pairs.

    Raises:
        UserError: It is no BERT that reads both ways, or bertviz is not installed.

    Does not show: what is handed over. Queries and keys say where a head looks; what it finds
    there is in the values.

    Source: Vig 2019, "A Multiscale Visualization of Attention in the Transformer Model",
    arXiv:1906.05714.
    """
    theirs = _bertviz_model(model)
    inputs, tokens, start = _read(tokenizer, text, second)
    longest = theirs.config.max_position_embeddings
    if len(tokens) > longest:
        raise UserError(f"{len(tokens)} tokens, but the model has {longest} positions; cut it")
    layers = theirs(inputs["input_ids"], inputs.get("token_type_ids"))[-1]
    weights, queries, keys = (
        torch.cat([layer[kind] for layer in layers]) for kind in ("attn", "queries", "keys")
    )
    return Neurons(tokens, weights, start, queries, keys)


def _read(
    tokenizer: Any, text: str, second: str | None
) -> tuple[dict[str, Tensor], tuple[str, ...], int | None]:
    """Return a model's inputs, `(1, T)`, the tokens, and where the second text starts."""
    if isinstance(tokenizer, Tokenizer):
        ids = [tokenizer.cls_id, *tokenizer.encode(text), tokenizer.sep_id]
        start = len(ids)
        ids += [] if second is None else [*tokenizer.encode(second), tokenizer.sep_id]
        segments = [int(place >= start) for place in range(len(ids))]
        read = {"input_ids": ids} if second is None else {"input_ids": ids, SEGMENTS: segments}
        tokens = tokenizer.tokens(ids)
    else:
        read = dict(tokenizer(text, second, return_attention_mask=False))
        tokens = tokenizer.convert_ids_to_tokens(read["input_ids"])
        start = sum(1 for segment in read.get(SEGMENTS, ()) if not segment)
    inputs = {name: torch.tensor([numbers]) for name, numbers in read.items()}
    return inputs, tuple(tokens), None if second is None or start in (0, len(tokens)) else start


def _bertviz_model(model: Any) -> Any:
    """Return bertviz's BERT with the weights of `model`, in evaluation mode."""
    try:
        from bertviz import transformers_neuron_view as theirs
    except ModuleNotFoundError as error:
        raise UserError(NO_BERTVIZ) from error
    config: Mapping[str, Any]
    if isinstance(model, LanguageModel | Bert | BertForClassification):
        config, weights = to_hf(model)
    else:
        config, weights = model.config.to_dict(), model.state_dict()
    sizes = config_from_hf(config)
    if is_causal(config):
        raise UserError("this model reads from left to right; neurons are of a BERT, give it one")
    copy = theirs.BertModel(
        theirs.BertConfig(
            sizes.vocab_size,
            sizes.hidden_size,
            sizes.num_hidden_layers,
            sizes.num_attention_heads,
            sizes.intermediate_size,
            ACTIVATIONS[sizes.hidden_act],
            max_position_embeddings=sizes.max_position_embeddings,
            type_vocab_size=sizes.type_vocab_size,
            layer_norm_eps=sizes.layer_norm_eps,
            output_attentions=True,
        )
    )
    own = {name.removeprefix("bert."): weight.float().cpu() for name, weight in weights.items()}
    missing, _ = copy.load_state_dict(own, strict=False)  # what a head adds has no place there
    left = [name for name in missing if not name.startswith("pooler.")]  # attention needs no pooler
    assert not left, left
    return copy.eval()
