"""A switch changes what it says and nothing else."""

import torch

from fmlab.comparison.switches import BASE, RECIPES, Switches, model_of, parameters
from fmlab.models.bert import BertConfig

SIZES = BertConfig(
    vocab_size=60,
    hidden_size=16,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=64,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
    max_position_embeddings=24,
)


def test_shared_layers_are_one_layer_gone_through_again() -> None:
    own, shared = model_of(Switches(), SIZES), model_of(Switches(shared_layers=True), SIZES)
    layer = sum(weight.numel() for weight in own.trunk.layers[0].parameters())  # type: ignore[union-attr, index]
    assert parameters(own) - parameters(shared) == 2 * layer
    assert len({*shared.trunk.layers}) == 1  # type: ignore[misc]
    assert len([*shared.trunk.layers]) == 3  # type: ignore[misc]


def test_short_embeddings_leave_the_layers_as_they_are() -> None:
    short = model_of(Switches(embedding_size=8), SIZES)
    assert len({*short.trunk.layers}) == 3  # type: ignore[misc]
    assert short.trunk.embeddings.token.weight.shape == (60, 8)  # type: ignore[union-attr]


def test_a_second_task_brings_a_head_and_nothing_else_does() -> None:
    for name, switches in RECIPES.items():
        model = model_of(switches, SIZES)
        assert (model.pair_head is not None) == switches.second_task, name
        logits = model(torch.arange(20)[None]).logits
        assert logits.shape == (1, 20, 60)


def test_single_switches_differ_from_the_base_in_one_thing() -> None:
    base = vars(RECIPES[BASE])
    for name, switches in RECIPES.items():
        changed = [key for key, value in vars(switches).items() if value != base[key]]
        bundle = name in ("BERT", "ALBERT")
        assert (len(changed) > 1) if bundle else (len(changed) == (name != BASE)), name
