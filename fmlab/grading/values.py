"""Look at a learner's values: describe them, copy them, find where they differ.

Works on plain Python, NumPy arrays and torch tensors, and imports neither of the two: a value of
theirs can only be here if they are loaded already.
"""

import math
import sys
from typing import Any

from fmlab.grading.words import word

LONGEST = 100


def is_tensor(value: object) -> bool:
    """Return whether this is a torch tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_module(value: object) -> bool:
    """Return whether this is a torch module, such as a layer."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def is_array(value: object) -> bool:
    """Return whether this is a NumPy array."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def shorten(text: str) -> str:
    """Return one line of at most `LONGEST` characters."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def show(value: object) -> str:
    """Return a value in one short line."""
    if is_tensor(value) or is_array(value):
        shape = tuple(value.shape)  # type: ignore[attr-defined]
        dtype = str(value.dtype).removeprefix("torch.")  # type: ignore[attr-defined]
        if math.prod(shape) == 1 and not shape:
            return show(value.item())  # type: ignore[attr-defined]
        return word("tensor" if is_tensor(value) else "array", shape=shape, dtype=dtype)
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, tuple) and not value:
        return "()"
    if isinstance(value, dict):
        inside = ", ".join(f"{show(k)}: {show(v)}" for k, v in list(value.items())[:8])
        return shorten("{" + inside + "}")
    try:
        return shorten(_written(value))
    except Exception:
        return type(value).__name__


def _written(value: Any) -> str:
    """Return `repr`, but with sets in order: theirs is another in each process."""
    kind = type(value)
    if kind in (set, frozenset) and value:
        text = "{" + ", ".join(sorted(map(_written, value))) + "}"
        return text if kind is set else f"frozenset({text})"
    if kind is dict:
        pairs = (f"{_written(key)}: {_written(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if kind is list:
        return "[" + ", ".join(map(_written, value)) + "]"
    if kind is tuple and value:
        return "(" + ", ".join(map(_written, value)) + (",)" if len(value) == 1 else ")")
    return repr(value)


def plain(value: Any) -> Any:
    """Return tensors and arrays as nested lists, everything else as it is."""
    if is_tensor(value):
        return value.detach().cpu().tolist()
    if is_array(value) or (hasattr(value, "item") and hasattr(value, "dtype")):
        return value.tolist()
    return value


def copied(value: Any) -> Any:
    """Return a copy that the learner's code may change freely."""
    if is_tensor(value):
        return value.clone()
    if is_array(value):
        return value.copy()
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return type(value)(copied(item) for item in value)
    if isinstance(value, dict) and type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    return value


def as_number(value: Any) -> float | None:
    """Return a single number as a float; None for anything else, also for True and False."""
    single = plain(value)
    if isinstance(single, bool) or not isinstance(single, int | float):
        return None
    return float(single)


def flat(value: Any) -> list[Any]:
    """Return the values of nested lists in one list."""
    if isinstance(value, list | tuple):
        return [item for part in value for item in flat(part)]
    return [value]


def at(value: Any, index: int) -> Any:
    """Return the single value at a flat position."""
    if is_tensor(value):
        return value.flatten()[index].item()
    return flat(plain(value))[index]


def filled(like: Any, value: Any) -> Any:
    """Return a value of the same shape as `like` that holds `value` everywhere."""
    if is_tensor(like):
        return like.new_full(like.shape, value)
    return [value] * len(flat(plain(like)))


def floats(value: Any) -> list[float]:
    """Return the fractional numbers in a value; none where all are whole."""
    if is_tensor(value) and not value.is_floating_point():
        return []
    return [number for number in flat(plain(value)) if isinstance(number, float)]


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of a tensor, an array or regular nested lists."""
    if is_tensor(value) or is_array(value):
        return tuple(value.shape)
    if isinstance(value, list | tuple):
        return (len(value), *(shape_of(value[0]) if value else ()))
    return ()


def position(index: int, shape: tuple[int, ...]) -> str:
    """Return the place of a flat index in a shape, as `(2, 5)` or `7`."""
    place: list[int] = []
    for size in reversed(shape):
        index, rest = divmod(index, size)
        place.insert(0, rest)
    return str(place[0]) if len(place) == 1 else str(tuple(place))


def alike(got: Any, wanted: Any) -> bool:
    """Return whether nested lists are nested in the same way, whatever values they hold."""
    both = isinstance(got, list | tuple), isinstance(wanted, list | tuple)
    if both == (True, True):
        return len(got) == len(wanted) and all(map(alike, got, wanted))
    return not any(both)


def differences(got: Any, wanted: Any, tolerance: float) -> list[int]:
    """Return the flat positions at which two equally shaped values differ."""
    if is_tensor(got) and is_tensor(wanted) and tolerance == 0:
        found: list[int] = (got != wanted).flatten().nonzero().flatten().tolist()
        return found
    pairs = zip(flat(plain(got)), flat(plain(wanted)), strict=True)
    return [i for i, (a, b) in enumerate(pairs) if not same(a, b, tolerance)]


def same(got: Any, wanted: Any, tolerance: float) -> bool:
    """Return whether two single values agree; `tolerance` is relative above 1, absolute below."""
    if isinstance(got, bool) or isinstance(wanted, bool):
        return bool(got is wanted)
    if isinstance(got, int | float) and isinstance(wanted, int | float):
        if math.isinf(wanted) or math.isinf(got):
            return bool(got == wanted)
        return bool(abs(got - wanted) <= tolerance * max(1.0, abs(wanted)))
    return bool(type(got) is type(wanted) and got == wanted)
