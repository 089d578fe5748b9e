"""A download is whole or nothing: a bad server or a bad archive gives one line, and no books."""

import io
import tarfile
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from book_archive import FILES, MANIFEST, TOP, Answer, packed, sends

from fmlab.corpus import archive, books
from fmlab.errors import UserError

Serve = Callable[[Answer], str]
WANTED = {book.path: book.sha256 for book in MANIFEST}
LATE = "Cy Dow/Late.md"


def failure(url: str, cache: Path, timeout: float = 5.0) -> str:
    """The one line that loading the books from `url` ends with; nothing may stay behind."""
    with pytest.raises(UserError) as caught:
        books.load(manifest=MANIFEST, url=url, timeout=timeout)
    assert "\n" not in str(caught.value)
    assert not cache.exists()
    return str(caught.value).replace(url, "URL")


def test_wanted_files_arrive_byte_for_byte(serve: Serve) -> None:
    found = archive.fetch(serve(sends(packed(FILES))), WANTED)
    assert found == {path: text.encode() for path, text in FILES.items()}


def test_progress_is_reported_after_each_file(serve: Serve) -> None:
    seen: list[tuple[int, int, int]] = []
    archive.fetch(serve(sends(packed(FILES))), WANTED, report=lambda *step: seen.append(step))
    assert [step[:2] for step in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(step[2] > 0 for step in seen)


def test_reading_stops_at_the_last_wanted_file(serve: Serve) -> None:
    """What follows is not even looked at: here it is no archive any more."""
    whole = packed({**FILES, "after.md": "".join(map(chr, range(100, 50_000)))})
    first, *_ = WANTED
    assert list(archive.fetch(serve(sends(whole[:-40_000])), {first: WANTED[first]})) == [first]


def test_a_changed_member_is_refused(serve: Serve, cache: Path) -> None:
    damaged = {**FILES, LATE: FILES[LATE].replace("day", "dey", 1)}
    message = failure(serve(sends(packed(damaged))), cache)
    assert message.startswith(f"{LATE!r} arrived damaged from URL (wrong hash); check the network")


def test_a_truncated_archive_is_refused(serve: Serve, cache: Path) -> None:
    body = packed(FILES)
    for length in (0, 100, len(body) // 2, len(body) - 100):
        cut = failure(serve(sends(body[:length])), cache)
        assert cut.startswith(("the archive at URL is cut short", "4 of 4 files are not in URL")), (
            length
        )


def test_a_connection_that_breaks_is_refused(serve: Serve, cache: Path) -> None:
    body = packed(FILES)
    message = failure(serve(sends(body[: len(body) // 2], announced=len(body))), cache)
    assert message.startswith(("the archive at URL is cut short", "cannot reach URL"))


def test_something_that_is_no_archive_is_refused(serve: Serve, cache: Path) -> None:
    message = failure(serve(sends(b"<html>Please log in</html>" * 40)), cache)
    assert message.startswith("the archive at URL is cut short or damaged (not a gzip file);")


def test_a_missing_member_is_named(serve: Serve, cache: Path) -> None:
    fewer = {path: text for path, text in FILES.items() if path != LATE}
    message = failure(serve(sends(packed(fewer))), cache)
    assert message.startswith(f"1 of 4 files are not in URL (the first: {LATE!r}): it is cut short")


def test_a_server_that_is_down_is_named(cache: Path, serve: Serve) -> None:
    nobody = "http://127.0.0.1:1/books.tar.gz"
    message = failure(nobody, cache)
    assert message.startswith("cannot reach URL (")
    assert message.endswith("fetch it by hand and name its folder in FMLAB_DATA")


def test_an_answer_of_not_found_is_named(serve: Serve, cache: Path) -> None:
    def not_found(handler: BaseHTTPRequestHandler) -> None:
        handler.send_error(404)

    assert failure(serve(not_found), cache).startswith("URL answered 404 (Not Found); check")


def test_a_server_that_stalls_is_left(serve: Serve, cache: Path) -> None:
    def stall(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(packed(FILES)[:50])
        handler.wfile.flush()
        time.sleep(1.0)

    start = time.monotonic()
    assert "timed out" in failure(serve(stall), cache, timeout=0.3)
    assert time.monotonic() - start < 0.9


def test_a_server_that_only_drips_is_left(serve: Serve, cache: Path) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for byte in packed(FILES)[:40]:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.05)

    assert "URL sends only" in failure(serve(drip), cache, timeout=0.3)


def test_a_member_of_unlikely_size_is_refused(
    serve: Serve, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 100)
    assert "is far too large" in failure(serve(sends(packed(FILES))), cache)


def test_an_endless_archive_is_left(
    serve: Serve, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 1000)
    assert failure(serve(sends(packed(FILES))), cache).startswith("URL is larger than any archive")


def test_links_and_paths_that_leave_the_folder_write_nothing(
    serve: Serve, cache: Path, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        link = tarfile.TarInfo(f"{TOP}/{LATE}")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        outside = tarfile.TarInfo(f"{TOP}/../../outside.md")
        outside.size = 3
        tar.addfile(outside, io.BytesIO(b"bad"))
    before = sorted(tmp_path.rglob("*"))
    assert failure(serve(sends(buffer.getvalue())), cache).startswith("4 of 4 files are not in")
    assert sorted(tmp_path.rglob("*")) == before
