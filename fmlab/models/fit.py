"""Weights of another library into our modules, by a table of names; nothing is left over."""

from collections.abc import Mapping

from torch import Tensor, nn

from fmlab.errors import UserError

LAYER = {
    "attention_norm": "norm1",
    "attention.query": "q",
    "attention.key": "k",
    "attention.value": "v",
    "attention.output": "o",
    "feed_forward_norm": "norm2",
    "up": "fc1",
    "down": "fc2",
}
"""The parts of a `PreNormLayer`, and short words for what other libraries call them."""


def layer_names(ours: str, theirs: str, count: int, words: Mapping[str, str]) -> dict[str, str]:
    """Return our name and theirs for the parts of all layers of a stack.

    Args:
        ours: Where our layers stand, such as `layers`.
        theirs: Where theirs stand.
        count: How many layers there are.
        words: What they call each part, by the short words of `LAYER`.
    """
    return {
        f"{ours}.{number}.{part}": f"{theirs}.{number}.{words[short]}"
        for number in range(count)
        for part, short in LAYER.items()
    }


def all_names(model: nn.Module, table: Mapping[str, str]) -> dict[str, str]:
    """Return our name and theirs for every weight of a model.

    Args:
        model: Whose `state_dict` is to be named.
        table: Ours and theirs, of modules or of single weights.
    """
    names = {}
    for name in model.state_dict():
        module, _, kind = name.rpartition(".")
        names[name] = table[name] if name in table else f"{table[module]}.{kind}"
    return names


def fill(model: nn.Module, weights: Mapping[str, Tensor], names: Mapping[str, str]) -> None:
    """Put another library's weights into a model; none may be left over on either side.

    Args:
        model: What is filled.
        weights: Theirs, by their names.
        names: Our name and theirs for every weight.

    Raises:
        UserError: A weight is missing, unknown, or of another shape.
    """
    own = model.state_dict()
    missing = [there for there in names.values() if there not in weights]
    unknown = [there for there in weights if there not in set(names.values())]
    if missing or unknown:
        raise UserError(
            f"config.json and the weights don't fit: missing {missing[:3]}, unknown {unknown[:3]} "
            f"({len(missing)} and {len(unknown)} in all); use files of one checkpoint"
        )
    for name, there in names.items():
        if weights[there].shape != own[name].shape:
            raise UserError(
                f"weight {there} has shape {tuple(weights[there].shape)}, but config.json asks for "
                f"{tuple(own[name].shape)}; config.json and model.safetensors don't belong together"
            )
    model.load_state_dict({name: weights[there] for name, there in names.items()})
