"""A student's functions and modules, as the checks see them from outside the walls.

They are called like the real ones. What goes in and out is data; a tensor that came out can be
differentiated, its gradient being asked of the student's side. Errors become the same mistakes,
in the same words, as in the learner's own notebook.
"""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from fmlab.grading import values
from fmlab.grading.expect import Mistake, Unwritten
from fmlab.grading.sandbox import wire
from fmlab.grading.sandbox.room import Cell, Ended, Raised, Room
from fmlab.grading.sandbox.walls import Limits
from fmlab.grading.words import ended, word

MOST_CELLS = 3
CHECKS_SECONDS = 120.0
"""So long a cell lives beyond its time to answer, for what the checks do between requests."""


class Session:
    """One question's cells: a fresh one where a check has killed the last, within one time limit.

    Attributes:
        ends: The kinds in which cells ended, in order.
        told: What the answer cell raised when it ran, None if nothing.
    """

    def __init__(
        self, room: Room, cells: Sequence[tuple[str, str]], names: Sequence[str], limits: Limits
    ) -> None:
        """Prepare to run `cells` (title and source, the question's own last), asking for `names`.

        Nothing runs before `start`.
        """
        self._room, self._cells, self._names, self._limits = room, list(cells), list(names), limits
        self._left = limits.seconds
        self._stack = ExitStack()
        self._cell: Cell | None = None
        self._found: dict[str, Any] = {}
        self.ends: list[str] = []
        self.told: Raised | None = None

    def __enter__(self) -> "Session":
        """Return the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the cell."""
        self._stack.close()

    def start(self) -> dict[str, Any]:
        """Run the answer cells and return what the checks get under each name.

        Raises:
            Ended: The cells did not run to their end.
        """
        found = self._start()
        return {name: self._given(name, value) for name, value in found.items()}

    def _start(self) -> dict[str, Any]:
        if self._cell is not None:
            self._left = self._cell.left
        if self._left <= 0 or len(self.ends) >= MOST_CELLS:
            raise Ended(self.ends[-1] if self.ends else "time")
        self._stack.close()
        limits = replace(self._limits, seconds=self._left + CHECKS_SECONDS)
        self._cell = self._stack.enter_context(self._room.cell(limits))
        self._cell.left = self._left
        reply = self._ask("start", [], cells=self._cells, names=self._names)
        found, told = reply[0] if isinstance(reply[0], tuple) and len(reply[0]) == 2 else (0, 0)
        if not isinstance(found, dict) or not set(found) <= set(self._names):
            raise self._ended(self._cell.breach())
        self.told = Raised(told) if isinstance(told, dict) else None
        self._found = found
        return found

    def _given(self, name: str, value: Any) -> Any:
        if isinstance(value, wire.Handle):
            return RemoteFunction(self, name)
        if isinstance(value, wire.GradTensor):
            return value.tensor.requires_grad_()
        return value

    def number_of(self, name: str) -> int:
        """Return where a named function or class lies in the present cell."""
        if self._cell is None or self._cell.dead is not None:
            self._start()
        found = self._found.get(name)
        if not isinstance(found, wire.Handle):
            raise Mistake(word("undefined", name=name))
        return found.number

    def _ask(self, do: str, buffers: list[bytes], **fields: Any) -> tuple[Any, wire.Decoder, int]:
        assert self._cell is not None
        try:
            tree, raw, call = self._cell.request(do, buffers, **fields)
            decoder = wire.Decoder(raw)
            return decoder.value(tree), decoder, call
        except wire.Violation:
            raise self._ended(self._cell.breach()) from None
        except Ended as end:
            raise self._ended(end) from None

    def _ended(self, end: Ended) -> Ended:
        self.ends.append(end.kind)
        return end

    def ask(self, name: str, do: str, buffers: list[bytes], **fields: Any) -> Any:
        """Return a reply's value, its decoder and the call; errors become mistakes.

        Raises:
            Mistake: The student's code raised, or its process is dead.
        """
        try:
            return self._ask(do, buffers, **fields)
        except Raised as raised:
            raise mistake_of(name, raised) from None
        except Ended as end:
            raise Mistake(ended(end.kind, name)) from None

    def call(self, name: str, target: int, args: Any, kwargs: Any, parameters: Any = None) -> Any:
        """Call what lies at `target` and return its result, able to be differentiated."""
        encoder = wire.Encoder()
        inputs: list[Any] = []
        trees = {
            "args": encoder.tree(_plain(args, inputs)),
            "kwargs": encoder.tree(_plain(kwargs, inputs)),
            "parameters": None,
        }
        if parameters is not None:
            changed, own = parameters
            trees["parameters"] = encoder.tree(changed)
            inputs = [*own, *inputs]
        torch = sys.modules.get("torch")
        grad = torch is not None and torch.is_grad_enabled()
        value, _, number = self.ask(
            name, "call", encoder.buffers, target=target, grad=grad, **trees
        )
        return self._result(name, value, number, inputs)

    def _result(self, name: str, value: Any, number: int, inputs: list[Any]) -> Any:
        if isinstance(value, wire.Unsupported):
            raise Mistake(word("cannot_pass", name=name, type=values.shorten(value.type_name)))
        if isinstance(value, wire.GradTensor):
            from fmlab.grading.sandbox.remote_torch import with_way_back

            return with_way_back(self, name, value, number, inputs)
        if isinstance(value, wire.Handle):
            if value.kind == "module":
                from fmlab.grading.sandbox.remote_torch import RemoteModule

                return RemoteModule(self, name, value.number)
            raise Mistake(word("cannot_pass", name=name, type=value.kind))
        if isinstance(value, list | tuple):
            return type(value)(self._inside(name, item, number, inputs) for item in value)
        if isinstance(value, dict):
            for key in value:
                self._plain_only(name, key)
            return {k: self._inside(name, item, number, inputs) for k, item in value.items()}
        if isinstance(value, set):
            for item in value:
                self._plain_only(name, item)
        return value

    def _inside(self, name: str, value: Any, number: int, inputs: list[Any]) -> Any:
        """Return a part of a result. A thousand modules would each send all their weights."""
        if isinstance(value, wire.Handle):
            raise Mistake(word("cannot_pass", name=name, type=f"a {value.kind} in a list"))
        return self._result(name, value, number, inputs)

    def _plain_only(self, name: str, value: Any) -> None:
        for part in values.flat(value):
            if isinstance(part, wire.Handle | wire.GradTensor | wire.Unsupported):
                raise Mistake(word("cannot_pass", name=name, type="such a key"))


def mistake_of(name: str, raised: Raised) -> Mistake:
    """Return what a learner reads of an error of their function."""
    if raised.type == "NotImplementedError":
        return Unwritten(word("unwritten", name=name))
    message, code = values.shorten(raised.message), values.shorten(raised.code)
    said = {"name": name, "type": values.shorten(raised.type), "message": message}
    if raised.line is None:
        return Mistake(word("raised", **said))
    return Mistake(word("raised_at", **said, line=raised.line, code=code or "…"))


class RemoteFunction:
    """A student's function or class, called from outside."""

    def __init__(self, session: Session, name: str) -> None:
        """Stand for what the student calls `name`."""
        self.__name__, self._session = name, session

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what it returns; raise `Mistake` where it raises."""
        try:
            target = self._session.number_of(self.__name__)
        except Ended as end:
            raise Mistake(ended(end.kind, self.__name__)) from None
        return self._session.call(self.__name__, target, args, kwargs)


def _plain(value: Any, inputs: list[Any]) -> Any:
    """Note the tensors that require a gradient, in the order in which they are encoded."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        if value.requires_grad:
            inputs.append(value)
        return value
    if isinstance(value, list | tuple):
        return type(value)(_plain(item, inputs) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item, inputs) for key, item in value.items()}
    return value
