// Which head: a layer and a head of it, as two lists.

import { el, freshId } from "./dom.js";

/** Add the two lists to a figure; return an object with `layer` and `head`, both from 0. */
export function headChoice(figure, onChange) {
  const { t, options, source } = figure;
  const { layers, heads } = source.about;
  const state = {
    layer: Math.min(options.layer ?? 0, layers - 1),
    head: Math.min(options.head ?? 0, heads - 1),
    element: el("div", { class: "live-lists" }),
  };
  for (const [key, count] of [["layer", layers], ["head", heads]]) {
    const id = freshId(`live-${key}`);
    const numbers = Array.from({ length: count }, (_, i) =>
      el("option", { value: i, selected: i === state[key], text: String(i + 1) }),
    );
    const list = el("select", { id }, ...numbers);
    list.addEventListener("change", () => {
      state[key] = Number(list.value);
      onChange();
    });
    state.element.append(el("label", { for: id, text: t(`${key}Choice`) }), list);
  }
  figure.controls.append(state.element);
  return state;
}
