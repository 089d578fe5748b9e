"""What the tables of names share: how they are read, and what a file may bring twice."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import torch
from torch import Tensor

from fmlab.errors import UserError

Config = TypeVar("Config")
NUMBER = re.compile(r"\.(\d+)\.")


def read_sizes(kind: Callable[..., Config], config: Mapping[str, Any]) -> Config:
    """Return the dataclass `kind` with the values that `config` has for its fields.

    Raises:
        UserError: A value is of a wrong type, or cannot work.
    """
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    try:
        return kind(**{name: value for name, value in config.items() if name in known})
    except TypeError as error:
        raise UserError(f"config.json holds a value of a wrong type ({error})") from error


def refuse_family(config: Mapping[str, Any], wanted: str, name: str) -> None:
    """Check that a checkpoint is of one family; a file of 2018 does not say it, and is a BERT.

    Raises:
        UserError: It is of another.
    """
    family = config.get("model_type", "bert")
    if family != wanted:
        raise UserError(f"this is a {family} checkpoint, not a {name}; load it with its own model")


def refuse_kinds(config: Mapping[str, Any], wanted: Mapping[str, Any], what: str) -> None:
    """Check that settings which our models don't have are as ours are.

    Args:
        config: The content of `config.json`.
        wanted: What each setting must be, where it is there.
        what: What loads here, in words.

    Raises:
        UserError: One is set otherwise.
    """
    for name, value in wanted.items():
        if config.get(name, value) != value:
            raise UserError(f"{name} is {config[name]!r}; only {what} ({value!r}) load here")


def without_copies(
    weights: Mapping[str, Tensor], bias: str, decoder: str, table: str
) -> dict[str, Tensor]:
    """Return a file's weights without what it brings twice: buffers, and a tied head's own copies.

    Args:
        weights: As in the file.
        bias: The name of the head's offsets; transformers has a second one beside its matrix.
        decoder: The name of the head's matrix, without `.weight`.
        table: The name of the table of tokens, to which the matrix may be tied.
    """
    kept = {name: w for name, w in weights.items() if not name.endswith("embeddings.position_ids")}
    if (second := kept.pop(f"{decoder}.bias", None)) is not None:
        kept[bias] = second  # the one that transformers adds
    matrix, tokens = kept.get(f"{decoder}.weight"), kept.get(table)
    if matrix is not None and tokens is not None and matrix.shape == tokens.shape:
        if torch.equal(matrix, tokens):
            del kept[f"{decoder}.weight"]
    return kept


def look_up(names: Iterable[str], table: Mapping[str, str]) -> dict[str, str]:
    """Return their name for each of our names of weights.

    Args:
        names: Ours, as in `state_dict`.
        table: Our modules or weights and theirs; {} is the number of a layer, on both sides.
    """
    found = {}
    for name in names:
        number = NUMBER.search(name)
        pattern = NUMBER.sub(".{}.", name, count=1)
        module, _, kind = pattern.rpartition(".")
        theirs = table[pattern] if pattern in table else f"{table[module]}.{kind}"
        found[name] = theirs.format(number[1]) if number else theirs
    return found
