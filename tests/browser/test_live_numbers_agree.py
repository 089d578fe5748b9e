"""The page's numbers are Python's: token numbers, logits and attention weights, on 200 sentences.

Also how long the reader waits, on two cores, from a server on this machine.
"""

import base64
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from live_site import LiveSite, start
from playwright.sync_api import Browser, Page

from fmlab import zoo
from fmlab.checkpoint import Checkpoint
from fmlab.export import export
from fmlab.models.bert import BertConfig, BertForPreTraining
from fmlab.models.hf import from_hf, to_hf
from fmlab.probes.reading import split
from fmlab.stages import load_stage, stages
from fmlab.views.live import LiveOptions

pytestmark = pytest.mark.browser

CLOSE = 2e-3
TIE = 1e-5  # two weights of a row that are nearer than this may change places
SECONDS_TO_ANSWER = 4.0
MILLISECONDS_A_FORWARD = 40.0
OPTIONS = LiveOptions("fill-mask", "She opened the window and looked out .", masked=[3])

PLAIN = [
    "The old man sat by the fire and told us a story.",
    "She opened the window and looked out into the garden .",
    "It was a cold morning, and the road was covered with [MASK].",
    "Nobody knew where he had gone; nobody asked.",
    "“You don't know her,” said the lighthouse keeper's daughter.",
    "HE SHOUTED AT THE TOP OF HIS VOICE!!!",
    "café naïve Zürich œuvre ﬁancé ½ ß İstanbul",
    "1,234.56 $ + 7 = ?  (see p. 12, § 3) #tag @name a_b",
    "tab\there\nand a new line\r\nand  two   spaces",
    "soft\u00adhyphen zero\u200bwidth no\u00a0break \ufeff mark",
]
SCRIPTS = [
    "我昨天在图书馆看了一本书。",
    "東京で友達に会いました。カタカナ",
    "나는 어제 친구를 만났다.",
    "Вчера я читал книгу в библиотеке.",
    "قرأت كتابًا في المكتبة أمس.",
    "אתמול קראתי ספר בספרייה.",
    "मैंने कल पुस्तकालय में एक किताब पढ़ी।",
    "เมื่อวานฉันอ่านหนังสือ",
    "Χθες διάβασα ένα βιβλίο.",
    "Tôi đã đọc một quyển sách ở thư viện.",
]
ODD = [
    "",
    " ",
    "😀",
    "😀 👩‍👩‍👧 🇨🇳 the cat 🐈 sat",
    "\U0001f9ea\U0001f9ea\U0001f9ea",
    "☃ ☃ ☃ ☃",  # unknown tokens alone
    "[MASK]",
    "[MASK] [MASK] [MASK]",
    "a[MASK]b [CLS] [SEP] [UNK] [PAD] [mask]",
    ".",
    "x" * 150,  # longer than a word may be
    "antidisestablishmentarianism",
    "a " * 126,  # as many tokens as the model has positions
]


def sentences() -> list[str]:
    """Return 200 texts: those above, and random mixtures of their words."""
    chance = random.Random(0)
    words = " ".join([*PLAIN, *SCRIPTS, *ODD[3:9]]).split()
    mixed = [" ".join(chance.choices(words, k=chance.randint(1, 40))) for _ in range(200)]
    return list(dict.fromkeys([*PLAIN, *SCRIPTS, *ODD, *mixed]))[:200]


@pytest.fixture(scope="module")
def page(browser: Browser, live_site: LiveSite, serve: Callable[[Path], str]) -> Iterator[Page]:
    """Return a served page with a figure that has been started."""
    live_site.page(OPTIONS, name="numbers")
    opened = browser.new_page()
    opened.goto(f"{serve(live_site.folder)}/numbers.html")
    start(opened)
    yield opened
    opened.close()


RUN = """async ([model, text, stage]) => {
  const engine = await globalThis[model];
  const { ids, cut, words, wordOf } = engine.words.read(text);
  const { logits, attentions } = await engine.run(ids, {
    layers: [engine.about.layers], places: ids.map((_, place) => place), stage,
  });
  const letters = (floats) => {
    const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) {
      text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    }
    return btoa(text);
  };
  return { ids, cut, words, wordOf, logits: letters(logits), weights: letters(attentions.data) };
}"""


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


def compare(
    page: Page, model: str, found: Checkpoint, text: str, stage: str = "", maxima: bool = True
) -> None:
    """Fail where the page and Python differ on a text: in values, and in each row's largest."""
    trained = found.masked_model
    theirs = page.evaluate(RUN, [model, text, stage])
    ours = split(found.tokenizer, text, (), trained.config.max_position_embeddings)
    assert theirs["ids"] == list(ours.ids), text
    assert (theirs["words"], theirs["cut"]) == (list(ours.words), ours.cut), text
    assert theirs["wordOf"] == list(ours.word_of), text
    with torch.inference_mode():
        out = trained(torch.tensor([ours.ids]), output_attentions=True)
    logits, weights = out.logits[0].numpy(), torch.stack(out.attentions)[:, 0].numpy()
    their_weights = floats(theirs["weights"]).reshape(weights.shape)
    np.testing.assert_allclose(floats(theirs["logits"]).reshape(logits.shape), logits, atol=CLOSE)
    np.testing.assert_allclose(their_weights, weights, atol=CLOSE)
    if not maxima:
        return
    top = np.sort(weights, axis=-1)[..., -2:]
    clear = top[..., -1] - top[..., 0] > TIE
    assert np.array_equal(their_weights.argmax(-1)[clear], weights.argmax(-1)[clear]), text
    assert clear.mean() > 0.9 or len(ours.ids) < 4


def test_the_shipped_model_agrees_on_200_sentences(page: Page) -> None:
    page.evaluate("globalThis.shipped = fmlabLive.shipped('books-small')")
    found = zoo.load("books-small")
    texts = sentences()
    assert len(texts) == 200
    for text in texts:
        compare(page, "shipped", found, text)


def half(found: Checkpoint) -> Checkpoint:
    """Return a model with its weights rounded to float16, as its file holds them."""
    config, weights = to_hf(found.model)
    model = from_hf(config, {name: w.half().float() for name, w in weights.items()})
    return Checkpoint(model, found.tokenizer, {}, found.path)


def test_a_model_of_512_tokens_agrees(
    page: Page,
    live_site: LiveSite,
    tmp_path: Path,
) -> None:
    """Its weights are rounded to float16 on the way: the numbers still agree with those before.

    A row's largest is compared after the rounding, which may turn round two that were nearly equal.
    """
    tokenizer = zoo.load("books-small").tokenizer
    torch.manual_seed(0)
    config = BertConfig(tokenizer.vocab_size, 96, 3, 6, 192, max_position_embeddings=512)
    model = BertForPreTraining(config).eval()
    for layer in model.bert.layers:  # heads that look at something: else all rows are nearly even
        torch.nn.init.normal_(layer.attention.query.weight, std=0.15)
        torch.nn.init.normal_(layer.attention.key.weight, std=0.15)
    found = Checkpoint(model, tokenizer, {}, Path("long"))
    rounded = half(found)
    file = export(found, live_site.folder / "long", "long", "card").path
    page.evaluate(
        """async (name) => {
          const bytes = new Uint8Array(await (await fetch(name)).arrayBuffer());
          globalThis.long = fmlabLive.own(bytes);
        }""",
        file.name,
    )
    assert len(split(tokenizer, "the cat " * 300, (), 512).ids) == 512
    for text in ["the cat " * 300, "I saw it . " * 100, *PLAIN, *ODD]:
        compare(page, "long", found, text, maxima=False)
        compare(page, "long", rounded, text)


def test_the_model_at_a_moment_of_its_training_agrees(page: Page) -> None:
    page.evaluate("globalThis.shipped = fmlabLive.shipped('books-small')")
    for moment in stages("books-small")[::2]:
        found = half(load_stage(moment))
        for text in PLAIN[:4]:
            compare(page, "shipped", found, text, str(moment.step))


def test_the_first_answer_comes_within_four_seconds(
    browser: Browser,
    live_site: LiveSite,
    serve: Callable[[Path], str],
) -> None:
    live_site.page(OPTIONS, name="first")
    fresh = browser.new_context().new_page()  # nothing kept from another page
    fresh.goto(f"{serve(live_site.folder)}/first.html")
    begun = time.perf_counter()
    fresh.locator(".live-start").click()
    fresh.locator(".live-bar-row").first.wait_for()
    waited = time.perf_counter() - begun
    fresh.context.close()
    assert waited < SECONDS_TO_ANSWER, f"{waited:.1f} s"


def test_a_forward_of_32_tokens_is_quick(page: Page) -> None:
    median = page.evaluate(
        """async () => {
          const engine = await fmlabLive.shipped("books-small");
          const ids = [2, ...Array.from({ length: 30 }, (_, i) => 100 + i), 3];
          const spent = [];
          for (let i = 0; i < 31; i += 1) {
            const begun = performance.now();
            await engine.run(ids, { layers: [4], places: ids.map((_, place) => place) });
            spent.push(performance.now() - begun);
          }
          return spent.sort((a, b) => a - b)[15];
        }"""
    )
    assert median < MILLISECONDS_A_FORWARD, f"{median:.1f} ms"
