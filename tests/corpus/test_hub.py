"""Data sets of the hub, from a folder in their layout; what cannot be reached gets one line."""

import json
import sys
import time
from pathlib import Path

import datasets
import pytest
from huggingface_hub import constants

from fmlab.corpus import hub_access, load
from fmlab.errors import UserError


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    datasets.disable_progress_bars()


def write(folder: Path, **splits: list[dict[str, object]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in splits.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines)
    return folder


def rows(word: str, count: int) -> list[dict[str, object]]:
    return [{"text": f"{word} {number}\n\nagain"} for number in range(count)]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = write(
        tmp_path / "set",
        train=[*rows("train", 4), {"text": "  "}],
        validation=rows("valid", 2),
        test=rows("test", 1),
    )
    (folder / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n# A data set\n")
    return folder


def message(name: str, **options: object) -> str:
    with pytest.raises(UserError) as caught:
        load(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rows_become_documents_in_the_data_sets_own_splits(dataset: Path) -> None:
    corpus = load(f"hub:{dataset}")
    assert [len(corpus.split(name)) for name in ("train", "valid", "test")] == [4, 2, 1]
    first = corpus.documents[0]
    assert (first.text, first.licence) == ("train 0\nagain", "cc-by-4.0")
    assert first.title == f"{dataset} train 0"


def test_streaming_gives_the_same_documents_up_to_the_limit(dataset: Path) -> None:
    whole, limited = load(f"hub:{dataset}"), load(f"hub:{dataset}", max_words=7)
    assert [d.text for d in limited.split("train")] == ["train 0\nagain", "train 1\nagain"]
    assert limited.split("valid") == whole.split("valid")


def test_a_set_without_validation_is_split_by_the_hash_of_its_rows(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", train=[*rows("row", 100), *rows("row", 100)])
    corpus = load(f"hub:{folder}")
    parts = [{d.text for d in corpus.split(name)} for name in ("train", "valid", "test")]
    assert all(parts)
    assert sum(len(part) for part in parts) == 100  # copies of a row share a split
    assert {d.licence for d in corpus.documents} == {"unknown - check the data set's page"}


def test_an_own_test_split_stays_as_it_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "two", train=rows("row", 100), test=rows("test", 3))
    corpus = load(f"hub:{folder}")
    assert {d.text.split()[0] for d in corpus.split("test")} == {"test"}
    assert corpus.split("valid")
    assert len(corpus.documents) == 103


def test_the_column_of_text_can_be_named(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "columns", train=[{"body": f"b {i}", "title": f"t {i}", "n": i} for i in (1, 2)]
    )
    assert message(f"hub:{folder}") == (
        f"{folder} has no text in a column 'text'; set text_column to one of: body, title"
    )
    corpus = load(f"hub:{folder}", text_column="body", licence="MIT")
    assert [(d.title, d.text, d.licence) for d in corpus.documents] == [
        ("t 1", "b 1", "MIT"),
        ("t 2", "b 2", "MIT"),
    ]


def test_what_a_set_lacks_is_named(dataset: Path, tmp_path: Path) -> None:
    assert message(f"hub:{dataset},french").startswith(
        f"cannot load '{dataset}': BuilderConfig 'french' not found."
    )
    tests = write(tmp_path / "tests", test=rows("test", 3))
    assert message(f"hub:{tests}") == (
        f"{tests} has no text to train on, only the splits test; choose another data set or "
        "configuration (hub:NAME,CONFIG)"
    )
    (tmp_path / "void").mkdir()
    assert message(f"hub:{tmp_path / 'void'}").startswith(f"cannot load '{tmp_path / 'void'}'")


def test_a_hub_that_does_not_answer_is_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without looking first, its client would retry for half a minute and print each try."""
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    start = time.monotonic()
    assert message("hub:owner/some-set") == (
        "cannot reach the hub for 'owner/some-set'; corpora that need no network are toyworld, "
        "folder:PATH, and books with a local copy"
    )
    assert time.monotonic() - start < 5
    assert not constants.HF_HUB_OFFLINE
    assert not datasets.config.HF_HUB_OFFLINE


def test_offline_mode_is_named_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    assert message("hub:owner/some-set").startswith("cannot reach the hub for 'owner/some-set';")


def test_an_unknown_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(*_: object, **__: object) -> None:
        raise datasets.exceptions.DatasetNotFoundError("Dataset doesn't exist on the Hub")

    monkeypatch.setattr(hub_access, "_answers", lambda *_: True)
    monkeypatch.setattr(datasets, "load_dataset", not_found)
    assert message("hub:owner/none").startswith("the hub has no open data set 'owner/none'; check")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert message("hub:owner/some-set").startswith(
        "hub:owner/some-set needs the package datasets: pip install 'fmlab[hub]'; corpora"
    )
