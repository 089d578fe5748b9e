"""The student's side: runs the answer cells and answers the checks' requests.

Everything here is in the student's hands: it may be changed, forged or ended by the code that it
runs. Nothing that comes from here is believed further than that a student sent it.
"""

import builtins
import contextlib
import linecache
import socket
import sys
import time
import traceback
from typing import Any

from fmlab.grading.sandbox import wire

FOREVER = 1e9
KEPT_CALLS = 64
_SHORT = 300


def serve(channel: socket.socket, names: dict[str, Any]) -> None:
    """Answer requests until the other side closes the channel."""
    desk = _Desk(names)
    while True:
        try:
            message, buffers = wire.receive(channel, time.monotonic() + FOREVER)
        except wire.Closed:
            return
        reply, raw = desk.answer(message, buffers)
        wire.send(channel, {"nonce": message["nonce"], **reply}, raw, time.monotonic() + FOREVER)


class _Desk:
    """What a student's cells have defined, and what the checks have made of it."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.objects: list[Any] = []
        self.titles: set[str] = set()
        self.calls: dict[int, tuple[list[Any], list[Any]]] = {}
        self.count = 0

    def answer(
        self, message: dict[str, Any], buffers: list[bytes]
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Return the reply to one request."""
        self.count += 1
        try:
            value, graded = getattr(self, "do_" + message["do"])(
                message, wire.Decoder(buffers, generators=True)
            )
            encoder = wire.Encoder(self._handle)
            tree = encoder.tree(value)
            if graded is not None:
                self.calls[self.count] = (graded, encoder.graded)
                self.calls.pop(self.count - KEPT_CALLS, None)
            reply = {"value": tree, "call": self.count}
            if wire.too_large({**reply, "nonce": message["nonce"]}, encoder.buffers):
                raise ValueError("the result is too large to be marked")
            return reply, encoder.buffers
        except BaseException as error:
            return {"raised": _told(error, self.titles)}, []

    def do_start(self, message: dict[str, Any], decoder: wire.Decoder) -> tuple[Any, None]:
        """Run the answer cells in order; the last one is the question's own.

        As in a notebook, what a cell has defined before it stopped is there. What the others raise
        is left to the checks of their own questions.
        """
        told = None
        for name, source in message["cells"]:
            title = f"<{name}>"
            self.titles.add(title)
            linecache.cache[title] = (len(source), None, source.splitlines(True), title)
            try:
                exec(compile(source, title, "exec"), self.names)
                told = None
            except BaseException as error:
                told = _told(error, self.titles)
        asked = message["names"]
        return ({name: self.names[name] for name in asked if name in self.names}, told), None

    def do_call(self, message: dict[str, Any], decoder: wire.Decoder) -> tuple[Any, list[Any]]:
        """Call a function, a class or a module."""
        _seed(self.count)
        inputs: list[Any] = []
        target = self.objects[message["target"]]
        if message["parameters"] is not None:
            with _gradients(False):
                own = dict(target.named_parameters())
                for name, value in decoder.value(message["parameters"]).items():
                    own[name].copy_(value)
            inputs = [p for p in target.parameters() if p.requires_grad]
        args, named = _ready(decoder.value(message["args"]), inputs), {}
        for key, value in decoder.value(message["kwargs"]).items():
            named[key] = _ready(value, inputs)
        with _gradients(message["grad"]):
            return target(*args, **named), inputs

    def do_backward(self, message: dict[str, Any], decoder: wire.Decoder) -> tuple[Any, None]:
        """Return the gradients of one output of a call with respect to its inputs."""
        import torch

        inputs, outputs = self.calls[message["call"]]
        grads = torch.autograd.grad(
            outputs[message["place"]],
            inputs,
            decoder.value(message["grads"]),
            retain_graph=True,
            allow_unused=True,
        )
        return list(grads), None

    def do_describe(self, message: dict[str, Any], decoder: wire.Decoder) -> tuple[Any, None]:
        """Return a module's parameters, which of them are trained, and its buffers."""
        module = self.objects[message["target"]]
        parameters = {name: p.detach() for name, p in module.named_parameters()}
        trained = [name for name, p in module.named_parameters() if p.requires_grad]
        return (parameters, trained, dict(module.named_buffers())), None

    def do_load(self, message: dict[str, Any], decoder: wire.Decoder) -> tuple[Any, None]:
        """Load weights into a module."""
        module = self.objects[message["target"]]
        found = module.load_state_dict(decoder.value(message["weights"]), strict=message["strict"])
        return (list(found.missing_keys), list(found.unexpected_keys)), None

    def do_train(self, message: dict[str, Any], decoder: wire.Decoder) -> tuple[Any, None]:
        """Set a module to training or to use."""
        self.objects[message["target"]].train(message["mode"])
        return None, None

    def _handle(self, value: Any) -> wire.Handle | None:
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.nn.Module):
            kind = "module"
        elif isinstance(value, type):
            kind = "class"
        elif callable(value):
            kind = "function"
        else:
            return None
        self.objects.append(value)
        return wire.Handle(kind, len(self.objects) - 1, getattr(value, "__name__", kind))


def _ready(value: Any, inputs: list[Any]) -> Any:
    """Return a value with its tensors able to be differentiated, and note those."""
    if isinstance(value, wire.GradTensor):
        inputs.append(value.tensor.requires_grad_())
        return value.tensor.clone()  # may be changed in place, as a leaf may not
    if isinstance(value, list | tuple):
        return type(value)(_ready(item, inputs) for item in value)
    if isinstance(value, dict):
        return {key: _ready(item, inputs) for key, item in value.items()}
    return value


def _seed(number: int) -> None:
    """Let each call draw the same numbers each time a submission is marked."""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None:
        torch.manual_seed(number)
    if numpy is not None:
        numpy.random.seed(number)
    if "random" in sys.modules:
        sys.modules["random"].seed(number)


def _gradients(on: bool) -> Any:
    torch = sys.modules.get("torch")
    return contextlib.nullcontext() if torch is None else torch.set_grad_enabled(on)


def _told(error: BaseException, titles: set[str]) -> dict[str, Any]:
    """Return an error's type and message, and the last line in it that these cells hold."""
    line, code = None, ""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in titles:
            line, code = frame.lineno, linecache.getline(frame.filename, frame.lineno or 0)
    if isinstance(error, SyntaxError):
        line, code = error.lineno, error.text or ""
    kind = type(error)
    known = getattr(builtins, kind.__name__, None) is kind
    return {
        "type": kind.__name__ if known or issubclass(kind, Exception) else "Error",
        "message": str(error)[:_SHORT],
        "line": line,
        "code": code.strip()[:_SHORT],
    }
