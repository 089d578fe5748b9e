"""Losses against sums by hand, and against the losses that transformers computes."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers

from fmlab import objectives
from fmlab.batch import Batch
from fmlab.masking import next_tokens
from fmlab.models.albert import AlbertConfig, AlbertForPreTraining
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.models.gpt import GptConfig, GptForPreTraining
from fmlab.models.hf import to_hf
from fmlab.models.language_model import LanguageModel
from fmlab.models.roberta import RobertaConfig, RobertaForPreTraining
from fmlab.objectives import in_pieces, pretraining_loss
from fmlab.optimiser import Muon, make_optimisers, orthogonal

SIZES = BertConfig(40, 16, 2, 2, 32, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


def batch(**more: torch.Tensor) -> Batch:
    torch.manual_seed(0)
    ids = torch.randint(5, 40, (3, 8))
    labels = torch.full_like(ids, -100)
    labels[0, 2], labels[1, 5], labels[2, 1] = 7, 8, 9
    return Batch(ids, labels, **more)


def test_only_masked_positions_count() -> None:
    torch.manual_seed(1)
    model = BertForPreTraining(SIZES)
    given = batch()
    loss = pretraining_loss(model, given)
    probabilities = model(given.input_ids).logits.softmax(-1)
    by_hand = -sum(
        math.log(float(probabilities[row, place, token].detach()))
        for row, place, token in [(0, 2, 7), (1, 5, 8), (2, 1, 9)]
    )
    assert float(loss.total.detach()) == pytest.approx(by_hand / 3, abs=1e-5)
    assert loss.next_sentence is None


def test_both_losses_equal_those_of_transformers() -> None:
    torch.manual_seed(1)
    model = BertForPreTraining(SIZES, next_sentence=True)
    config, weights = to_hf(model)
    theirs = transformers.BertForPreTraining(transformers.BertConfig(**config))
    theirs.load_state_dict(weights, strict=False)
    types = torch.zeros(3, 8, dtype=torch.long)
    types[:, 4:] = 1
    follows = torch.tensor([0, 1, 1])
    given = batch(token_type_ids=types, next_sentence_label=follows)
    ours = pretraining_loss(model, given)
    out = theirs(
        given.input_ids,
        token_type_ids=types,
        labels=given.labels,
        next_sentence_label=follows,
    )
    assert float(ours.total.detach()) == pytest.approx(float(out.loss.detach()), abs=1e-5)


def test_muon_makes_directions_equally_long() -> None:
    torch.manual_seed(0)
    for shape in [(3, 20, 20), (2, 8, 32), (2, 32, 8)]:
        singular = torch.linalg.svdvals(orthogonal(torch.randn(*shape)))
        assert singular.min() > 0.3
        assert singular.max() < 1.4


def test_each_weight_has_one_optimiser_and_muon_has_the_layers_matrices() -> None:
    model = BertForPreTraining(SIZES)
    muon, adamw = make_optimisers(model, 1e-3, 0.02, 0.01, torch.float32)
    names = {id(weight): name for name, weight in model.named_parameters()}
    owned = [
        [names[id(w)] for group in optimiser.param_groups for w in group["params"]]
        for optimiser in (muon, adamw)
    ]
    assert isinstance(muon, Muon)
    assert sorted(owned[0] + owned[1]) == sorted(names.values())
    assert len(owned[0]) == 2 * 6
    assert all(".layers." in name and name.endswith("weight") for name in owned[0])
    vectors = adamw.param_groups[1]
    assert vectors["weight_decay"] == 0
    assert all(weight.ndim == 1 for weight in vectors["params"])


def test_muon_moves_against_the_gradient() -> None:
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(6, 4))
    goal = torch.randn(6, 4)
    muon = Muon([weight], lr=0.05)
    distances = []
    for _ in range(60):
        loss = ((weight - goal) ** 2).sum()
        loss.backward()
        muon.step()
        muon.zero_grad()
        distances.append(float(loss.detach()))
    assert min(distances[-5:]) < 0.1 * distances[0]


def packed_batch() -> Batch:
    """Three rows of two documents each and some padding, with uneven numbers of asked places."""
    draw = torch.Generator().manual_seed(4)
    ids = torch.randint(5, 40, (3, 8), generator=draw)
    documents = torch.tensor([[1, 1, 1, 2, 2, 2, 2, 0], [1] * 8, [1, 1, 2, 2, 2, 2, 0, 0]])
    labels = torch.full_like(ids, -100)
    for row, place in [(0, 1), (1, 0), (1, 3), (1, 7), (2, 4)]:
        labels[row, place] = ids[row, place]
    positions = torch.arange(8).expand(3, 8)
    return Batch(ids, labels, documents, positions)


def test_the_last_layer_at_the_asked_places_alone_changes_nothing() -> None:
    """Loss and all gradients are those of the whole pass."""
    found = []
    for given in (packed_batch(), packed_batch().narrowed()):
        torch.manual_seed(1)
        model = BertForPreTraining(SIZES)
        loss = pretraining_loss(model, given).total
        loss.backward()
        found.append([loss.detach(), *(p.grad for p in model.parameters() if p.grad is not None)])
    whole, narrow = found
    assert len(whole) == len(narrow)
    for left, right in zip(whole, narrow, strict=True):
        torch.testing.assert_close(left, right, atol=1e-6, rtol=1e-5)


def test_the_trunk_gives_the_places_that_are_wanted() -> None:
    torch.manual_seed(1)
    model, given = BertForPreTraining(SIZES), packed_batch()
    only = torch.tensor([[1, 4], [7, 0], [2, 2]])
    asked = (given.input_ids, None, None, given.position_ids, given.document_ids)
    whole = model.bert(*asked, output_attentions=True)
    some = model.bert(*asked, output_attentions=True, only=only)
    picked = whole.last_hidden_state[torch.arange(3)[:, None], only]
    torch.testing.assert_close(some.last_hidden_state, picked)
    assert whole.attentions is not None
    assert some.attentions is not None
    torch.testing.assert_close(some.attentions[0], whole.attentions[0])
    rows = whole.attentions[1][torch.arange(3)[:, None], :, only]  # (B, Q, H, T)
    torch.testing.assert_close(some.attentions[1], rows.transpose(1, 2))


def test_narrowing_leaves_other_batches_alone() -> None:
    follows = batch(next_sentence_label=torch.tensor([0, 1, 1]))
    assert follows.narrowed() is follows
    given = packed_batch()
    causal = torch.tensor([True, False, False])
    mixed = Batch(given.input_ids, given.labels, given.document_ids, causal=causal)
    assert mixed.narrowed() is mixed


@torch.no_grad()
def test_a_causal_row_costs_the_sum_by_hand_and_what_transformers_says() -> None:
    torch.manual_seed(1)
    sizes = GptConfig(
        40, 16, 2, 2, 32, hidden_dropout_prob=0, attention_probs_dropout_prob=0,
        max_position_embeddings=8,
    )  # fmt: skip
    model = GptForPreTraining(sizes)
    ids = torch.randint(5, 40, (3, 8))
    one_piece = torch.ones_like(ids)
    causal = torch.ones(3, dtype=torch.bool)
    given = Batch(ids, next_tokens(ids, one_piece), one_piece, causal=causal, causal_share=1.0)
    loss = pretraining_loss(model, given)
    by_hand = 0.0
    for row in ids:
        for place in range(7):  # each token from those before it, asked for alone
            probabilities = model(row[None, : place + 1]).logits[0, -1].softmax(-1)
            by_hand -= math.log(float(probabilities[row[place + 1]]))
    assert loss.masked is None
    assert float(loss.main) == pytest.approx(by_hand / 21, abs=1e-5)
    config, weights = to_hf(model)
    theirs = transformers.GPT2LMHeadModel(transformers.GPT2Config(**config)).eval()
    theirs.load_state_dict(weights, strict=False)
    assert float(loss.total) == pytest.approx(float(theirs(ids, labels=ids).loss), abs=1e-5)


@torch.no_grad()
def test_a_roberta_costs_what_transformers_says() -> None:
    torch.manual_seed(1)
    model = RobertaForPreTraining(RobertaConfig(40, 16, 2, 2, 32)).eval()
    given = batch()
    config, weights = to_hf(model)
    theirs = transformers.RobertaForMaskedLM(transformers.RobertaConfig(**config)).eval()
    theirs.load_state_dict(weights, strict=False)
    ours = float(pretraining_loss(model, given).total)
    out = theirs(given.input_ids, labels=given.labels)
    assert ours == pytest.approx(float(out.loss), abs=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        RobertaForPreTraining(RobertaConfig(40, 16, 2, 2, 32, pad_token_id=0)),
        AlbertForPreTraining(AlbertConfig(40, 16, 3, 2, 32, embedding_size=8), False),
        GptForPreTraining(GptConfig(40, 16, 2, 2, 32, hidden_dropout_prob=0.0)),
    ],
)
def test_the_asked_places_alone_give_the_whole_loss_in_every_family(model: LanguageModel) -> None:
    model.eval()
    found = []
    for given in (packed_batch(), packed_batch().narrowed()):
        model.zero_grad()
        loss = pretraining_loss(model, given).total
        loss.backward()
        grads = [p.grad.clone() for p in model.parameters() if p.grad is not None]
        found.append([loss.detach(), *grads])
    for left, right in zip(*found, strict=True):
        torch.testing.assert_close(left, right, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("family", ["bert", "bert of causal rows too", "roberta", "albert", "gpt"])
def test_in_pieces_the_losses_and_gradients_are_the_same(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    off: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    sizes = (40, 16, 2, 2, 32)
    model: LanguageModel
    match family:
        case "roberta":
            model = RobertaForPreTraining(RobertaConfig(*sizes, **off))
        case "albert":
            model = AlbertForPreTraining(AlbertConfig(vocab_size=40, embedding_size=8))
        case "gpt":
            model = GptForPreTraining(GptConfig(*sizes, **off))
        case _:
            model = BertForPreTraining(SIZES)
    ids = torch.randint(5, 40, (4, 8))
    labels = torch.where(torch.rand(4, 8) < 0.5, ids, -100)
    both = family.endswith("too")
    causal = torch.tensor([True, False, True, True]) if both else None
    given = Batch(ids, labels, causal=causal, causal_share=0.75 if both else 0.0)
    small = replace(objectives.PIECES, batch_chunk_size=3)
    monkeypatch.setattr(objectives, "PIECES", small)
    found = []
    for worth in (0, 2**62):
        monkeypatch.setattr(objectives, "WORTH_PIECES", worth)
        model.zero_grad()
        loss = pretraining_loss(model, given)
        loss.total.backward()  # type: ignore[no-untyped-call]
        gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
        parts = [part for part in (loss.total, loss.masked, loss.causal) if part is not None]
        found.append([part.detach() for part in parts] + [one.clone() for one in gradients])
    assert len(found[0]) == len(found[1]) > 5
    for left, right in zip(*found, strict=True):
        torch.testing.assert_close(left, right)


def test_a_part_of_a_batch_may_have_rows_of_one_kind_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objectives, "WORTH_PIECES", 0)
    ids = torch.randint(5, 40, (2, 8))
    given = Batch(ids, ids, causal=torch.tensor([True, True]), causal_share=0.75)
    loss = pretraining_loss(BertForPreTraining(SIZES), given)
    assert loss.masked is not None
    assert loss.total.isfinite()
    assert float(loss.masked.detach()) == 0


def test_only_many_scores_in_float32_are_worth_pieces() -> None:
    table = torch.empty(8192, 4)
    many, few = torch.arange(1024), torch.arange(1023)
    assert in_pieces(many, table)
    assert not in_pieces(few, table)
    assert not in_pieces(many, table.bfloat16())
    with torch.autocast("cpu", torch.bfloat16):
        assert not in_pieces(many, table)
