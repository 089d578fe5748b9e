// Heads that are switched off: the chosen one by a box to tick, all on again by a button.

import { el } from "./dom.js";
import { listed } from "./listed.js";

/**
 * Return the controls, and the heads that are off.
 *
 * @param {object} figure
 * @param {() => void} onChange other heads are off now
 */
export function headsOff(figure, onChange) {
  const { t } = figure;
  const { heads } = figure.source.about;
  const state = { off: new Set(), element: null, show };
  let chosen = 0;
  const box = el("input", { type: "checkbox", onchange: () => turn() });
  const words = el("span");
  const list = el("p", { class: "live-off-list" });
  const back = el("button", {
    type: "button",
    class: "live-button",
    text: t("attAllOn"),
    onclick: () => allOn(),
  });
  state.element = el(
    "div",
    { class: "live-off-box" },
    el("label", { class: "live-check" }, box, words),
    list,
    back,
  );

  /** Return the heads that are off, as pairs for a question. */
  state.pairs = () =>
    [...state.off].sort((a, b) => a - b).map((n) => [Math.floor(n / heads), n % heads]);

  function turn() {
    if (box.checked) state.off.add(chosen);
    else state.off.delete(chosen);
    onChange();
  }

  function allOn() {
    state.off.clear();
    box.focus(); // the button goes away
    onChange();
  }

  function show(layer, head) {
    chosen = layer * heads + head;
    box.checked = state.off.has(chosen);
    words.textContent = t("attSwitchOff", { layer: layer + 1, head: head + 1 });
    const pairs = state.pairs();
    const names = pairs.map(([l, h]) => t("attHead", { layer: l + 1, head: h + 1 }));
    list.textContent = pairs.length ? t("attOffList", { heads: listed(figure, names) }) : "";
    back.hidden = pairs.length === 0;
  }

  return state;
}
