"""`fill_mask` reads what the model says at each mask, as transformers does, and says what is wrong.

The model is tiny and random; the truth is `BertForMaskedLM` with the same weights.
"""

import math

import pytest
import torch
from transformers import BertConfig as TheirConfig
from transformers import BertForMaskedLM

from fmlab.errors import UserError
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.models.hf import to_hf
from fmlab.probes.fill_mask import fill_mask
from fmlab.seeds import seed_torch
from fmlab.tokens import Tokenizer

TEXT = "the cat sat on the [MASK] ."
TWO = "the [MASK] sat on the [MASK] ."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    sentences = [f"the {a} sat on the {b} ." for a in ("cat", "dog") for b in ("mat", "rug")]
    return Tokenizer.train(sentences * 3, vocab_size=80)


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> BertForPreTraining:
    seed_torch(0, "fill_mask")
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.5,
    )
    return BertForPreTraining(config).eval()


def their_probabilities(
    model: BertForPreTraining, tokenizer: Tokenizer, text: str
) -> dict[int, torch.Tensor]:
    """Return transformers' distribution for each place with a mask."""
    config, weights = to_hf(model)
    theirs = BertForMaskedLM(TheirConfig(**config)).eval()
    theirs.load_state_dict(weights, strict=False)
    theirs.tie_weights()
    inputs = tokenizer.hf()(text, return_tensors="pt")
    places = (inputs.input_ids[0] == tokenizer.mask_id).nonzero()[:, 0].tolist()
    with torch.no_grad():
        logits = theirs(**inputs).logits[0]
    return {place: logits[place].softmax(-1) for place in places}


@pytest.mark.parametrize("text", [TEXT, TWO])
def test_candidates_are_those_of_transformers(
    model: BertForPreTraining, tokenizer: Tokenizer, text: str
) -> None:
    truth = their_probabilities(model, tokenizer, text)
    blanks = fill_mask(model, tokenizer, text, k=4).blanks
    assert [blank.position for blank in blanks] == list(truth)
    for blank in blanks:
        best = truth[blank.position].topk(4)
        assert [c.id for c in blank.candidates] == best.indices.tolist()
        found = [c.probability for c in blank.candidates]
        assert found == pytest.approx(best.values.tolist(), abs=1e-5)
        assert [c.token for c in blank.candidates] == tokenizer.tokens(best.indices.tolist())


def test_all_probabilities_sum_to_one_and_give_the_entropy(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    blank = fill_mask(model, tokenizer, TEXT, k=tokenizer.vocab_size + 9).blanks[0]
    probabilities = [c.probability for c in blank.candidates]
    assert len(probabilities) == tokenizer.vocab_size
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    bits = -sum(p * math.log2(p) for p in probabilities if p > 0)
    assert blank.entropy_bits == pytest.approx(bits, abs=1e-3)


def test_named_words_get_their_share_of_the_whole_vocabulary(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    everything = fill_mask(model, tokenizer, TEXT, k=tokenizer.vocab_size).blanks[0]
    asked = fill_mask(model, tokenizer, TEXT, words=["mat", "rug"]).blanks[0]
    assert {c.token for c in asked.candidates} == {"mat", "rug"}
    for word in ("mat", "rug"):
        assert asked.probability(word) == pytest.approx(everything.probability(word))
    assert asked.candidates[0].probability >= asked.candidates[1].probability
    with pytest.raises(UserError, match="not among the candidates"):
        asked.probability("cat")


def test_tokens_show_the_text_as_the_model_read_it(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    result = fill_mask(model, tokenizer, TEXT)
    assert result.tokens[0] == "[CLS]"
    assert result.tokens[-1] == "[SEP]"
    assert result.tokens[result.blanks[0].position] == "[MASK]"


def test_a_model_in_training_is_measured_without_dropout_and_left_in_training(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    quiet = fill_mask(model, tokenizer, TEXT)
    model.train()
    try:
        assert fill_mask(model, tokenizer, TEXT) == quiet
        assert model.training
    finally:
        model.eval()


def test_a_model_that_learned_one_sentence_fills_it(tokenizer: Tokenizer) -> None:
    seed_torch(1, "overfit")
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
    )
    model = BertForPreTraining(config)
    ids = torch.tensor([[tokenizer.cls_id, *tokenizer.encode(TEXT), tokenizer.sep_id]])
    place = ids[0].tolist().index(tokenizer.mask_id)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(60):
        logits = model(ids).logits[0, place]
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(tokenizer.id("rug")))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    blank = fill_mask(model, tokenizer, TEXT, k=1).blanks[0]
    assert blank.candidates[0].token == "rug"
    assert blank.candidates[0].probability > 0.9
    assert blank.entropy_bits < 1


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
        fill_mask(model, tokenizer, text, **options)
    assert "\n" not in str(caught.value)


def test_a_model_without_the_head_is_refused(
    model: BertForPreTraining, tokenizer: Tokenizer
) -> None:
    headless = BertForPreTraining(model.config, masked=False, next_sentence=True)
    with pytest.raises(UserError, match="no masked-token head"):
        fill_mask(headless, tokenizer, TEXT)
