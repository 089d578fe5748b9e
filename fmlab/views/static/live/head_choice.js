// Which head: a layer and a head of it, as two lists.

import { el, freshId } from "./dom.js";

/** Return an object with `layer` and `head`, both from 0, and the lists as its `element`. */
export function headChoice(figure, onChange) {
  const { t, options, source } = figure;
  const { layers, heads } = source.about;
  const state = {
    layer: Math.min(options.layer ?? 0, layers - 1),
    head: Math.min(options.head ?? 0, heads - 1),
    element: el("div", { class: "live-lists" }),
  };
  for (const [key, count] of [
    ["layer", layers],
    ["head", heads],
  ]) {
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
  return state;
}
