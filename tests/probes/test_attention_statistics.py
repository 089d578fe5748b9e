"""What heads look at is counted as a loop over every pair of places counts it.

The truth is a model written by hand whose one head looks at the token before, the arithmetic of a
head that spreads evenly, and, for random heads, plain loops over one text at a time.
"""

import math

import pytest
import torch
from previous_token import COPYING, HEADS, LAYERS, TOKENS, previous_token_bert

from fmlab.errors import UserError
from fmlab.models.bert import Bert, BertConfig, BertForClassification, BertForPreTraining
from fmlab.probes import attention_statistics as module
from fmlab.probes.attention_statistics import attention_statistics, link_share
from fmlab.seeds import seed_torch
from fmlab.tokens import Tokenizer

KINDS = ("to_first", "to_separator", "to_self", "to_previous", "to_next", "to_same")
FIELDS = (*KINDS, "distance", "entropy_bits")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    made = Tokenizer.train(["a b c"] * 3, vocab_size=TOKENS)
    assert made.vocab_size == TOKENS
    return made


@pytest.fixture(scope="module")
def rows(tokenizer: Tokenizer) -> list[list[int]]:
    """Texts of several lengths, one of them a pair, one with two unknown words, one empty."""
    cls, sep, unknown = tokenizer.cls_id, tokenizer.sep_id, tokenizer.unk_id
    texts = [[5, 6, 7], [5, 5, 6, 5, 7], [6, sep, 6, 7], [unknown, 7, unknown], [7, 7], []]
    return [[cls, *text, sep] for text in texts]


def random_bert(**sizes: object) -> Bert:
    seed_torch(0, "attention_statistics")
    options = {
        "vocab_size": TOKENS,
        "hidden_size": 12,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 24,
        "max_position_embeddings": 8,
        "initializer_range": 0.6,
    }
    return Bert(BertConfig(**(options | sizes))).eval()


def attention_of(model: Bert, row: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return torch.cat(model(torch.tensor([row]), output_attentions=True).attentions).double()


def counted_by_loops(
    model: Bert, rows: list[list[int]], tokenizer: Tokenizer, even: bool = False
) -> dict[str, torch.Tensor]:
    """Return every statistic by going through all tokens that look, one after another."""
    special = {tokenizer.id(token) for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")}
    seen = {name: [] for name in FIELDS}
    for row in rows:
        weights = attention_of(model, row)
        if even:
            weights = torch.full_like(weights, 1 / len(row))
        for i, looking in enumerate(row):
            to = weights[:, :, i]
            places = {
                "to_first": [0],
                "to_separator": [j for j, token in enumerate(row) if token == tokenizer.sep_id],
                "to_self": [i],
                "to_previous": [i - 1] if i > 0 else [],
                "to_next": [i + 1] if i + 1 < len(row) else [],
                "to_same": [
                    j
                    for j, token in enumerate(row)
                    if token == looking and j != i and token not in special
                ],
            }
            for name, chosen in places.items():
                if chosen:
                    seen[name].append(to[:, :, chosen].sum(-1))
            seen["distance"].append(sum(to[:, :, j] * abs(i - j) for j in range(len(row))))
            seen["entropy_bits"].append(-(to * to.log2()).sum(-1))
    return {name: torch.stack(found).mean(0) for name, found in seen.items()}


def test_a_head_that_looks_at_the_token_before_is_told_so(
    tokenizer: Tokenizer, rows: list[list[int]]
) -> None:
    found = attention_statistics(previous_token_bert(), rows[:5], tokenizer)
    assert found.to_previous.shape == (LAYERS, HEADS)
    assert found.to_previous[COPYING] == pytest.approx(1)
    assert found.distance[COPYING] == pytest.approx(1)
    assert found.entropy_bits[COPYING] == pytest.approx(0, abs=1e-6)
    assert found.to_self[COPYING] == 0
    for name in FIELDS:  # the heads beside it have no weights and spread evenly
        assert torch.allclose(getattr(found, name)[0], getattr(found.control, name))


def test_the_control_is_what_arithmetic_gives(tokenizer: Tokenizer) -> None:
    row = [tokenizer.cls_id, 5, 6, 5, 7, tokenizer.sep_id]
    control = attention_statistics(random_bert(), [row, row], tokenizer).control
    for name in ("to_first", "to_separator", "to_self", "to_previous", "to_next", "to_same"):
        assert getattr(control, name).shape == ()
        assert getattr(control, name) == pytest.approx(1 / 6)
    assert control.distance == pytest.approx((6**2 - 1) / (3 * 6))
    assert control.entropy_bits == pytest.approx(math.log2(6))


def test_every_figure_is_what_loops_over_all_pairs_count(
    tokenizer: Tokenizer, rows: list[list[int]]
) -> None:
    model = random_bert()
    found = attention_statistics(model, rows, tokenizer)
    truth = counted_by_loops(model, rows, tokenizer)
    even = counted_by_loops(model, rows, tokenizer, even=True)
    for name in FIELDS:
        assert torch.allclose(getattr(found, name).double(), truth[name], atol=1e-5), name
        assert float(getattr(found.control, name)) == pytest.approx(float(even[name][0, 0]))
        assert (found.to_previous != found.control.to_previous).all()


@pytest.mark.parametrize("at_once", [1, 400, 2**20])
def test_the_size_of_a_batch_changes_nothing(
    tokenizer: Tokenizer,
    rows: list[list[int]],
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, links = random_bert(), [(1, 2)] * 5
    truth = attention_statistics(model, rows, tokenizer)
    linked = link_share(model, rows[:5], links)
    monkeypatch.setattr(module, "WEIGHTS_AT_ONCE", at_once)
    found = attention_statistics(model, rows, tokenizer)
    for name in FIELDS:
        assert torch.allclose(getattr(found, name), getattr(truth, name), atol=1e-6)
    again = link_share(model, rows[:5], links)
    assert torch.allclose(again.share, linked.share, atol=1e-6)
    assert torch.allclose(again.control, linked.control, atol=1e-6)


def test_what_no_token_has_is_nan_and_the_rest_is_not(tokenizer: Tokenizer) -> None:
    found = attention_statistics(random_bert(), [[tokenizer.cls_id, 5, 3]], tokenizer)
    assert found.to_same.isnan().all()
    assert found.control.to_same.isnan()
    for name in FIELDS:
        assert name == "to_same" or getattr(found, name).isfinite().all()


@pytest.mark.parametrize(
    "make", [BertForPreTraining, lambda config: BertForClassification(config, 2)]
)
def test_any_model_is_measured_by_its_trunk_without_dropout(
    tokenizer: Tokenizer, rows: list[list[int]], make: type
) -> None:
    model = make(random_bert(attention_probs_dropout_prob=0.5).config).train()
    found = attention_statistics(model, rows, tokenizer)
    assert model.training
    assert model.bert.training
    truth = attention_statistics(model.bert.eval(), rows, tokenizer)
    assert torch.equal(found.to_previous, truth.to_previous)


def test_a_link_is_the_weight_from_its_first_place_to_its_second(rows: list[list[int]]) -> None:
    model, chosen = random_bert(), [rows[0], rows[2], rows[1]]  # the shortest first
    links = [(1, 3), (5, 3), (4, 2)]
    found = link_share(model, chosen, links)
    shares, offsets, others = [], [], []
    for row, (a, b) in zip(chosen, links, strict=True):
        weights = attention_of(model, row)
        words = [place for place, token in enumerate(row) if token not in (row[0], row[-1])]
        shares.append(weights[:, :, a, b])
        same = [weights[:, :, i, i + b - a] for i in words if i + b - a in words and i != a]
        if same:
            offsets.append(torch.stack(same).mean(0))
        others.append(torch.stack([weights[:, :, a, j] for j in words if j not in (a, b)]).mean(0))
    assert len(offsets) == 2  # the first row has no second pair as far apart
    assert torch.allclose(found.share.double(), torch.stack(shares).mean(0), atol=1e-6)
    assert torch.allclose(found.same_offset.double(), torch.stack(offsets).mean(0), atol=1e-6)
    assert torch.allclose(found.other_places.double(), torch.stack(others).mean(0), atol=1e-6)
    assert torch.equal(found.control, torch.maximum(found.same_offset, found.other_places))


def test_a_head_that_minds_the_distance_alone_does_not_beat_its_control(
    rows: list[list[int]],
) -> None:
    found = link_share(previous_token_bert(), [rows[1]], [(3, 2)])
    assert found.share[COPYING] == pytest.approx(1)
    assert found.same_offset[COPYING] == pytest.approx(1)
    assert found.control[COPYING] == pytest.approx(1)
    assert found.other_places[COPYING] == pytest.approx(0)
    assert found.share[0] == pytest.approx(1 / 7)
    assert found.control[0] == pytest.approx(1 / 7)


def test_controls_that_have_no_place_are_nan_and_the_other_one_counts(tokenizer: Tokenizer) -> None:
    row = [tokenizer.cls_id, 5, 6, 7, tokenizer.sep_id]
    found = link_share(random_bert(), [row], [(1, 3)])
    assert found.same_offset.isnan().all()
    assert torch.equal(found.control, found.other_places)
    assert found.control.isfinite().all()


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([], "no rows"),
        ([[2, 5, 3], [2]], "row 1 is not"),
        ([[]], "row 0 is not"),
        ([[5, 6, 3]], "row 0 is not"),
        ([[2, 5, 6]], "row 0 is not"),
        ([[2, *[5] * 9, 3]], "8 positions"),
    ],
)
def test_what_is_no_row_is_refused_in_one_line(
    tokenizer: Tokenizer, texts: list[list[int]], told: str
) -> None:
    assert (tokenizer.cls_id, tokenizer.sep_id) == (2, 3)
    model = random_bert().train()
    with pytest.raises(UserError, match=told) as caught:
        attention_statistics(model, texts, tokenizer)
    assert "\n" not in str(caught.value)
    assert model.training


@pytest.mark.parametrize(
    ("texts", "links", "told"),
    [
        ([], [], "no rows"),
        ([[2, 5, 6, 3]], [], "0 links for 1 rows"),
        ([[2, 5, 6, 3]], [(1, 4)], "link 0 goes from 1 to 4 in a row of 4 tokens"),
        ([[2, 5, 6, 3]], [(-1, 2)], "from -1 to 2"),
        ([[2, 5, 6, 3]], [(2, 2)], "two different places"),
        ([[2]], [(0, 0)], "row of 1 tokens"),
    ],
)
def test_what_is_no_link_is_refused_in_one_line(texts: list, links: list, told: str) -> None:
    with pytest.raises(UserError, match=told) as caught:
        link_share(random_bert(), texts, links)
    assert "\n" not in str(caught.value)


def test_a_model_without_layers_is_refused(tokenizer: Tokenizer) -> None:
    flat = random_bert(num_hidden_layers=0)
    with pytest.raises(UserError, match="no layers"):
        attention_statistics(flat, [[2, 5, 3]], tokenizer)
    with pytest.raises(UserError, match="no layers"):
        link_share(flat, [[2, 5, 3]], [(1, 0)])
