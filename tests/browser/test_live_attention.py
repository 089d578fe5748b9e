"""The attention view draws Python's weights in five ways, for mouse, keyboard, eye and ear."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from live_reading import CLOSE, WAYS, Figures, Shown, cells, opened, python, reach, share, shipped
from live_site import LiveSite
from playwright.sync_api import Browser, Locator, expect
from torch import Tensor

from fmlab.checkpoint import Checkpoint
from fmlab.export import export
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.probes.attention_statistics import attention_statistics
from fmlab.probes.reading import read
from fmlab.probes.rollout import attention_rollout
from fmlab.seeds import seed_torch
from fmlab.views.live import LiveOptions

pytestmark = pytest.mark.browser
TEXT = "The key to the old cabinets [MASK] on the table ."
OPTIONS = LiveOptions("attention", TEXT, layer=2, head=3)
THIRTY = (
    "When the old man had finished his supper he rose from the table , took his hat and went out "
    "into the garden , where the children were [MASK] ."
)
LOOKS = {"before": "to_previous", "after": "to_next", "itself": "to_self", "[CLS]": "to_first"}


@pytest.fixture(scope="module")
def figures(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> Iterator[Figures]:
    """Return a page of attention views; nothing may have gone wrong in it by the end."""
    found = Figures(opened(browser, live_site, serve, [OPTIONS] * 20, "attention"))
    yield found
    assert found.seen.findings() == []
    found.seen.close()


@pytest.fixture
def view(figures: Figures) -> Shown:
    """Return an attention view that no other test has touched."""
    return figures.next()


def heads(view: Shown) -> Locator:
    return view.root.get_by_role("radiogroup").get_by_role("radio")


def chosen(view: Shown) -> str:
    """Return which head is chosen, as its name begins."""
    (name,) = [
        one.get_attribute("aria-label") or ""
        for one in heads(view).all()
        if one.get_attribute("aria-checked") == "true"
    ]
    return name.split(":")[0]


def look(view: Shown, way: str) -> None:
    view.root.get_by_label(way).check()
    view.drawn()


def table(view: Shown) -> Tensor:
    """Return the numbers of the first table under “The same as a table”."""
    folded = view.root.locator("details", has_text="The same as a table").first
    if folded.get_attribute("open") is None:
        folded.locator("summary").click()
    folded.locator("table").first.wait_for()
    rows = cells(folded.locator("table").first)
    return torch.tensor([[float(number) for number in row[1:]] for row in rows]) / 100


def assert_close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < CLOSE


@pytest.mark.parametrize("way", WAYS)
def test_it_opens_served_and_from_its_file_and_keeps_nobody_out(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str], way: str
) -> None:
    seen = opened(browser, live_site, serve, [OPTIONS], f"attention-{way[:4]}", way)
    view = Shown(seen)
    assert chosen(view) == "Layer 2, head 3"  # the author's
    expect(view.root.locator(".live-status")).to_contain_text("Layer 2, head 3: the strongest")
    assert seen.findings() == []
    assert view.barriers() == []
    seen.close()


@pytest.mark.parametrize(
    "way", ["as a matrix", "one token of a head", "mean of a layer", "rollout up to a layer"]
)
def test_no_way_of_looking_keeps_anybody_out(view: Shown, way: str) -> None:
    look(view, way)
    view.root.get_by_label("Switch layer 2, head 3 off").check()
    view.drawn()
    assert view.barriers() == []


def test_a_typed_sentence_is_read(view: Shown) -> None:
    view.root.get_by_role("textbox", name="Sentence").fill("a dog ran over the hill .")
    expect(view.root.locator(".live-words button")).to_have_text(
        ["a", "dog", "ran", "over", "the", "hill", "."]
    )
    look(view, "as a matrix")
    assert_close(table(view), python("a dog ran over the hill .", k=1).attentions[1, 2])


def test_a_head_is_chosen_by_mouse_and_by_arrow_keys(view: Shown) -> None:
    heads(view).nth(1).click()
    assert chosen(view.drawn()) == "Layer 1, head 2"
    for key, name in [
        ("ArrowDown", "Layer 2, head 2"),
        ("ArrowRight", "Layer 2, head 3"),
        ("ArrowRight", "Layer 2, head 4"),
        ("ArrowRight", "Layer 2, head 4"),  # the last of its row
        ("ArrowUp", "Layer 1, head 4"),
        ("ArrowUp", "Layer 1, head 4"),  # the first row
        ("Home", "Layer 1, head 1"),
        ("ArrowLeft", "Layer 1, head 1"),
        ("End", "Layer 1, head 4"),
    ]:
        view.page.keyboard.press(key)
        assert chosen(view.drawn()) == name, key
    expect(view.root.locator(".live-status")).to_contain_text("Layer 1, head 4: the strongest")
    assert [one.get_attribute("tabindex") for one in heads(view).all()].count("0") == 1


def test_each_head_says_what_the_library_says_of_it(view: Shown) -> None:
    found = shipped()
    ids = python(TEXT, k=1).sentence.ids
    habits = attention_statistics(found.masked_model, [ids], found.tokenizer)
    squares = heads(view).all()
    assert len(squares) == 16
    said = 0
    for number, square in enumerate(squares):
        at = divmod(number, 4)
        shares = {name: float(getattr(habits, field)[at]) for name, field in LOOKS.items()}
        shares["[SEP]"] = float(habits.to_separator[at])
        written = re.match(r"(\S+) (\d+)\s%", square.locator(".live-head-habit").first.inner_text())
        if not written:
            assert max(shares.values()) < 0.15
            continue
        said += 1
        assert shares[written[1]] == pytest.approx(max(shares.values()), abs=CLOSE)
        assert int(written[2]) / 100 == pytest.approx(shares[written[1]], abs=0.005 + CLOSE)
        assert f"{written[2]} % of its attention" in (square.get_attribute("aria-label") or "")
    assert said >= 8


def test_lines_and_matrix_have_the_weights_of_python(view: Shown) -> None:
    expected = python(TEXT, k=1).attentions
    assert_close(table(view), expected[1, 2])
    look(view, "as a matrix")
    heads(view).nth(13).click()
    view.drawn()
    assert_close(table(view), expected[3, 1])


def test_the_mean_of_a_layer_is_the_mean_of_its_heads(view: Shown) -> None:
    look(view, "mean of a layer")
    expect(view.root.get_by_text("Mean of the heads of layer 2", exact=True)).to_be_visible()
    assert_close(table(view), python(TEXT, k=1).attentions[1].mean(0))


def test_rollout_is_that_of_the_library_up_to_each_layer(view: Shown) -> None:
    look(view, "rollout up to a layer")
    attentions = python(TEXT, k=1).attentions
    for layer in (0, 3):
        heads(view).nth(4 * layer).click()
        view.drawn()
        assert_close(table(view), attention_rollout(attentions[: layer + 1]))
    rolled = attention_rollout(attentions).fill_diagonal_(0)
    tokens = python(TEXT, k=1).sentence.tokens
    row, column = divmod(int(rolled.argmax()), len(tokens))
    largest = re.search(r"the largest shares are “(\S+?)[” ].*? in “(\S+?)[” ]", view.line)
    assert largest
    assert (largest[1], largest[2]) == (tokens[column], tokens[row])


def test_one_token_shows_its_row_and_its_column(view: Shown) -> None:
    weights = python(TEXT, k=1).attentions[1, 2]
    look(view, "one token of a head")
    select = view.root.get_by_label("Token", exact=True)
    assert select.locator("option:checked").inner_text() == "[MASK]"  # the covered one at first
    assert_close(table(view), torch.stack([weights[8], weights[:, 8]], 1))
    view.root.locator(".live-words button").nth(1).click()
    view.drawn()
    assert select.locator("option:checked").inner_text() == "key"
    select.select_option("[SEP]")
    view.drawn()
    assert_close(table(view), torch.stack([weights[13], weights[:, 13]], 1))


def test_a_press_on_a_word_goes_through_its_tokens_and_lets_go(view: Shown) -> None:
    word = view.root.get_by_role("group", name="Sentence").get_by_role("button", name="cabinets")
    for expected in ("“cabin” looks most at", "“##ets” looks most at", "the strongest links are"):
        word.click()
        expect(view.root.locator(".live-status")).to_contain_text(expected)
    expect(word).to_have_attribute("aria-pressed", "false")


def test_a_press_covers_where_the_reader_wants_that(view: Shown) -> None:
    word = view.root.get_by_role("group", name="Sentence").get_by_role("button").nth(1)
    view.root.get_by_label("covers it").check()
    word.click()
    expect(view.root.get_by_text("Covered place 2", exact=True)).to_be_visible()
    assert_close(table(view), python(TEXT, masked=[1], k=1).attentions[1, 2])
    view.root.get_by_label("shows where it looks").check()
    expect(word).to_have_accessible_name("key, covered")
    word.click()
    expect(view.root.locator(".live-status")).to_contain_text("“[MASK] (1)” looks most at")


def test_a_token_of_the_drawing_isolates_its_lines(view: Shown) -> None:
    weights = python(TEXT, k=1).attentions[1, 2]
    drawing = view.root.get_by_role("region", name="Lines from each token")
    left = drawing.get_by_role("group", name="looks", exact=True).get_by_role("button")
    right = drawing.get_by_role("group", name="is looked at").get_by_role("button")
    lines = drawing.locator(".live-chosen-links path")
    expect(lines).to_have_count(0)
    left.nth(2).hover()
    assert lines.count() > 0
    shares = [one.inner_text() for one in drawing.locator(".live-link-to .live-link-share").all()]
    assert shares[2] == f"{float(weights[2, 2]):.0%}".replace("%", " %")
    view.page.mouse.move(0, 0)
    expect(lines).to_have_count(0)
    right.nth(8).click()
    expect(view.root.locator(".live-status")).to_contain_text("Those that look most at “[MASK]”")
    expect(right.nth(8)).to_have_attribute("aria-pressed", "true")
    view.page.keyboard.press("ArrowUp")
    expect(right.nth(7)).to_be_focused()


def test_a_cell_of_the_matrix_is_read_by_pointing_and_its_row_by_pressing(view: Shown) -> None:
    weight = float(python(TEXT, k=1).attentions[1, 2][6, 7])
    look(view, "as a matrix")
    view.root.locator(".live-matrix-cells").hover(position={"x": 7 * 24 + 12, "y": 6 * 24 + 12})
    pointed = view.root.locator(".live-pointed")
    expect(pointed).to_contain_text("“cabin” looks at “##ets”: ")
    # Whole per cents from 10 % on.
    assert share(pointed.inner_text()) == pytest.approx(weight, abs=0.005 + CLOSE)
    rows = view.root.get_by_role("region", name="Matrix").get_by_role("button")
    rows.nth(6).click()
    expect(rows.nth(6)).to_have_attribute("aria-pressed", "true")
    expect(view.root.locator(".live-status")).to_contain_text("“cabin” looks most at")


def test_special_tokens_are_left_out_and_nothing_is_scaled_up(view: Shown) -> None:
    view.root.get_by_label("Leave [CLS] and [SEP] out").check()
    weights = python(TEXT, k=1).attentions[1, 2]
    expect(view.root.get_by_text("Nothing is scaled up")).to_be_visible()
    assert_close(table(view), weights[1:-1, 1:-1])
    drawing = view.root.get_by_role("region", name="Lines from each token")
    expect(drawing.get_by_role("button")).to_have_count(24)
    assert "[CLS]" not in view.line
    look(view, "rollout up to a layer")
    rolled = attention_rollout(python(TEXT, k=1).attentions[:2])
    assert_close(table(view), rolled[1:-1, 1:-1])


@pytest.mark.parametrize(
    ("text", "tokens", "most"), [(THIRTY, 32, 100), (f"{THIRTY} " * 6, 128, 700)]
)
def test_a_long_sentence_is_redrawn_before_the_reader_waits(
    browser: Browser,
    live_site: LiveSite,
    serve: Callable[[Path], str],
    text: str,
    tokens: int,
    most: int,
) -> None:
    seen = opened(browser, live_site, serve, [LiveOptions("attention", text)], "long")
    view = Shown(seen)
    assert len(python(text, k=1).sentence.tokens) == tokens
    spent = []
    for way in ("as lines", "as a matrix", "rollout up to a layer"):
        look(view, way)
        spent.append(
            view.root.evaluate(
                """async root => {
                  const heads = [...root.querySelectorAll('.live-head')];
                  let best = Infinity;
                  for (const head of heads.slice(4, 12)) {
                    const begun = performance.now();
                    head.click();
                    await new Promise(r => requestAnimationFrame(() => setTimeout(r)));
                    best = Math.min(best, performance.now() - begun);
                  }
                  return best;
                }"""
            )
        )
    assert max(spent) < most, spent
    drawing = view.root.get_by_role("region", name="Matrix")
    drawing.focus()
    view.page.keyboard.press("ArrowDown")
    view.page.wait_for_timeout(200)
    assert drawing.evaluate("box => box.scrollTop") > 0
    seen.close()


def test_a_model_with_many_heads_has_its_grid_too(view: Shown, tmp_path: Path) -> None:
    tokenizer = shipped().tokenizer
    seed_torch(1, "many heads")
    config = BertConfig(tokenizer.vocab_size, 48, 1, 12, 16, max_position_embeddings=32)
    model = BertForPreTraining(config).eval()
    file = export(Checkpoint(model, tokenizer, {}, tmp_path), tmp_path / "many", "many", "").path
    view.root.get_by_text("Show your own model").click()
    view.root.locator('input[type="file"]').set_input_files(file)
    expect(heads(view)).to_have_count(12)
    assert chosen(view.drawn()) == "Layer 1, head 3"  # the author's layer 2 is not there
    assert_close(table(view), read(model, tokenizer, TEXT).attentions[0, 2])
    assert view.barriers() == []


def test_it_is_worked_with_the_keyboard_alone(
    browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]
) -> None:
    seen = opened(browser, live_site, serve, [OPTIONS], "by-keyboard")
    page = seen.page
    reach(page, page.get_by_role("button", name="Start this figure"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Sentence")).to_be_focused(timeout=60_000)
    reach(page, page.get_by_role("radio", name="Layer 2, head 3:"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Layer 1, head 2:")).to_be_checked()
    off = page.get_by_label("Switch layer 1, head 2 off")
    reach(page, off)
    page.keyboard.press("Space")
    expect(off).to_be_checked()
    expect(page.locator(".live-status")).to_contain_text("With the heads that are off")
    reach(page, page.get_by_role("button", name="All heads on again"))
    page.keyboard.press("Enter")
    expect(off).not_to_be_checked()
    expect(off).to_be_focused()
    reach(page, page.get_by_role("button", name="Try all 16 heads"))
    page.keyboard.press("Enter")
    expect(page.locator(".live-found")).to_contain_text("Switched off alone")
    assert seen.findings() == []
    seen.close()
