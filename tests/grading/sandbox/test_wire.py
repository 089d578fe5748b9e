"""What passes the hatch arrives as it was, and whatever else comes is refused, never a crash.

Values of every kind go there and back. Frames of arbitrary bytes, and trees of arbitrary JSON, give
a value or a `Violation`; none makes the reader hold much more than what came, or think for long.
"""

import json
import math
import random
import socket
import struct
import threading
import time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fmlab.grading.sandbox import wire

LENGTHS = struct.Struct(">IQ")
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
KEYS = st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.sets(KEYS, max_size=4)
    ),
    max_leaves=12,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)
TAGS = st.sampled_from("ltsdbhxyTag")


def there_and_back(value: Any, **options: Any) -> Any:
    encoder = wire.Encoder()
    tree = json.loads(json.dumps(encoder.tree(value)))
    return wire.Decoder(encoder.buffers, **options).value(tree)


def same(got: Any, wanted: Any) -> bool:
    if type(got) is not type(wanted):
        return False
    if isinstance(wanted, float):
        return got == wanted or (math.isnan(got) and math.isnan(wanted))
    if isinstance(wanted, list | tuple):
        return len(got) == len(wanted) and all(map(same, got, wanted))
    if isinstance(wanted, dict):
        return list(got) == list(wanted) and all(same(got[key], wanted[key]) for key in wanted)
    return bool(got == wanted)


def channel() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair()


def received(raw: bytes, seconds: float = 5.0) -> Any:
    """Return what `receive` makes of raw bytes after which the other side closes."""
    ours, theirs = channel()
    with ours:

        def write() -> None:
            with theirs:
                try:
                    theirs.sendall(raw)
                except OSError:
                    pass

        writer = threading.Thread(target=write)
        writer.start()
        try:
            return wire.receive(ours, time.monotonic() + seconds)
        finally:
            ours.close()
            writer.join()


def frame(header: bytes, body: bytes = b"") -> bytes:
    return LENGTHS.pack(len(header), len(body)) + header + body


@quick
@given(VALUES)
def test_plain_values_arrive_as_they_were(value: Any) -> None:
    assert same(there_and_back(value), value)


@quick
@given(
    st.sampled_from(["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16",
                     "float32", "float64", "complex64", "complex128"]),
    st.lists(st.integers(0, 4), max_size=4),
)  # fmt: skip
def test_tensors_of_every_kind_and_shape_arrive_as_they_were(name: str, shape: list[int]) -> None:
    tensor = (torch.arange(math.prod(shape)).reshape(shape) % 3).to(getattr(torch, name))
    got = there_and_back(tensor)
    assert got.dtype == tensor.dtype
    assert got.shape == tensor.shape
    assert torch.equal(got, tensor)


@quick
@given(
    st.sampled_from(["bool", "uint8", "int64", "float16", "float32", "float64", "complex128"]),
    st.lists(st.integers(0, 3), max_size=3),
)
def test_arrays_arrive_as_they_were(name: str, shape: list[int]) -> None:
    array = np.asarray(np.arange(math.prod(shape)).reshape(shape) % 2, dtype=name)
    got = there_and_back(array)
    assert got.dtype == array.dtype
    assert got.shape == array.shape
    assert np.array_equal(got, array)


def test_single_numbers_of_numpy_stay_single_numbers() -> None:
    got = there_and_back(np.float32(0.5))
    assert type(got) is np.float32
    assert got == 0.5


def test_views_arrive_with_what_they_show() -> None:
    tensor = torch.arange(12).reshape(3, 4)
    assert torch.equal(there_and_back(tensor.T[::2]), tensor.T[::2])
    assert there_and_back(np.arange(6)[::-2]).tolist() == [5, 3, 1]


def test_number_types_and_generators_pass_where_they_may() -> None:
    assert there_and_back(torch.bfloat16) is torch.bfloat16
    generator = torch.Generator().manual_seed(3)
    got = there_and_back(generator, generators=True)
    assert torch.equal(torch.rand(3, generator=got), torch.rand(3, generator=generator))
    with pytest.raises(wire.Violation):
        there_and_back(torch.Generator())


def test_a_tensor_with_a_gradient_says_so() -> None:
    got = there_and_back([torch.ones(2, requires_grad=True), torch.ones(1)])
    assert isinstance(got[0], wire.GradTensor)
    assert got[0].place == 0
    assert isinstance(got[1], torch.Tensor)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        10**20_000,
        iter([1]),
        torch.ones(2).to_sparse(),
        np.array([object()]),
        np.array(["text"]),
        np.datetime64("2026-01-01"),
        ValueError(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values_arrive_as_the_name_of_their_type(value: Any) -> None:
    assert isinstance(there_and_back(value), wire.Unsupported)


def test_a_subclass_arrives_as_plain_data() -> None:
    class Same(float):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = float.__hash__

    class Liar(torch.Tensor):
        pass

    assert type(there_and_back(Same(2.0))) is float
    assert type(there_and_back(torch.ones(2).as_subclass(Liar))) is torch.Tensor
    assert type(there_and_back(type("Text", (str,), {})("a"))) is str


@pytest.mark.parametrize("kind", [list, tuple])
def test_what_is_nested_too_deeply_says_so(kind: type) -> None:
    value: Any = 1
    for _ in range(500):
        value = kind([value])
    got = there_and_back(value)
    while isinstance(got, kind):
        (got,) = got
    assert isinstance(got, wire.Unsupported)


@quick
@given(JSON, st.lists(st.binary(max_size=16), max_size=3))
def test_any_tree_is_a_value_or_a_violation(tree: Any, buffers: list[bytes]) -> None:
    try:
        wire.Decoder(buffers).value(tree)
    except wire.Violation:
        pass


@quick
@given(
    TAGS, st.lists(JSON | st.sampled_from(["float32", "bool", [2], [-1], 0]), max_size=5),
    st.lists(st.binary(max_size=16), max_size=3),
)  # fmt: skip
def test_any_tagged_tree_is_a_value_or_a_violation(
    tag: str, parts: list[Any], buffers: list[bytes]
) -> None:
    try:
        wire.Decoder(buffers).value([tag, *parts])
    except wire.Violation:
        pass


BAD_TREES = [
    ["T", "float32", [-1, -1], 0, None], ["T", "float32", [2**40, 2**40, 0], 0, None],
    ["T", "float32", [True], 0, None], ["T", "float32", [1.0], 0, None],
    ["T", "float32", "1", 0, None], ["T", "float32", [1] * 17, 0, None],
    ["T", "float32", [2], 0, None], ["T", "object", [1], 0, None], ["T", [], [1], 0, None],
    ["T", "float32", [1], -1, None], ["T", "float32", [1], 1, None],
    ["T", "float32", [1], True, None], ["T", "float32", [1], 0, 1], ["T", "float32", [1], 0, True],
    ["T", "int32", [1], 0, 0], ["a", "bfloat16", [2], 0, False], ["a", "float32", [0, 2**39], 0, 1],
    ["b", -1], ["b", 9], ["b", "0"], ["g", 0], ["h", "command", 0, "x"],
    ["h", "function", "0", "x"],
    ["y", "Tensor"], ["y", "load"], ["value", 1], ["_", 1], ["", 1], [1], [], {}, [["l"], []],
    ["s", [["l", []]]], ["d", [[["l", []], 1]]], ["d", [1]], ["d", [[1]]], ["d", {}], ["s", "ab"],
    ["l", {}], ["l", "ab"], ["l"], ["t", [], []],
]  # fmt: skip


@pytest.mark.parametrize("tree", BAD_TREES, ids=str)
def test_a_malformed_tree_is_a_violation(tree: Any) -> None:
    with pytest.raises(wire.Violation):
        wire.Decoder([b"abcd"]).value(tree)


@pytest.mark.parametrize(
    "tree", [["T", "uint8", [4], 0, None], ["a", "uint8", [4], 0, 0], ["b", 0]]
)
def test_a_buffer_is_used_once(tree: list[Any]) -> None:
    with pytest.raises(wire.Violation):
        wire.Decoder([b"abcd"]).value(["l", [tree, tree]])


def test_a_truth_value_is_nought_or_one() -> None:
    got = wire.Decoder([b"\0\1\2\xff"]).value(["T", "bool", [4], 0, None])
    assert got.view(torch.uint8).tolist() == [0, 1, 1, 1]
    array = wire.Decoder([b"\2"]).value(["a", "bool", [], 0, True])
    assert array.view(np.uint8) == 1


def test_keys_that_all_meet_each_other_are_refused_soon() -> None:
    colliding = [[number * (2**61 - 1), 0] for number in range(100_000)]
    begun = time.monotonic()
    with pytest.raises(wire.Violation):
        wire.Decoder([]).value(["d", colliding])
    spread = [["s", [key for key, _ in colliding[:3000]]]] * 10
    with pytest.raises(wire.Violation):
        wire.Decoder([]).value(["l", spread])
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    "raw",
    [
        frame(b"[" * 100_000 + b"]" * 100_000),
        frame(b"null"),
        frame(b'"sizes"'),
        frame(b"[1]"),
        frame(b"{}"),
        frame(b'{"sizes": null}'),
        frame(b'{"sizes": {}}'),
        frame(b'{"sizes": "0"}'),
        frame(b'{"sizes": [1]}'),
        frame(b'{"sizes": [-1, 5]}', b"abcd"),
        frame(b'{"sizes": [true]}', b"a"),
        frame(b'{"sizes": [1.0]}', b"a"),
        frame(b'{"sizes": [' + b"0," * wire.MOST_BUFFERS + b"0]}"),
        frame(b'{"sizes": [], "n": ' + b"9" * 5000 + b"}"),
        frame(b"\xff\xfe\x00"),
        frame(b""),
        LENGTHS.pack(wire.HEADER_LIMIT + 1, 0),
        LENGTHS.pack(2, wire.BODY_LIMIT + 1),
        LENGTHS.pack(0xFFFFFFFF, 2**64 - 1),
    ],
    ids=lambda raw: f"{raw[12:40]!r}",
)
def test_a_malformed_frame_is_a_violation(raw: bytes) -> None:
    with pytest.raises(wire.Violation):
        received(raw)


@quick
@given(st.binary(max_size=60))
def test_any_bytes_are_a_frame_or_refused(raw: bytes) -> None:
    try:
        received(raw)
    except (wire.Violation, wire.Closed):
        pass


@pytest.mark.parametrize("cut", [0, 5, 12, 14])
def test_a_frame_that_breaks_off_is_a_closed_channel(cut: int) -> None:
    with pytest.raises(wire.Closed):
        received(frame(b'{"sizes": [4]}', b"abcd")[:cut])


def test_a_frame_is_late_at_its_last_byte_and_not_at_its_first() -> None:
    ours, theirs = channel()
    ended = threading.Event()

    def dribble() -> None:
        while not ended.wait(0.05):
            theirs.send(b"\0")

    with ours, theirs:
        writer = threading.Thread(target=dribble)
        writer.start()
        begun = time.monotonic()
        with pytest.raises(wire.Late):
            wire.receive(ours, begun + 0.4)
        assert time.monotonic() - begun < 3
        ended.set()
        writer.join()


def test_nobody_waits_for_a_reader_that_does_not_read() -> None:
    ours, theirs = channel()
    with ours, theirs, pytest.raises(wire.Late):
        wire.send(ours, {}, [bytes(8_000_000)], time.monotonic() + 0.3)


def test_sending_to_a_closed_channel_says_so() -> None:
    ours, theirs = channel()
    theirs.close()
    with ours, pytest.raises(wire.Closed):
        wire.send(ours, {"a": 1}, [], time.monotonic() + 1)


def test_frames_arrive_whole_and_in_order() -> None:
    ours, theirs = channel()
    chosen = random.Random(0)
    bodies = [[chosen.randbytes(size) for size in (0, 1, 100)] for _ in range(5)]
    with ours, theirs:
        for number, body in enumerate(bodies):
            wire.send(ours, {"number": number}, body, time.monotonic() + 5)
        for number, body in enumerate(bodies):
            assert wire.receive(theirs, time.monotonic() + 5) == ({"number": number}, body)


def test_what_is_too_large_is_known_before_it_is_sent() -> None:
    assert not wire.too_large({"value": 1}, [b"abc"])
    assert wire.too_large({"value": "x" * wire.HEADER_LIMIT}, [])
    assert wire.too_large({"value": 1}, [bytes(wire.BODY_LIMIT), b"x"])
    assert wire.too_large({"value": 1}, [b""] * (wire.MOST_BUFFERS + 1))
