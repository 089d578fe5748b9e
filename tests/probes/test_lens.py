"""The lens shows the model's own answer at the end and the bare token's at the start.

The model is tiny and random; the truth for the layers between is a model that was cut off there.
"""

import copy

import pytest

from fmlab.checkpoint import load, shipped
from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.probes.fill_mask import fill_mask
from fmlab.probes.lens import layer_lens
from fmlab.seeds import seed_torch
from fmlab.tokens import Tokenizer

TEXT = "the cat sat on the [MASK] ."
OTHER = "the dog sat on the [MASK] ."
TWO = "the [MASK] sat on the [MASK] ."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    sentences = [f"the {a} sat on the {b} ." for a in ("cat", "dog") for b in ("mat", "rug")]
    return Tokenizer.train(sentences * 3, vocab_size=80)


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> BertForPreTraining:
    seed_torch(0, "lens")
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.5,
    )
    return BertForPreTraining(config).eval()


@pytest.mark.parametrize("text", [TEXT, TWO])
@pytest.mark.parametrize("words", [None, ["mat", "rug"]])
def test_the_last_layer_says_exactly_what_the_model_fills_in(
    model: BertForPreTraining, tokenizer: Tokenizer, text: str, words: list[str] | None
) -> None:
    lens = layer_lens(model, tokenizer, text, k=4, words=words)
    truth = fill_mask(model, tokenizer, text, k=4, words=words)
    assert tuple(blank.layers[-1] for blank in lens.blanks) == truth.blanks
    assert (lens.text, lens.tokens) == (truth.text, truth.tokens)


def test_the_last_layer_of_the_shipped_model_does_too() -> None:
    checkpoint = load(shipped())
    text = "The [MASK] sat on the [MASK] of the table ."
    lens = layer_lens(checkpoint.masked_model, checkpoint.tokenizer, text)
    truth = fill_mask(checkpoint.masked_model, checkpoint.tokenizer, text)
    assert tuple(blank.layers[-1] for blank in lens.blanks) == truth.blanks
    assert len(lens.blanks[0].layers) == 5
    assert len(lens.blanks[0].layers[0].candidates) == 5


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_each_layer_says_what_a_model_says_that_ends_there(
    model: BertForPreTraining, tokenizer: Tokenizer, depth: int
) -> None:
    short = copy.deepcopy(model)
    short.bert.layers = short.bert.layers[:depth]
    for blank, truth in zip(
        layer_lens(model, tokenizer, TWO, k=3).blanks,
        fill_mask(short, tokenizer, TWO, k=3).blanks,
        strict=True,
    ):
        assert len(blank.layers) == 4
        assert blank.layers[depth] == truth


def test_the_embeddings_know_the_token_and_its_place_and_nothing_else(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    one, other = layer_lens(model, tokenizer, TEXT), layer_lens(model, tokenizer, OTHER)
    assert one.blanks[0].layers[0] == other.blanks[0].layers[0]
    for layer in (1, 2, 3):
        assert one.blanks[0].layers[layer] != other.blanks[0].layers[layer]
    left, right = layer_lens(model, tokenizer, TWO).blanks
    assert left.layers[0].candidates != right.layers[0].candidates
    assert right.layers[0] == one.blanks[0].layers[0]


def test_words_are_followed_through_all_layers(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    everything = layer_lens(model, tokenizer, TEXT, k=tokenizer.vocab_size).blanks[0]
    followed = layer_lens(model, tokenizer, TEXT, words=["mat"]).blanks[0]
    for full, one in zip(everything.layers, followed.layers, strict=True):
        assert one.probability("mat") == full.probability("mat")
        assert one.entropy_bits == full.entropy_bits
        assert sum(c.probability for c in full.candidates) == pytest.approx(1, abs=1e-5)


def test_a_model_in_training_is_read_without_dropout_and_left_in_training(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    quiet = layer_lens(model, tokenizer, TEXT)
    model.train()
    try:
        assert layer_lens(model, tokenizer, TEXT) == quiet
        assert model.training
    finally:
        model.eval()


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("no blank here", {}, r"no \[MASK\] in 'no blank here'"),
        (TEXT, {"k": 0}, "k is 0"),
        (TEXT, {"words": ["hippopotamus"]}, "not in the vocabulary"),
        ("the " * 40 + "[MASK]", {}, "32 positions"),
    ],
)
def test_mistakes_are_told_in_one_line(
    model: BertForPreTraining, tokenizer: Tokenizer, text: str, options: dict, told: str
) -> None:
    with pytest.raises(UserError, match=told) as caught:
        layer_lens(model, tokenizer, text, **options)
    assert "\n" not in str(caught.value)


def test_a_model_without_the_head_is_refused(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    headless = BertForPreTraining(model.config, masked=False, next_sentence=True)
    with pytest.raises(UserError, match="no masked-token head"):
        layer_lens(headless, tokenizer, TEXT)
