"""The reader's own texts: found, cleaned, split by path; each kind of bad folder has its line."""

from pathlib import Path

import pytest

from fmlab.corpus import load
from fmlab.errors import UserError
from fmlab.files import sha256_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "texts"
    (root / "deep" / "er").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "one.txt").write_text("First line\nof a paragraph.\n\nSecond one.\n")
    (root / "deep" / "two.md").write_text("\ufeffA line.\nAnother line.", encoding="utf-8")
    (root / "deep" / "er" / "THREE.TXT").write_text("Déjà vu.", encoding="utf-8")
    (root / "empty.txt").write_text(" \n")
    (root / "picture.png").write_bytes(b"\x89PNG\0")
    (root / ".git" / "hidden.txt").write_text("not text of the user")
    return root


def test_text_files_are_found_at_any_depth(folder: Path) -> None:
    corpus = load(f"folder:{folder}")
    assert {d.title: d.text for d in corpus.documents} == {
        "deep/er/THREE.TXT": "Déjà vu.",
        "deep/two.md": "A line.\nAnother line.",
        "one.txt": "First line of a paragraph.\nSecond one.",
    }
    assert corpus.documents[2].sha256 == sha256_file(folder / "one.txt")


def test_the_licence_is_the_users_own_unless_named(folder: Path) -> None:
    assert {d.licence for d in load(f"folder:{folder}").documents} == {"the user's own"}
    named = load(f"folder:{folder}", licence="CC BY 4.0")
    assert {d.licence for d in named.documents} == {"CC BY 4.0"}


def test_the_split_depends_on_the_path_below_the_folder_only(folder: Path) -> None:
    before = {d.title: d.split for d in load(f"folder:{folder}").documents}
    moved = folder.rename(folder.with_name("moved"))
    assert {d.title: d.split for d in load(f"folder:{moved}").documents} == before
    assert sorted(before.values()) == ["test", "train", "valid"]


def test_one_file_is_split_by_paragraphs(tmp_path: Path) -> None:
    lines = [f"paragraph {number}" for number in range(20)]
    (tmp_path / "only.txt").write_text("\n".join(lines))
    documents = load(f"folder:{tmp_path}").documents
    assert [(d.split, d.text.splitlines()) for d in documents] == [
        ("train", lines[:16]),
        ("valid", lines[16:18]),
        ("test", lines[18:]),
    ]


def test_max_words_limits_train_only(folder: Path) -> None:
    whole, limited = load(f"folder:{folder}"), load(f"folder:{folder}", max_words=1)
    assert sum(d.words for d in limited.split("train")) == 1
    assert limited.split("valid") == whole.split("valid")


def test_bad_folders_get_one_line_each(tmp_path: Path) -> None:
    def message(path: Path) -> str:
        with pytest.raises(UserError) as caught:
            load(f"folder:{path}")
        assert "\n" not in str(caught.value)
        return str(caught.value)

    bad = tmp_path / "bad"
    assert message(bad) == f"there is no folder {bad}; check the path"
    bad.mkdir()
    assert message(bad) == f"the folder {bad} is empty; put .txt or .md files into it"
    (bad / "a.png").write_bytes(b"\x89PNG")
    (bad / "b").write_bytes(b"\0")
    assert message(bad) == f"no .txt or .md file in {bad}, only .png, no suffix; " + (
        "save the text as UTF-8 .txt"
    )
    text = bad / "a.txt"
    assert message(bad / "a.png") == f"{bad / 'a.png'} is a file; name the folder that holds it"
    text.write_text("\n\n")
    assert message(bad) == f"the text files in {bad} are empty; put some text into them"
    text.write_bytes("Straße".encode("latin-1"))
    assert message(bad) == f"{text} is not UTF-8 text (byte 4); save it as UTF-8, or take it out"
    text.write_bytes(b"a\0b")
    assert message(bad) == f"{text} is binary, not text; save it as UTF-8 text, or take it out"
    text.write_text("a single paragraph")
    assert message(bad).startswith(f"{text} is one paragraph, too little for train and valid")
