"""Who handed in what, from the `submission_metadata.yml` of a Gradescope export."""

from dataclasses import dataclass
from typing import Any

import yaml

from fmlab.grading.plain_text import line

METADATA = "submission_metadata.yml"
MAX_BYTES = 100_000_000
MAX_NODES = 3_000_000
MAX_DEPTH = 50
# Only text, lists and mappings: no dates, and a student number 0042 stays as it is written.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Submitter:
    """One of those who handed in a submission."""

    name: str
    sid: str | None
    email: str | None


class Unreadable(ValueError):
    """Why the file cannot be used, in one line."""


def submitters(data: bytes) -> dict[str, tuple[Submitter, ...]]:
    """Return who handed in each submission, by the name of its folder.

    Raises:
        Unreadable: It is no such file, or larger or deeper than an export ever is.
    """
    try:
        text = data.decode("utf-8-sig")
        _weigh(text)
        found = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(line(str(error))) from None
    if not isinstance(found, dict):
        raise Unreadable("it is not a table of submissions")
    return {
        str(folder): tuple(_submitter(one) for one in _list(entry))
        for folder, entry in found.items()
    }


def _weigh(text: str) -> None:
    """Refuse a text that would become much more than it is: aliases, depth, very many nodes."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_Loader):
        nodes += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            raise Unreadable("it holds YAML aliases, which Gradescope does not write")
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise Unreadable("it holds more than Gradescope writes")


def _list(entry: Any) -> list[dict[str, Any]]:
    people = entry.get(":submitters") if isinstance(entry, dict) else None
    return [one for one in people if isinstance(one, dict)] if isinstance(people, list) else []


def _submitter(one: dict[str, Any]) -> Submitter:
    def said(key: str) -> str | None:
        value = one.get(key)
        return line(value) or None if isinstance(value, str) else None

    sid, email = said(":sid"), said(":email")
    return Submitter(said(":name") or sid or email or "unnamed", sid, email)
