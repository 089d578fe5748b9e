"""What a check asks of a learner: a function, a class or a module, its errors told in words."""

import inspect
import linecache
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fmlab.grading import values
from fmlab.grading.expect import Mistake, Unwritten
from fmlab.grading.words import word


class Asked:
    """A learner's function or class: called with copies, and its errors told in words."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        """Wrap `function`, which the learner calls `name`."""
        self.__name__ = name
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the learner's function returns; raise `Mistake` where it raises."""
        result = self._try(self._function, *args, **kwargs)
        if values.is_module(result):
            return AskedModule(self.__name__, result)
        if inspect.isclass(self._function):
            raise Mistake(word("not_a_module", name=self.__name__))
        return result

    def _try(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        given = [values.copied(a) for a in args]
        named = {key: values.copied(value) for key, value in kwargs.items()}
        try:
            return call(*given, **named)
        except (Exception, SystemExit) as error:
            if isinstance(error, NotImplementedError) and not str(error):  # an untouched stub
                raise Unwritten(word("unwritten", name=_raised_by(error))) from None
            raise Mistake(_told(self.__name__, self._function, error)) from None


class AskedModule(Asked):
    """A module that a learner's class made: as far as checks use one, it behaves as a module."""

    def train(self, mode: bool = True) -> "AskedModule":
        """Switch to training, or to evaluation."""
        self._try(self._function.train, mode)  # type: ignore[attr-defined]
        return self

    def eval(self) -> "AskedModule":
        """Switch to evaluation."""
        return self.train(False)

    def parameters(self) -> Iterator[Any]:
        """Yield the parameters themselves, not copies: a gradient arrives in them."""
        for _, parameter in self.named_parameters():
            yield parameter

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """Yield the parameters with their names."""
        found: list[tuple[str, Any]] = self._try(
            lambda: list(self._function.named_parameters())  # type: ignore[attr-defined]
        )
        yield from found

    def state_dict(self) -> dict[str, Any]:
        """Return the parameters and buffers by name."""
        return dict(self._try(self._function.state_dict))  # type: ignore[attr-defined]

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy these tensors into the module, whose names must be the same."""
        self._try(self._function.load_state_dict, dict(state))  # type: ignore[attr-defined]


def _told(name: str, function: Callable[..., Any], error: BaseException) -> str:
    """Return an error in one line, with the learner's own last line in it."""
    said = {"name": name, "type": type(error).__name__, "message": values.shorten(str(error))}
    files = _files(function)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    if not own:
        return word("raised", **said)
    line = own[-1].lineno or 0
    text = (own[-1].line or linecache.getline(own[-1].filename, line)).strip()
    return word("raised_at", **said, line=line, code=text or "…")


def _raised_by(error: BaseException) -> str:
    """Return the name of the function or class that raised: one answer may call another."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    qualified = frames[-1].f_code.co_qualname
    return qualified.split("<locals>.")[-1].split(".")[0]


def _files(function: Callable[..., Any]) -> set[str]:
    """Return where a learner's function, class or module is written."""
    if inspect.isroutine(function):
        written = [inspect.unwrap(function)]
    else:
        written = list(vars(function if inspect.isclass(function) else type(function)).values())
    return {part.__code__.co_filename for part in written if hasattr(part, "__code__")}
