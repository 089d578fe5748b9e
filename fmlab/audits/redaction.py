"""Redaction: find what names or reaches a person in a text, and put a label in its place.

Presidio does the finding and the replacing. Its own recognisers know credit cards and phone
numbers of many countries; three are added: China's resident identity numbers, with their check
sign, mobile numbers of mainland China, and e-mail addresses between Chinese letters.

The pipeline under it is a blank one of spaCy, since no model is downloaded: it cuts words and knows
nothing of names. So names, places and dates stay in the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from fmlab.audits.resident_id import is_resident_id
from fmlab.errors import UserError

RESIDENT_ID, MOBILE, EMAIL = "CN_RESIDENT_ID", "CN_MOBILE", "EMAIL_ADDRESS"
CARD, PHONE = "CREDIT_CARD", "PHONE_NUMBER"
KINDS = (RESIDENT_ID, MOBILE, EMAIL, CARD, PHONE)

# A Chinese letter counts as a letter, so that the usual mark for a word's edge would miss a number
# right after one; edges are said here sign by sign.
RESIDENT_ID_PATTERN = r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])"
# 11 digits from 13 to 19, with or without the country's 86, in one piece or as 3-4-4.
MOBILE_PATTERN = r"(?<![0-9A-Za-z+])(?:(?:\+|00)?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9])"
EMAIL_PATTERN = (
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-](?:[A-Za-z0-9._%+-]*[A-Za-z0-9_%+-])?"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(?![A-Za-z0-9-])"
)


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of a text and what stands there.

    Attributes:
        start: Its first sign.
        end: The first sign after it.
        kind: One of `KINDS`, or any other name in planted truth.
    """

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Redacted:
    """A text without what was found in it.

    Attributes:
        text: With `<KIND>` in the place of each span.
        spans: What was replaced, by its place in the text as it was.
    """

    text: str
    spans: tuple[Span, ...]


def redact(text: str, kinds: Sequence[str] = KINDS) -> Redacted:
    """Return a text with a label in the place of all that was found.

    Args:
        text: Any text, English or Chinese.
        kinds: What to look for.

    Raises:
        UserError: An unknown kind, or Presidio is not installed.

    Does not show: that nothing personal is left. Names, places, dates and everything that points
    to a person without a fixed form stay. A number that is written in another way (in words, with
    dots) is not found. And a found one may be something else: of random strings of 18 digits with
    a real date, one in eleven has the right check sign.
    """
    spans = find(text, kinds)
    return Redacted(_replaced(text, spans), spans)


def find(text: str, kinds: Sequence[str] = KINDS) -> tuple[Span, ...]:
    """Return what would be replaced in a text, from left to right, without overlaps.

    Where two kinds claim the same place, the surer one wins, then the longer one.

    Args:
        text: Any text.
        kinds: What to look for.

    Raises:
        UserError: An unknown kind, or Presidio is not installed.
    """
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise UserError(f"unknown kind {unknown[0]!r}; choose from {', '.join(KINDS)}")
    if not kinds:
        return ()
    claims = _analyzer().analyze(text, language="en", entities=list(kinds))
    taken: list[Span] = []
    for claim in sorted(claims, key=lambda c: (-c.score, c.start - c.end, c.start, c.entity_type)):
        if all(claim.end <= span.start or span.end <= claim.start for span in taken):
            taken.append(Span(int(claim.start), int(claim.end), str(claim.entity_type)))
    return tuple(sorted(taken))


def _replaced(text: str, spans: Sequence[Span]) -> str:
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.entities import RecognizerResult

    found: Any = [RecognizerResult(span.kind, span.start, span.end, 1.0) for span in spans]
    engine: Any = AnonymizerEngine()  # type: ignore[no-untyped-call]
    return str(engine.anonymize(text, found).text)


@cache
def _analyzer() -> Any:
    """Return Presidio's engine over a blank pipeline, with the recognisers of this file."""
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, PhoneRecognizer
    except ImportError as error:
        raise UserError(
            f"redaction needs Presidio ({error.name} is missing); pip install 'fmlab[privacy]'"
        ) from error

    engine: Any = SpacyNlpEngine()
    engine.nlp = {"en": spacy.blank("en")}  # as if loaded, so that nothing is downloaded
    registry: Any = RecognizerRegistry(
        recognizers=[CreditCardRecognizer(), PhoneRecognizer(), *_added()],
        supported_languages=["en"],
    )
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])


def _added() -> list[Any]:
    """Return the three recognisers that Presidio lacks, or has in another form."""
    from presidio_analyzer import Pattern, PatternRecognizer
    from tldextract import TLDExtract

    # Presidio's own e-mail recogniser asks tldextract which endings of domains exist, and that
    # fetches a list at its first call. Here the list that comes with the package is enough.
    endings = TLDExtract(cache_dir=None, suffix_list_urls=())

    class Checked(PatternRecognizer):
        """A pattern whose finds are looked at once more."""

        def __init__(self, kind: str, pattern: str, check: Any, score: float) -> None:
            self.check = check
            super().__init__(kind, patterns=[Pattern(kind.lower(), pattern, score)])

        def validate_result(self, pattern_text: str) -> bool | None:
            """Return False to drop a find, True to be sure, None to leave its score."""
            return None if self.check is None else bool(self.check(pattern_text))

    return [
        Checked(RESIDENT_ID, RESIDENT_ID_PATTERN, is_resident_id, 0.5),
        Checked(MOBILE, MOBILE_PATTERN, None, 0.7),
        Checked(EMAIL, EMAIL_PATTERN, lambda address: endings(address).fqdn != "", 0.5),
    ]
