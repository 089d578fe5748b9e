"""BLiMP is the same pairs wherever it is read from, and anything else is refused in one line."""

import io
import json
import lzma
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from fmlab.errors import UserError
from fmlab.probes import blimp
from fmlab.probes.blimp import load_blimp, manifest_of, read_manifest
from fmlab.probes.minimal_pairs import Pair

SETS = ("alpha", "beta")


def rows(field: str = "syntax/semantics") -> list[dict[str, object]]:
    return [
        {
            "sentence_good": f"Good {name} {number}é.",
            "sentence_bad": f"Bad {name} {number}.",
            "field": field,
            "linguistics_term": "binding",
            "UID": name,
            "simple_LM_method": True,
            "pairID": str(number),
        }
        for name in SETS
        for number in range(5)
    ]


def text_of(some: Sequence[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in some).encode()


def archive(folder: Path, some: Sequence[dict[str, object]]) -> str:
    """A `.tar.gz` in the layout of GitHub's, by its `file:` address."""
    path = folder / "blimp.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name in SETS:
            data = text_of([row for row in some if row["UID"] == name])
            member = tarfile.TarInfo(f"blimp-{blimp.COMMIT}/data/{name}.jsonl")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path.as_uri()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small sets in the place of BLiMP's, an empty data folder and an empty cache."""
    pairs = blimp._parse(text_of(rows()).decode().splitlines(), "here")
    sets = tuple(manifest_of(pairs))
    monkeypatch.setattr(blimp, "read_manifest", lambda: sets)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("FMLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FMLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_the_manifest_is_blimps() -> None:
    sets = read_manifest()
    assert len(sets) == 67
    assert sum(one.pairs for one in sets) == 67_000
    assert {one.field for one in sets} == {"morphology", "syntax", "semantics", "syntax_semantics"}
    assert len({one.term for one in sets}) == 13
    assert [one.set for one in sets] == sorted(one.set for one in sets)


def test_the_archive_is_fetched_once_then_cached(small: Path) -> None:
    url = archive(small, rows())
    fetched = load_blimp(url=url)
    assert fetched[0] == Pair(
        "Good alpha 0é.", "Bad alpha 0.", "alpha", "binding", "syntax_semantics"
    )
    assert len(fetched) == 10
    assert load_blimp(url="file:///nowhere") == fetched


def test_local_data_come_before_the_network(small: Path) -> None:
    (small / "data" / blimp.PACKED).write_bytes(lzma.compress(text_of(rows())))
    assert len(load_blimp(url="file:///nowhere")) == 10


def test_a_limit_takes_the_first_of_each_set(small: Path) -> None:
    pairs = load_blimp(2, url=archive(small, rows()))
    assert [(pair.set, pair.bad) for pair in pairs] == [
        ("alpha", "Bad alpha 0."),
        ("alpha", "Bad alpha 1."),
        ("beta", "Bad beta 0."),
        ("beta", "Bad beta 1."),
    ]


def test_a_changed_sentence_is_refused(small: Path) -> None:
    changed = rows()
    changed[7]["sentence_bad"] = "Bad beta 2!"
    with pytest.raises(UserError, match=r"the set 'beta' in .* is not BLiMP's"):
        load_blimp(url=archive(small, changed))
    assert not (small / "cache").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not packed", "damaged or cut short"),
        (lzma.compress(text_of(rows()))[:-30], "damaged or cut short"),
        (lzma.compress(b'{"sentence_good": "x"}\n'), "does not hold BLiMP's pairs"),
        (lzma.compress(b"[1, 2]\n"), "does not hold BLiMP's pairs"),
        (lzma.compress(b"nonsense\n"), "does not hold BLiMP's pairs"),
    ],
)
def test_a_damaged_file_is_one_clear_line(small: Path, content: bytes, message: str) -> None:
    path = small / "data" / blimp.PACKED
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        load_blimp()
    assert "\n" not in str(caught.value)


def test_no_network_is_one_clear_line(small: Path) -> None:
    with pytest.raises(UserError, match="cannot reach"):
        load_blimp(url="http://127.0.0.1:9/blimp.tar.gz")


def test_a_missing_path_and_a_senseless_limit_are_one_clear_line(small: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        load_blimp(path=small / "none.xz")
    with pytest.raises(UserError, match="pairs_per_set is 0"):
        load_blimp(0)
