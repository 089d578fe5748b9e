"""BLiMP: 67 sets of 1,000 minimal pairs of English grammar, generated from templates.

They come from the authors' repository at one pinned commit. The manifest in
`fmlab/assets/blimp_manifest.jsonl` names each set with its phenomenon, its field and the hash of
its sentences: whatever place the pairs are read from, they are the same pairs.

Source: Warstadt et al. 2020, "BLiMP: The Benchmark of Linguistic Minimal Pairs for English",
TACL 8, arXiv:1912.00582. Licence of the data: CC BY 4.0.
"""

import json
import lzma
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from fmlab import files
from fmlab.corpus import archive
from fmlab.errors import UserError
from fmlab.probes.minimal_pairs import Pair

COMMIT = "3e56b06fcabca9b30822fc66435fca6b1aa40bb1"
URL = f"https://github.com/alexwarstadt/blimp/archive/{COMMIT}.tar.gz"
MANIFEST = Path(__file__).resolve().parents[1] / "assets" / "blimp_manifest.jsonl"
PACKED = "blimp.jsonl.xz"
MEND = f"get {PACKED} or the archive again, or name the folder that has it in FMLAB_DATA"


@dataclass(frozen=True)
class PairSet:
    """One line of the manifest: a set of pairs, and what its sentences must hash to."""

    set: str
    term: str
    field: str
    pairs: int
    sha256: str


def read_manifest(path: Path = MANIFEST) -> tuple[PairSet, ...]:
    """Return the 67 sets, in alphabetical order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(PairSet(**json.loads(line)) for line in lines)


def load_blimp(
    pairs_per_set: int | None = None, *, path: Path | str | None = None, url: str = URL
) -> tuple[Pair, ...]:
    """Return BLiMP's pairs from the nearest place that has them.

    The places, in order: `path`; the folder of local data (`FMLAB_DATA`, or `shared/data` beside
    the repository); the cache; the pinned archive, fetched once and then cached.

    Args:
        pairs_per_set: Take only the first so many of each set.
        path: A `blimp.jsonl.xz`.
        url: The archive, a `.tar.gz`.

    Raises:
        UserError: No place has the pairs, or what is there is not these pairs.
    """
    if pairs_per_set is not None and pairs_per_set < 1:
        raise UserError(f"pairs_per_set is {pairs_per_set}; it must be at least 1")
    sets = read_manifest()
    found = _from_anywhere(sets, Path(path) if path is not None else None, url)
    return tuple(pair for name in sets for pair in found[name.set][:pairs_per_set])


def _from_anywhere(
    sets: Sequence[PairSet], path: Path | None, url: str
) -> dict[str, tuple[Pair, ...]]:
    local = files.data_dir()
    cached = files.cache_dir() / f"blimp-{COMMIT[:12]}.jsonl.xz"
    if path is None and local is not None and (local / PACKED).is_file():
        path = local / PACKED
    if path is not None or cached.is_file():
        place = path or cached
        return _checked(sets, _read_packed(place), str(place))
    wanted = {f"data/{one.set}.jsonl": None for one in sets}
    raw = archive.fetch(url, wanted)
    lines = [line for name in wanted for line in raw[name].decode().splitlines()]
    pairs = _checked(sets, _parse(lines, url), url)
    _keep(cached, pairs)
    return pairs


def _read_packed(path: Path) -> list[Pair]:
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            return _parse(lines, str(path))
    except OSError as error:
        raise UserError(f"cannot read {path} ({error.strerror or error}); {MEND}") from error
    except (EOFError, lzma.LZMAError) as error:
        raise UserError(f"{path} is damaged or cut short ({error}); {MEND}") from error


def _parse(lines: Iterable[str], place: str) -> list[Pair]:
    try:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return [
            Pair(
                row["sentence_good"],
                row["sentence_bad"],
                row["UID"],
                row["linguistics_term"],
                row["field"].replace("/", "_"),  # one set writes "syntax/semantics"
            )
            for row in rows
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{place} does not hold BLiMP's pairs ({error}); {MEND}") from error


def hash_of(pairs: Iterable[Pair]) -> str:
    """Return the SHA-256 of the sentences of some pairs, in order."""
    return files.sha256_bytes("".join(f"{pair.good}\t{pair.bad}\n" for pair in pairs).encode())


def manifest_of(pairs: Iterable[Pair]) -> list[PairSet]:
    """Return a line of the manifest for each set of `pairs`."""
    found = []
    for name, members in groupby(sorted(pairs, key=lambda pair: pair.set), lambda pair: pair.set):
        group = list(members)
        found.append(PairSet(name, group[0].term, group[0].field, len(group), hash_of(group)))
    return found


def _checked(
    sets: Sequence[PairSet], pairs: Sequence[Pair], place: str
) -> dict[str, tuple[Pair, ...]]:
    """Return the pairs by set, in the manifest's words, if their sentences are the right ones."""
    by_set: dict[str, list[Pair]] = {one.set: [] for one in sets}
    for pair in pairs:
        by_set.setdefault(pair.set, []).append(pair)
    for one in sets:
        if hash_of(by_set[one.set]) != one.sha256:
            raise UserError(f"the set {one.set!r} in {place} is not BLiMP's (wrong hash); {MEND}")
    return {name: tuple(members) for name, members in by_set.items()}


def _keep(cached: Path, pairs: dict[str, tuple[Pair, ...]]) -> None:
    rows = (
        {
            "sentence_good": pair.good,
            "sentence_bad": pair.bad,
            "UID": pair.set,
            "linguistics_term": pair.term,
            "field": pair.field,
        }
        for members in pairs.values()
        for pair in members
    )
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    with files.write_whole(cached) as temporary:
        temporary.write_bytes(lzma.compress(text.encode()))


def write_manifest(pairs: Iterable[Pair], path: Path = MANIFEST) -> None:
    """Write the manifest of `pairs`: done once, from the pinned commit."""
    lines = [json.dumps(asdict(one)) + "\n" for one in manifest_of(pairs)]
    files.write_text(path, "".join(lines))
