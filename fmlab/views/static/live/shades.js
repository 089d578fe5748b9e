// A table of probabilities to look at: each cell has its number, and is shaded or filled by it.

import { el } from "./dom.js";

/**
 * Return a title, and a table in a box that scrolls where the screen is narrow.
 *
 * @param {string} caption
 * @param {string[]} columns the first heads the names of the rows
 * @param {{name: string, cells: object[]}[]} rows a cell has `text`, and maybe: `small` (a line
 *   below it), `share` (shades it), `column` (draws a column that high instead, 0 to 1), `strong`
 */
export function shades(caption, columns, rows) {
  const head = el("tr", {}, ...columns.map((text) => el("th", { scope: "col", text })));
  const body = rows.map(({ name, cells }) =>
    el("tr", {}, el("th", { scope: "row", text: name }), ...cells.map(cell)),
  );
  return el(
    "div",
    {},
    // Not a caption: that would be as wide as the table, which may be wider than the screen.
    el("p", { class: "live-title", text: caption }),
    el(
      "div",
      { class: "live-wide", tabindex: 0, role: "region", "aria-label": caption },
      el(
        "table",
        { class: "live-shades", "aria-label": caption },
        el("thead", {}, head),
        el("tbody", {}, ...body),
      ),
    ),
  );
}

function cell({ text, small, share, column, strong }) {
  const names = [];
  if (share !== undefined) names.push("live-shade");
  if (column !== undefined) names.push("live-column");
  if (strong) names.push("live-strong");
  return el(
    "td",
    { class: names.join(" ") || null, style: share === undefined ? null : `--share:${share}` },
    column === undefined
      ? null
      : el("span", { class: "live-post", style: `--high:${column}`, "aria-hidden": "true" }),
    el("span", { class: "live-cell", text }),
    small ? el("span", { class: "live-small", text: small }) : null,
  );
}
