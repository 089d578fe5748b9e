"""In a notebook the same drawing asks Python: with a stand-in for the notebook, and in JupyterLab.

The stand-in is what anywidget promises a script: `get`, `on`, `off` and `send`. Behind it stands
`reply`, the function that answers in a real notebook.
"""

import base64
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_site import LiveSite
from playwright.sync_api import Browser, Page, expect
from site_visit import accessibility, visit

from fmlab import bundle, zoo
from fmlab.live import Answers, live, stages_of
from fmlab.views.live import VIEWS
from fmlab.views.notebook_live import reply

pytestmark = pytest.mark.browser
TEXT = "She opened the window and looked out ."
STAND_IN = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A notebook</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="_static/live/live.css"></head>
<body><main><h1>A notebook</h1><div id="output"></div></main><script type="module">
import widget from "./live_notebook.js";
const state = STATE;
const heard = new Map();
const hear = (name) => heard.get(name) ?? heard.set(name, new Set()).get(name);
globalThis.model = {
  get: (name) => state[name],
  set(name, value) { state[name] = value; for (const act of hear(`change:${name}`)) act(); },
  on(names, act) { for (const name of names.split(" ")) hear(name).add(act); },
  off(names, act) { for (const name of names.split(" ")) hear(name).delete(act); },
  async send(content) {
    const { said, buffer } = await python(content);
    const bytes = Uint8Array.from(atob(buffer), (letter) => letter.charCodeAt(0));
    for (const act of hear("msg:custom")) act(said, [new DataView(bytes.buffer)]);
  },
};
globalThis.stop = widget.render({ model, el: document.getElementById("output") });
</script></body></html>"""


@pytest.fixture
def notebook(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> Iterator[Callable[..., Page]]:
    """Return a function that shows a figure in the stand-in, and its page."""
    (live_site.folder / "live_notebook.js").write_bytes(
        bundle.notebook_script(bundle.find_root(), live_site.folder / "fresh.js").read_bytes()
    )
    opened = []

    def show(view: str, text: str = TEXT, **said: Any) -> Page:
        figure = live(view, text, **said)
        names = ("options", "about", "stages", "text", "second", "layer", "head")
        state = json.dumps({name: getattr(figure, name) for name in names})
        (live_site.folder / "notebook.html").write_text(STAND_IN.replace("STATE", state), "utf-8")
        answers = Answers(zoo.load("books-small"), stages_of("books-small"))

        def python(content: dict[str, Any]) -> dict[str, Any]:
            sent: list[Any] = []
            reply(lambda said, buffers=(): sent.append((said, buffers)), answers, content)
            ((said, buffers),) = sent
            return {
                "said": said,
                "buffer": base64.b64encode(b"".join(buffers)).decode(),
            }

        seen = visit(browser, f"{serve(live_site.folder)}/empty.html")
        seen.problems.clear()
        seen.page.expose_function("python", python)
        seen.page.goto(f"{seen.home.rsplit('/', 1)[0]}/notebook.html")
        seen.page.locator(".live-root > .live-status").filter(has_text=re.compile(r"\S")).wait_for()
        opened.append(seen)
        return seen.page

    (live_site.folder / "empty.html").write_text("<title>empty</title><link rel=icon href=data:,>")
    yield show
    for seen in opened:
        assert seen.problems == []
        seen.close()


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_drawn_from_python_s_answers(
    notebook: Callable[..., Page], view: str
) -> None:
    second = "He opened the window and looked out ." if view in ("compare", "pair") else ""
    page = notebook(view, cover=["window"], second=second)
    expect(page.get_by_role("alert")).to_have_text("")
    assert page.locator(".live-drawing > *").count() > 0
    assert page.locator("[data-live]").count() == 0
    assert accessibility(page) == []


def test_a_word_that_is_pressed_asks_python_again(notebook: Callable[..., Page]) -> None:
    page = notebook("fill-mask", cover=["window"])
    before = page.locator(".live-status").inner_text()
    page.locator(".live-word").nth(1).click()
    expect(page.locator(".live-status")).to_contain_text("covered place 2")
    assert page.locator(".live-status").inner_text() != before


def test_the_figure_follows_its_traits(notebook: Callable[..., Page]) -> None:
    page = notebook("fill-mask", cover=["window"])
    page.evaluate("model.set('text', 'The [MASK] was cold .')")
    expect(page.get_by_role("textbox")).to_have_value("The [MASK] was cold .")
    expect(page.locator(".live-word").nth(1)).to_have_text("[MASK]")


def test_python_s_mistake_is_a_line_in_the_figure(notebook: Callable[..., Page]) -> None:
    page = notebook("fill-mask", cover=["window"])
    page.evaluate("model.get('options').k = 'many'; model.set('text', 'a [MASK]')")
    expect(page.get_by_role("alert")).to_contain_text("could not be computed")


CELL = {
    "cell_type": "code",
    "execution_count": None,
    "metadata": {},
    "outputs": [],
    "id": "one",
    "source": "from fmlab.live import live\n"
    f"live('fill-mask', {TEXT!r}, cover=['window']).with_controls()",
}
NOTEBOOK = {
    "cells": [CELL],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[str]:
    """Return the address of a JupyterLab that shows one notebook."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "figure.ipynb").write_text(json.dumps(NOTEBOOK))
    home = tmp_path / "home"
    settings = {"HOME": home, "JUPYTER_RUNTIME_DIR": tmp_path / "runtime", "OMP_NUM_THREADS": 1}
    quiet = [
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
         "--ServerApp.port_retries=0", "--IdentityProvider.token=",
         f"--ServerApp.root_dir={tmp_path / 'work'}", *quiet],
        env={**os.environ, **{name: str(value) for name, value in settings.items()}},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert server.stderr is not None
    address = None
    for line in server.stderr:
        if found := re.search(r"(http://(?:localhost|127\.0\.0\.1):\d+)/lab", line):
            address = found[1].replace("localhost", "127.0.0.1")
            break
    assert address, "JupyterLab did not start"
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5)
            break
        except OSError:
            time.sleep(0.2)
    yield address
    server.terminate()
    server.communicate(timeout=30)


def test_jupyterlab_shows_the_figure_with_ipywidgets_controls(
    browser: Browser, jupyter: str
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{jupyter}/lab/tree/figure.ipynb")
    cell = page.locator(".jp-CodeCell .cm-content").first
    cell.wait_for(timeout=60_000)
    # A cell that is run before the kernel has answered is forgotten.
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=60_000)
    status = page.locator(".live-status")
    cell.click()
    page.keyboard.press("Shift+Enter")
    expect(status).to_contain_text("first guess", timeout=90_000)
    before = status.inner_text()
    page.locator(".live-word").nth(1).click()
    expect(status).to_contain_text("covered place 2", timeout=20_000)
    text = page.locator(".widget-text input").first
    text.fill("The [MASK] was cold .")
    text.press("Enter")
    expect(page.locator(".live-word").nth(1)).to_have_text("[MASK]", timeout=20_000)
    assert status.inner_text() != before
    foreign = [u for u in asked if not u.startswith((jupyter, "data:", "blob:"))]
    context.close()
    assert foreign == []
