"""Heads are switched off where they say and nowhere else, and the model is left as it was.

The truth is a model written by hand in which one head alone carries what the output needs, and,
for factors, the output layer's own matrix with the head's columns scaled.
"""

import copy
import itertools

import pytest
import torch
from previous_token import COPYING, HEADS, LAYERS, copied_token, previous_token_bert
from torch import Tensor, nn

from fmlab.errors import UserError
from fmlab.models.bert import Bert, BertConfig, BertForClassification, BertForPreTraining
from fmlab.probes.ablation import ablation, heads_scaled
from fmlab.seeds import seed_torch, torch_generator

CONFIG = BertConfig(
    vocab_size=20,
    hidden_size=12,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=24,
    max_position_embeddings=8,
    initializer_range=0.5,
)
IDS = torch.tensor([[2, 7, 9, 11, 3], [2, 9, 9, 5, 3]])


def random_bert() -> Bert:
    seed_torch(0, "ablation")
    return Bert(CONFIG).eval()


def hooks_of(model: nn.Module) -> int:
    return sum(len(module._forward_pre_hooks) for module in model.modules())


def copies_right(model: Bert) -> float:
    """Return how strongly the token before stands in each place's copy, minus the others."""
    ids = torch.tensor([[1, 3, 0, 2], [2, 2, 1, 3]])
    with torch.no_grad():
        found = copied_token(model(ids).last_hidden_state)[:, 1:]  # (2, 3, TOKENS)
    right = found.gather(-1, ids[:, :-1, None]).mean()
    return float(right)


def test_the_head_that_copies_is_the_only_one_that_is_missed() -> None:
    model = previous_token_bert()
    result = ablation(model, lambda: copies_right(model))
    assert result.intact > 1
    assert result.without.shape == (LAYERS, HEADS)
    assert result.without[COPYING] == pytest.approx(0, abs=1e-6)
    assert result.effect[COPYING] == pytest.approx(-result.intact, abs=1e-6)
    others = [pair for pair in itertools.product(range(LAYERS), range(HEADS)) if pair != COPYING]
    assert [float(result.effect[pair]) for pair in others] == [0] * len(others)


def test_factors_do_what_scaling_the_columns_of_the_matrix_does() -> None:
    model = random_bert()
    keep = torch.rand(2, 3, generator=torch_generator(0, "keep"))
    scaled = copy.deepcopy(model)
    for layer, factors in zip(scaled.layers, keep, strict=True):
        columns = factors.repeat_interleave(4)  # 12 numbers in 3 heads
        layer.attention.output.weight.data *= columns
    with torch.no_grad(), heads_scaled(model, keep):
        assert torch.allclose(
            model(IDS).last_hidden_state, scaled(IDS).last_hidden_state, atol=1e-6
        )


@pytest.mark.parametrize("make", [Bert, BertForPreTraining, lambda c: BertForClassification(c, 2)])
def test_ones_change_no_bit_and_zeros_leave_the_offset_alone(make: type) -> None:
    seed_torch(0, "ones")
    model = make(CONFIG).eval()
    deaf = copy.deepcopy(model)
    trunk = deaf if isinstance(deaf, Bert) else deaf.bert
    for layer in trunk.layers:
        layer.attention.output.weight.data.zero_()
    with torch.no_grad():
        before = model(IDS).last_hidden_state
        with heads_scaled(model, torch.ones(2, 3)):
            assert torch.equal(model(IDS).last_hidden_state, before)
        with heads_scaled(model, torch.zeros(2, 3)):
            off = model(IDS).last_hidden_state
        assert torch.equal(off, deaf(IDS).last_hidden_state)
        assert not torch.equal(off, before)
        assert torch.equal(model(IDS).last_hidden_state, before)


def test_nothing_is_left_behind_not_even_after_an_error() -> None:
    model = random_bert()
    with heads_scaled(model, torch.ones(2, 3)):
        assert hooks_of(model) == 2
    assert hooks_of(model) == 0
    with pytest.raises(ZeroDivisionError), heads_scaled(model, torch.ones(2, 3)):
        raise ZeroDivisionError
    assert hooks_of(model) == 0


def test_a_measure_that_fails_leaves_the_model_whole_and_in_training() -> None:
    model = random_bert().train()
    calls = iter([1.0, 2.0])
    with pytest.raises(StopIteration):
        ablation(model, lambda: next(calls))
    assert model.training
    assert hooks_of(model) == 0


def test_the_measure_runs_without_dropout_once_and_once_a_head() -> None:
    model = random_bert().train()
    modes = []

    def measure() -> float:
        modes.append(model.training)
        return float(len(modes))

    result = ablation(model, measure)
    assert modes == [False] * 7
    assert result.intact == 1
    assert result.without.tolist() == [[2, 3, 4], [5, 6, 7]]
    assert model.training


def test_blocks_inside_one_another_multiply_and_gradients_reach_the_factors() -> None:
    model = random_bert()
    with torch.no_grad(), heads_scaled(model, torch.full((2, 3), 0.25)):
        truth = model(IDS).last_hidden_state
    keep = torch.full((2, 3), 0.5, requires_grad=True)
    with heads_scaled(model, keep), heads_scaled(model, torch.full((2, 3), 0.5)):
        found = model(IDS).last_hidden_state
    assert torch.allclose(found, truth, atol=1e-6)
    found.square()[..., 0].sum().backward()
    assert keep.grad is not None
    assert (keep.grad != 0).all()


class WithFactors(nn.Module):
    """A model whose second input is the factors of its heads."""

    def __init__(self, model: Bert) -> None:
        """Wrap a trunk."""
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, keep: Tensor) -> Tensor:
        with heads_scaled(self.model, keep):
            return self.model(input_ids, output_attentions=True).last_hidden_state


def test_an_exported_program_obeys_its_factors() -> None:
    model = WithFactors(random_bert()).eval()
    length = torch.export.Dim("length", min=2, max=8)
    program = torch.export.export(
        model,
        (IDS, torch.ones(2, 3)),
        dynamic_shapes={"input_ids": {1: length}, "keep": {}},
        strict=False,
    ).module()
    one_off = torch.ones(2, 3)
    one_off[0, 1] = 0
    seen = []
    with torch.no_grad():
        for keep in (torch.ones(2, 3), one_off, torch.zeros(2, 3)):
            for ids in (IDS, IDS[:, :3]):
                assert torch.allclose(program(ids, keep), model(ids, keep), atol=1e-5)
            seen.append(program(IDS, keep))
    assert not torch.allclose(seen[0], seen[1], atol=1e-3)
    assert not torch.allclose(seen[1], seen[2], atol=1e-3)
    assert hooks_of(model) == 0


@pytest.mark.parametrize("shape", [(3, 2), (2, 1), (6,), (1, 2, 3)])
def test_factors_of_another_shape_are_refused_in_one_line(shape: tuple[int, ...]) -> None:
    model = random_bert()
    with (
        pytest.raises(UserError, match=r"2 layers of 3 heads; give \(2, 3\)") as caught,
        heads_scaled(model, torch.ones(shape)),
    ):
        raise AssertionError
    assert "\n" not in str(caught.value)
    assert hooks_of(model) == 0
