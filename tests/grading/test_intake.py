"""Submissions are taken in from what platforms export, and one bad entry costs itself alone."""

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from fmlab.errors import UserError
from fmlab.grading import intake_files
from fmlab.grading.intake import Submission, submissions

NOTEBOOK = b'{"nbformat": 4, "cells": []}'


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def by_student(path: Path, lab: str = "") -> dict[str, Submission]:
    found = submissions(path, lab=lab)
    assert [s.student for s in found] == sorted({s.student for s in found})
    for one in found:
        assert (one.data is None) != (one.refusal is None)
        assert one.refusal is None or "\n" not in one.refusal
    return {s.student: s for s in found}


@pytest.fixture(params=["folder", "zip"])
def lay(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Lay out files as a folder or as a zip: both are read alike."""

    def made(files: dict[str, bytes]) -> Path:
        if request.param == "zip":
            return zipped(tmp_path / "batch.zip", files)
        return folder(tmp_path / "batch", files)

    return made


def test_canvas_names_are_read(lay) -> None:  # type: ignore[no-untyped-def]
    found = by_student(
        lay(
            {
                "doejane_12345_678910_02_pretrain.ipynb": b"old",
                "doejane_LATE_12345_678910_02_pretrain-1.ipynb": b"new",
                "münchenåke_77_9_02_pretrain.ipynb": NOTEBOOK,
                "anon_x7k2q_5_02_pretrain.ipynb": NOTEBOOK,
                "roejohn_88_10_report.pdf": b"%PDF",
                "loulu_99_11_work.zip": b"PK",
            }
        )
    )
    jane = found["doejane_12345"]
    assert (jane.data, jane.platform_id, jane.name) == (b"new", "12345", "doejane")
    assert jane.flags[0] == "late"
    assert "other notebooks were left" in jane.flags[1]
    assert found["münchenåke_77"].flags == ()
    assert found["anon_x7k2q"].platform_id == "anon_x7k2q"
    assert "report.pdf" in str(found["roejohn_88"].refusal)
    assert "a zip inside is not opened" in str(found["loulu_99"].refusal)
    assert len(found) == 5


def test_the_file_name_reaches_no_other_students_number(lay) -> None:  # type: ignore[no-untyped-def]
    found = by_student(
        lay(
            {
                "evileve_666_1_doejane_12345_2_x.ipynb": b"eve",
                "fake_12345_7_3_02_pretrain.ipynb": b"fake",
                "doejane_12345_2_02_pretrain.ipynb": b"jane",
            }
        )
    )
    assert found["evileve_666"].data == b"eve"
    assert found["doejane_12345"].data == b"jane"
    assert any("12345 stands on 2 submissions" in flag for flag in found["doejane_12345"].flags)


def test_moodle_names_are_read_in_folders_and_flat(lay) -> None:  # type: ignore[no-untyped-def]
    found = by_student(
        lay(
            {
                "Jane Doe_12345_assignsubmission_file_/02_pretrain.ipynb": NOTEBOOK,
                "Jane Doe_12345_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
                "Åke_B_7_assignsubmission_file_/my work/deep.ipynb": NOTEBOOK,
                "Lu_8_assignsubmission_file_x_9_assignsubmission_file_02.ipynb": NOTEBOOK,
            }
        )
    )
    assert found["Jane Doe_12345"].name == "Jane Doe"
    assert found["Jane Doe_12345"].platform_id == "12345"
    assert found["Åke_B_7"].data == NOTEBOOK
    assert found["Lu_8"].platform_id == "8"
    assert len(found) == 3


METADATA = b"""\
submission_1:
  :submitters:
  - :name: Jane <script>
    :sid: 0042
    :email: jane@example.org
  :created_at: 2020-99-99 10:00:00
submission_2:
  :submitters:
  - :name: Pair One
    :sid: '200'
  - :name: Pair Two
    :email: two@example.org
    :sid:
"""


def test_gradescope_metadata_says_who_it_is(lay) -> None:  # type: ignore[no-untyped-def]
    found = by_student(
        lay(
            {
                "assignment_9_export/submission_metadata.yml": METADATA,
                "assignment_9_export/submission_1/02_pretrain.ipynb": b"a",
                "assignment_9_export/submission_2/02_pretrain.ipynb": b"b",
                "assignment_9_export/submission_3/02_pretrain.ipynb": b"c",
            }
        )
    )
    assert found["0042"].name == "Jane <script>"
    assert found["0042"].email == "jane@example.org"
    assert found["200"].data == found["two@example.org"].data == b"b"
    assert found["200"].flags == ("handed in together with Pair Two",)
    nobody = found["assignment_9_export/submission_3"]
    assert "does not say whose" in nobody.flags[0]


@pytest.mark.parametrize(
    "metadata",
    [
        b"a: &x [1]\nb: *x\n",
        b"[" * 100_000,
        b"- " * 500 + b"1",
        b"\xff\xfe",
        b"just text",
        b"!!python/object/apply:os.system ['false']",
        b": : :\n\t",
    ],
)
def test_a_hostile_metadata_file_costs_only_the_names(tmp_path: Path, metadata: bytes) -> None:
    path = zipped(
        tmp_path / "e.zip",
        {"e/submission_metadata.yml": metadata, "e/submission_1/a.ipynb": NOTEBOOK},
    )
    (only,) = submissions(path)
    assert only.data == NOTEBOOK
    assert "submission_metadata.yml" in only.flags[0]


@pytest.mark.parametrize(
    ("files", "students"),
    [
        (["jane.ipynb", "john.ipynb", "README.md"], ["jane", "john"]),
        (["jane/02_pretrain.ipynb", "john/02_pretrain.ipynb"], ["jane", "john"]),
        (["jane/02_pretrain.ipynb"], ["jane"]),
        (["all/jane/a.ipynb", "all/john/a.ipynb"], ["all/jane", "all/john"]),
        (["all/jane.ipynb", "all/john.ipynb"], ["all/jane", "all/john"]),
        (["jane/deep/er/a.ipynb", "john/a.ipynb"], ["jane", "john"]),
        (["t1/jane/a.ipynb", "t1/lu/a.ipynb", "t2/john/a.ipynb"], ["t1/jane", "t1/lu", "t2"]),
        (["jane/doe_1_2_x.ipynb", "john/a.ipynb"], ["jane", "john"]),
        (["in/doejane_1_2_x.ipynb"], ["doejane_1"]),
    ],
)
def test_plain_folders_name_their_students(lay, files, students) -> None:  # type: ignore[no-untyped-def]
    assert list(by_student(lay(dict.fromkeys(files, NOTEBOOK)))) == students


def test_what_systems_and_editors_leave_is_left_out(lay) -> None:  # type: ignore[no-untyped-def]
    found = by_student(
        lay(
            {
                "jane/a.ipynb": NOTEBOOK,
                "jane/.ipynb_checkpoints/a-checkpoint.ipynb": b"old",
                "__MACOSX/jane/._a.ipynb": b"junk",
                ".git/b.ipynb": b"junk",
                "john/a.ipynb": NOTEBOOK,
            }
        )
    )
    assert {s: one.data for s, one in found.items()} == {"jane": NOTEBOOK, "john": NOTEBOOK}


def test_two_notebooks_are_settled_by_the_labs_name_or_not_at_all(lay) -> None:  # type: ignore[no-untyped-def]
    path = lay({"jane/02_pretrain.ipynb": b"lab", "jane/z.ipynb": b"z", "john/a.ipynb": NOTEBOOK})
    assert "there are 2 notebooks" in str(by_student(path)["jane"].refusal)
    named = by_student(path, lab="02_pretrain")["jane"]
    assert named.data == b"lab"
    assert named.flags == ("other notebooks were left: z.ipynb",)


HOSTILE = {
    "../evil.ipynb": "leads out",
    "/etc/evil.ipynb": "leads out",
    "C:\\evil.ipynb": "leads out",
    "a\\..\\..\\evil.ipynb": "leads out",
    "d" * 2000 + ".ipynb": "too long",
    "/".join("d" * 40) + "/evil.ipynb": "too long",
}


def test_a_zips_hostile_names_cost_only_themselves(tmp_path: Path) -> None:
    members = {**dict.fromkeys(HOSTILE, b"evil"), "all/jane.ipynb": b"j", "all/john.ipynb": b"k"}
    found = by_student(zipped(tmp_path / "a.zip", members))
    refusals = [str(one.refusal) for one in found.values() if one.refusal]
    assert sorted(refusals) == sorted(
        next(r for r in refusals if text in r) for text in HOSTILE.values()
    )
    assert (found["all/jane"].data, found["all/john"].data) == (b"j", b"k")
    assert not list(tmp_path.rglob("*.ipynb"))


def test_backslashes_are_folders_too(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"jane\\a.ipynb": b"j", "john\\a.ipynb": b"k"})
    assert list(by_student(path)) == ["jane", "john"]


def test_control_and_direction_marks_leave_the_names(lay) -> None:  # type: ignore[no-untyped-def]
    found = by_student(lay({"ja\u202ene\x1b[31m\n.ipynb": b"1", "jane [31m.ipynb": b"2"}))
    assert list(found) == ["jane [31m", "jane [31m-2"]
    assert {one.data for one in found.values()} == {b"1", b"2"}
    assert all(one.file.isprintable() for one in found.values())


def test_a_zips_links_devices_and_passwords_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("disk", stat.S_IFBLK)):
            info = zipfile.ZipInfo(f"{name}.ipynb")
            info.external_attr = (mode | 0o644) << 16
            archive.writestr(info, "/etc/passwd")
        archive.writestr("lzma.ipynb", NOTEBOOK, zipfile.ZIP_LZMA)
        archive.writestr("locked.ipynb", NOTEBOOK)
        archive.writestr("jane.ipynb", NOTEBOOK)
    data = bytearray(path.read_bytes())
    place = data.index(b"locked.ipynb", data.index(b"PK\x01\x02")) - 46
    data[place + 8] |= 1
    path.write_bytes(data)
    found = by_student(path)
    assert found.pop("jane").data == NOTEBOOK
    assert "link" in str(found["link"].refusal)
    assert "plain file" in str(found["pipe"].refusal)
    assert "plain file" in str(found["disk"].refusal)
    assert "password" in str(found["locked"].refusal)
    assert "packs" in str(found["lzma"].refusal)


def test_bombs_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("honest.ipynb", bytes(30_000_000))
        archive.writestr("lying.ipynb", bytes(30_000_000))
        archive.writestr("jane.ipynb", NOTEBOOK)
    data = bytearray(path.read_bytes())
    place = data.index(b"lying.ipynb", data.index(b"PK\x01\x02")) - 46
    data[place + 24 : place + 28] = struct.pack("<I", 10)
    path.write_bytes(data)
    found = by_student(path)
    assert "larger than 20 MB" in str(found["honest"].refusal)
    assert "broken" in str(found["lying"].refusal)
    assert found["jane"].data == NOTEBOOK


def test_a_batch_has_a_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_files, "MAX_TOTAL_BYTES", 100)
    path = zipped(tmp_path / "a.zip", {"jane.ipynb": bytes(80), "john.ipynb": bytes(80)})
    found = by_student(path)
    assert found["jane"].data == bytes(80)
    assert "in parts" in str(found["john"].refusal)


def test_members_of_one_name_count_if_they_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (("a", b"1"), ("b", b"3"), ("c", b"2"), ("d", b"3")):
            archive.writestr(f"{name}.ipynb", data)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"c.ipynb", b"a.ipynb").replace(b"d.ipynb", b"b.ipynb"))
    found = by_student(path)
    assert "more than once" in str(found["a"].refusal)
    assert found["b"].data == b"3"


def test_a_hundred_thousand_members_are_read(tmp_path: Path) -> None:
    small = zipped(tmp_path / "small.zip", {"000000.txt": b"", "jane.ipynb": NOTEBOOK}).read_bytes()
    start = small.index(b"PK\x01\x02")
    second = small.index(b"PK\x01\x02", start + 4)
    end = small.index(b"PK\x05\x06")
    entry = small[start:second]
    central = b"".join(entry.replace(b"000000", b"%06d" % n) for n in range(100_000))
    central += small[second:end]
    # 0xFFFF members would need the larger format; zipfile goes by the directory's size alone.
    tail = struct.pack("<4s4HLLH", b"PK\x05\x06", 0, 0, 0, 0, len(central), start, 0)
    path = tmp_path / "a.zip"
    path.write_bytes(small[:start] + central + tail)
    assert central.count(b"PK\x01\x02") == 100_001
    assert list(by_student(path)) == ["jane"]


def test_links_pipes_and_large_files_in_a_folder_are_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = folder(tmp_path / "batch", {"jane.ipynb": NOTEBOOK, "ann.ipynb": b""})
    secret = folder(tmp_path, {"secret/s.ipynb": b"secret"}) / "secret"
    (batch / "link.ipynb").symlink_to(secret / "s.ipynb")
    (batch / "linked").symlink_to(secret)
    (batch / "loop").symlink_to(batch / "loop")
    os.mkfifo(batch / "pipe.ipynb")
    with (batch / "large.ipynb").open("wb") as stream:
        stream.truncate(1 << 40)
    opened: list[str] = []
    true_open = os.open

    def watched(path: Path, flags: int, *rest: int) -> int:
        opened.append(path.name)
        assert flags & os.O_NOFOLLOW
        assert flags & os.O_NONBLOCK
        if path.name == "ann.ipynb":
            raise PermissionError(13, "Permission denied")
        return true_open(path, flags, *rest)

    monkeypatch.setattr(intake_files.os, "open", watched)
    found = by_student(batch)
    assert found["jane"].data == NOTEBOOK
    assert "link" in str(found["link"].refusal)
    assert "link" in str(found["linked"].refusal)
    assert "plain file" in str(found["pipe"].refusal)
    assert "larger than 20 MB" in str(found["large"].refusal)
    assert "Permission denied" in str(found["ann"].refusal)
    assert set(opened) == {"ann.ipynb", "jane.ipynb", "large.ipynb"}


def test_a_pipe_that_takes_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    batch = folder(tmp_path / "batch", {"jane.ipynb": NOTEBOOK})
    with intake_files.opened(batch) as files:
        (batch / "jane.ipynb").unlink()
        os.mkfifo(batch / "jane.ipynb")
        with pytest.raises(intake_files.Refused, match="plain file"):
            files.read(files.listed[0])


@pytest.mark.parametrize(
    ("files", "name", "said"),
    [
        ({}, "none", "there is no folder and no zip"),
        ({"a.zip": b"PK no"}, "a.zip", "neither a folder nor a zip"),
        ({"in/notes.txt": b"x"}, "in", "there is no notebook in"),
        ({"in/canvas.zip": b"PK"}, "in", "name that zip itself"),
        ({"a.ipynb": NOTEBOOK}, "a.ipynb", "neither a folder nor a zip"),
    ],
)
def test_what_cannot_be_a_batch_is_said_in_one_line(
    tmp_path: Path, files: dict[str, bytes], name: str, said: str
) -> None:
    with pytest.raises(UserError, match=said) as caught:
        submissions(folder(tmp_path, files) / name)
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        # A zip's own writer cuts a name at NUL.
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
            min_size=1,
            max_size=30,
        ),
        min_size=1,
        max_size=6,
        unique=True,
    )
)
def test_any_names_give_unique_students(tmp_path_factory, names) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("batch") / "a.zip"
    files = {f"{number}{name}.ipynb": NOTEBOOK for number, name in enumerate(names)}
    zipped(path, {**files, "jane.ipynb": NOTEBOOK})  # a name may make its file a hidden one
    found = by_student(path)
    assert "jane" in found
    assert len(found) <= len(names) + 1


def test_a_member_without_a_name_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    zipped(path, {"jane.ipynb": NOTEBOOK, "x": b""})
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"x", b"\0"))
    assert len(by_student(path)) == 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_zip_never_crashes(tmp_path_factory, data) -> None:  # type: ignore[no-untyped-def]
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("jane.ipynb", NOTEBOOK * 20)
        archive.writestr("john/a.ipynb", NOTEBOOK)
    damaged = bytearray(whole.getvalue())
    for _ in range(3):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("batch") / "a.zip"
    path.write_bytes(damaged)
    try:
        assert len(by_student(path)) <= 2
    except UserError as error:
        said = str(error)
        event(said.split("(")[0].rsplit("/", 1)[-1])
