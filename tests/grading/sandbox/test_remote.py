"""A student's functions and modules behave outside the walls as they would in one's own process.

Values, errors, gradients, parameters and steps of descent are compared with the same code run
here, without any walls.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from fmlab.grading.expect import Mistake, Unwritten
from fmlab.grading.sandbox.remote import Session
from fmlab.grading.sandbox.room import Room
from fmlab.grading.sandbox.walls import Limits

pytestmark = pytest.mark.sandbox
LIMITS = Limits(seconds=60, memory_mb=600)
ANSWER = """
import math, os
import numpy as np
import torch

def double(x):
    return 2 * x

def describe(*args, **kwargs):
    return [type(a).__name__ for a in args], {k: type(v).__name__ for k, v in kwargs.items()}

def mixed(a, b, *, power=2):
    return torch.sin(a) @ b.T + (a ** power).sum(), a.detach() * 0, {"b": b.exp()}

def in_place(x):
    x += 1
    return x * x

def partly(a, b):
    return a * 2

def drawn(generator=None):
    return torch.rand(3, generator=generator)

def unseeded():
    return torch.rand(2), np.random.rand(2).tolist()

def grads_on():
    return torch.is_grad_enabled()

def breaks():
    raise ValueError("no\\nsuch \\u202e thing")

def unwritten():
    raise NotImplementedError

def leaves():
    os._exit(0)

def makes():
    return object()

def inside():
    return [double]

def keyed():
    return {torch.ones(1, requires_grad=True): 1}

class Net(torch.nn.Module):
    def __init__(self, size, bias=True):
        super().__init__()
        torch.manual_seed(size)
        self.inner = torch.nn.Linear(size, 2, bias=bias)
        self.frozen = torch.nn.Parameter(torch.full((2,), 3.0), requires_grad=False)
        self.register_buffer("shift", torch.tensor([1.0, -1.0]))
        self.drop = torch.nn.Dropout(0.9)

    def forward(self, x, scale=1.0):
        return self.drop(torch.tanh(self.inner(x)) * self.frozen + self.shift * scale)

class Plain:
    pass

number = 3.5
table = {"a": [1, 2], "b": torch.arange(3)}
"""
NAMES = [
    "double", "describe", "mixed", "in_place", "partly", "drawn", "unseeded", "grads_on", "breaks",
    "unwritten", "leaves", "makes", "inside", "keyed", "Net", "Plain", "number", "table", "missing",
]  # fmt: skip


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with Room("import torch\nimport numpy") as made:
        yield made


@pytest.fixture
def session(room: Room) -> Iterator[Session]:
    with Session(room, [("answer", ANSWER)], NAMES, LIMITS) as made:
        yield made


@pytest.fixture
def far(session: Session) -> dict[str, Any]:
    """What the checks get."""
    return session.start()


@pytest.fixture(scope="module")
def near() -> dict[str, Any]:
    """The same code, run here."""
    names: dict[str, Any] = {}
    exec(ANSWER, names)
    return names


def ones(*shape: int) -> torch.Tensor:
    return torch.linspace(-1, 1, int(torch.tensor(shape).prod())).reshape(shape).requires_grad_()


def test_plain_values_come_as_they_are(far: dict[str, Any]) -> None:
    assert far["number"] == 3.5
    assert far["table"]["a"] == [1, 2]
    assert torch.equal(far["table"]["b"], torch.arange(3))
    assert "missing" not in far


def test_arguments_arrive_with_their_types(far: dict[str, Any]) -> None:
    got = far["describe"](1, 1.0, "a", None, True, [1], (1,), {1}, {1: 2}, torch.ones(1), b=b"x")
    names = ["int", "float", "str", "NoneType", "bool", "list", "tuple", "set", "dict", "Tensor"]
    assert got == (names, {"b": "bytes"})


def test_arguments_are_not_changed_by_the_students_side(far: dict[str, Any]) -> None:
    x = torch.ones(3)
    assert torch.equal(far["in_place"](x), torch.full((3,), 4.0))
    assert torch.equal(x, torch.ones(3))


def test_generators_go_along(far: dict[str, Any], near: dict[str, Any]) -> None:
    got = far["drawn"](torch.Generator().manual_seed(4))
    assert torch.equal(got, near["drawn"](torch.Generator().manual_seed(4)))


def test_what_is_drawn_without_a_seed_is_the_same_each_time(room: Room) -> None:
    drawn = []
    for _ in range(2):
        with Session(room, [("answer", ANSWER)], NAMES, LIMITS) as session:
            tensor, numbers = session.start()["unseeded"]()
            drawn.append((tensor.tolist(), numbers))
    assert drawn[0] == drawn[1]


def gradients(
    function: Callable[..., Any], *inputs: torch.Tensor, **options: Any
) -> list[torch.Tensor | None]:
    """Return the gradients of a weighted sum of all that comes with a way back."""
    given = [x.detach().clone().requires_grad_() for x in inputs]
    result = function(*(x.clone() for x in given), **options)  # as a notebook's checks call
    parts = list(result) if isinstance(result, tuple) else [result]
    flat = [p for part in parts for p in (part.values() if isinstance(part, dict) else [part])]
    weights = [torch.arange(p.numel()).reshape(p.shape) + 1.0 for p in flat]
    loss = sum((p * w).sum() for p, w in zip(flat, weights, strict=True) if p.requires_grad)
    loss.backward()  # type: ignore[union-attr]
    return [x.grad for x in given]


@pytest.mark.parametrize(
    ("name", "shapes", "options"),
    [
        ("double", [(3,)], {}),
        ("double", [()], {}),
        ("double", [(0, 2)], {}),
        ("in_place", [(2, 2)], {}),
        ("mixed", [(3, 4), (5, 4)], {"power": 3}),
        ("partly", [(2,), (3,)], {}),
    ],
)
def test_gradients_are_those_of_the_same_code_here(
    far: dict[str, Any], near: dict[str, Any], name: str, shapes: list[Any], options: dict[str, Any]
) -> None:
    inputs = [ones(*shape) for shape in shapes]
    got = gradients(far[name], *inputs, **options)
    wanted = gradients(near[name], *inputs, **options)
    for one, other in zip(got, wanted, strict=True):
        assert (one is None) == (other is None)
        assert one is None or torch.equal(one, other)


def test_a_result_says_whether_it_has_a_way_back(far: dict[str, Any]) -> None:
    first, second, third = far["mixed"](ones(2, 2), ones(2, 2))
    assert first.requires_grad
    assert not second.requires_grad
    assert third["b"].requires_grad
    assert not far["double"](torch.ones(2)).requires_grad


def test_no_grad_holds_inside(far: dict[str, Any]) -> None:
    assert far["grads_on"]() is True
    with torch.no_grad():
        assert far["grads_on"]() is False
        assert not far["double"](ones(2)).requires_grad


def test_a_gradient_can_be_taken_twice_and_summed(far: dict[str, Any]) -> None:
    x = ones(3)
    y = far["double"](x)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert torch.equal(x.grad, torch.full((3,), 4.0))  # type: ignore[arg-type]


def test_functions_can_stand_in_each_others_graph(far: dict[str, Any]) -> None:
    x = ones(3)
    (far["double"](far["in_place"](x)) * x).sum().backward()
    wanted = ones(3)
    (2 * (wanted + 1) ** 2 * wanted).sum().backward()
    assert torch.allclose(x.grad, wanted.grad)  # type: ignore[arg-type]


def test_an_error_is_told_in_one_clean_line(far: dict[str, Any]) -> None:
    with pytest.raises(Mistake) as raised:
        far["breaks"]()
    assert "ValueError: no such [U+202E] thing" in raised.value.likely
    assert "raise ValueError" in raised.value.likely
    with pytest.raises(Unwritten):
        far["unwritten"]()
    with pytest.raises(Mistake, match="TypeError"):
        far["double"]()


@pytest.mark.parametrize("name", ["makes", "inside", "keyed", "Plain"])
def test_what_cannot_pass_is_a_mistake(far: dict[str, Any], name: str) -> None:
    with pytest.raises(Mistake, match="cannot be checked"):
        far[name]()


def test_a_death_costs_one_call_and_three_cost_the_rest(
    session: Session, far: dict[str, Any]
) -> None:
    for _ in range(3):
        assert far["double"](4) == 8
        with pytest.raises(Mistake, match="ended the whole process"):
            far["leaves"]()
    with pytest.raises(Mistake, match="ended the whole process"):
        far["double"](4)
    assert session.ends == ["died"] * 3


def test_a_module_has_the_parameters_of_the_same_code_here(
    far: dict[str, Any], near: dict[str, Any]
) -> None:
    module, same = far["Net"](4), near["Net"](4)
    assert isinstance(module, torch.nn.Module)
    got, wanted = dict(module.named_parameters()), dict(same.named_parameters())
    assert sorted(got) == sorted(wanted)
    assert all(torch.equal(got[name], wanted[name]) for name in wanted)
    assert [p.requires_grad for p in got.values()] == [p.requires_grad for p in wanted.values()]
    assert sorted(module.state_dict()) == sorted(same.state_dict())
    assert len(list(far["Net"](4, bias=False).parameters())) == len(wanted) - 1


def test_a_module_is_trained_as_the_same_code_here(
    far: dict[str, Any], near: dict[str, Any]
) -> None:
    module, same = far["Net"](3).eval(), near["Net"](3).eval()
    x, target = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.ones(5, 2)
    for one in (module, same):
        optimiser = torch.optim.AdamW([p for p in one.parameters() if p.requires_grad], lr=0.1)
        for _ in range(3):
            optimiser.zero_grad()
            loss = ((one(x, scale=0.5) - target) ** 2).mean()
            loss.backward()
            optimiser.step()
    wanted = dict(same.named_parameters())
    for name, parameter in module.named_parameters():
        assert torch.allclose(parameter, wanted[name], atol=1e-6)
        assert (parameter.grad is None) == (wanted[name].grad is None)
    assert torch.allclose(module(x), same(x), atol=1e-6)


@pytest.mark.parametrize("how", ["copy", "data", "item"])
def test_a_parameter_changed_outside_is_seen_inside(far: dict[str, Any], how: str) -> None:
    module = far["Net"](2).eval()
    before = module(torch.ones(1, 2))
    parameter = dict(module.named_parameters())["frozen"]
    with torch.no_grad():
        if how == "copy":
            parameter.copy_(torch.zeros(2))
        elif how == "data":
            parameter.data = torch.zeros(2)
        else:
            parameter.data[:] = 0
    assert not torch.equal(module(torch.ones(1, 2)), before)
    assert torch.equal(module(torch.ones(1, 2)), torch.tensor([[1.0, -1.0]]))


def test_weights_can_be_loaded_and_names_must_fit(far: dict[str, Any]) -> None:
    module, other = far["Net"](2).eval(), far["Net"](2).eval()
    state = {name: torch.zeros_like(value) for name, value in module.state_dict().items()}
    module.load_state_dict(state)
    assert torch.equal(module(torch.ones(1, 2)), torch.zeros(1, 2))
    assert not torch.equal(other(torch.ones(1, 2)), torch.zeros(1, 2))
    with pytest.raises(Mistake, match="RuntimeError"):
        module.load_state_dict({"strange": torch.zeros(1)})


def test_training_and_use_differ_inside(far: dict[str, Any]) -> None:
    module, x = far["Net"](2), torch.ones(64, 2)
    assert (module.train()(x) == 0).float().mean() > 0.5
    assert (module.eval()(x) == 0).float().mean() < 0.5
    assert not module.training
