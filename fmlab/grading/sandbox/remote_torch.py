"""A student's tensors and modules, seen from outside: they can be differentiated and trained."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from fmlab.grading.expect import Mistake
from fmlab.grading.sandbox import wire
from fmlab.grading.sandbox.remote import Session
from fmlab.grading.words import word


def with_way_back(
    session: Session, name: str, value: wire.GradTensor, number: int, inputs: list[Any]
) -> Any:
    """Return a tensor whose gradient is asked of the student's side.

    Args:
        session: The question's cells.
        name: What the student calls the function that gave the tensor.
        value: The tensor, and its place among the outputs of its call.
        number: The call.
        inputs: The tensors that went into the call and require a gradient, in order.
    """
    if not inputs:
        return value.tensor.requires_grad_()

    class WayBack(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            return value.tensor

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            encoder = wire.Encoder()
            tree = encoder.tree(grads[0].detach())
            found, _, _ = session.ask(
                name, "backward", encoder.buffers, call=number, place=value.place, grads=tree
            )
            right = isinstance(found, list) and len(found) == len(inputs)
            if not right or not all(map(_fits, found, inputs)):
                raise Mistake(word("ended_protocol", name=name))
            return tuple(found)

    return WayBack.apply(*inputs)  # type: ignore[no-untyped-call]


def _fits(grad: Any, given: torch.Tensor) -> bool:
    if grad is None:
        return True
    return (
        isinstance(grad, torch.Tensor) and grad.shape == given.shape and grad.dtype == given.dtype
    )


class RemoteModule(torch.nn.Module):
    """Stands outside for a student's module: called, asked for weights, given weights, trained.

    Its parameters are copies that live here. Gradients arrive in them; where one was changed, the
    next call takes the change along.
    """

    _own: dict[str, torch.nn.Parameter]
    _kept: dict[str, Any]
    _seen: dict[str, torch.Tensor]

    def __init__(self, session: Session, name: str, target: int) -> None:
        """Stand for the module at `target`, which the student's `name` has made."""
        super().__init__()
        self._session, self._label, self._target = session, name, target
        self._take()

    def _take(self) -> None:
        found, _, _ = self._session.ask(self._label, "describe", [], target=self._target)
        weights, trained, buffers = self._described(found)
        own = {
            key: torch.nn.Parameter(w, requires_grad=key in trained and w.is_floating_point())
            for key, w in weights.items()
        }
        # Past torch's own registry, whose names may hold no dot.
        self.__dict__["_own"], self.__dict__["_kept"] = own, buffers
        self.__dict__["_seen"] = {key: p.detach().clone() for key, p in own.items()}

    def _described(self, found: Any) -> tuple[dict[str, Any], set[str], dict[str, Any]]:
        whole = isinstance(found, tuple) and len(found) == 3 and isinstance(found[1], list)
        if whole and isinstance(found[0], dict) and isinstance(found[2], dict):
            tensors = [*found[0].values(), *found[2].values()]
            names = [*found[0], *found[1], *found[2]]
            if all(isinstance(t, torch.Tensor) for t in tensors) and all(
                isinstance(n, str) for n in names
            ):
                return found[0], set(found[1]), found[2]
        raise Mistake(word("ended_protocol", name=self._label))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the student's module returns."""
        # By value: `p.data.fill_(0)` changes a parameter past torch's own count of changes.
        plain = {k: p.detach() for k, p in self._own.items() if not torch.equal(p, self._seen[k])}
        self._seen.update({key: value.clone() for key, value in plain.items()})
        own = [p for p in self._own.values() if p.requires_grad]
        return self._session.call(self._label, self._target, args, kwargs, (plain, own))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """Yield the parameters with their names."""
        yield from self._own.items()

    def parameters(self, recurse: bool = True) -> Iterator[torch.nn.Parameter]:
        """Yield the parameters."""
        yield from self._own.values()

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """Return the parameters and buffers by name."""
        return {**{key: p.detach() for key, p in self._own.items()}, **self._kept}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Copy these tensors into the module, whose names must be the same."""
        encoder = wire.Encoder()
        tree = encoder.tree({key: value.detach() for key, value in state_dict.items()})
        fields = {"target": self._target, "weights": tree, "strict": strict}
        self._session.ask(self._label, "load", encoder.buffers, **fields)
        self._take()

    def train(self, mode: bool = True) -> "RemoteModule":
        """Set the module to training, or to use."""
        self.training = mode
        self._session.ask(self._label, "train", [], target=self._target, mode=mode)
        return self
