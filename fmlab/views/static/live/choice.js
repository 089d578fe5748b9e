// One of a few, as radio buttons.

import { el, freshId } from "./dom.js";

/**
 * Add a group of radio buttons to a figure.
 *
 * @param {object} figure where to (see figure.js)
 * @param {{label, choices, value, onChange}} options `choices`: pairs of a value and its words
 * @returns an object whose `value` is what is chosen, and its `element`
 */
export function choice(figure, { label, choices, value, onChange }) {
  const name = freshId("live-choice");
  const state = { value, element: null };
  const buttons = choices.map(([one, words]) => {
    const button = el("input", { type: "radio", name, value: one, checked: one === value });
    button.addEventListener("change", () => {
      state.value = one;
      onChange(one);
    });
    return el("label", { class: "live-radio" }, button, words);
  });
  state.element = el(
    "fieldset",
    { class: "live-choice" },
    el("legend", { text: label }),
    ...buttons,
  );
  figure.controls.append(state.element);
  return state;
}
