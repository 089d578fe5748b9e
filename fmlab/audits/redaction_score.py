"""How much of what was planted a redaction finds, and how much of what it finds was planted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fmlab.audits.planted_people import Planted
from fmlab.audits.redaction import Span, find
from fmlab.errors import UserError
from fmlab.probes.units import Interval, wilson_interval

Finder = Callable[[str], Sequence[Span]]


@dataclass(frozen=True)
class Ratio:
    """So many of so many, with Wilson's 95 % interval; the share of nothing is None."""

    count: int
    total: int

    @property
    def share(self) -> float | None:
        """The share, 0 to 1."""
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> Interval:
        """Its interval; from 0 to 1 where there is nothing."""
        return wilson_interval(self.count, self.total)


@dataclass(frozen=True)
class Missed:
    """Something planted that is still in the text, whole or in part.

    Attributes:
        kind: Of what kind.
        what: As it stands in the text.
        left: What a reader still sees of it.
    """

    kind: str
    what: str
    left: str


@dataclass(frozen=True)
class RedactionScore:
    """A redaction against the truth.

    Attributes:
        recall: Of each planted kind, how many were covered whole, by whatever label.
        precision: Of each kind of find, how many touch something that was planted.
        missed: All that was not covered whole.
        false_finds: What was covered without being planted: kind and text.
    """

    recall: dict[str, Ratio]
    precision: dict[str, Ratio]
    missed: tuple[Missed, ...]
    false_finds: tuple[tuple[str, str], ...]


def redaction_score(texts: Sequence[Planted], finder: Finder = find) -> RedactionScore:
    """Return how a redaction does on texts whose truth is known.

    What is covered in part counts as missed: half a number may be enough for an attacker. What is
    covered under a wrong label counts as covered.

    Args:
        texts: Texts and what was planted in them.
        finder: What is judged: gives the spans it would cover.

    Raises:
        UserError: There are no texts, or a planted span is not inside its text.

    Does not show: how it does on real text. What was planted has the forms that its maker thought
    of, and recognisers find those forms; people write in others. The intervals are about more text
    from the same maker.
    """
    if not texts:
        raise UserError("there are no texts; plant some, with planted_people(count)")
    recall: dict[str, list[bool]] = {}
    precision: dict[str, list[bool]] = {}
    missed, false_finds = [], []
    for one in texts:
        found = finder(one.text)
        covered = {place for span in found for place in range(span.start, span.end)}
        for span in one.spans:
            if not 0 <= span.start < span.end <= len(one.text):
                raise UserError(f"{span} is not inside {one.text!r}; check what was planted")
            places = range(span.start, span.end)
            left = "".join(one.text[place] for place in places if place not in covered)
            recall.setdefault(span.kind, []).append(not left)
            if left:
                missed.append(Missed(span.kind, one.text[span.start : span.end], left))
        for span in found:
            true = any(span.start < t.end and t.start < span.end for t in one.spans)
            precision.setdefault(span.kind, []).append(true)
            if not true:
                false_finds.append((span.kind, one.text[span.start : span.end]))
    return RedactionScore(_ratios(recall), _ratios(precision), tuple(missed), tuple(false_finds))


def _ratios(flags: dict[str, list[bool]]) -> dict[str, Ratio]:
    return {kind: Ratio(sum(some), len(some)) for kind, some in sorted(flags.items())}
