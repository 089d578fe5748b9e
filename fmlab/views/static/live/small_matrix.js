// One head's attention as a small picture: row by row, where each token looks.

import { el, svg } from "./dom.js";
import { ink } from "./ink.js";

const CELL = 16;
const LETTER = 6.7; // width of a letter of the names
const LONGEST = 10; // letters of a name

/**
 * Return the picture in a box that scrolls where the screen is narrow.
 *
 * @param {string} title
 * @param {string} label what a screen reader says of it; the figure's table says the rest
 * @param {string[]} tokens
 * @param {Float32Array} weights row after row
 */
export function smallMatrix(title, label, tokens, weights) {
  const size = tokens.length;
  const names = tokens.map((token) =>
    token.length > LONGEST ? `${token.slice(0, LONGEST - 1)}…` : token,
  );
  const margin = Math.ceil(Math.max(...names.map((name) => name.length)) * LETTER + 8);
  const side = margin + size * CELL;
  const middle = (i) => margin + (i + 0.5) * CELL;
  const all = tokens.map((_, i) => i);
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${side} ${side}`, width: side, height: side, role: "img", "aria-label": label },
    svg("rect", {
      x: margin,
      y: margin,
      width: size * CELL,
      height: size * CELL,
      class: "live-sheet",
    }),
    svg(
      "g",
      { class: "live-small-ink", transform: `translate(${margin} ${margin}) scale(${CELL})` },
      ...ink(weights, size, all),
    ),
    ...names.map((name, i) =>
      svg("text", { x: margin - 4, y: middle(i), class: "live-row-name", text: name }),
    ),
    ...names.map((name, i) =>
      svg("text", { transform: `translate(${middle(i)} ${margin - 4}) rotate(-90)`, text: name }),
    ),
  );
  return el(
    "div",
    { class: "live-small-matrix" },
    el("p", { class: "live-hint", text: title }),
    el("div", { class: "live-wide", tabindex: 0, role: "region", "aria-label": title }, picture),
  );
}
