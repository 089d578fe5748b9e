"""Attention: the explicit form equals the fused one and a sum by hand; borders hold."""

import math

import pytest
import torch

from fmlab.models.attention import SelfAttention, attention, may_look


def random_states(*shape: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(*shape, generator=generator) for _ in range(3)]


def test_two_tokens_by_hand() -> None:
    query = torch.tensor([[[[1.0, 0.0]]]])
    key = torch.tensor([[[[2.0, 0.0], [0.0, 5.0]]]])
    value = torch.tensor([[[[10.0, 0.0], [0.0, 20.0]]]])
    context, weights = attention(query, key, value, need_weights=True)
    first = math.exp(2 / math.sqrt(2)) / (math.exp(2 / math.sqrt(2)) + 1)
    assert weights is not None
    torch.testing.assert_close(weights[0, 0, 0], torch.tensor([first, 1 - first]))
    torch.testing.assert_close(context[0, 0, 0], torch.tensor([10 * first, 20 * (1 - first)]))


@pytest.mark.parametrize("masked", [False, True])
def test_the_teaching_form_and_the_fused_form_agree(masked: bool) -> None:
    query, key, value = random_states(2, 3, 7, 5)
    allowed = may_look(torch.tensor([[1] * 7, [1] * 4 + [0] * 3]), None) if masked else None
    slow, weights = attention(query, key, value, allowed, need_weights=True)
    fast, none = attention(query, key, value, allowed)
    assert none is None
    torch.testing.assert_close(slow, fast, atol=1e-6, rtol=0)
    assert weights is not None
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 7))


def test_nobody_looks_at_padding_or_into_another_document() -> None:
    query, key, value = random_states(1, 2, 6, 4)
    documents = torch.tensor([[1, 1, 2, 2, 2, 0]])
    _, weights = attention(query, key, value, may_look(None, documents), need_weights=True)
    assert weights is not None
    same = documents[0][:, None] == documents[0][None, :]
    assert (weights[0][:, ~same] == 0).all()
    _, weights = attention(
        query, key, value, may_look(torch.tensor([[1, 1, 1, 1, 0, 0]]), None), need_weights=True
    )
    assert weights is not None
    assert (weights[..., 4:] == 0).all()


def test_a_document_does_not_notice_its_neighbours_in_the_row() -> None:
    torch.manual_seed(0)
    layer = SelfAttention(8, 2)
    states = torch.randn(1, 6, 8)
    alone, _ = layer(states[:, 2:5])
    packed, _ = layer(states, may_look(None, torch.tensor([[1, 1, 2, 2, 2, 0]])))
    torch.testing.assert_close(packed[:, 2:5], alone, atol=1e-6, rtol=0)


def test_splitting_and_joining_heads_is_a_round_trip() -> None:
    layer = SelfAttention(12, 3)
    states = torch.randn(2, 5, 12)
    heads = layer.split(states)
    assert heads.shape == (2, 3, 5, 4)
    assert torch.equal(heads[:, 1], states[..., 4:8])
    assert torch.equal(layer.join(heads), states)
