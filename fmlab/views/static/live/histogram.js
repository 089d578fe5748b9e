// Many numbers as columns, with single ones of them marked.

import { el } from "./dom.js";

/**
 * Return the drawing. Screen readers pass over it: the figure's line and table say the same.
 *
 * @param {ArrayLike<number>} values
 * @param {{value: number, words: string, kind: string}[]} marks `kind`: a class of its own
 * @param {{left: string, right: string}} ends what the two ends of the axis mean
 * @param {number} bins
 */
export function histogram(values, marks, { left, right }, bins = 30) {
  const all = Array.from(values);
  const low = Math.min(...all);
  const width = (Math.max(...all) - low) / bins || 1;
  const bin = (value) => Math.min(bins - 1, Math.floor((value - low) / width));
  const counts = new Array(bins).fill(0);
  for (const value of all) counts[bin(value)] += 1;
  const top = Math.max(...counts);
  const marked = new Map(marks.map((mark) => [bin(mark.value), mark.kind]));
  const columns = counts.map((count, n) =>
    el("span", {
      class: ["live-histogram-bar", marked.get(n)].filter(Boolean).join(" "),
      style: `--high:${count / top}`,
    }),
  );
  const flags = marks.map(({ value, words, kind }) => {
    const share = (bin(value) + 0.5) / bins;
    const side = share > 0.5 ? "live-flag-left" : "live-flag-right";
    return el("span", { class: `live-flag ${side} ${kind}`, style: `--at:${share}`, text: words });
  });
  return el(
    "div",
    { "aria-hidden": "true" },
    el("div", { class: "live-flags" }, ...flags),
    el("div", { class: "live-histogram" }, ...columns),
    el("div", { class: "live-ends" }, el("span", { text: left }), el("span", { text: right })),
  );
}
