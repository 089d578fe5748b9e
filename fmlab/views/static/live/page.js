// Live figures of a built page: each waits for the reader's click, then the model is loaded.

import { el } from "./dom.js";
import { Engine, startRuntime } from "./engine.js";
import { Figure } from "./figure.js";
import { speaker } from "./language.js";
import { megabytes, take } from "./shelf.js";
import { VIEWS } from "./views.js";

const ROOT = new URL("./", document.currentScript.src).href;
const engines = new Map();

/** Return a model of the site as a source of answers; it is loaded once. */
function shipped(name, stages) {
  if (!engines.has(name)) {
    const engine = Promise.all([take(ROOT, `models/${name}`), startRuntime(ROOT)])
      .then(([bytes, ort]) => Engine.open(bytes, ort))
      .then((opened) => {
        opened.stages = stages;
        opened.stageBytes = (stage) => take(ROOT, `stages/${name}/${stage}`);
        return opened;
      });
    engine.catch(() => engines.delete(name));
    engines.set(name, engine);
  }
  return engines.get(name);
}

async function own(bytes) {
  const engine = await Engine.open(bytes, await startRuntime(ROOT));
  engine.stages = [];
  return engine;
}

/** Put a button under a figure; what was there stays until the model has come. */
function prepare(root) {
  const options = JSON.parse(root.dataset.live);
  const t = speaker(options.language);
  const size = megabytes([`models/${options.model}`, "runtime/wasm"]);
  const button = el("button", {
    type: "button",
    class: "live-button live-start",
    text: t("start"),
  });
  const costs = el("p", { class: "live-hint", text: t("startCosts", { size }) });
  const bar = el("div", { class: "live-waiting" }, button, costs);
  root.append(bar);

  const start = async (byReader) => {
    button.disabled = true;
    costs.setAttribute("role", "status");
    costs.textContent = t("loading");
    try {
      const source = await shipped(options.model, options.stages ?? []);
      new Figure(root, VIEWS[options.view], options, source, own);
      if (byReader) root.querySelector("input, button, select")?.focus({ preventScroll: true });
    } catch (error) {
      button.disabled = false;
      button.textContent = t("retry");
      costs.textContent = t("cannotLoad", { why: error.message });
    }
  };
  button.addEventListener("click", () => start(true));
  if (options.load === "scroll") {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      start(false);
    });
    seen.observe(root);
  }
}

for (const root of document.querySelectorAll("[data-live]")) prepare(root);

// For tests and for curious readers: the very engine that the figures use.
globalThis.fmlabLive = { shipped: (name) => shipped(name, []), own };
