"""The hatch: what may pass between a check and a student's code, as bytes.

Numbers, strings, lists, tuples, sets, dictionaries, arrays and tensors as raw bytes with shape and
number type, and handles to what stays where it is (functions, modules). Never pickle: reading a
value can only build these. A frame is two lengths, a JSON header, and the raw buffers. Whoever
reads sets the limits: on bytes, on buffers, on depth, on keys, on the time until the last byte is
there. What is read is never much larger than what came.

Imports neither NumPy nor torch; a value of theirs can only be here if they are loaded.
"""

import json
import math
import socket
import struct
import sys
import time
from dataclasses import dataclass
from typing import Any, NoReturn

HEADER_LIMIT = 4 << 20
BODY_LIMIT = 32 << 20
MOST_BUFFERS = 10_000
MOST_KEYS = 10_000
"""Of all dictionaries and sets together: keys can be chosen so that each meets all others."""
MOST_BITS = 10_000
"""Longer whole numbers do not pass: Python itself refuses to write them as digits."""
DEEPEST = 40
MOST_DIMENSIONS = 16
_LENGTHS = struct.Struct(">IQ")
_ITEM_SIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "float16": 2,
    "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip


class Violation(Exception):
    """What came is not what the rules of the hatch allow."""


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """The other side did not answer in time."""


@dataclass(frozen=True)
class Handle:
    """Something that stays on the student's side: a function, a class or a module."""

    kind: str
    number: int
    name: str


@dataclass(frozen=True)
class Unsupported:
    """A value that cannot pass; only its type's name does."""

    type_name: str


class GradTensor:
    """A tensor that came with a way back: to be differentiated through its owner."""

    def __init__(self, tensor: Any, place: int) -> None:
        """Hold the plain tensor, and its place among the outputs of its call."""
        self.tensor, self.place = tensor, place


class Encoder:
    """Turns values into a JSON tree and buffers.

    Attributes:
        buffers: The raw bytes, in the order in which the tree names them.
        graded: The tensors that require a gradient, in order.
    """

    def __init__(self, handles: "Any | None" = None) -> None:
        """`handles` gives a `Handle` for an object that stays here, or None where it has none."""
        self.buffers: list[bytes] = []
        self.graded: list[Any] = []
        self._handles = handles

    def tree(self, value: Any, depth: int = 0) -> Any:
        """Return the tree of a value."""
        if depth > DEEPEST:
            return ["x", "a value nested too deeply"]
        if value is None or isinstance(value, bool | str):
            return value if type(value) in (bool, str, type(None)) else str(value)
        if isinstance(value, int):
            return int(value) if value.bit_length() <= MOST_BITS else ["x", "int of many digits"]
        if isinstance(value, float):
            return float(value)
        if isinstance(value, list | tuple | set | frozenset):
            tag = "l" if isinstance(value, list) else "t" if isinstance(value, tuple) else "s"
            return [tag, [self.tree(item, depth + 1) for item in value]]
        if isinstance(value, dict):
            pairs = [[self.tree(k, depth + 1), self.tree(v, depth + 1)] for k, v in value.items()]
            return ["d", pairs]
        if isinstance(value, bytes):
            return ["b", self._buffer(value)]
        if isinstance(value, Handle):
            return ["h", value.kind, value.number, value.name]
        return self._array(value)

    def _array(self, value: Any) -> Any:
        torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
        if torch is not None and isinstance(value, torch.Tensor):
            return self._tensor(value, torch)
        if torch is not None and isinstance(value, torch.Generator):
            return ["g", self._buffer(value.get_state().numpy().tobytes())]
        if torch is not None and isinstance(value, torch.dtype):
            return ["y", str(value).removeprefix("torch.")]
        if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
            array = numpy.asarray(value)
            if array.dtype.name in _ITEM_SIZES:
                one = not isinstance(value, numpy.ndarray)
                raw = self._buffer(numpy.ascontiguousarray(array).tobytes())
                return ["a", array.dtype.name, list(array.shape), raw, one]
        handle = self._handles(value) if self._handles is not None else None
        if handle is not None:
            return self.tree(handle)
        return ["x", type(value).__name__]

    def _tensor(self, value: Any, torch: Any) -> Any:
        name = str(value.dtype).removeprefix("torch.")
        if name not in _ITEM_SIZES or value.layout != torch.strided:
            return ["x", "Tensor"]
        place = None
        if value.requires_grad:
            place = len(self.graded)
            self.graded.append(value)
        plain = value.detach().cpu().contiguous().reshape(-1)
        raw = plain.view(torch.uint8).numpy().tobytes() if plain.numel() else b""
        return ["T", name, list(value.shape), self._buffer(raw), place]

    def _buffer(self, raw: bytes) -> int:
        self.buffers.append(raw)
        return len(self.buffers) - 1


class Decoder:
    """Turns a JSON tree and buffers back into values; anything unexpected is a `Violation`.

    Attributes:
        graded: The tensors that came with a way back, in order.
    """

    def __init__(self, buffers: list[bytes], *, generators: bool = False) -> None:
        """Read from `buffers`, each of which may be used once; `generators` may come or not."""
        self._buffers: list[bytes | None] = list(buffers)
        self._generators, self._keys = generators, 0
        self.graded: list[GradTensor] = []

    def value(self, tree: Any, depth: int = 0) -> Any:
        """Return the value of a tree."""
        if tree is None or isinstance(tree, bool | str | int | float):
            return tree
        if depth > DEEPEST + 1 or not isinstance(tree, list) or not tree:
            self._refuse()
        tag, *parts = tree
        reader = getattr(self, f"_read_{tag}", None) if isinstance(tag, str) else None
        if reader is None or len(tag) != 1:
            self._refuse()
        try:
            return reader(depth + 1, *parts)
        except Violation:
            raise
        except Exception:  # whatever torch and NumPy raise over shapes that cannot be
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise Violation("a reply that is no plain data")

    def _items(self, items: Any, depth: int) -> list[Any]:
        if not isinstance(items, list):
            self._refuse()
        return [self.value(item, depth) for item in items]

    def _hashed(self, items: Any) -> Any:
        self._keys += len(items)
        if not isinstance(items, list) or self._keys > MOST_KEYS:
            self._refuse()
        return items

    def _buffer(self, index: Any) -> bytes:
        """Return a buffer, once: the same megabytes named a thousand times would be gigabytes."""
        if type(index) is not int or index < 0 or (raw := self._buffers[index]) is None:
            self._refuse()
        self._buffers[index] = None
        return raw

    def _read_l(self, depth: int, items: Any) -> Any:
        return self._items(items, depth)

    def _read_t(self, depth: int, items: Any) -> Any:
        return tuple(self._items(items, depth))

    def _read_s(self, depth: int, items: Any) -> Any:
        return set(self._items(self._hashed(items), depth))

    def _read_d(self, depth: int, pairs: Any) -> Any:
        return {self.value(k, depth): self.value(v, depth) for k, v in self._hashed(pairs)}

    def _read_b(self, depth: int, index: int) -> Any:
        return self._buffer(index)

    def _read_h(self, depth: int, kind: str, number: int, name: str) -> Any:
        if kind not in ("function", "class", "module") or type(number) is not int:
            self._refuse()
        return Handle(kind, number, str(name)[:100])

    def _read_x(self, depth: int, name: str) -> Any:
        return Unsupported(str(name)[:100])

    def _read_y(self, depth: int, name: str) -> Any:
        if name not in _ITEM_SIZES:
            self._refuse()
        import torch

        return getattr(torch, name)

    def _raw(self, name: str, shape: Any, index: int) -> bytearray:
        if name not in _ITEM_SIZES or not isinstance(shape, list) or len(shape) > MOST_DIMENSIONS:
            self._refuse()
        if not all(type(size) is int and 0 <= size < 1 << 40 for size in shape):
            self._refuse()
        raw = self._buffer(index)
        if len(raw) != math.prod(shape) * _ITEM_SIZES[name]:
            self._refuse()
        # A truth value is 0 or 1: other bytes would be true and false at once.
        return bytearray(raw if name != "bool" else bytes(map(bool, raw)))

    def _read_T(self, depth: int, name: str, shape: Any, index: int, place: Any) -> Any:
        import torch

        raw = self._raw(name, shape, index)
        dtype = getattr(torch, name)
        tensor = (
            torch.frombuffer(raw, dtype=dtype).reshape(shape)
            if raw
            else torch.empty(shape, dtype=dtype)
        )
        if place is None:
            return tensor
        if type(place) is not int or place != len(self.graded):
            self._refuse()
        if not (dtype.is_floating_point or dtype.is_complex):
            self._refuse()
        found = GradTensor(tensor, place)
        self.graded.append(found)
        return found

    def _read_a(self, depth: int, name: str, shape: Any, index: int, one: bool) -> Any:
        import numpy as np

        array = np.frombuffer(self._raw(name, shape, index), dtype=np.dtype(name)).reshape(shape)
        return array[()] if one else array

    def _read_g(self, depth: int, index: int) -> Any:
        if not self._generators:
            self._refuse()
        import torch

        generator = torch.Generator()
        generator.set_state(torch.frombuffer(bytearray(self._buffer(index)), dtype=torch.uint8))
        return generator


def too_large(message: dict[str, Any], buffers: list[bytes]) -> bool:
    """Return whether a frame is larger than the other side takes."""
    if len(buffers) > MOST_BUFFERS or sum(map(len, buffers)) > BODY_LIMIT:
        return True
    return len(_header(message, buffers)) > HEADER_LIMIT


def _header(message: dict[str, Any], buffers: list[bytes]) -> bytes:
    return json.dumps({**message, "sizes": [len(raw) for raw in buffers]}).encode()


def send(
    channel: socket.socket, message: dict[str, Any], buffers: list[bytes], deadline: float
) -> None:
    """Send one frame.

    Raises:
        Closed: The other side is gone.
        Late: It did not take the frame before `deadline` (of `time.monotonic`).
    """
    header = _header(message, buffers)
    total = sum(map(len, buffers))
    try:
        for part in (_LENGTHS.pack(len(header), total), header, *buffers):
            channel.settimeout(_left(deadline))
            channel.sendall(part)
    except TimeoutError:
        raise Late from None
    except OSError:
        raise Closed from None


def receive(channel: socket.socket, deadline: float) -> tuple[dict[str, Any], list[bytes]]:
    """Return one frame: its header and its buffers.

    Raises:
        Closed: The other side is gone, perhaps in the middle of the frame.
        Late: The last byte was not there before `deadline` (of `time.monotonic`).
        Violation: The frame is too large or not well formed.
    """
    header_length, total = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size, deadline))
    if header_length > HEADER_LIMIT or total > BODY_LIMIT:
        raise Violation("a reply that is too large")
    raw, body = _exactly(channel, header_length, deadline), _exactly(channel, total, deadline)
    try:
        message = json.loads(raw)
        sizes = message.pop("sizes")
        if not isinstance(sizes, list) or len(sizes) > MOST_BUFFERS:
            raise ValueError
        if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) != total:
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Violation("a reply that is not well formed") from None
    buffers, start = [], 0
    for size in sizes:
        buffers.append(body[start : start + size])
        start += size
    return message, buffers


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise Late
    return left


def _exactly(channel: socket.socket, count: int, deadline: float) -> bytes:
    parts, missing = [], count
    while missing:
        channel.settimeout(_left(deadline))
        try:
            part = channel.recv(min(missing, 1 << 20))
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Closed from None
        if not part:
            raise Closed
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
