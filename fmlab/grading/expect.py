"""What a check may require of a learner's result, and what it says where that fails."""

import math
from collections.abc import Mapping
from typing import Any

from fmlab.errors import UserError
from fmlab.grading import values
from fmlab.grading.words import word


class Mistake(Exception):
    """What a check found: expected, got, and the likely mistake in words."""

    def __init__(
        self,
        likely: str,
        *,
        expected: str | None = None,
        got: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Say what is likely wrong; `hint` is the key of the lab's hint that says it."""
        super().__init__(likely)
        self.likely, self.expected, self.got, self.hint = likely, expected, got, hint


class Unwritten(Mistake):
    """The learner has not written the answer yet, or not run its cell."""


class Expect:
    """The requirements a check can state. Each raises `Mistake` where it is not met.

    Hint keys are looked up before anything is compared, so that a key that is not there shows
    in the first run and not only when a learner errs.
    """

    hints: Mapping[str, str]

    def hint(self, key: str) -> str:
        """Return the words of a hint.

        Raises:
            UserError: The lab declares no such hint.
        """
        if key not in self.hints:
            raise UserError(f"the lab has no hint `{key}`; add it to `Lab(hints=...)`")
        return self.hints[key]

    def mistake(self, hint: str, *, expected: str | None = None, got: str | None = None) -> Mistake:
        """Return a mistake with the words of one of the lab's hints, to be raised."""
        return Mistake(self.hint(hint), expected=expected, got=got, hint=hint)

    def that(
        self, condition: object, hint: str, *, expected: str | None = None, got: object = None
    ) -> None:
        """Require something, and say the hint where it is not so."""
        mistake = self.mistake(
            hint, expected=expected, got=None if got is None else values.show(got)
        )
        if not bool(condition):
            raise mistake

    def parts(self, got: Any, *names: str) -> tuple[Any, ...]:
        """Require a tuple or list with one part a name."""
        listed = ", ".join(names)
        if got is None:
            raise Mistake(word("none", what=listed), expected=listed, got="None")
        if not isinstance(got, tuple | list) or len(got) != len(names):
            raise Mistake(
                word("wrong_parts", count=len(names), names=listed),
                expected=listed,
                got=values.show(got),
            )
        return tuple(got)

    def tensor(
        self, got: Any, what: str, *, shape: tuple[int, ...] | None = None, whole: bool = False
    ) -> Any:
        """Require a torch tensor of finite numbers, of this shape; `whole`: of int64."""
        wanted = "a tensor"
        if got is None:
            raise Mistake(word("none", what=what), expected=wanted, got="None")
        if not values.is_tensor(got):
            said = word("of_type", text=values.show(got), type=type(got).__name__)
            raise Mistake(word("wrong_type", what=what, wanted=wanted), expected=wanted, got=said)
        if shape is not None and tuple(got.shape) != tuple(shape):
            raise Mistake(
                word("wrong_shape", what=what),
                expected=word("shape", shape=tuple(shape)),
                got=word("shape", shape=tuple(got.shape)),
            )
        if whole and str(got.dtype) != "torch.int64":
            dtype = str(got.dtype).removeprefix("torch.")
            raise Mistake(word("wrong_dtype", what=what), expected="int64", got=dtype)
        self._finite(got, what)
        return got

    def number(self, got: Any, what: str) -> float:
        """Require one finite number (also as a tensor without dimensions)."""
        if got is None:
            raise Mistake(word("none", what=what), expected=word("number"), got="None")
        number = values.as_number(got)
        if number is None:
            said = word("of_type", text=values.show(got), type=type(got).__name__)
            wanted = word("number")
            raise Mistake(word("wrong_type", what=what, wanted=wanted), expected=wanted, got=said)
        self._finite(number, what)
        return number

    def _finite(self, got: Any, what: str) -> None:
        numbers = values.floats(got)
        if any(math.isnan(n) for n in numbers):
            raise Mistake(word("nan", what=what), got=values.show(got))
        if any(math.isinf(n) for n in numbers):
            raise Mistake(word("infinite", what=what), got=values.show(got))

    def keys(self, got: Any, wanted: set[Any], what: str) -> dict[Any, Any]:
        """Require a dictionary with exactly these keys."""
        listed = ", ".join(sorted(map(str, wanted)))
        if got is None:
            raise Mistake(word("none", what=what), expected=listed, got="None")
        if not isinstance(got, Mapping):
            said = word("of_type", text=values.show(got), type=type(got).__name__)
            raise Mistake(word("wrong_type", what=what, wanted="a dict"), expected=listed, got=said)
        cleaned = {values.plain(key): value for key, value in got.items()}
        if set(cleaned) != wanted:
            found = ", ".join(sorted(map(str, cleaned)))
            raise Mistake(word("wrong_keys", what=what), expected=listed, got=found)
        return cleaned

    def close(
        self,
        got: Any,
        wanted: float,
        what: str,
        *,
        hint: str,
        mistakes: Mapping[str, float] | None = None,
        tolerance: float = 1e-4,
    ) -> None:
        """Require a number near `wanted`.

        Args:
            got: What came from the learner.
            wanted: What a right answer gives.
            what: What the value is called.
            hint: The hint's key where no known mistake fits.
            mistakes: Hint key to the number that this very mistake gives.
            tolerance: Relative above 1, absolute below.
        """
        known = {key: (self.hint(key), value) for key, value in (mistakes or {}).items()}
        general = self.hint(hint)
        number = self.number(got, what)
        if values.same(number, float(wanted), tolerance):
            return
        expected, came = word("about", value=values.show(float(wanted))), values.show(number)
        for key, (text, value) in known.items():
            if values.same(number, float(value), tolerance):
                raise Mistake(text, expected=expected, got=came, hint=key)
        raise Mistake(general, expected=expected, got=came, hint=hint)

    def _nested_alike(self, got: Any, wanted: Any) -> bool:
        if values.is_tensor(got) and values.is_tensor(wanted):
            return True  # of the same shape, so of one form
        return values.alike(values.plain(got), values.plain(wanted))

    def equal(self, got: Any, wanted: Any, what: str, *, hint: str, tolerance: float = 0.0) -> None:
        """Require the same values at every position; a single `wanted` is meant for all."""
        general = self.hint(hint)
        if got is None:
            raise Mistake(word("none", what=what), expected=values.show(wanted), got="None")
        shape, expected = values.shape_of(got), wanted
        if shape and not values.shape_of(wanted):
            expected = values.filled(got, wanted)
        elif shape != values.shape_of(wanted) or not self._nested_alike(got, wanted):
            raise Mistake(
                word("wrong_shape", what=what),
                expected=word("shape", shape=values.shape_of(wanted)),
                got=word("shape", shape=shape),
            )
        wrong = values.differences(got, expected, tolerance)
        if not wrong:
            return
        mine = values.at(got, wrong[0])
        theirs = values.at(expected, wrong[0])
        if not shape:
            raise Mistake(general, expected=values.show(theirs), got=values.show(mine), hint=hint)
        place = values.position(wrong[0], shape)
        counted = {"count": len(wrong), "total": math.prod(shape), "index": place}
        raise Mistake(
            general,
            expected=word("at", value=values.show(theirs), index=place),
            got=word("at_of", value=values.show(mine), **counted),
            hint=hint,
        )
