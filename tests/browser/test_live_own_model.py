"""A reader's own model: chosen or dropped, shown, and never sent anywhere; a file that is none."""

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from live_site import LiveSite, drawn, start
from playwright.sync_api import Browser, expect
from site_visit import PHONE, Visit, accessibility, overflow, visit

from fmlab import zoo
from fmlab.checkpoint import Checkpoint
from fmlab.export import export, parts_of
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.probes.reading import read
from fmlab.tokens import Tokenizer
from fmlab.views.live import VIEWS, LiveOptions

pytestmark = pytest.mark.browser
TEXT = "the cat sat on the mat ."
WAYS = ["served", "from file"]


@pytest.fixture(scope="module")
def mine() -> Checkpoint:
    """Return a small model that is no shipped one: 2 layers of 3 heads, 40 tokens."""
    tokenizer = Tokenizer.train([f"{TEXT} a dog ran over it and the cat ran too ."] * 3, 60)
    torch.manual_seed(1)
    config = BertConfig(tokenizer.vocab_size, 48, 2, 3, 64, max_position_embeddings=40)
    model = BertForPreTraining(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn_like(weight).mul(0.3).half().float())
    return Checkpoint(model, tokenizer, {}, Path("mine"))


@pytest.fixture(scope="module")
def file(mine: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(mine, tmp_path_factory.mktemp("own") / "mine", "my model", "# A card").path


@pytest.fixture(params=WAYS)
def started(
    request: pytest.FixtureRequest,
    browser: Browser,
    live_site: LiveSite,
    serve: Callable[[Path], str],
) -> Iterator[Visit]:
    """Return a page whose figure runs the shipped model, served and from its file."""
    page = live_site.page(LiveOptions("fill-mask", TEXT, masked=[1]), name="own")
    served = request.param == "served"
    seen = visit(browser, f"{serve(live_site.folder)}/own.html" if served else page.as_uri())
    start(seen.page)
    seen.page.get_by_text("Show your own model").click()
    yield seen
    assert seen.findings() == []
    seen.close()


def rezipped(file: Path, **changes: bytes | None) -> bytes:
    """Return a file with some of its parts changed, or left out (None)."""
    parts = parts_of(file)
    for name, content in changes.items():
        name = name.replace("__", ".")
        if content is None:
            del parts[name]
        else:
            parts[name] = content
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def drop(seen: Visit, name: str, content: bytes) -> None:
    """Drop a file on the figure, as a mouse does."""
    seen.page.evaluate(
        """([name, text]) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const carried = new DataTransfer();
          carried.items.add(new File([bytes], name));
          const root = document.querySelector(".live-root");
          for (const type of ["dragover", "drop"]) {
            root.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true }));
          }
        }""",
        [name, base64.b64encode(content).decode()],
    )


def first_guess(seen: Visit) -> str:
    return seen.page.locator(".live-bar-row .live-token").first.inner_text()


def test_a_model_that_is_chosen_is_shown_and_sent_nowhere(
    started: Visit, mine: Checkpoint, file: Path
) -> None:
    before, asked = first_guess(started), len(started.requests)
    started.page.locator("input[type=file]").set_input_files(file)
    expect(started.page.locator(".live-model")).to_contain_text("my model")
    drawn(started.page)
    best = read(mine.masked_model, mine.tokenizer, TEXT, masked=[1], k=1).fills[0].candidates[0]
    assert first_guess(started) == best.token
    assert [url for url in started.requests[asked:] if not url.startswith("blob:")] == []
    started.page.get_by_role("button", name="Back to books-small").click()
    drawn(started.page)
    assert first_guess(started) == before


def test_a_model_that_is_dropped_is_shown(started: Visit, mine: Checkpoint, file: Path) -> None:
    drop(started, "mine.fmlab", file.read_bytes())
    expect(started.page.locator(".live-model")).to_contain_text("from your file")
    drawn(started.page)
    best = read(mine.masked_model, mine.tokenizer, TEXT, masked=[1], k=1).fills[0].candidates[0]
    assert first_guess(started) == best.token
    started.page.get_by_role("textbox", name="Sentence").fill("the dog ran " * 20)
    expect(started.page.get_by_role("alert")).to_contain_text("cut after 40 tokens")
    assert overflow(started.page, PHONE) == []
    if started.home.startswith("http"):  # from a file, axe-core's own reading of styles is barred
        assert accessibility(started.page) == []


BROKEN = {
    "a text": (lambda file: b"hello", "not a model"),
    "nothing": (lambda file: b"", "not a model"),
    "cut short": (lambda file: file.read_bytes()[:-400], "not a model"),
    "another zip": (lambda file: rezipped(file, live__json=None), "not a model"),
    "another format": (
        lambda file: rezipped(file, live__json=json.dumps({"format": 9}).encode()),
        "has format 9",
    ),
    "no weights": (lambda file: rezipped(file, model__safetensors=None), "no model.safetensors"),
    "broken sizes": (lambda file: rezipped(file, live__json=b"{"), "live.json in this file is"),
    "broken words": (lambda file: rezipped(file, tokenizer__json=b"{}"), "tokenizer.json in this"),
    "broken graph": (lambda file: rezipped(file, model__onnx=b"\x08\x07zz"), "cannot run here"),
    "few weights": (
        lambda file: rezipped(file, model__safetensors=parts_of(file)["model.safetensors"][:900]),
        "cannot run here",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_model_gets_a_line_and_the_page_lives_on(
    browser: Browser, live_site: LiveSite, file: Path, what: str
) -> None:
    page = live_site.page(LiveOptions("fill-mask", TEXT, masked=[1]), name="broken")
    seen = visit(browser, page.as_uri())
    start(seen.page)
    before = first_guess(seen)
    make, line = BROKEN[what]
    drop(seen, "broken.fmlab", make(file))
    expect(seen.page.get_by_role("alert")).to_contain_text(line)
    assert first_guess(seen) == before
    seen.page.locator(".live-word").nth(2).click()  # cover one more word
    drawn(seen.page)
    expect(seen.page.locator(".live-status")).to_contain_text("place 2")
    expect(seen.page.locator(".live-model")).to_contain_text("books-small")
    problems = [line for line in seen.findings() if "onnxruntime" not in line]
    seen.close()
    assert problems == []


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_another_model(
    browser: Browser, live_site: LiveSite, file: Path, view: str
) -> None:
    second = "the dog sat on the mat ." if view in ("compare", "pair") else ""
    options = LiveOptions(view, TEXT, second=second, masked=[2], layer=4, head=4)
    seen = visit(browser, live_site.page(options, name=f"own-{view}").as_uri())
    start(seen.page)
    drop(seen, "mine.fmlab", file.read_bytes())
    expect(seen.page.locator(".live-model")).to_contain_text("from your file")
    drawn(seen.page)
    expect(seen.page.get_by_role("alert")).to_have_text("")
    assert seen.page.locator(".live-root > .live-status").inner_text().strip()
    assert seen.findings() == []
    seen.close()


def test_the_shipped_model_can_be_exported_and_dropped(
    browser: Browser, live_site: LiveSite, tmp_path: Path
) -> None:
    shipped = export(zoo.load("books-small"), tmp_path / "again", "again", "card").path
    page = live_site.page(LiveOptions("fill-mask", TEXT, masked=[1]), name="again")
    seen = visit(browser, page.as_uri())
    start(seen.page)
    told = seen.page.locator(".live-root > .live-status").inner_text()
    seen.page.get_by_text("Show your own model").click()
    seen.page.locator("input[type=file]").set_input_files(shipped)
    expect(seen.page.locator(".live-model")).to_contain_text("again")
    drawn(seen.page)
    assert seen.page.locator(".live-root > .live-status").inner_text() == told
    seen.close()
