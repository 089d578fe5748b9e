// What the figures have in common: their words, numbers as text, sliders, and finding what Python drew.

import { el, format, freshId, later } from "../live/dom.js";
import EN from "./en.json";

const TABLES = { en: EN };
const QUIET = 250; // milliseconds without a change before a screen reader is told

/** Return a speaker for a language: `t(key, values)`; what has no words yet speaks English. */
export function speaker(language = "en") {
  const words = { ...EN, ...TABLES[language.replace("-", "_")] };
  return (key, values = {}) => {
    if (!(key in words)) throw new Error(`no words for ${key}`);
    return format(words[key], values);
  };
}

/** Return a share as text. */
export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** Return a number as text: with a real minus, and no minus before zero. */
export function number(value, places = 2) {
  const text = value.toFixed(places);
  return text.replace("-", Number(text) === 0 ? "" : "−");
}

/** Return the elements that Python marked with a name, in their order. */
export function parts(root, name) {
  return [...root.querySelectorAll(`[data-part="${name}"]`)];
}

/** Set attributes of an element. */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** Show scores and shares in the rows of a table. */
export function showRows(root, scores, shares) {
  const cells = ["score", "bar", "share"].map((name) => parts(root, name));
  shares.forEach((share, i) => {
    cells[0][i].textContent = number(scores[i]);
    cells[1][i].style.width = `${(100 * share).toFixed(1)}%`;
    cells[2][i].textContent = percent(share);
  });
}

/** Return a function that says in words what is drawn, once the reader rests. */
export function sayer(root) {
  const [line] = parts(root, "said");
  return later((text) => {
    if (line.textContent !== text) line.textContent = text;
  }, QUIET);
}

/**
 * Return a slider with its label and its value as text.
 *
 * @param {string} label
 * @param {{min, max, step, value}} range
 * @param {(value: number) => string} show the value as the reader sees and hears it
 * @param {(value: number) => void} onInput
 * @returns an object with `element` and `move(value)`, which does not call `onInput`
 */
export function slider(label, range, show, onInput) {
  const id = freshId("figure-slider");
  const input = el("input", { id, type: "range", ...range });
  const output = el("output", { for: id, class: "figure-where" });
  const move = (value) => {
    input.value = value;
    output.textContent = show(value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    move(Number(input.value));
    onInput(Number(input.value));
  });
  move(range.value);
  const name = el("label", { for: id, text: label });
  return { element: el("div", { class: "figure-slider" }, name, input, output), move };
}

/** Return a slider over the numbers of a list. */
export function choice(label, list, value, onInput) {
  const range = { min: 0, max: list.length - 1, step: 1, value: list.indexOf(value) };
  const made = slider(
    label,
    range,
    (i) => String(list[i]),
    (i) => onInput(list[i]),
  );
  return { element: made.element, move: (to) => made.move(list.indexOf(to)) };
}

/** Return a button. */
export function button(text, onClick) {
  return el("button", { type: "button", class: "live-button", text, onclick: onClick });
}

/** Put controls before everything else in a figure. */
export function control(root, ...controls) {
  root.prepend(el("div", { class: "live-controls figure-controls" }, ...controls));
}
