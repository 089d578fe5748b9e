"""The reader's own pictures, and data sets in the hub's layout; each mistake gets one line."""

import json
from pathlib import Path

import datasets
import numpy as np
import pytest
from huggingface_hub import constants
from PIL import Image

from fmlab.errors import UserError
from fmlab.vision import Pictures, load


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    datasets.disable_progress_bars()


def picture(path: Path, colour: tuple[int, ...], size: tuple[int, int] = (12, 8)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(path)
    return path


def colours(pictures: Pictures, split: str) -> list[list[int]]:
    return [p.pixels[0, 0].tolist() for p in pictures.split(split)]


def message(name: str, **options: object) -> str:
    with pytest.raises(UserError) as caught:
        load(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(9):
        picture(tmp_path / "own" / "deep" / f"{number}.png", (number * 20, 0, 0))
    picture(tmp_path / "own" / ".hidden" / "x.png", (1, 2, 3))
    return tmp_path / "own"


def test_a_folder_gives_squares_of_one_size_in_three_splits(folder: Path) -> None:
    found = load(f"pictures:{folder}", side=6)
    assert found.shape == (6, 6, 3)
    assert len(found.documents) == 9
    assert all(found.split(name) for name in ("train", "valid", "test"))
    first = found.documents[1]
    assert (first.title, first.caption) == ("deep/1.png", "")
    assert first.licence == "the user's own"
    assert first.pixels[3, 3].tolist() == [20, 0, 0]
    assert load(f"pictures:{folder}", side=6, grey=True, licence="CC0").shape == (6, 6, 1)


def test_copies_of_a_file_share_a_split(folder: Path) -> None:
    for number in range(9):
        (folder / f"copy {number}.png").write_bytes(
            (folder / "deep" / f"{number}.png").read_bytes()
        )
    found = load(f"pictures:{folder}", side=4)
    splits: dict[str, set[str]] = {}
    for one in found.documents:
        splits.setdefault(one.sha256, set()).add(one.split)
    assert len(splits) == 9
    assert all(len(names) == 1 for names in splits.values())


def test_the_middle_of_a_wide_picture_is_kept_and_glass_lies_on_white(tmp_path: Path) -> None:
    wide = Image.new("RGB", (30, 10), (255, 0, 0))
    wide.paste((0, 0, 255), (10, 0, 20, 10))
    (tmp_path / "w").mkdir()
    for number in range(3):
        wide.save(tmp_path / "w" / f"{number}.png")
    shown = load(f"pictures:{tmp_path / 'w'}", side=5).documents[0].pixels
    assert shown.reshape(-1, 3).tolist() == [[0, 0, 255]] * 25
    for number in range(3):
        picture(tmp_path / "g" / f"{number}.png", (0, 0, number, 0))
    assert load(f"pictures:{tmp_path / 'g'}", side=2).documents[0].pixels.min() == 255


def test_captions_stand_beside_the_pictures_or_in_a_table(folder: Path) -> None:
    for number in range(9):
        (folder / "deep" / f"{number}.txt").write_text(f"shade\n{number}")
    found = load(f"pictures:{folder}", side=4)
    assert found.captioned
    assert found.documents[3].caption == "shade 3"
    (folder / "deep" / "4.txt").unlink()
    assert message(f"pictures:{folder}") == (
        "8 of 9 pictures have a caption, deep/4.png has none; give each one, or none"
    )
    rows = [{"file_name": f"deep/{number}.png", "text": f"row {number}"} for number in range(9)]
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert load(f"pictures:{folder}", side=4).documents[3].caption == "row 3"
    (folder / "metadata.jsonl").unlink()
    table = "file_name,text\n" + "".join(f"deep/{n}.png,cell {n}\n" for n in range(9))
    (folder / "metadata.csv").write_text(table)
    assert load(f"pictures:{folder}", side=4).documents[3].caption == "cell 3"
    (folder / "metadata.csv").write_text(table + "gone.png,x\n")
    assert "names gone.png" in message(f"pictures:{folder}")
    (folder / "metadata.csv").write_text("name\nx\n")
    assert "needs file_name and text" in message(f"pictures:{folder}")


def test_what_is_wrong_with_a_folder_is_said_in_one_line(tmp_path: Path) -> None:
    assert "there is no folder" in message(f"pictures:{tmp_path / 'none'}")
    (tmp_path / "text").mkdir()
    assert "only nothing" in message(f"pictures:{tmp_path / 'text'}")
    (tmp_path / "text" / "a.txt").write_text("x")
    assert "only .txt" in message(f"pictures:{tmp_path / 'text'}")
    (tmp_path / "text" / "a.png").write_bytes(b"\x89PNG broken")
    assert "no picture that can be read" in message(f"pictures:{tmp_path / 'text'}")
    half = picture(tmp_path / "half" / "a.png", (9, 9, 9), (200, 200))
    half.write_bytes(half.read_bytes()[:60])
    assert "no picture that can be read" in message(f"pictures:{tmp_path / 'half'}")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A data set of the hub on disk: a folder of pictures a split, with a table of captions."""
    top = tmp_path / "set"
    for split, count in {"train": 5, "test": 2}.items():
        rows = []
        for number in range(count):
            shade = 20 * number + (10 if split == "test" else 0)
            picture(top / split / f"{number}.png", (shade, 0, 0))
            rows.append({"file_name": f"{number}.png", "text": f"{split} {number}", "n": number})
        (top / split / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (top / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n# A data set\n")
    return top


def test_rows_of_a_data_set_become_pictures_in_its_own_splits(dataset: Path) -> None:
    found = load(f"hub-pictures:{dataset}", side=4, text_column="text")
    assert colours(found, "test") == [[10, 0, 0], [30, 0, 0]]
    assert len(found.split("valid")) >= 1  # it had none, so the hash gives it some
    assert len(found.split("train")) + len(found.split("valid")) == 5
    assert {p.caption for p in found.split("test")} == {"test 0", "test 1"}
    assert {p.licence for p in found.documents} == {"cc-by-4.0"}
    assert found.documents[0].source.startswith(f"hub:{dataset} train/")
    streamed = load(f"hub-pictures:{dataset}", side=4, max_pictures=2)
    assert len(streamed.documents) == 4
    assert not streamed.captioned


def test_names_of_classes_serve_as_captions(tmp_path: Path) -> None:
    top = tmp_path / "classes"
    for split in ("train", "validation"):
        for number, name in enumerate(("cat", "dog")):
            picture(top / split / name / "a.png", (40 * number, 0, 0))
    found = load(f"hub-pictures:{top}", side=4, text_column="label")
    assert sorted(p.caption for p in found.split("train")) == ["cat", "dog"]
    shades = {p.caption: int(p.pixels[0, 0, 0]) for p in found.split("valid")}
    assert shades == {"cat": 0, "dog": 40}


def test_what_a_data_set_lacks_is_named(dataset: Path) -> None:
    assert message(f"hub-pictures:{dataset}", image_column="photo") == (
        f"{dataset} has no picture in a column 'photo' of train; set image_column to one of: image"
    )
    assert message(f"hub-pictures:{dataset}", text_column="n") == (
        f"{dataset} has no text in a column 'n' of train; set text_column to one of: text"
    )
    assert message(f"hub-pictures:{dataset},french").startswith(f"cannot load '{dataset}'")
    assert message(f"hub-pictures:{dataset}", side=0).startswith("side is 0")


def test_a_hub_that_does_not_answer_is_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    assert message("hub-pictures:owner/set") == (
        "cannot reach the hub for 'owner/set'; pictures that need no network are digits, "
        "moving-digits, scenes and pictures:PATH"
    )


def test_a_column_of_several_captions_gives_the_first(tmp_path: Path) -> None:
    pictures = [Image.fromarray(np.full((4, 4, 3), 9 * n, dtype=np.uint8)) for n in range(4)]
    rows = {"image": pictures, "captions": [[f"first {n}", "second"] for n in range(4)]}
    features = datasets.Features(
        image=datasets.Image(), captions=datasets.Sequence(datasets.Value("string"))
    )
    made = datasets.Dataset.from_dict(rows, features=features)
    (tmp_path / "parquet").mkdir()
    made.to_parquet(tmp_path / "parquet" / "train.parquet")
    found = load(f"hub-pictures:{tmp_path / 'parquet'}", side=4, text_column="captions")
    assert {p.caption for p in found.documents} == {f"first {n}" for n in range(4)}
