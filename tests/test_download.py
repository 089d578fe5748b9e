"""A download is whole or nothing, and each way to fail gets one line."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fmlab.errors import UserError
from fmlab.files import download, sha256_bytes


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the name is the standard library's
        self.close_connection = True
        if self.path == "/missing":
            return self.send_error(404)
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"400\r\nabc"
        else:
            self.send_header("Content-Length", "3" if self.path == "/whole" else "1000")
            body = b"abc"
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def test_a_file_arrives_and_is_not_fetched_again(server: str, tmp_path: Path) -> None:
    path = download(f"{server}/whole", tmp_path / "file", sha256=sha256_bytes(b"abc"))
    assert path.read_bytes() == b"abc"
    assert download("http://127.0.0.1:1/", path, sha256=sha256_bytes(b"abc")) == path


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("short", "cannot reach URL (IncompleteRead(0 bytes read, 997 more expected)); check"),
        ("chunked", "cannot reach URL (IncompleteRead(0 bytes read)); check the network, or put"),
        ("missing", "URL answered 404 (Not Found); check the network, or put the data into a"),
        ("whole", "URL arrived with SHA-256 ba7816bf8f01…, expected 000000000000…; try again"),
    ],
)
def test_a_bad_download_leaves_nothing(
    server: str, tmp_path: Path, page: str, message: str
) -> None:
    with pytest.raises(UserError) as caught:
        download(f"{server}/{page}", tmp_path / "file", sha256="0" * 64)
    assert str(caught.value).replace(f"{server}/{page}", "URL").startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_down_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot reach http://127\.0\.0\.1:1/ \("):
        download("http://127.0.0.1:1/", tmp_path / "file")
