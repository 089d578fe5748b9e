// A sentence to type, and its words as buttons that cover them.

import { el, freshId, later } from "./dom.js";

/**
 * Add a field and a row of words to a figure.
 *
 * @param {object} figure where to (see figure.js)
 * @param {{label, text, masked, cover, onChange, onPick}} options `cover`: whether a press covers
 *   a word; else `onPick(word)` is told which word was pressed
 * @returns an object with `text`, `masked` (places of covered words, sorted), `show(answer)`, and
 *   `cover` and `picked`, which a view may change before it shows
 */
export function sentence(figure, options) {
  const { label, text = "", masked = [], cover = true, onChange, onPick } = options;
  const id = freshId("live-sentence");
  const field = el("input", {
    id,
    type: "text",
    value: text,
    autocomplete: "off",
    spellcheck: "false",
  });
  const strip = el("div", { class: "live-words", role: "group", "aria-label": label });
  const hint = el("p", {
    class: "live-hint",
    id: `${id}-hint`,
    text: figure.t("coverHint"),
    hidden: !cover,
  });
  const state = { text, masked: [...masked], picked: null, cover, element: null, show };

  const typed = later(() => {
    if (field.value === state.text) return;
    state.text = field.value;
    state.masked = [];
    state.picked = null;
    onChange();
  }, 250);
  field.addEventListener("input", typed);

  let shown = "";
  function show({ words, wordOf, tokens }) {
    const literal = new Set(wordOf.filter((w, place) => w >= 0 && tokens[place] === "[MASK]"));
    const key = JSON.stringify([words, [...literal], state.masked, state.picked, state.cover]);
    if (key === shown) return;
    shown = key;
    hint.hidden = !state.cover;
    if (state.cover) strip.setAttribute("aria-describedby", hint.id);
    else strip.removeAttribute("aria-describedby");
    const focused = [...strip.children].indexOf(document.activeElement);
    strip.replaceChildren(...words.map((word, place) => button(word, place, literal.has(place))));
    if (focused >= 0) strip.children[Math.min(focused, words.length - 1)]?.focus();
  }

  function button(word, place, covered) {
    const chosen = state.cover ? state.masked.includes(place) : state.picked === place;
    return el("button", {
      type: "button",
      class: covered ? "live-word live-covered" : "live-word",
      "aria-pressed": String(chosen),
      "aria-label": covered && word !== "[MASK]" ? figure.t("wordCovered", { word }) : undefined,
      text: word,
      onclick: () => press(place),
    });
  }

  function press(place) {
    if (!state.cover) {
      state.picked = place;
      onPick?.(place);
      return;
    }
    const rest = state.masked.filter((other) => other !== place);
    state.masked =
      rest.length < state.masked.length ? rest : [...rest, place].sort((a, b) => a - b);
    onChange();
  }

  state.element = el(
    "div",
    { class: "live-sentence" },
    el("label", { for: id, text: label }),
    field,
    strip,
    hint,
  );
  figure.controls.append(state.element);
  return state;
}
