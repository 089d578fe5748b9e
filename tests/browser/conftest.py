"""One browser and one server a session; every built page visited once from each of them."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from live_site import live_site  # noqa: F401
from playwright.sync_api import Browser, sync_playwright
from site_files import HTML, pages
from site_visit import AXE, Visit, visit

from fmlab.doctor import path_of

NO_SITE = f"there is no built site in {HTML}; run `make book`, or name one in FMLAB_SITE"
NO_BROWSER = "no Chromium found; run `apt-get install chromium`, or name one in FMLAB_CHROMIUM"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WAYS = ("served", "from file")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test every built page, or every page in every way that it can be opened.

    Served pages come first in every list, so that tests of the same visit run together.
    """
    built = pages(HTML) if HTML.is_dir() else []
    names = [str(page.relative_to(HTML)) for page in built]
    if "built_page" in metafunc.fixturenames:
        metafunc.parametrize("built_page", built or [None], ids=names or ["no site"], indirect=True)
    if "visited" in metafunc.fixturenames:
        ways = getattr(metafunc.function, "ways", WAYS)
        spots = [(way, page) for way in ways for page in built]
        ids = [f"{name}-{way}" for way in ways for name in names]
        metafunc.parametrize(
            "visited", spots or [None], ids=ids or ["no site"], indirect=True, scope="module"
        )


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing: the browser's own record is what the tests read."""


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Return a function that serves a folder on this machine and returns its address."""
    servers = []

    def start(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Chromium, with nothing of its own to say to the network."""
    path = path_of("chromium", "FMLAB_CHROMIUM")
    if not path:
        pytest.fail(NO_BROWSER, pytrace=False)
    if not AXE.is_file():
        pytest.fail("axe-core is not in node_modules; run `make book` first", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def built_page(request: pytest.FixtureRequest) -> Path:
    """Return one built page's file."""
    if request.param is None:
        pytest.fail(NO_SITE, pytrace=False)
    return request.param


@pytest.fixture(scope="session")
def html() -> Path:
    """Return the folder of the built site."""
    if not pages(HTML):
        pytest.fail(NO_SITE, pytrace=False)
    return HTML


@pytest.fixture(scope="session")
def site(serve: Callable[[Path], str]) -> str:
    """Return the address of the served site; it lies in a sub-folder, as on GitHub Pages."""
    return f"{serve(HTML.parent)}/{HTML.name}"


@pytest.fixture(scope="module")
def visited(request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Return one built page, open in the browser, served or from its file."""
    if request.param is None:
        pytest.fail(NO_SITE, pytrace=False)
    way, page = request.param
    if way == "served":
        url = f"{request.getfixturevalue('site')}/{page.relative_to(HTML).as_posix()}"
    else:
        url = page.resolve().as_uri()
    seen = visit(request.getfixturevalue("browser"), url)
    yield seen
    seen.close()
