"""Attention rollout is the product that its paper defines, and its rows stay shares.

The truth is written out in NumPy, a place and a layer at a time.
"""

import numpy as np
import pytest
import torch

from fmlab.errors import UserError
from fmlab.models.bert import Bert, BertConfig
from fmlab.probes.rollout import attention_rollout, average_attention
from fmlab.seeds import seed_torch, torch_generator


def random_weights(*shape: int, seed: int = 0) -> torch.Tensor:
    scores = torch.randn(*shape, generator=torch_generator(seed, "rollout"), dtype=torch.float64)
    return (2 * scores).softmax(-1)


def test_a_small_case_by_hand() -> None:
    first = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
    second = torch.tensor([[[0.5, 0.5], [0.0, 1.0]], [[0.5, 0.5], [1.0, 0.0]]])
    # averages: ((.5 .5) (1 0)) and ((.5 .5) (.5 .5)); with the path past: ((.75 .25) (.5 .5)) and
    # ((.75 .25) (.25 .75)); the second times the first:
    expected = torch.tensor([[0.6875, 0.3125], [0.5625, 0.4375]])
    assert torch.equal(attention_rollout(torch.stack([first, second])), expected)


def test_it_equals_the_definition_written_out() -> None:
    weights = random_weights(3, 4, 6, 6)
    layers = weights.numpy()
    rolled = np.eye(6)
    for layer in layers:
        step = np.zeros((6, 6))
        for i in range(6):
            for j in range(6):
                step[i, j] = 0.5 * np.mean([head[i, j] for head in layer]) + 0.5 * (i == j)
        rolled = step @ rolled
    assert np.allclose(attention_rollout(weights).numpy(), rolled, atol=1e-12)


def test_one_layer_is_half_its_mean_attention_and_half_the_token_itself() -> None:
    weights = random_weights(1, 2, 5, 5)
    expected = 0.5 * weights[0].mean(0) + 0.5 * torch.eye(5)
    assert torch.allclose(attention_rollout(weights), expected)
    assert torch.allclose(average_attention(weights)[0], weights[0].mean(0))


def test_no_layers_leave_every_token_where_it_is() -> None:
    assert torch.equal(attention_rollout(torch.empty(0, 2, 4, 4)), torch.eye(4))


@pytest.mark.parametrize("layers", [1, 2, 7])
def test_rows_sum_to_one_and_nothing_is_negative(layers: int) -> None:
    rolled = attention_rollout(random_weights(layers, 3, 9, 9, seed=layers))
    assert torch.allclose(rolled.sum(1), torch.ones(9, dtype=rolled.dtype))
    assert (rolled >= 0).all()


def test_heads_that_look_at_themselves_mix_nothing() -> None:
    weights = torch.eye(4).expand(3, 2, 4, 4)
    assert torch.equal(attention_rollout(weights), torch.eye(4))


def test_it_takes_what_a_model_returns() -> None:
    seed_torch(0, "rollout")
    config = BertConfig(
        vocab_size=9,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=6,
    )
    out = Bert(config).eval()(torch.tensor([[2, 5, 6, 3]]), output_attentions=True)
    weights = torch.cat(out.attentions)
    assert average_attention(weights).shape == (2, 4, 4)
    assert torch.allclose(attention_rollout(weights).sum(1), torch.ones(4))


@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4), (1, 2, 3, 4, 4), (2, 3, 4, 5), (2, 0, 4, 4)])
@pytest.mark.parametrize("probe", [attention_rollout, average_attention])
def test_weights_of_another_shape_are_refused_in_one_line(probe: object, shape: tuple) -> None:
    assert callable(probe)
    with pytest.raises(UserError, match=r"\(L, H, T, T\)") as caught:
        probe(torch.zeros(shape))
    assert "\n" not in str(caught.value)
