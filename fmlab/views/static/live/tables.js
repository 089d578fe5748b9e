// A table that a screen reader, a phone and a keyboard can use.

import { el } from "./dom.js";

/**
 * Return a table in a box that scrolls where the screen is narrow.
 *
 * @param {string} caption what it says, in one line
 * @param {string[]} columns one heading a column
 * @param {(string|number)[][]} rows the first cell names the row
 */
export function table(caption, columns, rows) {
  const head = el("tr", {}, ...columns.map((text) => el("th", { scope: "col", text })));
  const body = rows.map(([name, ...cells]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", text: name }),
      ...cells.map((text) => el("td", { text })),
    ),
  );
  const whole = el(
    "table",
    { class: "table" },
    el("caption", { text: caption }),
    el("thead", {}, head),
    el("tbody", {}, ...body),
  );
  return el(
    "div",
    { class: "live-scroll", tabindex: 0, role: "region", "aria-label": caption },
    whole,
  );
}
