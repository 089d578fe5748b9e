// Which words change, and into what: press a word, type the other.

import { el, freshId, later } from "./dom.js";
import { covered } from "./pair_text.js";

/**
 * Add a row of words and a field to a figure.
 *
 * @returns an object with `changes` (a Map from a word's place to other words), `show(answer)` and
 *   `replace(changes)`
 */
export function wordChanges(figure, onChange) {
  const { t } = figure;
  const id = freshId("live-change");
  const state = { changes: new Map(), show, replace };
  let picked = null;
  let last = null;

  const strip = el("div", { class: "live-words", role: "group", "aria-label": t("changeWord") });
  const label = el("label", { for: id });
  const field = el("input", { id, type: "text", autocomplete: "off", spellcheck: "false" });
  const typed = later(onChange, 250);
  field.addEventListener("input", () => {
    const to = field.value.trim();
    if (to) state.changes.set(picked, to);
    else state.changes.delete(picked);
    typed();
  });

  function replace(changes) {
    state.changes = new Map(changes);
    [picked = null] = state.changes.keys();
    field.value = state.changes.get(picked) ?? "";
  }

  function show(answer) {
    last = answer;
    if (picked !== null && (picked >= answer.words.length || covered(answer, picked)))
      picked = null;
    const focused = [...strip.children].indexOf(document.activeElement);
    strip.replaceChildren(...answer.words.map(button));
    if (focused >= 0) strip.children[Math.min(focused, answer.words.length - 1)]?.focus();
    field.disabled = picked === null;
    label.textContent =
      picked === null ? t("pickFirst") : t("becomes", { word: answer.words[picked] });
  }

  function button(word, place) {
    const hidden = covered(last, place);
    const to = hidden ? null : state.changes.get(place);
    return el("button", {
      type: "button",
      class: to ? "live-word live-changed" : "live-word",
      "aria-pressed": String(place === picked),
      disabled: hidden,
      text: to ? t("wordChanged", { word, to }) : word,
      onclick: () => pick(place),
    });
  }

  function pick(place) {
    picked = place;
    field.value = state.changes.get(place) ?? "";
    show(last);
    field.focus();
  }

  figure.controls.append(
    el(
      "div",
      { class: "live-sentence" },
      el("p", { class: "live-title", text: t("changeWord") }),
      strip,
      label,
      field,
      el("p", { class: "live-hint", text: t("changeHint") }),
    ),
  );
  return state;
}
