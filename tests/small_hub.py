"""A web server in the hub's layout, for the models that a test puts into it."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Model:
    """One repository: its commits, oldest first, each with its files; `main` is the last."""

    commits: dict[str, dict[str, bytes]]
    gated: bool = False
    moved_from: str | None = None  # the short name that old models had

    def commit(self, revision: str) -> str:
        return list(self.commits)[-1] if revision == "main" else revision


@dataclass
class SmallHub:
    """What it serves, what it was asked for, and ways in which it fails."""

    models: dict[str, Model]
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path
    broken: int | None = None  # answers everything with this status
    sent_share: float = 1.0  # of the announced bytes of weights
    spoiled: bool = False  # weights have the right length and a wrong byte
    address: str = ""

    @property
    def elsewhere(self) -> str:
        """The host that large files are sent from: another name, as the hub does it."""
        return self.address.replace("127.0.0.1", "localhost")

    def fetched(self) -> list[str]:
        """Return the names of the files that were sent, in order."""
        paths = [path for method, path in self.asked if method == "GET"]
        return [p.rpartition("/")[2] for p in paths if "/resolve/" in p or "/cdn/" in p]


@contextmanager
def serving(hub: SmallHub) -> Iterator[SmallHub]:
    """Serve `hub` at an address of this machine, and stop."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


class _Handler(BaseHTTPRequestHandler):
    hub: SmallHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:  # the names are the standard library's
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        hub = self.hub
        hub.asked.append((self.command, self.path))
        if hub.broken:
            return self._send(hub.broken, {})
        way, _, rest = self.path.lstrip("/").partition("/")
        if way == "cdn":
            return self._weights(*rest.split("/", 1))
        if way == "api":
            name, _, revision = rest.removeprefix("models/").partition("/revision/")
            return self._about(name, revision)
        name, _, rest = self.path.lstrip("/").partition("/resolve/")
        revision, _, file = rest.partition("/")
        for own, model in hub.models.items():
            if model.moved_from == name:
                return self._send(307, {"Location": f"/{own}/resolve/{revision}/{file}"})
        return self._file(name, revision, file)

    def _file(self, name: str, revision: str, file: str) -> None:
        model = self.hub.models.get(name)
        if model is None:
            return self._send(404, {"X-Error-Code": "RepoNotFound"})
        if model.gated:
            return self._send(401, {"X-Error-Code": "GatedRepo"})
        commit = model.commit(revision)
        if commit not in model.commits:
            return self._send(404, {"X-Error-Code": "RevisionNotFound"})
        known = {"X-Repo-Commit": commit}
        content = model.commits[commit].get(file)
        if content is None:
            return self._send(404, {**known, "X-Error-Code": "EntryNotFound"})
        if file.endswith(".safetensors"):  # as large files are: elsewhere, named by their hash
            large = {
                **known,
                "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": str(len(content)),
                "Location": f"{self.hub.elsewhere}/cdn/{commit}/{name}/{file}",
            }
            return self._send(302, large)
        etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        return self._send(200, {**known, "ETag": f'"{etag}"'}, content)

    def _weights(self, commit: str, name_and_file: str) -> None:
        name, _, file = name_and_file.rpartition("/")
        content = self.hub.models[name].commits[commit][file]
        if self.hub.spoiled:
            content = b"\xff" + content[1:]
        self._send(200, {}, content, int(len(content) * self.hub.sent_share))

    def _about(self, name: str, revision: str) -> None:
        model = self.hub.models.get(name)
        if model is None:
            return self._send(404, {})
        commit = model.commit(revision)
        about = {
            "id": name,
            "sha": commit,
            "siblings": [{"rfilename": file} for file in model.commits[commit]],
        }
        self._send(200, {"Content-Type": "application/json"}, json.dumps(about).encode())

    def _send(
        self, status: int, headers: dict[str, str], content: bytes = b"", sent: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[:sent])
            if sent is not None and sent < len(content):
                self.close_connection = True
