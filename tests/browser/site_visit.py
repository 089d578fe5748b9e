"""A page as a reader's browser has it: what it asked for, said, drew, and let the reader do."""

import contextlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
)
from playwright.sync_api import TimeoutError as TooLate
from site_files import REPOSITORY

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
DESK = {"width": 1280, "height": 900}
PHONE, TABLET = 360, 768
QUESTION = ".Quiz"
LOCAL = {"file", "data", "blob", "about"}


@dataclass
class Visit:
    """One page held open, and everything that it did from its first request on."""

    page: Page
    context: BrowserContext
    home: str
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)

    def findings(self) -> list[str]:
        """Return what went wrong so far: foreign requests, failed ones, errors in the console."""
        self.page.wait_for_timeout(1000 if self.aborted else 50)  # let what is under way arrive
        # A page that sends the reader on (index.html) leaves requests behind unanswered.
        broken_off = [] if self.page.url != self.home else self.aborted
        abroad = [f"asked another host: {url}" for url in self.requests if not self._at_home(url)]
        return sorted(set(abroad + broken_off + self.problems))

    def _at_home(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in LOCAL or parts.netloc == urlsplit(self.home).netloc

    def close(self) -> None:
        """Close the page."""
        self.context.close()


def visit(browser: Browser, url: str) -> Visit:
    """Open `url` in a fresh context and return the visit once the page has settled."""
    context = browser.new_context(viewport=DESK, reduced_motion="reduce", color_scheme="light")
    seen = Visit(context.new_page(), context, home=url)
    _watch(seen)
    seen.page.goto(url, wait_until="load")
    settle(seen.page)
    return seen


def _watch(seen: Visit) -> None:
    """Write down what the page asks for and what goes wrong in it."""

    def on_response(response: Response) -> None:
        if response.status >= 400:
            seen.problems.append(f"status {response.status}: {response.url}")

    def on_failure(request: Request) -> None:
        kept = seen.aborted if request.failure == "net::ERR_ABORTED" else seen.problems
        kept.append(f"no answer: {request.url} ({request.failure})")

    def on_console(said: ConsoleMessage) -> None:
        if said.type == "error":
            place = f"{said.location.get('url')}:{said.location.get('lineNumber')}"
            seen.problems.append(f"console: {said.text} ({place})")

    page = seen.page
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("websocket", lambda socket: seen.requests.append(socket.url))
    page.on("requestfailed", on_failure)
    page.on("response", on_response)
    page.on("console", on_console)
    page.on("pageerror", lambda error: seen.problems.append(f"page error: {error}"))


def settle(page: Page) -> None:
    """Wait until nothing is asked for any more and MathJax, if the page has it, has finished."""
    ready = "async () => { if (window.MathJax?.startup) await MathJax.startup.promise }"
    page.wait_for_load_state("networkidle")
    try:
        page.evaluate(ready)
    except Error:  # the page sent the reader on just now
        page.wait_for_load_state("networkidle")
        page.evaluate(ready)


def math_left_raw(page: Page) -> list[str]:
    """Return every formula of the page that MathJax did not draw, or drew as an error."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.math')]
          .filter(e => !e.querySelector('mjx-container svg, mjx-container mjx-math') ||
                       e.querySelector('mjx-merror, [data-mjx-error]') ||
                       e.querySelector('mjx-container').getBoundingClientRect().width < 1)
          .map(e => e.textContent.trim().slice(0, 80))"""
    )


def overflow(page: Page, width: int) -> list[str]:
    """Return what makes the page scroll sideways at `width` pixels: the widest culprits."""
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(150)
    found: list[str] = page.evaluate(
        """() => {
          const root = document.documentElement, room = root.clientWidth;
          const widest = Math.max(root.scrollWidth, document.body.scrollWidth);
          if (widest <= room) return [];
          const scrolls = e => e && e !== document.body && e !== root &&
            (/(auto|scroll|hidden|clip)/.test(getComputedStyle(e).overflowX) ||
             scrolls(e.parentElement));
          const culprits = [...document.body.querySelectorAll('*')]
            .filter(e => e.getBoundingClientRect().right > room + 1 && !scrolls(e.parentElement))
            .map(e => `<${e.tagName.toLowerCase()} class="${e.getAttribute('class')}"> ` +
                      `ends at ${Math.round(e.getBoundingClientRect().right)} px`);
          return [`the page is ${widest} px wide in a window of ${room} px`,
                  ...culprits.slice(0, 4)];
        }"""
    )
    page.set_viewport_size(DESK)
    return found


def show_mode(page: Page, mode: str) -> str:
    """Show the page in `light` or `dark`, as a reader's system asks; return the mode it shows."""
    page.emulate_media(color_scheme=mode, reduced_motion="reduce")  # type: ignore[arg-type]
    shown = "mode => document.documentElement.dataset.theme === mode"
    with contextlib.suppress(TooLate):
        page.wait_for_function(shown, arg=mode, timeout=3000)
    be_still(page)
    return str(page.evaluate("() => document.documentElement.dataset.theme"))


def be_still(page: Page) -> None:
    """Wait until nothing fades or moves any more: half-way, a text may be too pale to read."""
    page.evaluate(
        """async () => {
          await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
          const ends = one => one.effect.getComputedTiming().endTime < Infinity;
          await Promise.allSettled(document.getAnimations().filter(ends).map(one => one.finished));
        }"""
    )


def lay_open(page: Page) -> None:
    """Open everything that is folded, so that it is looked at too."""
    page.evaluate(
        """() => {
          document.querySelectorAll('details').forEach(e => { e.open = true });
          document.querySelectorAll('.toggle-hidden').forEach(e => {
            e.classList.remove('toggle-hidden') });
        }"""
    )
    be_still(page)


def accessibility(page: Page, within: str = "html") -> list[str]:
    """Return axe-core's serious and critical findings on the page, or on parts of it."""
    if not page.locator(within).count():
        return []
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; 0")
    result = page.evaluate("part => axe.run(part, {resultTypes: ['violations']})", within)
    return [
        f"{violation['impact']} {violation['id']}: {node['target']} "
        f"{_summary(node['failureSummary'])}"
        for violation in result["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"][:5]
    ]


def _summary(text: str) -> str:
    return " / ".join(line.strip() for line in text.splitlines()[1:3])


def undrawn(page: Page) -> list[str]:
    """Return the widgets and attention views of the page that have drawn nothing."""
    return page.evaluate(
        """() => {
          const found = [];
          const marks = 'svg *, canvas, input, button, select, .jupyter-widgets';
          const drawn = e => [...e.querySelectorAll(marks)]
            .some(x => x.getBoundingClientRect().width > 0);
          for (const e of document.querySelectorAll('[id^="bertviz"]'))
            if (!drawn(e)) found.push(`bertviz view #${e.id} is empty`);
          for (const e of document.querySelectorAll(
                 'script[type="application/vnd.jupyter.widget-view+json"]'))
            if (!drawn(e.parentElement)) found.push('a widget is empty: ' + e.textContent.trim());
          for (const e of document.querySelectorAll('[data-figure]'))
            if (!drawn(e)) found.push(`the live figure ${e.dataset.figure} is empty`);
          for (const e of document.querySelectorAll('img'))
            if (e.complete && e.naturalWidth === 0) found.push('an image is empty: ' + e.src);
          return found;
        }"""
    )


def dumb_questions(page: Page) -> list[str]:
    """Answer every question by mouse and by keyboard; return those that do not respond."""
    found = []
    for question in page.locator(QUESTION).all():
        title = question.inner_text().strip().split("\n")[0][:60]
        choices = question.locator("label.MCButton")
        try:
            if choices.count():
                faults = _try_choices(page, question, choices)
            else:
                faults = _try_field(question)
        except Error as error:
            faults = [error.message.splitlines()[0]]
        found += [f"question {title!r}: {fault}" for fault in faults]
    return found


def _try_choices(page: Page, question: Locator, choices: Locator) -> list[str]:
    """Click the first answer, then choose the last one by keyboard."""
    faults = []
    choices.first.click(timeout=2000)
    if not question.locator(".Feedback").inner_text().strip():
        faults.append("a click brings no answer")
    look = "e => { const s = getComputedStyle(e); return [s.outline, s.boxShadow].join() }"
    unfocused = choices.last.evaluate(look)
    choices.last.locator("input").focus(timeout=2000)
    if page.evaluate("() => document.activeElement.type") != "radio":
        faults.append("no answer takes the keyboard's focus")
    elif choices.last.evaluate(look) == unfocused:
        faults.append("the answer in focus looks like the others")
    page.keyboard.press("Space")
    if choices.last.get_attribute("class") == "MCButton":
        faults.append("the space bar brings no answer")
    return faults


def _try_field(question: Locator) -> list[str]:
    """Write an answer and press Enter."""
    entry = question.locator("input").first
    entry.fill("0", timeout=2000)
    entry.press("Enter")
    return [] if question.locator(".Feedback").inner_text().strip() else ["Enter brings no answer"]
